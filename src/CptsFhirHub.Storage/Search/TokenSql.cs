using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>Tokens. https://hl7.org/fhir/R4/search.html#token</summary>
internal static class TokenSql
{
    private const int IdentifierRank = 10;
    private const int CodeRank = 100;
    private const string CodeAlone = "(code = ?)";

    public static Condition Build(
        ConditionFactory make, SearchParameter parameter, string? modifier, IReadOnlyList<SearchValue> values) => modifier switch
        {
            "not" => new Condition.Not(Build(make, parameter, null, values)),
            "text" => make.Values(
                "index_string", IndexText.TextOf(parameter.Code), CodeRank,
                [.. values.OfType<SearchValue.Text>().Select(text => new ValuePredicate($"({Dialect.PlaceIn}(folded, ?) > 0)", SearchText.Fold(text.Value)))]),
            "of-type" => make.Values("index_token", parameter.Code + ":of-type", IdentifierRank, Predicates(make, parameter, values)),
            _ => make.Values("index_token", parameter.Code, Rank(parameter, values), Predicates(make, parameter, values), InItsSystem(make, parameter)),
        };

    /// <summary>
    /// A code that stands in one system only, as most do, is a point of the index: what bears it comes in order.
    /// </summary>
    private static Func<ValuePredicate, ValuePredicate> InItsSystem(ConditionFactory make, SearchParameter parameter) => predicate =>
        predicate is { Sql: CodeAlone, Values: [string code] } && make.OnlySystem(parameter.Code, code) is { } system
            ? Point(code, system)
            : predicate;

    public static List<ValuePredicate> Predicates(ConditionFactory make, SearchParameter parameter, IReadOnlyList<SearchValue> values)
    {
        var predicates = new List<ValuePredicate>();
        foreach (var token in values.OfType<SearchValue.Token>())
        {
            long? system = null;
            if (token.System is { Length: 0 } && IsContact(parameter))
            {
                // A contact has no system of codes: "|0612" asks for the number, whatever kind of line it is.
            }
            else if (token.System is not null)
            {
                system = token.System.Length == 0 ? Symbols.None : make.Find(SymbolKind.System, token.System);
                if (system is null)
                    continue; // a system that no resource names
            }

            var code = token.Code is null ? null : IndexText.Fit(SearchText.Code(parameter, token.Code));
            predicates.Add((code, system) switch
            {
                (null, null) => new("(TRUE)"),
                (null, _) => new("(system = ?)", system),
                (_, null) => new(CodeAlone, code),
                _ => Point(code, system.Value),
            });
        }

        return predicates;
    }

    private static ValuePredicate Point(string code, long system) => new("(code = ? AND system = ?)", code, system) { IsPoint = true };

    private static bool IsContact(SearchParameter parameter) => parameter.Expression.Contains("telecom", StringComparison.Ordinal);

    private static int Rank(SearchParameter parameter, IReadOnlyList<SearchValue> values) =>
        parameter.Code == "identifier" && values.All(value => value is SearchValue.Token { Code: not null }) ? IdentifierRank : CodeRank;
}
