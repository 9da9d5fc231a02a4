namespace CptsFhirHub.Server.Rest;

/// <summary>FHIR search on one type, by GET or POST. https://hl7.org/fhir/R4/http.html#search</summary>
internal static class Search
{
    public static async Task<Answer> Handle(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var parsed = Searches.Parse(request.Type, request.Parameters, request.Prefer.IsLenient, hub);
        var query = parsed.Query;
        if (request.View.IsCount)
            query = query with { Count = 1, Includes = [], WantsTotal = true };

        var page = await hub.Sight.SearchAsync(request.Caller, query, cancellationToken);
        using var bundle = new BundleBytes("searchset", hub.Url.Fhir);
        bundle.Total(page.Total);
        bundle.Link("self", Address(request, parsed.Used, cursor: null));
        if (page.NextCursor is { } next && !request.View.IsCount)
            bundle.Link("next", Address(request, parsed.Used, next));

        bundle.BeginEntries();
        if (!request.View.IsCount)
        {
            foreach (var match in page.Matches)
                bundle.Found(match, request.View.Of(match.Json), "match");
            foreach (var included in page.Included)
                bundle.Found(included, request.View.Of(included.Json), "include");
        }

        if (parsed.Issues.Count > 0)
            bundle.Remarks(parsed.Issues);
        return Answer.Ok(bundle.End());
    }

    /// <summary>The address of a page: the search as it was understood, with the cursor of the page.</summary>
    private static string Address(FhirRequest request, IEnumerable<KeyValuePair<string, string>> used, string? cursor)
    {
        var pairs = used.Where(pair => cursor is null || pair.Key != Searches.CursorParameter).ToList();
        if (request.View.Summary is { } summary)
            pairs.Add(new("_summary", summary));
        if (request.View.Elements is { } elements)
            pairs.Add(new("_elements", string.Join(',', elements)));
        if (cursor is not null)
            pairs.Add(new(Searches.CursorParameter, cursor));
        return pairs.Count == 0 ? request.Type : $"{request.Type}?{QueryText.Write(pairs)}";
    }
}
