using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>What references point to. https://hl7.org/fhir/R4/references.html</summary>
internal static class References
{
    /// <summary>The resource type that a reference names; null when it is contained, a URN, or unclear.</summary>
    public static string? TypeOf(Item item)
    {
        if (item.Element is not { } element)
            return item.Literal is string text ? TypeIn(text) : null;
        if (element.Value is { } uri)
            return TypeIn(uri);
        return TypeIn(element.Text("reference")) ?? element.Text("type");
    }

    /// <summary>The resource that a Reference, uri, canonical or string item points to.</summary>
    public static Item? Resolve(Run run, Item item)
    {
        var target = item.Element is { } element ? element.Value ?? element.Text("reference") : item.Literal as string;
        if (target is null)
            return null;
        var found = target.StartsWith('#')
            ? Contained(run, target[1..])
            : InBundle(run, target) ?? run.Context.Resolve?.Invoke(target);
        return found is null ? null : item.Shape is null && item.Element is not null ? Item.Plain(found) : Item.Of(found);
    }

    private static Element? Contained(Run run, string id)
    {
        if (run.RootResource is not { } root)
            return null;
        if (id.Length == 0)
            return root;
        foreach (var contained in root.All("contained"))
            if (contained.Text("id") == id)
                return contained;
        if (run.Resource is { } resource)
            foreach (var contained in resource.All("contained"))
                if (contained.Text("id") == id)
                    return contained;
        return null;
    }

    private static Element? InBundle(Run run, string target)
    {
        if (run.RootResource is not { ResourceType: "Bundle" } root)
            return null;
        var entries = root.All("entry");
        run.Spend(entries.Length);
        foreach (var entry in entries)
        {
            if (entry.Child("resource") is not { } resource)
                continue;
            var fullUrl = entry.Text("fullUrl");
            if (fullUrl == target)
                return resource;
            if (fullUrl is not null && fullUrl.Length > target.Length && fullUrl.EndsWith(target, StringComparison.Ordinal)
                && fullUrl[^(target.Length + 1)] == '/')
            {
                return resource;
            }

            if (fullUrl is null && target == $"{resource.ResourceType}/{resource.Text("id")}")
                return resource;
        }

        return null;
    }

    private static string? TypeIn(string? reference)
    {
        if (reference is null || reference.StartsWith('#') || reference.StartsWith("urn:", StringComparison.Ordinal))
            return null;
        for (var end = reference.LastIndexOf('/'); end > 0;)
        {
            var start = reference.LastIndexOf('/', end - 1) + 1;
            if (end > start && char.IsAsciiLetterUpper(reference[start]) && reference[start..end] is var part && R4.Definitions.IsResourceType(part))
                return part;
            end = start - 1;
        }

        return null;
    }
}
