using System.Diagnostics;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Definitions;

/// <summary>
/// One conformance resource that a <see cref="DefinitionSet"/> holds: a StructureDefinition, SearchParameter,
/// ValueSet, CodeSystem or ConceptMap.
/// The content is read when it is first asked for.
/// </summary>
[DebuggerDisplay("{Kind} {Url}|{Version}")]
public sealed class Definition
{
    private readonly ReadOnlyMemory<byte> _json;
    private Element? _content;

    internal Definition(string kind, string url, string? version, string name, StructureTraits? traits, ReadOnlyMemory<byte> json)
    {
        (Kind, Url, Version, Name, Traits, _json) = (kind, url, version, name, traits, json);
    }

    private Definition(string kind, string url, string? version, string name, StructureTraits? traits, Element content)
    {
        (Kind, Url, Version, Name, Traits, _content) = (kind, url, version, name, traits, content);
    }

    /// <summary>The resource type: <c>ValueSet</c>.</summary>
    public string Kind { get; }

    /// <summary>The canonical URL, without version.</summary>
    public string Url { get; }

    /// <summary>The business version, or null.</summary>
    public string? Version { get; }

    /// <summary>The type's name for a type, the code for a search parameter, else the id or name.</summary>
    public string Name { get; }

    /// <summary>For a StructureDefinition, its place in the hierarchy; else null.</summary>
    public StructureTraits? Traits { get; }

    /// <summary>The resource. Nobody changes it.</summary>
    public Element Content => _content ??= Read();

    /// <summary>The definition that a resource is, or null when its type is none of those held or it has no URL.</summary>
    public static Definition? Of(Element resource)
    {
        var kind = resource.ResourceType;
        if (kind is not ("StructureDefinition" or "SearchParameter" or "ValueSet" or "CodeSystem" or "ConceptMap" or "StructureMap"
                or "Questionnaire" or "ImplementationGuide")
            || resource.Text("url") is not { Length: > 0 } url)
            return null;

        var traits = kind == "StructureDefinition" ? StructureTraits.Of(resource) : null;
        var name = traits is { IsConstraint: false } ? traits.TypeName
            : kind == "SearchParameter" ? resource.Text("code")
            : resource.Text("id") ?? resource.Text("name");
        return new(kind, url, resource.Text("version"), name ?? url, traits, resource);
    }

    private Element Read() =>
        FhirJson.Parse(_json).Resource?.Root ?? throw new InvalidOperationException($"The embedded definition {Url} cannot be read.");
}

/// <summary>What a StructureDefinition says of its place among the types. https://hl7.org/fhir/R4/structuredefinition.html</summary>
/// <param name="Kind"><c>primitive-type</c>, <c>complex-type</c>, <c>resource</c> or <c>logical</c>.</param>
/// <param name="IsAbstract">True when no instance has this type itself.</param>
/// <param name="IsConstraint">True for a profile, false for a type of its own.</param>
/// <param name="TypeName">The type defined or constrained.</param>
/// <param name="BaseUrl">The structure it derives from, or null.</param>
public sealed record StructureTraits(string Kind, bool IsAbstract, bool IsConstraint, string TypeName, string? BaseUrl)
{
    /// <summary>Reads the detail column of the embedded index.</summary>
    internal static StructureTraits Parse(string detail)
    {
        var parts = detail.Split(' ');
        return new(parts[0], parts[1] == "abstract", parts[2] == "constraint", parts[3], parts[4] == "-" ? null : parts[4]);
    }

    internal static StructureTraits Of(Element structure)
    {
        var type = structure.Text("type") ?? structure.Text("name") ?? "";
        var baseUrl = structure.Text("baseDefinition");
        return new(
            structure.Text("kind") ?? "complex-type",
            structure.Text("abstract") == "true",
            structure.Text("derivation") == "constraint" || IsOfItsBase(structure.Text("url"), type, baseUrl),
            type,
            baseUrl);
    }

    // What has the type of its base constrains that type, whatever it says of itself: it must not take the type's place.
    private static bool IsOfItsBase(string? url, string type, string? baseUrl) =>
        baseUrl is not null && url != baseUrl && (baseUrl == type || baseUrl == "http://hl7.org/fhir/StructureDefinition/" + type);
}
