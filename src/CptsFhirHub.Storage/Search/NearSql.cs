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
        make.Values("index_quantity", parameter.Code, NearRank, [.. values.OfType<SearchValue.Near>().SelectMany(AroundTheEarth)]);

    // Beyond 180 degrees the count begins again at -180: what lies there is looked for from the other side too.
    private static IEnumerable<ValuePredicate> AroundTheEarth(SearchValue.Near near)
    {
        const double halfTurn = 180;
        yield return Around(near, near.Longitude);
        var (_, wide) = Reach(near);
        if (near.Longitude + wide > halfTurn)
            yield return Around(near, near.Longitude - 2 * halfTurn);
        if (near.Longitude - wide < -halfTurn)
            yield return Around(near, near.Longitude + 2 * halfTurn);
    }

    /// <summary>How many degrees of latitude and of longitude the distance is.</summary>
    private static (double High, double Wide) Reach(SearchValue.Near near) => (near.Kilometres / KilometresPerDegree, near.Kilometres / EastWest(near));

    private static double EastWest(SearchValue.Near near)
    {
        const double leastCosine = 0.01;
        return KilometresPerDegree * Math.Max(Math.Cos(near.Latitude * Math.PI / 180), leastCosine);
    }

    /// <summary>
    /// A circle on the plane that touches the earth there: for the distances a patient travels, right to a few metres. A degree of longitude
    /// shrinks towards the poles.
    /// </summary>
    private static ValuePredicate Around(SearchValue.Near near, double longitude)
    {
        var eastWest = EastWest(near);
        var (high, wide) = Reach(near);
        return new(
            """
            (low >= ? AND low <= ? AND high >= ? AND high <= ?
             AND (low - ?) * (low - ?) * ? + (high - ?) * (high - ?) * ? <= ?)
            """,
            near.Latitude - high, near.Latitude + high, longitude - wide, longitude + wide,
            near.Latitude, near.Latitude, KilometresPerDegree * KilometresPerDegree,
            longitude, longitude, eastWest * eastWest, near.Kilometres * near.Kilometres);
    }
}
