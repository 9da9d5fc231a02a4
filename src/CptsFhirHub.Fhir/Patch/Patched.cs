using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Patch;

/// <summary>
/// What a patch gave: the resource as it is after all operations, or none and the reason. A patch is applied whole or not at all.
/// A fatal issue says that the patch itself is malformed; an error, that it does not fit the resource or spoils it.
/// </summary>
public sealed record Patched(Resource? Resource, IReadOnlyList<Issue> Issues)
{
    /// <summary>True when the patch was applied and its result can be read.</summary>
    public bool IsSound => Resource is not null;

    internal static Patched Refused(Issue issue) => new(null, [issue]);

    /// <summary>What was patched is read again as if it had been sent: nothing enters by a patch that could not by an update.</summary>
    internal static Patched Reread(byte[] json, JsonLimits? limits)
    {
        var parsed = FhirJson.Parse(json, limits);
        return parsed.IsSound
            ? new(parsed.Resource, parsed.Issues)
            : new(null, [.. parsed.Issues.Select(issue => issue with { Severity = Severity.Error })]);
    }
}

/// <summary>What a patch may cost.</summary>
public static class PatchLimits
{
    /// <summary>Operations of one patch.</summary>
    public const int OperationsMax = 200;

    /// <summary>Steps of one FHIRPath evaluation.</summary>
    public const int StepsMax = 100_000;

    /// <summary>How deep an operation may reach, and how deep what it puts there may be.</summary>
    public const int DepthMax = 64;

    /// <summary>Characters that all <c>copy</c> operations together may add: copies of copies grow without bound.</summary>
    public const int CopiedCharactersMax = 1024 * 1024;
}
