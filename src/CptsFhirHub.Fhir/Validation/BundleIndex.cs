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
            if (entry.Child("resource") is { ResourceType: not null } resource)
                Add(resource, entry.Text("fullUrl"));
    }

    private BundleIndex()
    {
    }

    /// <summary>The resources of a Bundle, or of the parameters of a Parameters.</summary>
    public static BundleIndex Of(Element holder)
    {
        if (holder.ResourceType == "Bundle")
            return new(holder);
        var index = new BundleIndex();
        index.AddParameters(holder.All("parameter"), 0);
        return index;
    }

    /// <summary>The resource that a reference names, by full URL or relative to the entry that refers; null when there is none.</summary>
    public Element? Find(string reference, string? fromFullUrl)
    {
        (reference, var version) = Split(reference);
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

    /// <summary>
    /// Every resource that a reference means by the rule of full URLs: a relative one means the base of the entry's full URL and itself.
    /// https://hl7.org/fhir/R4/bundle.html#references
    /// </summary>
    public IReadOnlyList<Element> Matches(string reference, string? fromFullUrl)
    {
        var (plain, version) = Split(reference);
        var isRelative = !plain.Contains(':', StringComparison.Ordinal);
        if (isRelative && BaseOf(fromFullUrl) is { } root)
            plain = root + plain;
        else if (isRelative && fromFullUrl?.Contains(':', StringComparison.Ordinal) == true)
            return [];
        var found = new List<Element>();
        if (_byUrl.TryGetValue(plain, out var named))
            found.AddRange(named.Where(resource => IsVersion(resource, version)));
        if (found.Count == 0 && isRelative && _byTypeAndId.TryGetValue(plain, out var alike))
            found.AddRange(alike.Where(one => IsVersion(one.Resource, version)).Select(one => one.Resource));
        return found;
    }

    /// <summary>True when an entry has the type and id that the reference names, whatever its full URL.</summary>
    public bool HasAlike(string reference) => _byTypeAndId.ContainsKey(Split(reference).Plain);

    private static (string Plain, string? Version) Split(string reference)
    {
        var history = reference.IndexOf("/_history/", StringComparison.Ordinal);
        return history < 0 ? (reference, null) : (reference[..history], reference[(history + "/_history/".Length)..]);
    }

    private static bool IsVersion(Element resource, string? version) =>
        version is null || resource.Child("meta")?.Text("versionId") == version;

    private void AddParameters(ReadOnlySpan<Element> parameters, int depth)
    {
        const int DepthMax = 20;
        foreach (var parameter in parameters)
        {
            if (parameter.Child("resource") is { ResourceType: not null } resource)
                Add(resource, null);
            if (depth < DepthMax)
                AddParameters(parameter.All("part"), depth + 1);
        }
    }

    private void Add(Element resource, string? fullUrl)
    {
        if (fullUrl is not null)
            Add(_byUrl, fullUrl, resource);
        if (resource.Text("id") is { } id)
            Add(_byTypeAndId, $"{resource.ResourceType}/{id}", (resource, fullUrl is not null));
    }

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
