using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Search;

/// <summary>
/// Places around a place. A row of <c>index_quantity</c> holds the latitude as low and the longitude as high.
/// https://hl7.org/fhir/R4/location.html#positional
/// </summary>
internal static class NearSql
{
    private const int NearRank = 60;
    private const double KilometresPerDegree = 111.195;

    public static Condition Build(ConditionFactory make, SearchParameter parameter, IReadOnlyList<SearchValue> values) =>
        make.Values("index_quantity", parameter.Code, NearRank, [.. values.OfType<SearchValue.Near>().Select(Around)]);

    /// <summary>
    /// A circle on the plane that touches the earth there: for the distances a patient travels, right to a few metres. A degree of longitude
    /// shrinks towards the poles.
    /// </summary>
    private static ValuePredicate Around(SearchValue.Near near)
    {
        const double leastCosine = 0.01;
        var eastWest = KilometresPerDegree * Math.Max(Math.Cos(near.Latitude * Math.PI / 180), leastCosine);
        var (high, wide) = (near.Kilometres / KilometresPerDegree, near.Kilometres / eastWest);
        return new(
            """
            (low >= ? AND low <= ? AND high >= ? AND high <= ?
             AND (low - ?) * (low - ?) * ? + (high - ?) * (high - ?) * ? <= ?)
            """,
            near.Latitude - high, near.Latitude + high, near.Longitude - wide, near.Longitude + wide,
            near.Latitude, near.Latitude, KilometresPerDegree * KilometresPerDegree,
            near.Longitude, near.Longitude, eastWest * eastWest, near.Kilometres * near.Kilometres);
    }
}
