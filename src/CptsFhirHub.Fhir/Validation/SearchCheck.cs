using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>A Bundle of search results: what was found has an id and is of the type that was asked for. https://hl7.org/fhir/R4/search.html</summary>
internal static class SearchCheck
{
    public static void Check(Run run, Element bundle)
    {
        var wanted = Wanted(run, bundle);
        var entries = bundle.All("entry");
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].Child("resource") is not { ResourceType: { } type } resource)
                continue;
            run.Location.Push(entries[i], null, i);
            run.Location.Push(resource, null, -1);
            Entry(run, resource, type, entries[i].Child("search")?.Text("mode"), wanted);
            run.Location.Pop();
            run.Location.Pop();
        }
    }

    private static void Entry(Run run, Element resource, string type, string? mode, HashSet<string> wanted)
    {
        if (mode == "outcome")
        {
            if (type != "OperationOutcome")
                run.Error("invalid", Phrases.SearchOutcome, "search-mode");
            return;
        }

        // Without a mode, an outcome may stand among what was found.
        if (mode is null && type == "OperationOutcome")
            return;
        if (resource.Child("id") is null)
            run.Error("invalid", Phrases.SearchNoId, "search-id");
        if (mode != "include" && wanted.Count > 0 && !wanted.Contains(type))
            run.Report(mode == "match" ? Severity.Error : Severity.Warning, "invalid", Phrases.SearchOtherType, "search-type");
    }

    // The types that the self link names; none where it names none.
    private static HashSet<string> Wanted(Run run, Element bundle)
    {
        var types = new HashSet<string>(StringComparer.Ordinal);
        foreach (var link in bundle.All("link"))
        {
            if (link.Text("relation") != "self" || link.Text("url") is not { } url)
                continue;
            var query = url.IndexOf('?', StringComparison.Ordinal);
            var path = query < 0 ? url : url[..query];
            var last = path[(path.LastIndexOf('/') + 1)..];
            if (run.Validator.Definitions.IsResourceType(last))
                types.Add(last);
            if (query < 0)
                continue;
            foreach (var pair in url[(query + 1)..].Split('&'))
                if (pair.StartsWith("_type=", StringComparison.Ordinal))
                    types.UnionWith(pair["_type=".Length..].Split(','));
        }

        return types;
    }
}
