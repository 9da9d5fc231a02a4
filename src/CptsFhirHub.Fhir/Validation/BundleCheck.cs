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

        if (type is "document" or "message")
        {
            var index = new BundleIndex(bundle);
            if (type == "document" && entries.Length > 0 && entries[0].Child("resource") is { ResourceType: "Composition" } composition)
                References(run, index, entries[0], composition);
            BundleLinks.Check(run, bundle, index, type == "document");
        }

        if (type == "searchset")
            SearchCheck.Check(run, bundle);
        if (type == "document")
            Links(run, bundle);
    }

    private static void Links(Run run, Element bundle)
    {
        var links = bundle.All("link");
        for (var i = 0; i < links.Length; i++)
        {
            if (links[i].Child("relation") is not { Value: "first" or "previous" or "prev" or "next" or "last" } relation)
                continue;
            run.Location.Push(links[i], null, i);
            run.ReportAt(relation, Severity.Error, "invalid", Phrases.LinkOfSearch, "bundle-link");
            run.Location.Pop();
        }
    }

    // A document is whole: what its Composition refers to as part of it lies in the Bundle.
    private static void References(Run run, BundleIndex index, Element entry, Element composition)
    {
        run.Location.Push(entry, null, 0);
        run.Location.Push(composition, null, -1);
        foreach (var part in DocumentParts)
        {
            foreach (var reference in Below(composition, part.Split('.'), 0))
            {
                if (reference.Text("reference") is not [not '#', ..] text)
                    continue;
                var found = index.Matches(text, entry.Text("fullUrl"));
                if (found.Count == 0)
                    run.Error("not-found", Phrases.DocumentPart, "bundle-document", part);
                else if (found.Count > 1)
                    run.Error("invalid", Phrases.ReferenceMany, "bundle-document", found.Count);
            }
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
            if (entry.Child("resource") is { } bare)
                Unnamed(run, bare, bundleType);
            return;
        }

        if (!fullUrl.Contains(':', StringComparison.Ordinal))
        {
            run.Error("invalid", Phrases.FullUrlRelative, "bundle-fullurl");
            return;
        }

        if (entry.Child("resource") is not { ResourceType: { } type } resource || NamedBy(run, fullUrl) is not { } named)
            return;
        if (resource.Text("id") is not { } id)
        {
            // What is still to be created has no id yet.
            if (bundleType is not ("transaction" or "batch"))
                run.Error("invalid", Phrases.FullUrlNoId, "bundle-fullurl");
        }
        else if (named != (type, id))
        {
            run.Error("invalid", Phrases.FullUrlOther, "bundle-fullurl");
        }
    }

    // What an operation answers may be without identity; what is still to be created is so as a rule.
    private static void Unnamed(Run run, Element resource, string? bundleType)
    {
        if (bundleType is "document" or "message")
        {
            run.Error("required", Phrases.FullUrlMissing, "bundle-fullurl");
            Relative(run, resource, 0);
        }
        else if (bundleType is not (null or "transaction" or "batch" or "transaction-response" or "batch-response"))
        {
            run.Warning("required", Phrases.FullUrlAbsent, "bundle-fullurl");
        }
    }

    private static void Relative(Run run, Element node, int depth)
    {
        const int DepthMax = 100;
        if (depth > DepthMax)
            return;
        foreach (var child in node.Children)
        {
            run.Location.Push(child, null, -1);
            if (child.Text("reference") is [not '#', ..] text && !text.Contains(':', StringComparison.Ordinal))
                run.Error("required", Phrases.ReferenceNoBase, "bundle-fullurl");
            Relative(run, child, depth + 1);
            run.Location.Pop();
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
