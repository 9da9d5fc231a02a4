using System.Text.RegularExpressions;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Search;

/// <summary>A code and a value, or two numbers, of one element. https://hl7.org/fhir/R4/search.html#composite</summary>
internal static partial class CompositeSql
{
    private const int CompositeRank = 80;

    public static Condition Build(ConditionFactory make, SearchParameter parameter, IReadOnlyList<SearchValue> values)
    {
        var plain = new List<ValuePredicate>();
        var common = new List<ValuePredicate>();
        foreach (var value in values.OfType<SearchValue.Composite>())
        {
            // The code stands in the first half of a row, whichever part of the parameter it is.
            var at = value.Parts.Select((part, index) => part is SearchValue.Token ? index : -1).FirstOrDefault(index => index >= 0, -1);
            if (at < 0)
                continue;
            var others = Enumerable.Range(0, value.Parts.Count).Where(index => index != at).ToList();
            foreach (var first in TokenSql.Predicates(make, Part(parameter, at), [value.Parts[at]]))
            {
                if (others is [var only] && NumberSql.Common(value.Parts[only]) is { } measure)
                    common.Add(Both(first, measure));
                else if (others is [var second])
                    plain.AddRange(Second(make, Part(parameter, second), value.Parts[second]).Select(other => Both(first, other)));
                else if (others is [var from, var to])
                    plain.Add(Both(first, Both(Number(make, value.Parts[from], "low"), Number(make, value.Parts[to], "high"))));
            }
        }

        var conditions = new List<Condition>();
        if (plain.Count > 0 || common.Count == 0)
            conditions.Add(make.Values("index_composite", parameter.Code, CompositeRank, plain));
        if (common.Count > 0)
            conditions.Add(make.Values("index_composite", IndexText.UcumOf(parameter.Code), CompositeRank, common));
        return conditions is [var one] ? one : new Condition.Any(conditions);
    }

    private static SearchParameter Part(SearchParameter parameter, int at) => parameter.WithExpression(parameter.Components[at].Expression);

    private static ValuePredicate Both(ValuePredicate first, ValuePredicate other) =>
        new($"({first.Sql} AND {OfSecond().Replace(other.Sql, Column)})", [.. first.Values, .. other.Values]);

    /// <summary>One of two numbers: it stands in one column alone, where others have the bounds of one.</summary>
    private static ValuePredicate Number(ConditionFactory make, SearchValue value, string column)
    {
        var predicate = NumberSql.Predicates(make, [value])[0];
        return predicate with { Sql = Bounds().Replace(predicate.Sql, column) };
    }

    private static List<ValuePredicate> Second(ConditionFactory make, SearchParameter parameter, SearchValue value) => value switch
    {
        SearchValue.Token => TokenSql.Predicates(make, parameter, [value]),
        SearchValue.Text text => [StringSql.Prefix(text.Value)],
        SearchValue.Date date => [DateSql.Predicate(date)],
        SearchValue.Reference => ReferenceSql.Predicates(make, [value]),
        SearchValue.Uri uri => [new("(value = ?)", IndexText.Fit(uri.Value))],
        _ => NumberSql.Predicates(make, [value]),
    };

    /// <summary>The predicates of single parameters name the columns of their own tables; here these stand in the second half of a row.</summary>
    private static string Column(Match name) => name.Value is "system" or "target_type" ? "system2" : "code2";

    [GeneratedRegex(@"\b(?:low|high)\b", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex Bounds();

    [GeneratedRegex(@"\b(?:code|folded|value|target_id|system|target_type)\b", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex OfSecond();
}
