using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>The rules of Bundle that no element has by itself. https://hl7.org/fhir/R4/bundle.html</summary>
internal static class BundleCheck
{
    public static void Check(Run run, Element bundle)
    {
        var entries = bundle.All("entry");
        var type = bundle.Text("type");
        for (var i = 0; i < entries.Length; i++)
        {
            run.Location.Push(entries[i], null, i);
            Entry(run, entries[i]);
            run.Location.Pop();
        }

        if (type is "document" or "message")
            First(run, entries, type == "document" ? "Composition" : "MessageHeader");
    }

    /// <summary>The resource of the Bundle that a reference names, by full URL or relative to the entry that refers. https://hl7.org/fhir/R4/bundle.html#references</summary>
    public static Element? Find(Element bundle, string reference, string? fromFullUrl)
    {
        var history = reference.IndexOf("/_history/", StringComparison.Ordinal);
        var version = history < 0 ? null : reference[(history + "/_history/".Length)..];
        if (history >= 0)
            reference = reference[..history];
        var isRelative = !reference.Contains(':', StringComparison.Ordinal);
        var absolute = isRelative ? BaseOf(fromFullUrl) is { } root ? root + reference : null : reference;

        foreach (var entry in bundle.All("entry"))
        {
            if (entry.Child("resource") is not { } resource)
                continue;
            var fullUrl = entry.Text("fullUrl");
            var isNamed = absolute is not null && fullUrl == absolute;
            // An entry without a URL of the server can still be meant by type and id.
            if (!isNamed && isRelative && (absolute is null || fullUrl is null))
                isNamed = $"{resource.ResourceType}/{resource.Text("id")}" == reference;
            if (isNamed && (version is null || resource.Child("meta")?.Text("versionId") == version))
                return resource;
        }

        return null;
    }

    private static void Entry(Run run, Element entry)
    {
        if (entry.Text("fullUrl") is not { } fullUrl)
            return;
        if (!fullUrl.Contains(':', StringComparison.Ordinal))
            run.Error("invalid", "The fullUrl of an entry is absolute.", "bundle-fullurl");
        else if (entry.Child("resource") is { } resource && resource.Text("id") is { } id && IsRest(run, fullUrl, resource.ResourceType!)
                 && !fullUrl.EndsWith("/" + id, StringComparison.Ordinal))
            run.Error("invalid", "The fullUrl of the entry and the id of its resource differ.", "bundle-fullurl");
    }

    private static bool IsRest(Run run, string fullUrl, string resourceType)
    {
        if (!fullUrl.StartsWith("http", StringComparison.Ordinal))
            return false;
        var parts = fullUrl.Split('/');
        return parts.Length > 4 && run.Validator.Definitions.IsResourceType(parts[^2]) && parts[^2] == resourceType;
    }

    private static void First(Run run, ReadOnlySpan<Element> entries, string expected)
    {
        if (entries.Length == 0)
            run.Error("structure", $"The first entry is a {expected}.", "bundle-first");
        else if (entries[0].Child("resource")?.ResourceType != expected)
            run.Error("structure", $"The first entry is a {expected}.", "bundle-first");
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
