using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;
using CptsFhirHub.Fhir.Xml;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Fhir.Tests.Validation;

/// <summary>
/// The cases of the HL7 validator: the same verdict, error or none; the same number of errors; errors in the same places. The core tier
/// needs the core definitions alone; the rest also terminology servers, packages and formats that are not at hand here.
/// </summary>
public sealed partial class Validator_corpus
{
    // Floors that may only rise.
    private const int CoreVerdictsMin = 201;
    private const int CoreCountsMin = 173;
    private const int AllVerdictsMin = 331;

    // The cases of the core tier that differ, each with what is missing here or why the verdict is ours on purpose. The list may only
    // shrink.
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["questionnaireResponse-enableWhenEx-test-fail"] = "the condition stands in an extension of one country",
        ["patient-circle1-bad-linked1"] = "the linked resource is in no file of the case",
        ["patient-circle1-bad-source1"] = "the linked resource is in no file of the case",
        ["patient-circle2-bad-linked"] = "the linked resource is in no file of the case",
        ["patient-circle2-bad-source1"] = "the linked resource is in no file of the case",
        ["type-ref-unchecked"] = "the reference validator does not believe the type that a relative reference names; here it counts",
        ["parameters-profiled-resource-multiple"] = "the profile restricts an element that does not exist; the reference validator passes over it",
        ["res-inv-example-good"] = "its extensions are defined in files that the case does not name",
        ["ext-derived-circle"] = "of its two verdicts one passes over a structure that derives from itself: that is an error here",
        ["extension-version-restriction-range-r4"] = "the extension is defined in a file that the case does not name",
        ["extension-version-restriction-range-ctxt-r4"] = "the extension is defined in a file that the case does not name",
        ["string-with-coding-async-qr"] = "the value set draws on a system that is not at hand",
    };

    // The reference validator runs these cases with unknown extensions refused, displays and links held to be right.
    private static readonly ValidatorOptions AsReference = new()
    {
        UnknownExtension = Severity.Error,
        WrongDisplay = Severity.Error,
        BrokenLink = Severity.Error,
        AbsentCode = Severity.Error,
        Now = () => new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero),
    };

    [Fact]
    public void The_verdict_is_that_of_the_reference_validator()
    {
        var folder = Repository.RequireCorpus("validator");
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "cases.json")));
        var (core, all) = (new Tally(), new Tally());
        foreach (var one in cases.RootElement.EnumerateArray())
        {
            var name = one.GetProperty("name").GetString()!;
            var outcomes = Run(folder, one).ToList();
            all.Add(name, outcomes);
            if (one.GetProperty("tier").GetString() == "core")
                core.Add(name, outcomes);
        }

        Repository.Report($"corpus validator-core-count: {core.Counts}/{core.Total}");
        Repository.Report($"corpus validator-core-locations: {core.Places}/{core.Total}");
        Repository.Report($"corpus validator-all: {all.Verdicts}/{all.Total} (same number of errors: {all.Counts}, same places: {all.Places})");
        Repository.Report($"corpus validator core: {core.Verdicts}/{core.Total}\n{core.Log}");
        Assert.Equal(Known.Keys.Order(StringComparer.Ordinal), core.Different.Distinct().Order(StringComparer.Ordinal));
        Assert.True(core.Verdicts >= CoreVerdictsMin, core.Log.ToString());
        Assert.True(core.Counts >= CoreCountsMin, $"Same number of errors in {core.Counts} cases.");
        Assert.True(all.Verdicts >= AllVerdictsMin, $"Same verdict in {all.Verdicts} of all cases.");
    }

    private static IEnumerable<Outcome> Run(string folder, JsonElement one)
    {
        var parsed = Read(Path.Combine(folder, one.GetProperty("file").GetString()!));
        var supporting = Supporting(folder, one).ToList();
        var options = Options(one);
        yield return new(one.GetProperty("expected"), Check(parsed, supporting, options, []));

        if (!one.TryGetProperty("profile", out var profile) || profile.ValueKind != JsonValueKind.Object
            || profile.GetProperty("expected").ValueKind != JsonValueKind.Object)
            yield break;
        supporting.AddRange(Supporting(folder, profile));
        var source = Path.Combine(folder, profile.GetProperty("source").GetString()!);
        if (File.Exists(source) && Read(source).Resource?.Root is { } root)
        {
            supporting.Add(root);
            yield return new(profile.GetProperty("expected"), Check(parsed, supporting, options, [root.Text("url")!]));
        }
        else
        {
            // The profile is that of a package, which a case names by its URL.
            yield return new(profile.GetProperty("expected"), Check(parsed, supporting, options, []));
        }
    }

    /// <summary>What the reference validator was told to do in this case.</summary>
    private static ValidatorOptions Options(JsonElement one)
    {
        if (!one.TryGetProperty("options", out var options) || options.ValueKind != JsonValueKind.Object)
            return AsReference;
        string? Text(string name) => options.TryGetProperty(name, out var value) ? value.ToString() : null;
        return AsReference with
        {
            AllowsExampleUrls = Text("examples") != "False",
            RefusesHtml = Text("noHtmlInMarkdown") == "True" || Text("security-checks") == "True",
            RequiresReferences = Text("validateReference") == "CHECK_EXISTS_AND_TYPE",
            AssumesRestReferences = Text("assumeValidRestReferences") == "True",
            ChecksContained = Text("validateContains") != "IGNORE",
        };
    }

    private static Parsed Read(string path) => path.EndsWith(".xml", StringComparison.Ordinal)
        ? FhirXml.Parse(File.ReadAllBytes(path))
        : FhirJson.Parse(File.ReadAllBytes(path));

    private static List<Issue> Check(Parsed parsed, List<Element> supporting, ValidatorOptions options, IReadOnlyList<string> profiles)
    {
        var issues = parsed.Issues.ToList();
        if (parsed.Resource is { } resource)
            issues.AddRange(new Validator(R4.Definitions.With(supporting), options).Check(resource, profiles));
        return [.. issues.Where(issue => issue.IsError)];
    }

    private static IEnumerable<Element> Supporting(string folder, JsonElement one)
    {
        if (!one.TryGetProperty("supporting", out var files) || files.ValueKind != JsonValueKind.Array)
            yield break;
        foreach (var file in files.EnumerateArray())
        {
            // A few cases name what a package holds, by its URL.
            var path = Path.Combine(folder, file.GetString()!);
            if (File.Exists(path) && Read(path).Resource is { } resource)
                yield return resource.Root;
        }
    }

    /// <summary>One run of a case: what the reference found and what was found here.</summary>
    private sealed partial record Outcome(JsonElement Expected, List<Issue> Issues)
    {
        public int Errors => Expected.GetProperty("errors").GetInt32();

        public bool IsSameVerdict => Errors > 0 == Issues.Count > 0;

        public bool IsSameCount => Errors == Issues.Count;

        public bool IsSamePlaces =>
            ExpectedPlaces().ToHashSet(StringComparer.Ordinal).SetEquals(Issues.Select(issue => Plain(issue.Path)));

        private IEnumerable<string> ExpectedPlaces()
        {
            if (!Expected.TryGetProperty("issues", out var issues) || issues.ValueKind != JsonValueKind.Array)
                yield break;
            foreach (var issue in issues.EnumerateArray())
                if (issue.GetProperty("severity").GetString() is "error" or "fatal")
                    yield return issue.TryGetProperty("expression", out var place) ? Plain(place.ToString()) : "";
        }

        // The reference writes the type and id of a resource as a comment, and one of two forms for the type of a choice.
        private static string Plain(string place) => Type().Replace(Comment().Replace(place, ""), "");

        [GeneratedRegex(@"/\*[^*]*\*/", RegexOptions.None, 1000)]
        private static partial Regex Comment();

        [GeneratedRegex(@"\.ofType\([A-Za-z0-9]+\)", RegexOptions.None, 1000)]
        private static partial Regex Type();
    }

    private sealed class Tally
    {
        public int Total { get; private set; }

        public int Verdicts { get; private set; }

        public int Counts { get; private set; }

        public int Places { get; private set; }

        public List<string> Different { get; } = [];

        public StringBuilder Log { get; } = new();

        public void Add(string name, List<Outcome> outcomes)
        {
            Total++;
            Counts += outcomes.TrueForAll(outcome => outcome.IsSameCount) ? 1 : 0;
            Places += outcomes.TrueForAll(outcome => outcome.IsSamePlaces) ? 1 : 0;
            if (outcomes.TrueForAll(outcome => outcome.IsSameVerdict))
            {
                Verdicts++;
                return;
            }

            Different.Add(name);
            foreach (var outcome in outcomes.Where(outcome => !outcome.IsSameVerdict))
            {
                Log.AppendLine($"{name}: expected {outcome.Errors} errors, found {outcome.Issues.Count}");
                foreach (var issue in outcome.Issues.Take(5))
                    Log.AppendLine($"    {issue}");
            }
        }
    }
}
