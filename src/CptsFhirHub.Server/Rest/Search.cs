using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Rest;

/// <summary>FHIR search of a type, of several or of a compartment, by GET or POST. https://hl7.org/fhir/R4/http.html#search</summary>
internal static class Search
{
    /// <summary>Of one type.</summary>
    public static Task<Answer> Handle(FhirRequest request, Collaborators hub, CancellationToken cancellationToken) =>
        RunAsync(request, [Searches.Parse(request.Type, request.Parameters, request.Prefer.IsLenient, hub)], hub, cancellationToken);

    /// <summary>Of the types that <c>_type</c> names, or of all that the caller may search.</summary>
    public static Task<Answer> OfTypes(FhirRequest request, Collaborators hub, CancellationToken cancellationToken) =>
        RunAsync(request, OfEach(request, Types(request, ServedTypes.All), hub, static (_, search) => search), hub, cancellationToken);

    /// <summary>
    /// Of one type, or of all (<c>*</c>), in the compartment of a patient, an encounter or a professional. The compartment's owner is not
    /// among the answers, and one that is not there has an empty compartment. https://hl7.org/fhir/R4/compartmentdefinition.html
    /// </summary>
    public static Task<Answer> InCompartment(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var member = request.Path.Split('/')[2];
        var members = Compartments.Members(request.Type).Where(Conditions.IsServed).ToHashSet(StringComparer.Ordinal);
        if (members.Count == 0 || (member != "*" && !members.Contains(member)))
            throw new Refusal(404, "not-supported", "There is no such compartment here.");
        if (member != "*" && !request.Caller.Policy.Allows(member, Deeds.Search))
            throw new Refusal(403, "forbidden", $"This client may not search by {member}.");

        var types = member == "*" ? Types(request, members) : [member];
        return RunAsync(request, OfEach(request, types, hub, Within), hub, cancellationToken);

        ParsedSearch Within(string type, ParsedSearch search) => search with
        {
            Query = search.Query.And([Compartments.Of(hub.Definitions, request.Type, request.Id, type, withOwner: false) ?? new Criterion.Never()]),
        };
    }

    /// <summary>The types named, each of which must be allowed; without names, those among the candidates that are.</summary>
    private static List<string> Types(FhirRequest request, IEnumerable<string> candidates)
    {
        var policy = request.Caller.Policy;
        var named = request.Parameters.Where(pair => pair.Key == "_type").SelectMany(pair => pair.Value.Split(','))
            .Where(type => type.Length > 0).Distinct(StringComparer.Ordinal).ToList();
        if (named.Find(type => !Conditions.IsServed(type)) is not null)
            throw new Refusal(400, "not-supported", "_type names types that are served here.");
        if (named.Find(type => !policy.Allows(type, Deeds.Search)) is { } forbidden)
            throw new Refusal(403, "forbidden", $"This client may not search by {forbidden}.");
        return named.Count > 0
            ? [.. named.Where(candidates.Contains)]
            : [.. candidates.Where(type => policy.Allows(type, Deeds.Search)).Order(StringComparer.Ordinal)];
    }

    private static List<ParsedSearch> OfEach(
        FhirRequest request, List<string> types, Collaborators hub, Func<string, ParsedSearch, ParsedSearch> shape)
    {
        var parameters = request.Parameters.Where(pair => pair.Key != "_type").ToList();
        return types.ConvertAll(type => shape(type, Searches.Parse(type, parameters, request.Prefer.IsLenient, hub)));
    }

    private static async Task<Answer> RunAsync(
        FhirRequest request, List<ParsedSearch> searches, Collaborators hub, CancellationToken cancellationToken)
    {
        Searches.RequirePage(request, hub.Settings.Limits);
        var used = searches.Count > 0 ? searches[0].Used : [];
        var issues = searches.Count > 0 ? searches[0].Issues.ToList() : [];
        var binding = new PageBinding(request, used);
        var countsOnly = request.View.IsCount || (searches.Count > 0 && searches[0].Query.Count == 0);
        var queries = searches.Select(search => search.Query with { Cursor = binding.Open(search.Query.Cursor) }).ToList();
        if (countsOnly)
            queries = queries.ConvertAll(query => query with { Count = 0, Includes = [], Sort = [], Cursor = null, WantsTotal = true, TotalMax = null });

        var page = queries.Count == 0 ? new([], [], 0, null) : await hub.Sight.SearchAsync(request.Caller, queries, cancellationToken);
        if (page.IsTooDeep)
            return Answer.Refused(422, "too-costly", $"_include:iterate follows at most {hub.Settings.Limits.IncludeDepth} references (IncludeDepth).", "_include");
        using var bundle = new BundleBytes("searchset", hub.Url.Fhir);
        bundle.Total(page.Total);
        bundle.Link("self", Address(request, used, cursor: null));
        if (page.NextCursor is { } next && !countsOnly)
            bundle.Link("next", Address(request, used, binding.Seal(next)));

        bundle.BeginEntries();
        foreach (var match in page.Matches)
            bundle.Found(match, request.Shown(match), "match");
        foreach (var included in page.Included)
            bundle.Found(included, request.Shown(included), "include");
        if (page.IsCut)
            issues.Add(Issue.Warning("too-costly", "_include", "There was more to include than one page carries: ask for fewer matches a page."));
        if (issues.Count > 0)
            bundle.Remarks(issues);
        return Answer.Ok(bundle.End());
    }

    /// <summary>The address of a page: the search as it was understood, with the cursor of the page.</summary>
    private static string Address(FhirRequest request, IEnumerable<KeyValuePair<string, string>> used, string? cursor)
    {
        var pairs = request.Parameters.Where(pair => pair.Key == "_type" && request.Type.Length == 0)
            .Concat(used.Where(pair => cursor is null || pair.Key != Searches.CursorParameter)).ToList();
        pairs.AddRange(request.View.Parameters);
        if (cursor is not null)
            pairs.Add(new(Searches.CursorParameter, cursor));
        const string byPost = "_search";
        var path = request.Path.EndsWith(byPost, StringComparison.Ordinal) ? request.Path[..^byPost.Length].TrimEnd('/') : request.Path;
        return pairs.Count == 0 ? path : $"{path}?{QueryText.Write(pairs)}";
    }
}
