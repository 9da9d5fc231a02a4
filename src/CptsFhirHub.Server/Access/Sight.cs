using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Access;

/// <summary>What of the store a caller can see. Every read of a client passes here; what it may not see is as if it were not there.</summary>
internal sealed class Sight(ResourceStore store)
{
    /// <summary>The current version, deleted ones included; null when there is none that the caller may see.</summary>
    public async Task<Stored?> ReadAsync(Caller caller, string type, string id, CancellationToken cancellationToken)
    {
        var stored = await store.ReadAsync(caller.Tenant, type, id, cancellationToken);
        return stored is not null && await SeesAsync(caller, stored, cancellationToken) ? stored : null;
    }

    /// <summary>True when the row criterion of its type holds for the current version.</summary>
    public async Task<bool> SeesAsync(Caller caller, Stored stored, CancellationToken cancellationToken)
    {
        if (caller.Policy.RowsOf(stored.Type) is not { } rows)
            return true;

        // A deleted resource has no index rows: a partner does not learn that it was there.
        return !stored.IsDeleted && (await VisibleAsync(caller, stored.Type, [stored.Id], rows, cancellationToken)).Count == 1;
    }

    /// <summary>
    /// Runs a search within the caller's right. Included resources outside it are left out, and so is what only they lead to.
    /// </summary>
    public Task<SearchPage> SearchAsync(Caller caller, SearchQuery query, CancellationToken cancellationToken) =>
        store.SearchAsync(caller.Tenant, Narrow(query, caller.Policy), cancellationToken);

    /// <summary>The same search of several types, each within the caller's right.</summary>
    public async Task<SearchPage> SearchAsync(Caller caller, IReadOnlyList<SearchQuery> queries, CancellationToken cancellationToken)
    {
        var page = await store.SearchAsync(caller.Tenant, [.. queries.Select(query => Narrow(query, caller.Policy))], cancellationToken);

        // An empty page would read as the end of the list.
        return page.IsCursorForeign
            ? throw new Refusal(400, "value", "This link does not continue this search: it is another's, or was changed. Begin the search anew.", "_cursor")
            : page;
    }

    /// <summary>
    /// The query with the caller's row criteria on every type it touches. Refuses with 403 when it touches a type outside the right:
    /// a chain or an include must not tell what a search would not.
    /// </summary>
    public static SearchQuery Narrow(SearchQuery query, Policy policy)
    {
        foreach (var include in query.Includes)
            CheckInclude(include, policy);
        var rows = new SearchableRows(policy.RowsOf, type => policy.Allows(type, Deeds.Search));
        var narrowed = QueryNarrowing.Narrow(query, rows, out var forbidden);
        if (forbidden is not null)
            throw Forbidden(forbidden);
        return query.Includes.Count == 0 ? narrowed : narrowed with
        {
            Includes = [.. query.Includes.Select(include => include with { IsCovered = IsCovered(include, narrowed, policy) })],
            IncludeCriteria = type => !policy.Allows(type, Deeds.Read) ? [new Criterion.Never()] : policy.RowsOf(type) is { } own ? [own] : [],
        };
    }

    private static void CheckInclude(Include include, Policy policy)
    {
        IReadOnlyList<string> touched = include.IsReverse ? (include.SourceType == "*" ? [] : [include.SourceType])
            : include.TargetType is { } target ? [target]
            : include.Parameter?.Targets ?? [];
        if (touched.Count > 0 && !touched.Any(type => policy.Allows(type, Deeds.Read)))
            throw Forbidden(touched[0]);
    }

    /// <summary>
    /// True when whoever may see the matches may see what they include: a partner's right to a patient is that a task it owns points to
    /// the patient, and the matches are such tasks.
    /// </summary>
    private static bool IsCovered(Include include, SearchQuery query, Policy policy)
    {
        var parameter = include.Parameter;
        if (include.IsReverse || parameter is null || include.SourceType != query.ResourceType)
            return false;
        IReadOnlyList<string> targets = include.TargetType is { } target ? [target] : parameter.Targets;
        return targets.Count > 0 && targets.All(type => !policy.Allows(type, Deeds.Read) ? false : policy.RowsOf(type) is not { } rows || Covers(rows));

        bool Covers(Criterion rows) => rows switch
        {
            Criterion.Any any => any.Alternatives.Any(alternative => alternative is [var only] && Covers(only)),
            Criterion.Has has => has.Reference.Code == parameter.Code && has.Inner.ResourceType == include.SourceType
                && has.Inner.Criteria.All(part => QueryNarrowing.Implies(query.Criteria, part)),
            _ => false,
        };
    }

    private static Refusal Forbidden(string type) => new(403, "forbidden", $"This client may not search by {type}.");

    private async Task<IReadOnlyList<Stored>> VisibleAsync(
        Caller caller, string type, IReadOnlyList<string> ids, Criterion rows, CancellationToken cancellationToken)
    {
        var byId = new Criterion.Match(
            R4.Definitions.SearchParameter(type, "_id")!, null, [.. ids.Select(id => new SearchValue.Token(null, id))]);
        var query = new SearchQuery(type, [byId, rows]) { Count = ids.Count, WantsTotal = false };
        return (await store.SearchAsync(caller.Tenant, query, cancellationToken)).Matches;
    }
}
