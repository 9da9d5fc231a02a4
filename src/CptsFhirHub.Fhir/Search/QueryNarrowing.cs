namespace CptsFhirHub.Fhir.Search;

/// <summary>Which rows of each type a search may touch.</summary>
/// <param name="RowsOf">What a resource of the type must meet; null when every one may be found.</param>
/// <param name="IsSearchable">False for a type that no criterion may ask about.</param>
public sealed record SearchableRows(Func<string, Criterion?> RowsOf, Func<string, bool> IsSearchable);

/// <summary>
/// Lays the rows that may be touched over a query: on the type searched, and on every type that a chain or a reverse chain passes, so that
/// no count, order or match tells of others.
/// </summary>
public static class QueryNarrowing
{
    /// <summary>
    /// The narrowed query. <paramref name="forbidden"/> is the first type that the query asks about and may not: then the query must not
    /// run.
    /// </summary>
    public static SearchQuery Narrow(SearchQuery query, SearchableRows rows, out string? forbidden)
    {
        forbidden = null;
        var criteria = new List<Criterion>(query.Criteria.Count + 1);
        foreach (var criterion in query.Criteria)
            criteria.Add(Narrow(criterion, rows, ref forbidden));
        if (rows.RowsOf(query.ResourceType) is { } own)
            AddMissing(criteria, query.Criteria, own);
        return query with { Criteria = criteria };
    }

    private static Criterion Narrow(Criterion criterion, SearchableRows rows, ref string? forbidden)
    {
        switch (criterion)
        {
            case Criterion.Chain chain:
                var inner = new List<SearchQuery>(chain.Inner.Count);
                foreach (var query in chain.Inner)
                    if (rows.IsSearchable(query.ResourceType))
                        inner.Add(Within(query, rows, ref forbidden));
                if (inner.Count == 0)
                    forbidden ??= chain.Inner.Count == 1 ? chain.Inner[0].ResourceType : chain.Reference.Code;
                return chain with { Inner = inner };
            case Criterion.Has has:
                if (!rows.IsSearchable(has.Inner.ResourceType))
                    forbidden ??= has.Inner.ResourceType;
                return has with { Inner = Within(has.Inner, rows, ref forbidden) };
            case Criterion.Not not:
                return new Criterion.Not(Narrow(not.Inner, rows, ref forbidden));
            case Criterion.Any any:
                var alternatives = new List<IReadOnlyList<Criterion>>(any.Alternatives.Count);
                foreach (var alternative in any.Alternatives)
                {
                    var narrowed = new List<Criterion>(alternative.Count);
                    foreach (var one in alternative)
                        narrowed.Add(Narrow(one, rows, ref forbidden));
                    alternatives.Add(narrowed);
                }

                return new Criterion.Any(alternatives);
            default:
                return criterion;
        }
    }

    private static SearchQuery Within(SearchQuery query, SearchableRows rows, ref string? forbidden)
    {
        var narrowed = Narrow(query, rows, out var inside);
        forbidden ??= inside;
        return narrowed;
    }

    /// <summary>
    /// Adds what the query does not say already: a partner that asks for the tasks it owns need not be asked again whether it owns them.
    /// </summary>
    private static void AddMissing(List<Criterion> criteria, IReadOnlyList<Criterion> asked, Criterion right)
    {
        if (Implies(asked, right))
            return;
        if (right is not Criterion.Any { Alternatives: [var only] })
        {
            criteria.Add(right);
            return;
        }

        foreach (var part in only)
            if (!Implies(asked, part))
                criteria.Add(part);
    }

    /// <summary>True when whatever meets all of <paramref name="asked"/> meets <paramref name="wanted"/>; false when that cannot be told.</summary>
    public static bool Implies(IReadOnlyList<Criterion> asked, Criterion wanted) => wanted switch
    {
        Criterion.Any any => any.Alternatives.Any(alternative => alternative.All(part => Implies(asked, part))),
        Criterion.Match match => asked.OfType<Criterion.Match>().Any(criterion => IsWithin(criterion, match)),
        Criterion.Has has => asked.OfType<Criterion.Has>().Any(criterion =>
            IsSame(criterion.Reference.Code, has.Reference.Code) && IsSame(criterion.Inner.ResourceType, has.Inner.ResourceType)
            && has.Inner.Criteria.All(part => Implies(criterion.Inner.Criteria, part))),
        _ => false,
    };

    private static bool IsWithin(Criterion.Match asked, Criterion.Match wanted) =>
        IsSame(asked.Parameter.Code, wanted.Parameter.Code) && asked.Parameter.ResourceType == wanted.Parameter.ResourceType
        && asked.Modifier is null && wanted.Modifier is null && asked.Values.All(value => wanted.Values.Contains(value));

    private static bool IsSame(string one, string other) => string.Equals(one, other, StringComparison.Ordinal);
}
