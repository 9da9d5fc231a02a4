using System.Text.Json.Nodes;

namespace CptsFhirHub.Definitions.Tool;

/// <summary>One definition, stripped: what the index says of it and its JSON.</summary>
internal sealed record DefinitionLine(string Kind, string Url, string Version, string Name, string Detail, JsonObject Body)
{
    public string Json => Body.ToJsonString(Overrides.Compact);
}

/// <summary>Reads the package and keeps of each definition what a machine needs, nothing that only a person reads.</summary>
internal static class DefinitionLines
{
    private static readonly string[] Files =
    [
        "profiles-types.json", "profiles-resources.json", "profiles-others.json", "extension-definitions.json",
        "search-parameters.json", "valuesets.json", "v3-codesystems.json", "v2-tables.json", "conceptmaps.json",
    ];

    private static readonly string[] Kinds = ["StructureDefinition", "SearchParameter", "ValueSet", "CodeSystem", "ConceptMap"];

    public static List<DefinitionLine> Read(string folder)
    {
        var resources = new List<JsonObject>();
        foreach (var file in Files)
        {
            var bundle = JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, file)))!;
            foreach (var entry in bundle["entry"]!.AsArray())
                resources.Add(entry!["resource"]!.AsObject());
        }

        var baseUrls = resources
            .Where(r => Text(r, "resourceType") == "StructureDefinition" && Text(r, "derivation") != "constraint")
            .Select(r => Text(r, "url")!)
            .ToHashSet(StringComparer.Ordinal);

        var lines = new Dictionary<(string, string), DefinitionLine>();
        foreach (var resource in resources)
        {
            var kind = Text(resource, "resourceType")!;
            var url = Text(resource, "url");
            // Definitions that the publisher of the package added carry its own address.
            if (!Kinds.Contains(kind) || url is null || url.Contains("medplum", StringComparison.OrdinalIgnoreCase))
                continue;
            var body = Strip.Definition(resource, baseUrls);
            lines.TryAdd((kind, url), new(kind, url, Text(resource, "version") ?? "", Name(resource), Detail(resource), body));
        }

        return
        [
            .. lines.Values
                .OrderBy(line => Array.IndexOf(Kinds, line.Kind))
                .ThenBy(line => line.Url, StringComparer.Ordinal),
        ];
    }

    private static string Name(JsonObject resource) => Text(resource, "resourceType") switch
    {
        "StructureDefinition" when Text(resource, "derivation") != "constraint" => Text(resource, "name")!,
        "SearchParameter" => Text(resource, "code")!,
        _ => Text(resource, "id")!,
    };

    /// <summary>For a structure: kind, abstractness, derivation, type and base, so that none need be opened to know the hierarchy.</summary>
    private static string Detail(JsonObject resource)
    {
        if (Text(resource, "resourceType") != "StructureDefinition")
            return "";
        var isAbstract = resource["abstract"]!.GetValue<bool>() ? "abstract" : "concrete";
        return string.Join(' ',
            Text(resource, "kind"),
            isAbstract,
            Text(resource, "derivation") ?? "root",
            Text(resource, "type"),
            Text(resource, "baseDefinition") ?? "-");
    }

    internal static string? Text(JsonObject from, string name) => from[name]?.GetValue<string>();
}
