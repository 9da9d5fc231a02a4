using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Coordination.Tests.Identity.Matching;

public sealed class Counting_names
{
    private const string Surnames = "name,births_1891_2000\nMARTIN,300\nLE GUIL,60\nLE-GUIL,40\nnobody,x\n";
    private const string FirstNames = "name,sex,births_1900_2022\nCAMILLE,F,60\nCAMILLE,M,40\nODETTE,F,100\n";

    [Fact]
    public void Births_of_the_national_files_are_summed_by_name()
    {
        var births = NameCounts.OfNation(Surnames, FirstNames);
        Assert.Equal((100, 400), (births.Surnames["LEGUIL"], births.SurnamesTotal));
        Assert.Equal((100, 200), (births.FirstNames["CAMILLE"], births.FirstNamesTotal));
        Assert.Equal(0.75, NameFrequencies.OfNation(births, "INSEE").Surname("MARTIN"), 9);
    }

    [Fact]
    public void What_is_kept_is_read_again_without_the_names_that_few_bear()
    {
        var counts = new NameCounts();
        for (var i = 0; i < 9; i++)
            counts.Add(new Traits { BirthName = i < 6 ? "MARTIN" : "TRAYNARD", FirstName = "ODETTE" });

        var kept = NameCounts.Parse(counts.Write(bearersMin: 5));
        Assert.Equal((9, 6), (kept.SurnamesTotal, kept.Surnames["MARTIN"]));
        Assert.DoesNotContain("TRAYNARD", kept.Surnames.Keys);
        Assert.Equal(9, kept.FirstNames["ODETTE"]);
    }

    [Fact]
    public void A_name_that_is_common_here_weighs_less_the_larger_the_register_is()
    {
        var person = new Traits { BirthNameAsWritten = "Traynard", BirthName = "TRAYNARD", FirstNameAsWritten = "Odette", FirstName = "ODETTE", BirthDate = "1947-03-09", Sex = "female" };
        var register = new NameCounts();
        for (var i = 0; i < 40; i++)
            register.Add(person with { BirthName = i < 10 ? "TRAYNARD" : "MARTIN" });

        double WeightAmong(int persons)
        {
            var matcher = new Matcher(MatchModel.Shipped, NameFrequencies.Shipped.With(NameFrequencies.OfRegister(register, "40 persons"), persons));
            Assert.Equal($"{MatchModel.Shipped.Version}, INSEE + 40 persons", matcher.Version);
            return matcher.Compare(MatchRecord.Of(person), MatchRecord.Of(person)).Weight;
        }

        var alone = Matcher.Shipped.Compare(MatchRecord.Of(person), MatchRecord.Of(person)).Weight;
        Assert.True(WeightAmong(1_000) < alone);
        Assert.True(WeightAmong(1_000_000) < WeightAmong(1_000));
        Assert.Equal(MatchModel.Shipped.Version, Matcher.Shipped.Version);
    }
}
