using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Tests.Mappings;

/// <summary>A validator over R4 and the compiled profiles, as the hub has it.</summary>
internal static class HubProfiles
{
    private static readonly Lazy<Validator> Loaded = new(() => new(R4.Definitions.With(
        Directory.GetFiles(Repository.File("fhir-profiles", "compiled"), "*.json").Select(ReadFile))));

    public static Validator Validator => Loaded.Value;

    public static Element ReadFile(string path)
    {
        var parsed = FhirJson.Parse(File.ReadAllBytes(path));
        Assert.Empty(parsed.Issues);
        return parsed.Resource!.Root;
    }

    /// <summary>The tree must be sound: no error, and no warning but those that name what no program can know here.</summary>
    public static void Check(Element root)
    {
        var issues = Validator.Check(root).Where(issue => issue.Severity >= Severity.Warning && !IsBeyondReach(issue));

        Assert.True(!issues.Any(), string.Join('\n', issues.Select(issue => $"{issue.Severity} {issue.Path}: {issue.Text} [{issue.Rule}]")));
    }

    // Codes of national and international terminologies that are not at hand.
    private static bool IsBeyondReach(Issue issue) => issue.Severity == Severity.Warning && issue.Code is "not-supported" or "code-invalid" or "not-found";
}
