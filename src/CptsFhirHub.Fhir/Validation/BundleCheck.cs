using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>The rules of Bundle that no element has by itself. https://hl7.org/fhir/R4/bundle.html</summary>
internal static class BundleCheck
{
    private static readonly string[] DocumentParts =
    [
        "subject", "encounter", "author", "attester.party", "custodian", "event.detail",
        "section.author", "section.focus", "section.entry",
    ];

    public static void Check(Run run, Element bundle)
    {
        var entries = bundle.All("entry");
        var type = bundle.Text("type");
        for (var i = 0; i < entries.Length; i++)
        {
            run.Location.Push(entries[i], null, i);
            Entry(run, entries[i], type);
            run.Location.Pop();
        }

        if (type == "document" && entries.Length > 0 && entries[0].Child("resource") is { ResourceType: "Composition" } composition)
            References(run, new(bundle), entries[0], composition);
    }

    // A document is whole: what its Composition refers to as part of it lies in the Bundle.
    private static void References(Run run, BundleIndex index, Element entry, Element composition)
    {
        run.Location.Push(entry, null, 0);
        run.Location.Push(composition, null, -1);
        foreach (var part in DocumentParts)
        {
            foreach (var reference in Below(composition, part.Split('.'), 0))
                if (reference.Text("reference") is [not '#', ..] text && index.Find(text, entry.Text("fullUrl")) is null)
                    run.Error("not-found", $"The document does not hold what its {part} refers to.", "bundle-document");
        }

        run.Location.Pop();
        run.Location.Pop();
    }

    private static List<Element> Below(Element node, string[] steps, int at)
    {
        const int DepthMax = 20;
        if (at >= DepthMax)
            return [];
        var found = new List<Element>();
        var last = Math.Min(at, steps.Length - 1);
        foreach (var child in node.Children)
        {
            if (child.Name == steps[last])
                found.AddRange(last == steps.Length - 1 ? [child] : Below(child, steps, at + 1));
            // Sections lie within sections.
            else if (child.Name == "section" && steps[0] == "section" && at > 0)
                found.AddRange(Below(child, steps, at));
        }

        return found;
    }

    // https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.entry.fullUrl
    private static void Entry(Run run, Element entry, string? bundleType)
    {
        if (entry.Text("fullUrl") is not { } fullUrl)
        {
            if (bundleType is "document" or "message" && entry.Child("resource") is not null)
                run.Error("required", "An entry of a document or message has a fullUrl.", "bundle-fullurl");
            return;
        }

        if (!fullUrl.Contains(':', StringComparison.Ordinal))
        {
            run.Error("invalid", "The fullUrl of an entry is absolute.", "bundle-fullurl");
            return;
        }

        if (entry.Child("resource") is not { ResourceType: { } type } resource || NamedBy(run, fullUrl) is not { } named)
            return;
        if (resource.Text("id") is not { } id)
        {
            // What is still to be created has no id yet.
            if (bundleType is not ("transaction" or "batch"))
                run.Error("invalid", "The fullUrl of the entry is that of a resource on a server, and its resource has no id.", "bundle-fullurl");
        }
        else if (named != (type, id))
        {
            run.Error("invalid", "The fullUrl of the entry and the type and id of its resource differ.", "bundle-fullurl");
        }
    }

    /// <summary>The type and id that the address of a resource on a server ends with; null for any other URL.</summary>
    private static (string Type, string Id)? NamedBy(Run run, string fullUrl)
    {
        if (!fullUrl.StartsWith("http", StringComparison.Ordinal))
            return null;
        var parts = fullUrl.Split('/');
        return parts.Length > 4 && run.Validator.Definitions.IsResourceType(parts[^2]) ? (parts[^2], parts[^1]) : null;
    }
}
