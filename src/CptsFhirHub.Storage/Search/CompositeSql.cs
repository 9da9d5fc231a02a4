using System.Text.RegularExpressions;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Search;

/// <summary>A code and a value of one element. https://hl7.org/fhir/R4/search.html#composite</summary>
internal static partial class CompositeSql
{
    private const int CompositeRank = 80;

    public static Condition Build(ConditionFactory make, SearchParameter parameter, IReadOnlyList<SearchValue> values)
    {
        var predicates = new List<ValuePredicate>();
        foreach (var value in values.OfType<SearchValue.Composite>())
        {
            // The code stands in the first half of a row, whichever part of the parameter it is.
            var (at, code, second) = value.Parts switch
            {
                [SearchValue.Token token, var other] => (0, token, other),
                [var other, SearchValue.Token token] => (1, token, other),
                _ => (0, null, null),
            };
            if (code is null)
                continue;
            var part = parameter with { Expression = parameter.Components[at].Expression };
            foreach (var first in TokenSql.Predicates(make, part, [code]))
                foreach (var other in Second(make, parameter with { Expression = parameter.Components[1 - at].Expression }, second!))
                    predicates.Add(new($"({first.Sql} AND {OfSecond().Replace(other.Sql, Column)})", [.. first.Values, .. other.Values]));
        }

        return make.Values("index_composite", parameter.Code, CompositeRank, predicates);
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

    [GeneratedRegex(@"\b(?:code|folded|value|target_id|system|target_type)\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OfSecond();
}
