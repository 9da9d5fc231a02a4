using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Search;

/// <summary>Numbers and quantities. https://hl7.org/fhir/R4/search.html#number</summary>
internal static class NumberSql
{
    private const int PointRank = 60;
    private const int RangeRank = 200;

    public static Condition Build(ConditionFactory make, SearchParameter parameter, IReadOnlyList<SearchValue> values)
    {
        var isPoint = values.All(value => value is SearchValue.Number { Prefix: Prefix.Eq } or SearchValue.Quantity { Prefix: Prefix.Eq });
        return make.Values("index_quantity", parameter.Code, isPoint ? PointRank : RangeRank, Predicates(make, values));
    }

    public static List<ValuePredicate> Predicates(ConditionFactory make, IReadOnlyList<SearchValue> values)
    {
        var predicates = new List<ValuePredicate>();
        foreach (var value in values)
        {
            if (value is SearchValue.Number number)
                predicates.Add(Compare(number.Prefix, number.Value, number.Low, number.High));
            else if (value is SearchValue.Quantity quantity && Unit(make, quantity) is { } predicate)
                predicates.Add(predicate);
        }

        return predicates;
    }

    private static ValuePredicate? Unit(ConditionFactory make, SearchValue.Quantity quantity)
    {
        var amount = Compare(quantity.Prefix, quantity.Value, quantity.Low, quantity.High);
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

    private static ValuePredicate Compare(Prefix prefix, decimal exact, decimal lowest, decimal highest)
    {
        const double tenth = 0.1;
        var (value, low, high) = ((double)exact, (double)lowest, (double)highest);
        return prefix switch
        {
            Prefix.Ne => new("(+low < ? OR +high >= ?)", low, high),
            Prefix.Gt => new("(+high > ?)", value),
            Prefix.Ge => new("(+high >= ?)", value),
            Prefix.Lt => new("(low < ?)", value),
            Prefix.Le => new("(low <= ?)", value),
            Prefix.Sa => new("(low > ?)", value),
            Prefix.Eb => new("(+high < ?)", value),
            Prefix.Ap => new("(low <= ? AND +high >= ?)", value + Math.Abs(value) * tenth, value - Math.Abs(value) * tenth),
            _ => new("(low >= ? AND low < ? AND +high < ?)", low, high, high),
        };
    }
}
