using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>URIs, compared whole. https://hl7.org/fhir/R4/search.html#uri</summary>
internal static class UriSql
{
    private const int UriRank = 70;

    public static Condition Build(ConditionFactory make, SearchParameter parameter, string? modifier, IReadOnlyList<SearchValue> values)
    {
        var uris = values.OfType<SearchValue.Uri>().Select(uri => uri.Value);
        var found = make.Values("index_uri", parameter.Code, UriRank, [.. uris.Select(uri => modifier switch
        {
            "below" => new ValuePredicate(
                "(value = ? OR (value >= ? AND value < ?))", IndexText.Fit(uri), Folder(uri), Folder(uri) + StringSql.After),
            "above" => new ValuePredicate($"(value = ? OR {Dialect.PlaceIn}(?, value || '/') = 1)", IndexText.Fit(uri), uri),
            _ => new ValuePredicate("(value = ?)", IndexText.Fit(uri)) { IsPoint = true },
        })]);
        return modifier == "not" ? new Condition.Not(found) : found;
    }

    private static string Folder(string uri) => IndexText.Beginning(uri.TrimEnd('/') + "/");
}
