using System.Text.Json.Nodes;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Fhir.Tests.Mapping;

/// <summary>The public cases of the mapping language: maps that are run, and maps that are read.</summary>
public sealed class Mapping_corpus(ITestOutputHelper output)
{
    [Fact]
    public void Maps_give_the_expected_resource()
    {
        var corpus = Repository.RequireCorpus("fml");
        var cases = JsonNode.Parse(File.ReadAllText(Path.Combine(corpus, "transform.json")))!.AsArray()
            .Where(one => one!["needs"]!.AsArray().Count == 0).ToList();
        var failed = new List<string>();
        foreach (var one in cases)
            if (Run(corpus, one!) is { } fault)
                failed.Add($"{one!["name"]}: {fault}");
        Say("fml-transform", cases.Count, failed);
    }

    [Fact]
    public void Map_texts_give_the_expected_map()
    {
        var corpus = Repository.RequireCorpus("fml");
        var cases = JsonNode.Parse(File.ReadAllText(Path.Combine(corpus, "parse.json")))!.AsArray();
        var failed = new List<string>();
        foreach (var one in cases)
            if (Read(corpus, one!) is { } fault)
                failed.Add($"{one!["name"]}: {fault}");
        Say("fml-parse", cases.Count, failed);
    }

    private void Say(string corpus, int total, List<string> failed)
    {
        Repository.Report($"corpus {corpus}: {total - failed.Count}/{total}");
        foreach (var fault in failed)
            output.WriteLine(fault);
        var expected = File.ReadAllLines(Repository.File("tests", "CptsFhirHub.Fhir.Tests", "Mapping", $"expected-failures-{corpus}.txt"))
            .Where(line => line.Length > 0 && !line.StartsWith('#'));
        Assert.Equal(expected.Order(StringComparer.Ordinal), failed.Select(fault => fault[..fault.IndexOf(':', StringComparison.Ordinal)]).Order(StringComparer.Ordinal));
    }

    private static string? Run(string corpus, JsonNode one)
    {
        string Text(JsonNode? name) => File.ReadAllText(Path.Combine(corpus, (string)name!));
        var models = (one["logical"]?.AsArray() ?? []).Select(name => FhirJson.Parse(Text(name)).Resource!.Root);
        var definitions = R4.Definitions.With(models);
        var mapText = Text(one["map"]);
        var parsed = ((string)one["map"]!).EndsWith(".json", StringComparison.Ordinal)
            ? StructureMapResource.Read(FhirJson.Parse(mapText).Resource!.Root)
            : MapParser.Parse(mapText);
        if (!parsed.IsSound)
            return "map not read: " + string.Join("; ", parsed.Issues);

        var compilation = new MappingLibrary(definitions, [parsed.Map!], []).CompileWhatIsSound(parsed.Map!.Url);
        if (compilation.Map is null)
            return "map not compiled: " + string.Join("; ", compilation.Issues);
        var id = 0;
        var result = compilation.Map.Run(
            FhirJson.Parse(Text(one["source"])).Resource!.Root,
            new() { Now = DateTimeOffset.UnixEpoch, NewId = () => $"id-{++id}" });

        var expected = JsonNode.Parse(Text(one["output"]))!;
        if ((string?)expected["resourceType"] == "OperationOutcome")
            return result.IsSound ? "an error was expected" : null;
        if (result.Target is null)
            return "no target: " + string.Join("; ", result.Issues);
        var actual = JsonNode.Parse(FhirJson.Write(result.Target))!;
        return JsonNode.DeepEquals(expected, actual) ? null : $"gives {actual.ToJsonString()} {string.Join("; ", result.Issues)}";
    }

    private static string? Read(string corpus, JsonNode one)
    {
        var parsed = MapParser.Parse(File.ReadAllText(Path.Combine(corpus, (string)one["map"]!)));
        if ((bool?)one["expectError"] == true)
            return parsed.IsSound ? "an error was expected" : null;
        if (!parsed.IsSound)
            return string.Join("; ", parsed.Issues);

        // What was written must be read back as the same map.
        var written = FhirJson.Write(StructureMapResource.Write(parsed.Map!));
        var again = FhirJson.Write(StructureMapResource.Write(StructureMapResource.Read(FhirJson.Parse(written).Resource!.Root).Map!));
        if (!written.AsSpan().SequenceEqual(again))
            return "the resource is not read back as it was written";
        if ((string?)one["expectedStructureMap"] is not { } name)
            return null;
        var expected = JsonNode.Parse(File.ReadAllText(Path.Combine(corpus, name)))!;
        return Differs("", Shape(expected), Shape(JsonNode.Parse(written)!));
    }

    /// <summary>What the corpus asks to be compared: name, url, structures, imports and the tree of groups and rules.</summary>
    private static JsonObject Shape(JsonNode map)
    {
        var shape = new JsonObject();
        foreach (var name in (string[])["name", "url", "structure", "import"])
            shape[name] = map[name]?.DeepClone();
        shape["group"] = new JsonArray([.. map["group"]!.AsArray().Select(group => (JsonNode)new JsonObject
        {
            ["name"] = group!["name"]!.DeepClone(),
            ["typeMode"] = group["typeMode"]?.DeepClone(),
            ["extends"] = group["extends"]?.DeepClone(),
            ["input"] = group["input"]!.DeepClone(),
            ["rule"] = Rules(group["rule"]),
        })]);
        return shape;
    }

    private static JsonArray Rules(JsonNode? rules) => [.. (rules?.AsArray() ?? []).Select(rule => (JsonNode)new JsonObject
    {
        ["source"] = Without(rule!["source"], "condition", "check"),
        ["target"] = rule["target"]?.DeepClone(),
        ["dependent"] = rule["dependent"]?.DeepClone(),
        ["rule"] = Rules(rule["rule"]),
    })];

    /// <summary>Expressions may be written in more than one way.</summary>
    private static JsonArray? Without(JsonNode? list, params string[] names)
    {
        var copy = list?.DeepClone().AsArray();
        foreach (var item in copy ?? [])
            foreach (var name in names)
                item!.AsObject().Remove(name);
        return copy;
    }

    private static string? Differs(string path, JsonNode? expected, JsonNode? actual)
    {
        switch (expected, actual)
        {
            case (JsonObject one, JsonObject other):
                return one.Select(pair => pair.Key).Union(other.Select(pair => pair.Key))
                    .Select(name => Differs($"{path}.{name}", one[name], other[name])).FirstOrDefault(fault => fault is not null);
            case (JsonArray one, JsonArray other) when one.Count == other.Count:
                return one.Select((item, at) => Differs($"{path}[{at}]", item, other[at])).FirstOrDefault(fault => fault is not null);
            default:
                return JsonNode.DeepEquals(expected, actual) ? null
                    : $"at {path}: {expected?.ToJsonString() ?? "nothing"} was expected, {actual?.ToJsonString() ?? "nothing"} was read";
        }
    }
}
