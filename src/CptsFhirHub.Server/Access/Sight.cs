using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Access;

/// <summary>What of the store a caller can see. Every read of a client passes here; what it may not see is as if it were not there.</summary>
internal sealed class Sight(ResourceStore store)
{
    private const int RowsAtOnce = 200;

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
    /// Runs a search within the caller's right. Included resources outside it are left out.
    /// </summary>
    public async Task<SearchPage> SearchAsync(Caller caller, SearchQuery query, CancellationToken cancellationToken)
    {
        var page = await store.SearchAsync(caller.Tenant, Narrow(query, caller.Policy), cancellationToken);
        return page.Included.Count == 0 ? page : page with { Included = await SeenAsync(caller, page.Included, cancellationToken) };
    }

    /// <summary>
    /// The query with the caller's row criteria on every type it touches. Refuses with 403 when it touches a type outside the right:
    /// a chain or an include must not tell what a search would not.
    /// </summary>
    public static SearchQuery Narrow(SearchQuery query, Policy policy)
    {
        foreach (var include in query.Includes)
            CheckInclude(include, policy);
        var narrowed = query with { Criteria = [.. query.Criteria.Select(criterion => Narrow(criterion, policy))] };
        return policy.RowsOf(query.ResourceType) is { } rows ? narrowed.And([rows]) : narrowed;
    }

    private static Criterion Narrow(Criterion criterion, Policy policy)
    {
        switch (criterion)
        {
            case Criterion.Chain chain:
                var inner = chain.Inner.Where(query => policy.Allows(query.ResourceType, Deeds.Search)).Select(query => Narrow(query, policy)).ToList();
                if (inner.Count == 0)
                    throw Forbidden(chain.Inner.Count == 1 ? chain.Inner[0].ResourceType : chain.Reference.Code);
                return chain with { Inner = inner };
            case Criterion.Has has:
                if (!policy.Allows(has.Inner.ResourceType, Deeds.Search))
                    throw Forbidden(has.Inner.ResourceType);
                return has with { Inner = Narrow(has.Inner, policy) };
            default:
                return criterion;
        }
    }

    private static void CheckInclude(Include include, Policy policy)
    {
        IReadOnlyList<string> touched = include.IsReverse ? [include.SourceType]
            : include.TargetType is { } target ? [target]
            : include.Parameter?.Targets ?? [];
        if (touched.Count > 0 && !touched.Any(type => policy.Allows(type, Deeds.Read)))
            throw Forbidden(touched[0]);
    }

    private static Refusal Forbidden(string type) => new(403, "forbidden", $"This client may not search by {type}.");

    private async Task<IReadOnlyList<Stored>> SeenAsync(Caller caller, IReadOnlyList<Stored> included, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in included.GroupBy(stored => stored.Type, StringComparer.Ordinal))
        {
            if (!caller.Policy.Allows(group.Key, Deeds.Read))
                continue;
            var rows = caller.Policy.RowsOf(group.Key);
            foreach (var some in group.Chunk(RowsAtOnce))
            {
                if (rows is null)
                    seen.UnionWith(some.Select(stored => stored.Reference));
                else
                    seen.UnionWith((await VisibleAsync(caller, group.Key, [.. some.Select(stored => stored.Id)], rows, cancellationToken))
                        .Select(stored => stored.Reference));
            }
        }

        return seen.Count == included.Count ? included : [.. included.Where(stored => seen.Contains(stored.Reference))];
    }

    private async Task<IReadOnlyList<Stored>> VisibleAsync(
        Caller caller, string type, IReadOnlyList<string> ids, Criterion rows, CancellationToken cancellationToken)
    {
        var byId = new Criterion.Match(
            R4.Definitions.SearchParameter(type, "_id")!, null, [.. ids.Select(id => new SearchValue.Token(null, id))]);
        var query = new SearchQuery(type, [byId, rows]) { Count = ids.Count, WantsTotal = false };
        return (await store.SearchAsync(caller.Tenant, query, cancellationToken)).Matches;
    }
}
