using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Coordination.Tests.Identity.Matching;

/// <summary>Guards that a setting switches off, and those that none does.</summary>
public sealed class Switching_guards
{
    private static readonly Traits Odette = new()
    {
        BirthName = "TRAYNARD",
        FirstName = "ODETTE",
        BirthDate = "1947-03-09",
        Sex = "female",
        Phones = ["+33251000001"],
        Commune = "85003",
        BirthPlace = "85191",
    };

    private static MatchGrade Grade(Traits a, Traits b, Guard off)
    {
        var matcher = new Matcher(MatchModel.Shipped, NameFrequencies.Shipped) { Off = off };
        var grade = Identification.Compare(a, b, matcher: matcher).Grade;
        Assert.Equal(grade, Identification.Compare(b, a, matcher: matcher).Grade);
        return grade;
    }

    public static TheoryData<Guard, string> Pairs => new()
    {
        { Guard.BirthPlace, "place" }, { Guard.Sex, "sex" }, { Guard.Homonym, "homonym" }, { Guard.Number, "number" },
        { Guard.DefaultDate, "date" }, { Guard.FirstName, "first" }, { Guard.NoEvidence, "names" },
    };

    private static (Traits A, Traits B) Pair(string name) => name switch
    {
        "place" => (Odette, Odette with { BirthPlace = "85092" }),
        "sex" => (Odette, Odette with { Sex = "male" }),
        "homonym" => (Odette, Odette with { IsReserved = true, IsHomonym = true }),
        "number" => (Odette with { Nirs = ["2470385191042"] }, Odette with { Nirs = ["2470385191077"] }),
        "date" => (Odette with { BirthDate = "1947-01-01", BirthPlace = null, Phones = [] }, Odette with { BirthDate = "1947-01-01", BirthPlace = null, Phones = [] }),
        "first" => (Odette with { FirstName = "JULIE" }, Odette with { FirstName = "JULIA" }),
        _ => (new() { BirthName = "MARTIN", FirstName = "MARIE", BirthDate = "1947-03-09", Sex = "female" },
            new() { BirthName = "MARTIN", FirstName = "MARIE", BirthDate = "1947-03-09", Sex = "female" }),
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_guard_keeps_from_joining_until_it_is_switched_off(Guard guard, string pair)
    {
        var (a, b) = Pair(pair);
        var others = GuardSwitches.Names.Select(name => GuardSwitches.Find(name)!.Value).Where(other => other != guard).Aggregate((one, other) => one | other);
        Assert.NotEqual(MatchGrade.Certain, Grade(a, b, Guard.None));
        Assert.NotEqual(MatchGrade.Certain, Grade(a, b, others));
        Assert.Equal(MatchGrade.Certain, Grade(a, b, guard));
    }

    [Fact]
    public void Two_qualified_numbers_an_invented_and_a_doubtful_identity_and_a_no_hold_whatever_is_switched_off()
    {
        var all = (Guard)int.MaxValue;
        Traits Qualified(string number) => Odette with { Ins = [new(Canon.InsNir, number, IsOld: false)], IsQualified = true };
        Assert.NotEqual(MatchGrade.Certain, Grade(Qualified("2470385191042"), Qualified("2470385191077"), all));
        Assert.NotEqual(MatchGrade.Certain, Grade(Odette, Odette with { IsReserved = true, IsFictive = true }, all));
        Assert.NotEqual(MatchGrade.Certain, Grade(Odette, Odette with { IsReserved = true }, all));
        var matcher = new Matcher(MatchModel.Shipped, NameFrequencies.Shipped) { Off = all };
        Assert.Equal(MatchGrade.CertainlyNot, Identification.Compare(Odette, Odette, Verdict.Apart, matcher).Grade);
    }

    [Fact]
    public void Numbers_decide_as_before()
    {
        var at = Odette with { LocalIds = [new("urn:oid:1.2.3", "1")] };
        Assert.Equal(MatchGrade.Probable, Grade(at, at with { BirthDate = "1951-11-30" }, Guard.BirthDate));
    }

    [Theory]
    [InlineData("doubtful")]
    [InlineData("otherIns")]
    [InlineData("fictive")]
    [InlineData("saidNo")]
    [InlineData("none")]
    [InlineData("birthday")]
    [InlineData("2")]
    public void What_is_absolute_or_unknown_has_no_switch(string name) => Assert.Null(GuardSwitches.Find(name));

    [Fact]
    public void Every_decision_names_what_was_off()
    {
        Assert.Equal(MatchModel.Shipped.Version, Matcher.Shipped.Version);
        var matcher = new Matcher(MatchModel.Shipped, NameFrequencies.Shipped) { Off = Guard.BirthPlace | Guard.Rival | Guard.Doubtful };
        Assert.Equal($"{MatchModel.Shipped.Version}, without birthPlace rival", matcher.Version);
    }

    [Fact]
    public void A_rival_that_no_evidence_tells_apart_stands_in_the_way_until_that_guard_is_off()
    {
        Candidate[] two = [new("Patient/a", Odette), new("Patient/b", Odette with { IsReserved = true, IsHomonym = true })];
        var incoming = Odette with { Phones = [], BirthPlace = null };
        Matcher lax = new(MatchModel.Shipped, NameFrequencies.Shipped) { Off = Guard.Rival };
        Assert.IsType<Identified.Doubtful>(Identification.Decide(incoming, two));
        Assert.Equal("Patient/a", Assert.IsType<Identified.Same>(Identification.Decide(incoming, two, matcher: lax)).Reference);

        // Two that are certain are two, whatever is off: nobody knows which of them it is.
        Assert.IsType<Identified.Doubtful>(Identification.Decide(Odette, [two[0], two[0] with { Reference = "Patient/c" }], matcher: lax));
    }
}
