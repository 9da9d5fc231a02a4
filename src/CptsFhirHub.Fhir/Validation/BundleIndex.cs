using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>
/// The resources of a Bundle by what references may call them: a large Bundle has thousands of references, and looking through its entries
/// for each would take time by the square. https://hl7.org/fhir/R4/bundle.html#references
/// </summary>
internal sealed class BundleIndex
{
    private readonly Dictionary<string, List<Element>> _byUrl = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(Element Resource, bool HasUrl)>> _byTypeAndId = new(StringComparer.Ordinal);

    public BundleIndex(Element bundle)
    {
        foreach (var entry in bundle.All("entry"))
        {
            if (entry.Child("resource") is not { ResourceType: { } type } resource)
                continue;
            var fullUrl = entry.Text("fullUrl");
            if (fullUrl is not null)
                Add(_byUrl, fullUrl, resource);
            if (resource.Text("id") is { } id)
                Add(_byTypeAndId, $"{type}/{id}", (resource, fullUrl is not null));
        }
    }

    /// <summary>The resource that a reference names, by full URL or relative to the entry that refers; null when there is none.</summary>
    public Element? Find(string reference, string? fromFullUrl)
    {
        string? version = null;
        var history = reference.IndexOf("/_history/", StringComparison.Ordinal);
        if (history >= 0)
            (reference, version) = (reference[..history], reference[(history + "/_history/".Length)..]);

        var isRelative = !reference.Contains(':', StringComparison.Ordinal);
        var absolute = isRelative ? BaseOf(fromFullUrl) is { } root ? root + reference : null : reference;
        if (absolute is not null && _byUrl.TryGetValue(absolute, out var named))
            foreach (var resource in named)
                if (IsVersion(resource, version))
                    return resource;

        // An entry without a URL of the server can still be meant by type and id.
        if (isRelative && _byTypeAndId.TryGetValue(reference, out var alike))
            foreach (var (resource, hasUrl) in alike)
                if ((absolute is null || !hasUrl) && IsVersion(resource, version))
                    return resource;
        return null;
    }

    private static bool IsVersion(Element resource, string? version) =>
        version is null || resource.Child("meta")?.Text("versionId") == version;

    private static void Add<T>(Dictionary<string, List<T>> index, string key, T item)
    {
        if (!index.TryGetValue(key, out var list))
            index[key] = list = [];
        list.Add(item);
    }

    private static string? BaseOf(string? fullUrl)
    {
        if (fullUrl is null || !fullUrl.StartsWith("http", StringComparison.Ordinal))
            return null;
        var id = fullUrl.LastIndexOf('/');
        var type = id <= 0 ? -1 : fullUrl.LastIndexOf('/', id - 1);
        return type <= "https://".Length ? null : fullUrl[..(type + 1)];
    }
}
