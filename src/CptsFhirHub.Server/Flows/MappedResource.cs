using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>One entry of the Bundle that a map made, as a root of its own.</summary>
/// <param name="Url">What the other entries refer to it by.</param>
internal sealed record MappedResource(string Url, Element Resource)
{
    /// <summary>The entries of a Bundle that are looked at: a map makes some twenty.</summary>
    private const int EntriesMax = 200;

    /// <summary>Type and first identifier, by which the resource is found again; null when it has none.</summary>
    public string? Key => Identifier is var (system, value) ? $"{Resource.ResourceType}|{system}|{value}" : null;

    /// <summary>The first identifier that has a system and a value.</summary>
    public (string System, string Value)? Identifier
    {
        get
        {
            foreach (var identifier in Resource.All("identifier"))
                if (identifier.Text("system") is { } system && identifier.Text("value") is { } value)
                    return (system, value);
            return null;
        }
    }

    /// <summary>The entries of a Bundle, which is not looked at any more: they hold its very elements.</summary>
    public static IReadOnlyList<MappedResource> Of(Element bundle)
    {
        var resources = new List<MappedResource>();
        foreach (var entry in bundle.All("entry"))
        {
            if (resources.Count == EntriesMax)
                break;
            if (entry.Child("resource") is { ResourceType: not null } held)
                resources.Add(new(entry.Text("fullUrl") ?? "", held.AsRoot()));
        }

        return resources;
    }
}
