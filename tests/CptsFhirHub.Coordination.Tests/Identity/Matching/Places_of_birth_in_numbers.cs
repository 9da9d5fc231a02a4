using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Coordination.Tests.Identity.Matching;

/// <summary>A national number tells where its bearer was born, when the record does not.</summary>
public sealed class Places_of_birth_in_numbers
{
    private static readonly Traits Lucien = new()
    {
        BirthName = "VERMEULEN",
        FirstName = "LUCIEN",
        BirthDate = "1971-05-17",
        Sex = "male",
        PostalCode = "85190",
    };

    [Theory]
    [InlineData("1710599131007", "99131", 1)]
    [InlineData("1710585191042", "85191", 1)]
    [InlineData("1710575120042", "75056", 1)]
    [InlineData("1710599131007", "99139", null)]
    [InlineData("1710520004042", "2A004", null)]
    public void It_agrees_with_the_place_or_says_nothing(string number, string place, int? expected)
    {
        var (told, said) = (MatchRecord.Of(Lucien with { Nirs = [number] }), MatchRecord.Of(Lucien with { BirthPlace = place }));
        foreach (var match in (Match[])[Matcher.Shipped.Compare(told, said), Matcher.Shipped.Compare(said, told)])
            Assert.Equal(expected, match.Pattern[Field.BirthPlace]);
    }

    [Fact]
    public void A_number_of_before_1969_may_stand_for_another_place()
    {
        var old = Lucien with { BirthDate = "1951-05-17" };
        var match = Matcher.Shipped.Compare(MatchRecord.Of(old with { Nirs = ["1510591228007"] }), MatchRecord.Of(old with { BirthPlace = "91228" }));
        Assert.Null(match.Pattern[Field.BirthPlace]);
    }

    [Fact]
    public void With_one_number_and_the_very_same_names_the_day_alone_is_a_slip()
    {
        var known = Lucien with { Nirs = ["1710585191042"] };
        Match Against(Traits other) => Matcher.Shipped.Compare(MatchRecord.Of(known), MatchRecord.Of(other));
        Assert.Equal(MatchGrade.Certain, Against(known with { BirthDate = "1971-05-28" }).Grade);
        Assert.NotEqual(MatchGrade.Certain, Against(known with { BirthDate = "1971-08-28", Nirs = ["1710885191042"] }).Grade);
        Assert.NotEqual(MatchGrade.Certain, Against(known with { BirthDate = "1971-05-28", FirstName = "JULIEN" }).Grade);
    }
}
