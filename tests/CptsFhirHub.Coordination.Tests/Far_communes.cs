using System.Globalization;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Coordination.Tests;

public sealed class Far_communes
{
    [Fact]
    public void A_commune_of_vendee_and_paris_are_far_apart_wherever_they_lie()
    {
        Assert.InRange(FrenchPlaces.AtLeastKm("85003", "75114"), 60, 374);
        Assert.Equal(0, FrenchPlaces.AtLeastKm("85003", "44109"));
        Assert.Equal(0, FrenchPlaces.AtLeastKm("85003", "85191"));
        Assert.Equal(0, FrenchPlaces.AtLeastKm("85003", "99127"));
        Assert.True(FrenchPlaces.AtLeastKm("97411", "75114") > 8_000);
    }

    [Fact]
    public void Two_points_are_as_far_apart_as_a_map_says()
    {
        // Nantes and Paris, by any atlas: 343 km.
        Assert.InRange(new GeoPoint(47.218, -1.553).KmTo(new(48.857, 2.352)), 340, 346);
        Assert.Equal(0, new GeoPoint(47, 2).KmTo(new(47, 2)));
    }

    [Fact]
    public void It_never_says_more_than_the_real_distance()
    {
        var file = Repository.RequireCorpus(Path.Combine("..", "fr", "communes.csv"));
        var communes = File.ReadLines(file).Skip(1).Select(line => line.Split(',')).Where(cells => cells.Length > 7 && cells[6].Length > 0)
            .Select(cells => (Code: cells[0], At: new GeoPoint(double.Parse(cells[6], CultureInfo.InvariantCulture), double.Parse(cells[7], CultureInfo.InvariantCulture))))
            .ToList();
        const int stride = 7_919;
        Assert.All(Enumerable.Range(0, communes.Count), n =>
        {
            var (one, other) = (communes[n], communes[(int)((long)n * stride % communes.Count)]);
            Assert.True(FrenchPlaces.AtLeastKm(one.Code, other.Code) <= one.At.KmTo(other.At), $"{one.Code} {other.Code}");
        });
    }
}
