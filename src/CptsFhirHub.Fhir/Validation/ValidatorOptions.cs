using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>What a <see cref="Validator"/> checks and how strictly.</summary>
public sealed record ValidatorOptions
{
    /// <summary>The options used where none are given.</summary>
    public static ValidatorOptions Default { get; } = new();

    /// <summary>
    /// How bad an extension is whose definition is not at hand. A modifier extension that is not known is always an
    /// error: it may reverse the meaning.
    /// </summary>
    public Severity UnknownExtension { get; init; } = Severity.Information;

    /// <summary>
    /// How bad it is that a profile named in <c>meta.profile</c> is not at hand. One asked for by the caller is always
    /// an error.
    /// </summary>
    public Severity UnknownProfile { get; init; } = Severity.Warning;

    /// <summary>True warns of recommended practice not followed, such as a resource without narrative.</summary>
    public bool ChecksBestPractice { get; init; }

    /// <summary>Issues collected before checking stops.</summary>
    public int IssuesMax { get; init; } = 500;

    /// <summary>Levels of elements looked into.</summary>
    public int DepthMax { get; init; } = 100;

    /// <summary>
    /// Fetches what a reference outside the resource points to; null when unknown. Only for FHIRPath's <c>resolve()</c>
    /// and target types.
    /// </summary>
    public Func<string, Element?>? Resolve { get; init; }

    /// <summary>
    /// The day and time of FHIRPath's <c>now()</c> and <c>today()</c> in invariants; without it an invariant that asks
    /// is not checked.
    /// </summary>
    public Func<DateTimeOffset>? Now { get; init; }
}
