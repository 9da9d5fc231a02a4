using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Search;

/// <summary>Numbers and quantities. https://hl7.org/fhir/R4/search.html#number</summary>
internal static class NumberSql
{
    private const int PointRank = 60;
    private const int RangeRank = 200;
    private const double Tenth = 0.1;
    private const decimal TenthExactly = 0.1m;

    public static Condition Build(ConditionFactory make, SearchParameter parameter, IReadOnlyList<SearchValue> values)
    {
        var isPoint = values.All(value => value is SearchValue.Number { Prefix: Prefix.Eq } or SearchValue.Quantity { Prefix: Prefix.Eq });
        var rank = isPoint ? PointRank : RangeRank;
        var common = values.Select(Common).OfType<ValuePredicate>().ToList();
        var plain = Predicates(make, [.. values.Where(value => Common(value) is null)]);
        var conditions = new List<Condition>();
        if (plain.Count > 0 || common.Count == 0)
            conditions.Add(make.Values("index_quantity", parameter.Code, rank, plain));
        if (common.Count > 0)
            conditions.Add(make.Values("index_quantity", IndexText.UcumOf(parameter.Code), rank, common));
        return conditions is [var only] ? only : new Condition.Any(conditions);
    }

    /// <summary>Values as they are written, with their unit as it is written.</summary>
    public static List<ValuePredicate> Predicates(ConditionFactory make, IReadOnlyList<SearchValue> values)
    {
        var predicates = new List<ValuePredicate>();
        foreach (var value in values)
        {
            if (value is SearchValue.Number number)
                predicates.Add(Compare(number.Prefix, (double)number.Value, (double)number.Low, (double)number.High, Around((double)number.Value)));
            else if (value is SearchValue.Quantity quantity && Unit(make, quantity) is { } predicate)
                predicates.Add(predicate);
        }

        return predicates;
    }

    /// <summary>A quantity with a UCUM unit, in base units: it finds what was written in other units too. Null for any other value.</summary>
    public static ValuePredicate? Common(SearchValue value)
    {
        if (value is not SearchValue.Quantity quantity || ComparableUnits.Find(quantity.System, quantity.Code) is not { } units)
            return null;
        var tenth = Math.Abs(quantity.Value) * TenthExactly;
        if (units.Of(quantity.Value) is not { } exact || units.Of(quantity.Low) is not { } low || units.Of(quantity.High) is not { } high
            || units.Of(quantity.Value - tenth) is not { } least || units.Of(quantity.Value + tenth) is not { } most)
            return null;
        var amount = Compare(quantity.Prefix, exact, low, high, (least, most));
        return new($"({amount.Sql} AND code = ?)", [.. amount.Values, IndexText.Fit(units.Dimensions)]);
    }

    private static ValuePredicate? Unit(ConditionFactory make, SearchValue.Quantity quantity)
    {
        var amount = Compare(
            quantity.Prefix, (double)quantity.Value, (double)quantity.Low, (double)quantity.High, Around((double)quantity.Value));
        var (sql, values) = (amount.Sql, amount.Values);
        if (!string.IsNullOrEmpty(quantity.System))
        {
            if (make.Find(SymbolKind.System, quantity.System) is not { } system)
                return null;
            (sql, values) = ($"({sql} AND system = ?)", [.. values, system]);
        }

        if (!string.IsNullOrEmpty(quantity.Code))
            (sql, values) = ($"({sql} AND code = ?)", [.. values, IndexText.Fit(SearchText.FoldCase(quantity.Code))]);
        return new(sql, values);
    }

    private static (double Least, double Most) Around(double value) => (value - Math.Abs(value) * Tenth, value + Math.Abs(value) * Tenth);

    private static ValuePredicate Compare(Prefix prefix, double value, double low, double high, (double Least, double Most) around)
    {
        // Of a number with more digits than the index holds the bounds are the number itself: it is still found.
        high = Math.Max(high, Math.BitIncrement(value));
        return prefix switch
        {
            Prefix.Ne => new("(+low < ? OR +high >= ?)", low, high),
            Prefix.Gt => new("(+high > ?)", value),
            Prefix.Ge => new("(+high >= ?)", value),
            Prefix.Lt => new("(low < ?)", value),
            Prefix.Le => new("(low <= ?)", value),
            Prefix.Sa => new("(low > ?)", value),
            Prefix.Eb => new("(+high < ?)", value),
            Prefix.Ap => new("(low <= ? AND +high >= ?)", around.Most, around.Least),
            _ => new("(low >= ? AND low < ? AND +high < ?)", low, high, high),
        };
    }
}
