using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>Strings. https://hl7.org/fhir/R4/search.html#string</summary>
internal static class StringSql
{
    /// <summary>Follows every text that begins like the one before it: the last code point there is.</summary>
    public const string After = "\U0010FFFF";

    private const int ExactRank = 30;
    private const int PrefixRank = 40;
    private const int WalkRank = 300;

    public static Condition Build(ConditionFactory make, SearchParameter parameter, string? modifier, IReadOnlyList<SearchValue> values)
    {
        var texts = values.OfType<SearchValue.Text>().Select(text => text.Value);
        return modifier switch
        {
            "exact" => make.Values("index_string", parameter.Code, ExactRank,
                [.. texts.Select(text => new ValuePredicate(
                    "(folded = ? AND exact = ?)", IndexText.Fit(SearchText.Fold(text)), IndexText.Fit(text)) { IsPoint = true })]),
            "whole" => make.Values("index_string", parameter.Code, ExactRank,
                [.. texts.Select(text => new ValuePredicate("(folded = ?)", IndexText.Fit(SearchText.Fold(text))))]),
            "ends" => make.Values("index_string", parameter.Code, WalkRank, [.. texts.Select(text => Ends(SearchText.Fold(text)))]),
            "word" => make.Values("index_string", parameter.Code, ExactRank, [.. texts.Select(FullTextWord)]),
            "contains" => make.Values("index_string", parameter.Code, WalkRank,
                [.. texts.Select(text => new ValuePredicate($"(? <> '' AND {Dialect.PlaceIn}(folded, ?) > 0)", Word(text), Word(text)))]),
            _ => make.Values("index_string", parameter.Code, PrefixRank, [.. texts.Select(Prefix)]),
        };
    }

    private static string Word(string text) => IndexText.Beginning(SearchText.Fold(text));

    // A folded text has letters, digits and spaces: the mark stands at its end alone.
    private static ValuePredicate Ends(string folded) => folded.Length == 0
        ? new("(FALSE)")
        : new($"({Dialect.PlaceIn}(folded || '$', ?) > 0)", folded + '$');

    // The words of a text stand one a row, the column of the exact text empty.
    private static ValuePredicate FullTextWord(string word) => word.EndsWith('*')
        ? new("(folded >= ? AND folded < ?)", word.TrimEnd('*'), word.TrimEnd('*') + After)
        : new("(folded = ? AND exact = '')", word) { IsPoint = true };

    public static ValuePredicate Prefix(string text)
    {
        var folded = IndexText.Beginning(SearchText.Fold(text));
        if (folded.Length == 0)
            return new("(FALSE)"); // nothing but punctuation asks for nothing, not for everything
        return new("(folded >= ? AND folded < ?)", folded, folded + After);
    }
}
