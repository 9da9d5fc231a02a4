using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Search;

/// <summary>
/// Dates as intervals. https://hl7.org/fhir/R4/search.html#prefix
/// A column with a plus sign before it is compared and not sought: it leaves the choice of the index to the others.
/// </summary>
internal static class DateSql
{
    private const int PointRank = 50;
    private const int RangeRank = 200;

    public static Condition Build(ConditionFactory make, SearchParameter parameter, IReadOnlyList<SearchValue> values)
    {
        var dates = values.OfType<SearchValue.Date>().ToList();
        var rank = dates.TrueForAll(date => date.Prefix == Prefix.Eq) ? PointRank : RangeRank;
        var check = make.Values("index_date", parameter.Code, rank, [.. dates.Select(Predicate)]);
        if (!dates.Exists(date => date.Prefix is Prefix.Gt or Prefix.Ge))
            return check;

        // Values are in the order in which they begin: what ends after an instant is sought from the earliest beginning it may have.
        var walks = new List<Condition>();
        foreach (var span in make.Spans(parameter.Code))
        {
            var here = span == DateSpan.Day ? dates : dates.FindAll(date => date.Prefix is Prefix.Gt or Prefix.Ge);
            walks.Add(make.Values("index_date", parameter.Code + span.Suffix, rank, [.. here.Select(date => Within(date, span))]));
        }

        return walks.Count == 0 ? check : new Condition.Two(check, new Condition.Any(walks));
    }

    /// <summary>The same as <see cref="Predicate"/>, of values that last no longer than the span says.</summary>
    private static ValuePredicate Within(SearchValue.Date date, DateSpan span) => date.Prefix switch
    {
        Prefix.Gt => new("(low >= ? AND +high > ?)", span.Before(date.HighTicks), date.HighTicks),
        Prefix.Ge => new("(low >= ? AND +high > ? AND (+high > ? OR +low >= ?))", span.Before(date.LowTicks), date.LowTicks, date.HighTicks, date.LowTicks),
        _ => Predicate(date),
    };

    /// <summary>The same questions to an instant known to the millisecond, in the column <paramref name="column"/>.</summary>
    public static ValuePredicate Instant(string column, SearchValue.Date date)
    {
        var (low, high) = Around(date);
        return date.Prefix switch
        {
            Prefix.Ne => new($"({column} < ? OR {column} >= ?)", date.LowTicks, date.HighTicks),
            Prefix.Gt or Prefix.Sa => new($"({column} >= ?)", date.HighTicks),
            Prefix.Ge => new($"({column} >= ?)", date.LowTicks),
            Prefix.Lt or Prefix.Eb => new($"({column} < ?)", date.LowTicks),
            Prefix.Le => new($"({column} < ?)", date.HighTicks),
            Prefix.Ap => new($"({column} >= ? AND {column} < ?)", low, high),
            _ => new($"({column} >= ? AND {column} < ?)", date.LowTicks, date.HighTicks),
        };
    }

    public static ValuePredicate Predicate(SearchValue.Date date)
    {
        var (from, to) = (date.LowTicks, date.HighTicks);
        var (low, high) = Around(date);
        return date.Prefix switch
        {
            Prefix.Ne => new("(+low < ? OR +high > ?)", from, to),
            Prefix.Gt => new("(high > ?)", to),
            Prefix.Ge => new("(high > ? AND (+high > ? OR +low >= ?))", from, to, from),
            Prefix.Lt => new("(low < ?)", from),
            Prefix.Le => new("(low < ? AND (+low < ? OR +high <= ?))", to, from, to),
            Prefix.Sa => new("(low >= ?)", to),
            Prefix.Eb => new("(low <= ? AND +high <= ?)", from, from),
            Prefix.Ap => new("(low < ? AND +high > ?)", high, low),
            _ => new("(low >= ? AND low < ? AND +high <= ?)", from, to, to),
        };
    }

    /// <summary>The time that a value must touch to meet the question.</summary>
    public static (long FromTicks, long ToTicks) Touched(SearchValue.Date date) => date.Prefix switch
    {
        Prefix.Ne => (long.MinValue, long.MaxValue),
        Prefix.Gt or Prefix.Sa => (date.HighTicks, long.MaxValue),
        Prefix.Ge => (date.LowTicks, long.MaxValue),
        Prefix.Lt or Prefix.Eb => (long.MinValue, date.LowTicks),
        Prefix.Le => (long.MinValue, date.HighTicks),
        Prefix.Ap => Around(date),
        _ => (date.LowTicks, date.HighTicks),
    };

    /// <summary>"Approximately" widens the interval by its own length, a day at least.</summary>
    private static (long Low, long High) Around(SearchValue.Date date)
    {
        var margin = Math.Max(TimeSpan.TicksPerDay, date.HighTicks - date.LowTicks);
        return (Math.Max(0, date.LowTicks - margin), Math.Min(DateTime.MaxValue.Ticks - margin, date.HighTicks) + margin);
    }
}
