using System.Text;
using System.Text.Json;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;
using CptsFhirHub.Fhir.Xml;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Fhir.Tests.Validation;

/// <summary>The cases of the HL7 validator that need the core definitions alone: the same verdict, error or none.</summary>
public sealed class Validator_corpus
{
    // A floor that may only rise.
    private const int VerdictsMin = 180;

    // The cases that differ, each with what is missing here or why the verdict is ours on purpose. The list may only shrink.
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["dr-example-org"] = "example.org is refused by an option of the reference validator",
        ["patient-ig-bad"] = "global profiles of an ImplementationGuide are not applied",
        ["parameters-reference-bad"] = "a reference out of the resource is not required to exist",
        ["parameters-profiled-resource-multiple"] = "the profile restricts an element that does not exist; the reference validator passes over it",
        ["contained-resource-bad-id-ignore"] = "an option of the reference validator switches the check off",
        ["bad-markdown-no-html"] = "an option of the reference validator refuses HTML in markdown",
        ["StructureDefinition-Slice23"] = "a slice that states how its reslices are told apart is not refused",
        ["ext-derived-circle"] = "of its two verdicts one passes over a structure that derives from itself: that is an error here",
        ["res-inv-example-good"] = "its extensions are defined in files that the case does not name",
        ["additional-bindings-observation-2"] = "additional bindings, an extension of R5, are not read",
        ["ab-list-slicing"] = "links inside a narrative are not followed",
        ["extension-version-restriction-range-r4"] = "the extension is defined in a file that the case does not name",
        ["extension-version-restriction-range-ctxt-r4"] = "the extension is defined in a file that the case does not name",
        ["choice-gender-coding-async-qr"] = "a display that differs is no error here: French texts stand beside English definitions",
        ["open-choice-gender-coding-async-qr"] = "a display that differs is no error here: French texts stand beside English definitions",
        ["reference-invalid-resource-type-qr"] = "an absolute reference may lead to a server with types of its own",
        ["string-with-coding-async-qr"] = "the value set draws on a system that is not at hand",
        ["toplevel-minvalueduration-fail"] = "bounds relative to the current day are not computed",
        ["questionnaireResponse-enableWhenEx-test-fail"] = "the condition stands in an extension of one country",
        ["no/Person-test"] = "the extensions named by a profile are not matched yet",
        ["patient-circle1-bad-linked1"] = "a reference out of the resource is not followed",
        ["patient-circle1-bad-source1"] = "a reference out of the resource is not followed",
        ["patient-circle2-bad-linked"] = "a reference out of the resource is not followed",
        ["patient-circle2-bad-source1"] = "a reference out of the resource is not followed",
        ["type-ref-unchecked"] = "the reference validator switches the check of reference types off",
        ["inv-checks"] = "the profiles of a datatype among which one must hold are not checked yet",
        ["slicing-kn-example"] = "the order of slices with several discriminators is not followed yet",
        ["patient-value-present-bad"] = "mustHaveValue, an extension of R5, is not read",
        ["patient-value-alternative-bad"] = "valueAlternatives, an extension of R5, is not read",
        ["relative_reference_to_TYPE_ID.all_fullUrl_UUID"] = "references inside a document are not required to lead to an entry yet",
        ["binary-ref-internal"] = "dom-3 sees no reference in a url",
        ["patient-min-length"] = "the least length, an extension, is not read",
        ["xhtml-ctrl-no-lang-bad"] = "controls of languages in the narrative, an extension, are not read",
    };

    // The reference validator runs these cases with unknown extensions refused.
    private static readonly ValidatorOptions AsReference = new() { UnknownExtension = Severity.Error, UnknownProfile = Severity.Warning };

    [Fact]
    public void The_verdict_is_that_of_the_reference_validator()
    {
        var folder = Repository.RequireCorpus("validator");
        using var cases = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "cases.json")));
        var log = new StringBuilder();
        var different = new List<string>();
        int total = 0, passed = 0, sameCount = 0;
        foreach (var one in cases.RootElement.EnumerateArray())
        {
            if (one.GetProperty("tier").GetString() != "core")
                continue;
            total++;
            var name = one.GetProperty("name").GetString();
            var outcomes = Run(folder, one).ToList();
            var wrong = outcomes.Where(o => (o.Expected > 0) != (o.Issues.Count > 0)).ToList();
            if (wrong.Count == 0)
                passed++;
            else
                different.Add(name!);
            if (outcomes.TrueForAll(o => o.Expected == o.Issues.Count))
                sameCount++;
            foreach (var (expected, issues) in wrong)
            {
                log.AppendLine($"{name}: expected {expected} errors, found {issues.Count}");
                foreach (var issue in issues.Take(5))
                    log.AppendLine($"    {issue}");
            }
        }

        Repository.Report($"corpus validator core: {passed}/{total} (same number of errors: {sameCount})\n{log}");
        Assert.True(passed >= VerdictsMin, log.ToString());
        Assert.Equal(Known.Keys.Order(StringComparer.Ordinal), different.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<(int Expected, List<Issue> Issues)> Run(string folder, JsonElement one)
    {
        var parsed = Read(Path.Combine(folder, one.GetProperty("file").GetString()!));
        var supporting = Supporting(folder, one).ToList();
        yield return (Expected(one), Check(parsed, supporting, []));

        if (!one.TryGetProperty("profile", out var profile) || profile.ValueKind != JsonValueKind.Object)
            yield break;
        var source = Path.Combine(folder, profile.GetProperty("source").GetString()!);
        var root = Read(source).Resource!.Root;
        supporting.AddRange(Supporting(folder, profile));
        supporting.Add(root);
        yield return (Expected(profile), Check(parsed, supporting, [root.Text("url")!]));
    }

    private static Parsed Read(string path) => path.EndsWith(".xml", StringComparison.Ordinal)
        ? FhirXml.Parse(File.ReadAllBytes(path))
        : FhirJson.Parse(File.ReadAllBytes(path));

    private static int Expected(JsonElement one) => one.GetProperty("expected").GetProperty("errors").GetInt32();

    private static List<Issue> Check(Parsed parsed, List<Element> supporting, IReadOnlyList<string> profiles)
    {
        var issues = parsed.Issues.ToList();
        if (parsed.Resource is { } resource)
            issues.AddRange(new Validator(R4.Definitions.With(supporting), AsReference).Check(resource, profiles));
        return [.. issues.Where(issue => issue.IsError)];
    }

    private static IEnumerable<Element> Supporting(string folder, JsonElement one)
    {
        if (!one.TryGetProperty("supporting", out var files) || files.ValueKind != JsonValueKind.Array)
            yield break;
        foreach (var file in files.EnumerateArray())
        {
            var path = Path.Combine(folder, file.GetString()!);
            if (Read(path).Resource is { } resource)
                yield return resource.Root;
        }
    }
}
