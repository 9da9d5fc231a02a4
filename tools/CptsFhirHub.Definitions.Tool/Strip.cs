using System.Text.Json.Nodes;

namespace CptsFhirHub.Definitions.Tool;

/// <summary>Keeps the members that are rules and drops those that are prose. What is not named here is dropped.</summary>
internal static class Strip
{
    private static readonly HashSet<string> StructureMembers = Set("resourceType url version name kind abstract context contextInvariant type baseDefinition derivation");
    private static readonly HashSet<string> ElementMembers = Set("path sliceName slicing min max contentReference maxLength");
    private static readonly HashSet<string> SearchMembers = Set("resourceType url code base type expression target component");
    private static readonly HashSet<string> ValueSetMembers = Set("resourceType url version name status compose expansion");
    private static readonly HashSet<string> CodeSystemMembers =
        Set("resourceType url version name status caseSensitive valueSet hierarchyMeaning content supplements filter property concept");

    private static readonly HashSet<string> MapMembers =
        Set("resourceType url version name status sourceUri sourceCanonical targetUri targetCanonical group");

    // Prose inside what is otherwise kept whole.
    private static readonly HashSet<string> Prose =
        Set("description definition comment documentation designation extension modifierExtension _display _definition _description purpose copyright");

    private const string FhirType = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type";

    public static JsonObject Definition(JsonObject resource, HashSet<string> baseUrls) =>
        DefinitionLines.Text(resource, "resourceType") switch
        {
            "StructureDefinition" => Structure(resource, baseUrls),
            "SearchParameter" => Search(resource),
            "ValueSet" => Keep(resource, ValueSetMembers),
            "CodeSystem" => Keep(resource, CodeSystemMembers),
            _ => Keep(resource, MapMembers),
        };

    // "definition" is prose everywhere but in the parts of a composite, where it names the parameter of the part.
    private static JsonObject Search(JsonObject resource)
    {
        var kept = Keep(resource, SearchMembers);
        if (resource["component"] is JsonArray components)
            for (var i = 0; i < components.Count; i++)
                kept["component"]![i]!["definition"] = components[i]!["definition"]?.DeepClone();
        return kept;
    }

    private static JsonObject Structure(JsonObject resource, HashSet<string> baseUrls)
    {
        var kept = Keep(resource, StructureMembers);
        var url = DefinitionLines.Text(resource, "url")!;
        var isConstraint = DefinitionLines.Text(resource, "derivation") == "constraint";
        var elements = new JsonArray();
        foreach (var element in resource["snapshot"]!["element"]!.AsArray())
            elements.Add((JsonNode)Element(element!.AsObject(), source =>
                isConstraint ? !baseUrls.Contains(source) : source == url));
        kept["snapshot"] = new JsonObject { ["element"] = elements };
        return kept;
    }

    private static JsonObject Element(JsonObject element, Func<string, bool> isOwn)
    {
        var kept = new JsonObject();
        var id = DefinitionLines.Text(element, "id")!;
        if (id != DefinitionLines.Text(element, "path"))
            kept["id"] = id;

        foreach (var (name, value) in element)
        {
            if (value is null)
                continue;
            var isValue = name.StartsWith("fixed", StringComparison.Ordinal) || name.StartsWith("pattern", StringComparison.Ordinal)
                || name.StartsWith("minValue", StringComparison.Ordinal) || name.StartsWith("maxValue", StringComparison.Ordinal);
            if (isValue)
                kept[name] = value.DeepClone();
            else if (name is "isModifier" or "isSummary" && value.GetValue<bool>())
                kept[name] = true;
            else if (name == "type")
                kept[name] = new JsonArray([.. value.AsArray().Select(type => Type(type!.AsObject()))]);
            else if (name == "binding")
                kept[name] = Keep(value.AsObject(), Set("strength valueSet"));
            else if (name == "constraint")
                Constraints(kept, value.AsArray(), isOwn);
            else if (name == "slicing" && IsPlainExtensionSlicing(element))
                continue;
            else if (ElementMembers.Contains(name))
                kept[name] = Clean(value);
        }

        return kept;
    }

    // Every extension list is sliced by url in the snapshots; it says nothing where no slice follows, and the reader takes it as given.
    private static bool IsPlainExtensionSlicing(JsonObject element) =>
        DefinitionLines.Text(element, "path")!.EndsWith(".extension", StringComparison.Ordinal)
        && element["slicing"]!["discriminator"] is JsonArray { Count: 1 } by
        && DefinitionLines.Text(by[0]!.AsObject(), "path") == "url"
        && DefinitionLines.Text(element["slicing"]!.AsObject(), "rules") == "open";

    private static void Constraints(JsonObject kept, JsonArray constraints, Func<string, bool> isOwn)
    {
        var own = new JsonArray();
        foreach (var constraint in constraints.Select(c => c!.AsObject()))
        {
            // An invariant of the element's type or of a base definition is found there.
            if (constraint["source"] is { } source && !isOwn(source.GetValue<string>()))
                continue;
            own.Add((JsonNode)Keep(constraint, Set("key severity expression")));
        }

        if (own.Count > 0)
            kept["constraint"] = own;
    }

    private static JsonObject Type(JsonObject type)
    {
        var kept = Keep(type, Set("code profile targetProfile"));
        foreach (var extension in (type["extension"] as JsonArray ?? []).Select(e => e!.AsObject()))
        {
            // The JSON type of a primitive's value is known; the FHIR type stands in an extension.
            var value = extension["valueUrl"] ?? extension["valueUri"];
            if (DefinitionLines.Text(extension, "url") == FhirType)
                kept["code"] = value!.DeepClone();
        }

        return kept;
    }

    private static JsonObject Keep(JsonObject from, HashSet<string> members)
    {
        var kept = new JsonObject();
        foreach (var (name, value) in from)
            if (value is not null && members.Contains(name))
                kept[name] = Clean(value);
        return kept;
    }

    private static JsonNode Clean(JsonNode node)
    {
        switch (node)
        {
            case JsonObject from:
                var kept = new JsonObject();
                foreach (var (name, value) in from)
                    if (value is not null && !Prose.Contains(name))
                        kept[name] = Clean(value);
                return kept;
            case JsonArray from:
                return new JsonArray([.. from.Select(item => item is null ? null : Clean(item))]);
            default:
                return node.DeepClone();
        }
    }

    private static HashSet<string> Set(string names) => new(names.Split(' '), StringComparer.Ordinal);
}
