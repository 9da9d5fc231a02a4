using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Search;

/// <summary>
/// Several bounds of one date, <c>birthdate=ge1947-03-01&amp;birthdate=lt1947-03-08</c>: one walk between them instead of one from each.
/// Only where a resource has one value at most: of several, one might meet the first bound and another the second.
/// </summary>
/// <param name="Begins">The place of the first bound among the criteria.</param>
internal sealed record DateWindow(int Begins, SearchParameter Parameter, IReadOnlyList<SearchValue.Date> Bounds)
{
    private const int WindowRank = 90;

    /// <summary>The window that the criterion at that place is a bound of; null when it stands alone.</summary>
    public static DateWindow? Of(IReadOnlyList<Criterion> criteria, int at)
    {
        if (Bound(criteria[at]) is not var (parameter, _))
            return null;
        var (begins, bounds) = (-1, new List<SearchValue.Date>());
        for (var i = 0; i < criteria.Count; i++)
        {
            if (Bound(criteria[i]) is not var (other, date) || other.Code != parameter.Code)
                continue;
            if (begins < 0)
                begins = i;
            bounds.Add(date);
        }

        return bounds.Count > 1 && (parameter.Code == "_lastUpdated" || SingleValue.IsSingle(parameter)) ? new(begins, parameter, bounds) : null;
    }

    public Condition Build(ConditionFactory make)
    {
        if (Parameter.Code == "_lastUpdated")
        {
            var instants = Bounds.Select(date => DateSql.Instant("last_updated", date)).ToList();
            return OwnColumnSql.Updated(make, Joined(instants, ""));
        }

        var (from, to) = (long.MinValue, long.MaxValue);
        foreach (var date in Bounds)
        {
            var (low, high) = DateSql.Touched(date);
            (from, to) = (Math.Max(from, low), Math.Min(to, high));
        }

        var exact = Bounds.Select(DateSql.Predicate).ToList();
        var alternatives = new List<Condition>();
        foreach (var span in make.Spans(Parameter.Code))
            alternatives.Add(make.Values(
                "index_date", Parameter.Code + span.Suffix, WindowRank, [Joined(exact, "low >= ? AND low < ? AND ", span.Before(from), to)]));
        return alternatives switch
        {
            [] => new Condition.Nothing(),
            [var one] => one,
            _ => new Condition.Any(alternatives),
        };
    }

    private static (SearchParameter Parameter, SearchValue.Date Date)? Bound(Criterion criterion) =>
        criterion is Criterion.Match { Modifier: null, Values: [SearchValue.Date date] } match ? (match.Parameter, date) : null;

    // A bound's own predicate must not choose the index: the walk is between the two of the window.
    private static ValuePredicate Joined(IReadOnlyList<ValuePredicate> bounds, string walk, params object?[] walked) => new(
        $"({walk}{string.Join(" AND ", bounds.Select(bound => walk.Length == 0 ? bound.Sql : OnlyChecks(bound.Sql)))})",
        [.. walked, .. bounds.SelectMany(bound => bound.Values)]);

    private static string OnlyChecks(string sql) => sql
        .Replace("+low", "low", StringComparison.Ordinal).Replace("+high", "high", StringComparison.Ordinal)
        .Replace("low", "+low", StringComparison.Ordinal).Replace("high", "+high", StringComparison.Ordinal);
}
