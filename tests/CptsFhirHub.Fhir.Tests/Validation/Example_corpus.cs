using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;
using CptsFhirHub.Fhir.Xml;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Fhir.Tests.Validation;

/// <summary>The specification's own examples: read and written without loss, and sound.</summary>
public sealed class Example_corpus
{
    /// <summary>The issue codes that say the structure is wrong.</summary>
    private static readonly string[] Structural = ["structure", "required", "value"];

    /// <summary>Examples that break the specification themselves, by file and rule.</summary>
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["Questionnaire-qs1.json Questionnaire.item.linkId"] = "its items have no linkId, which is required",
        ["SearchParameter-valueset-extensions-ValueSet-author.json SearchParameter.base"] = "has no base, which is required",
        ["Library-zika-virus-intervention-logic.json format"] = "urn:oid:X.Y.Z is no OID",
        ["DeviceMetric-example.json reference-target"] = "its parent is a DeviceDefinition; a Device is allowed",
        ["MedicationRequest-medrx0301.json reference-target"] = "its performer is a Practitioner; an Organization is allowed",
    };

    [Fact]
    public void Every_example_is_read_and_written_without_loss()
    {
        var failures = new List<string>();
        var total = 0;
        foreach (var (name, bytes) in Examples())
        {
            total++;
            var parsed = FhirJson.Parse(bytes);
            if (!parsed.IsSound)
            {
                failures.Add($"{name}: {parsed.Issues[0]}");
                continue;
            }

            var written = FhirJson.Write(parsed.Resource!.Root);
            using var before = JsonDocument.Parse(bytes);
            using var after = JsonDocument.Parse(written);
            if (Difference(before.RootElement, after.RootElement, "$") is { } difference)
                failures.Add($"{name}: {difference}");
        }

        Repository.Report($"corpus examples round trip: {total - failures.Count}/{total}");
        Assert.True(total >= 600 && failures.Count == 0, string.Join('\n', failures.Take(20)));
    }

    [Fact]
    public void Every_example_goes_through_XML_without_loss()
    {
        var failures = new List<string>();
        var total = 0;
        foreach (var (name, bytes) in Examples())
        {
            total++;
            var read = FhirXml.Parse(FhirXml.Write(FhirJson.Parse(bytes).Resource!.Root, pretty: total % 2 == 0));
            if (!read.IsSound)
            {
                failures.Add($"{name}: {read.Issues[0]}");
                continue;
            }

            using var before = JsonDocument.Parse(bytes);
            using var after = JsonDocument.Parse(FhirJson.Write(read.Resource!.Root));
            if (Difference(before.RootElement, after.RootElement, "$") is { } difference)
                failures.Add($"{name}: {difference}");
        }

        Repository.Report($"corpus examples-xml: {total - failures.Count}/{total}");
        Assert.True(total >= 600 && failures.Count == 0, string.Join('\n', failures.Take(20)));
    }

    [Fact]
    public void No_example_has_a_structural_error()
    {
        var failures = new List<string>();
        var others = new List<string>();
        var total = 0;
        foreach (var (name, bytes) in Examples())
        {
            total++;
            var resource = FhirJson.Parse(bytes).Resource!;
            var errors = Validator.Core.Check(resource).Where(issue => issue.IsError).ToList();
            failures.AddRange(errors.Where(issue => Structural.Contains(issue.Code) && !Known.ContainsKey($"{name} {issue.Rule}")).Select(issue => $"{name}: {issue}"));
            others.AddRange(errors.Where(issue => !Structural.Contains(issue.Code)).Select(issue => $"{name}: {issue}"));
        }

        var log = TestContext.Current.TestOutputHelper;
        foreach (var other in others)
            log?.WriteLine(other);
        Repository.Report($"corpus examples structure: {total - failures.Select(f => f.Split(':')[0]).Distinct().Count()}/{total}; other errors: {others.Count}");
        Assert.True(failures.Count == 0, string.Join('\n', failures.Take(60)));
    }

    internal static IEnumerable<(string Name, byte[] Bytes)> Examples()
    {
        using var zip = ZipFile.OpenRead(Path.Combine(Repository.RequireCorpus("examples"), "r4-examples.zip"));
        foreach (var entry in zip.Entries.Where(entry => entry.Name.EndsWith(".json", StringComparison.Ordinal)))
        {
            using var stream = entry.Open();
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            yield return (entry.Name, memory.ToArray());
        }
    }

    // Numbers are compared by their text: 1.50 is not 1.5 here.
    private static string? Difference(JsonElement one, JsonElement other, string path)
    {
        if (one.ValueKind != other.ValueKind)
            return $"{path}: {one.ValueKind} became {other.ValueKind}";
        switch (one.ValueKind)
        {
            case JsonValueKind.Object:
                var names = one.EnumerateObject().Select(member => member.Name).ToList();
                if (names.Count != other.EnumerateObject().Count())
                    return $"{path}: {names.Count} members became {other.EnumerateObject().Count()}";
                return names
                    .Select(name => other.TryGetProperty(name, out var same) ? Difference(one.GetProperty(name), same, $"{path}.{name}") : $"{path}.{name} is lost")
                    .FirstOrDefault(difference => difference is not null);
            case JsonValueKind.Array:
                if (one.GetArrayLength() != other.GetArrayLength())
                    return $"{path}: {one.GetArrayLength()} items became {other.GetArrayLength()}";
                return one.EnumerateArray().Zip(other.EnumerateArray())
                    .Select((pair, i) => Difference(pair.First, pair.Second, string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]")))
                    .FirstOrDefault(difference => difference is not null);
            case JsonValueKind.String:
                return one.GetString() == other.GetString() ? null : $"{path}: the text changed";
            default:
                return one.GetRawText() == other.GetRawText() ? null : $"{path}: {one.GetRawText()} became {other.GetRawText()}";
        }
    }
}
