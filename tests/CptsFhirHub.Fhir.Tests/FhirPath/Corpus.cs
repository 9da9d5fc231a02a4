using System.Text.Json;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.FhirPath;

/// <summary>What the two FHIRPath corpora have in common: inputs, and a reviewed list of cases that do not pass.</summary>
internal static class Corpus
{
    public static DateTimeOffset Now { get; } = new(2026, 11, 22, 10, 30, 15, 250, TimeSpan.FromHours(1));

    public static Element Resource(string path)
    {
        var parsed = FhirJson.Parse(File.ReadAllBytes(path));
        return parsed.Resource?.Root ?? throw new InvalidDataException($"{Path.GetFileName(path)} is no resource: {parsed.Issues[0].Text}");
    }

    /// <summary>Any JSON as items without types; a null in an array keeps its place when it has an id or extensions.</summary>
    public static Items Plain(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined => default,
        JsonValueKind.Array => Items.Of(json.EnumerateArray().SelectMany(item => Plain(item))),
        _ => Items.Of(Item.Plain(Node("", json, default, isListItem: false)!)),
    };

    /// <summary>Compares what failed with the reviewed list: both ways, so that the list can only shrink.</summary>
    public static void Judge(string corpus, int total, IReadOnlyDictionary<string, string> failed)
    {
        var list = Repository.File("tests", "CptsFhirHub.Fhir.Tests", "FhirPath", $"{corpus}.expected-failures.txt");
        var expected = File.ReadAllLines(list)
            .Where(line => line.Length > 0 && !line.StartsWith('#'))
            .Select(line => line.Split(" :: ")[0].Trim())
            .ToHashSet(StringComparer.Ordinal);
        Repository.Report($"corpus {corpus}: {total - failed.Count}/{total}");
        if (Environment.GetEnvironmentVariable("HUB_CORPUS_LOG") is { Length: > 0 } log)
        {
            var lines = failed.Select(pair => $"{pair.Key} :: {pair.Value}");
            File.WriteAllLines(Path.Combine(log, corpus + ".log"), [$"corpus {corpus}: {total - failed.Count}/{total}", .. lines]);
        }

        Assert.Equal([], failed.Where(pair => !expected.Contains(pair.Key)).Select(pair => $"fails: {pair.Key}: {pair.Value}"));
        Assert.Equal([], expected.Where(key => !failed.ContainsKey(key)).Select(key => $"passes now, take it off the list: {key}"));
    }

    private static Element? Node(string name, JsonElement json, JsonElement beside, bool isListItem)
    {
        Element? node = json.ValueKind switch
        {
            JsonValueKind.String => Element.Primitive(name, ElementKind.String, json.GetString()!, isListItem),
            JsonValueKind.Number => Element.Primitive(name, ElementKind.Number, json.GetRawText(), isListItem),
            JsonValueKind.True or JsonValueKind.False => Element.Primitive(name, ElementKind.Boolean, json.GetRawText(), isListItem),
            JsonValueKind.Object when json.TryGetProperty("resourceType", out var type) => Element.OfResource(type.GetString()!, name, isListItem),
            JsonValueKind.Object => Element.Named(name, isListItem),
            _ => beside.ValueKind == JsonValueKind.Object ? Element.Named(name, isListItem) : null,
        };
        if (json.ValueKind == JsonValueKind.Object)
            Fill(node!, json);
        if (node is not null && beside.ValueKind == JsonValueKind.Object)
            Fill(node, beside);
        return node;
    }

    private static void Fill(Element node, JsonElement json)
    {
        foreach (var member in json.EnumerateObject())
        {
            if (member.Name is "resourceType" || (member.Name.StartsWith('_') && json.TryGetProperty(member.Name[1..], out _)))
                continue;
            var name = member.Name.TrimStart('_');
            var value = member.Name.StartsWith('_') ? default : member.Value;
            json.TryGetProperty("_" + name, out var beside);
            if (value.ValueKind != JsonValueKind.Array && beside.ValueKind != JsonValueKind.Array)
            {
                if (Node(name, value, beside, isListItem: false) is { } child)
                    node.Append(child);
                continue;
            }

            var values = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [];
            var besides = beside.ValueKind == JsonValueKind.Array ? beside.EnumerateArray().ToArray() : [];
            for (var i = 0; i < Math.Max(values.Length, besides.Length); i++)
                if (Node(name, i < values.Length ? values[i] : default, i < besides.Length ? besides[i] : default, isListItem: true) is { } item)
                    node.Append(item);
        }
    }
}
