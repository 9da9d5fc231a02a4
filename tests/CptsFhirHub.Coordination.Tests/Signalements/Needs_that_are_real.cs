using CptsFhirHub.Coordination.Signalements;

namespace CptsFhirHub.Coordination.Tests.Signalements;

/// <summary>Flow M16.</summary>
public sealed class Needs_that_are_real
{
    private const int FarKm = 50;
    private static readonly DeclaredGp Near = new("Practitioner/1") { Practises = true, IsInTerritory = true, Km = 8 };
    private static readonly DeclaredGp InParis = new("Practitioner/2") { Practises = true, IsInTerritory = false, Km = 375 };

    [Fact]
    public void Who_has_a_gp_in_the_territory_needs_none() => Assert.Equal(FileStates.ClosedHasGp, Check(new() { Gp = Near }).Closing);

    [Fact]
    public void Who_has_a_gp_far_away_stays_eligible_with_that_reason()
    {
        var verdict = Check(new() { Gp = InParis });

        Assert.Null(verdict.Closing);
        Assert.Equal(new NeedRemark("mt-eloigne", "Médecin traitant à 375 km"), Assert.Single(verdict.Remarks));
        Assert.Equal("mt-eloigne", Assert.Single(Check(new() { Gp = InParis with { Km = null, AtLeastKm = 80 } }).Remarks).Code);
    }

    [Fact]
    public void A_gp_of_whom_nothing_is_known_is_for_a_person_to_check()
    {
        Assert.Equal("mt-a-verifier", Assert.Single(Check(new() { Gp = new("8100") }).Remarks).Code);
        Assert.Equal("mt-a-verifier", Assert.Single(Check(new() { Gp = InParis with { Km = FarKm } }).Remarks).Code);
        Assert.Equal("mt-a-verifier", Assert.Single(Check(new() { Gp = Near with { Km = FarKm + 1 } }).Remarks).Code);
    }

    [Fact]
    public void A_gp_who_has_stopped_or_of_whom_the_person_says_so_is_none()
    {
        Assert.Equal((null, 0), Outcome(Check(new() { Gp = Near with { Practises = false } })));
        Assert.Equal((null, 0), Outcome(Check(new() { Gp = Near, SaysGpLeft = true })));
    }

    [Fact]
    public void A_file_that_a_person_opened_again_is_not_closed_for_the_same_gp()
    {
        Assert.Equal("mt-a-verifier", Assert.Single(Check(new() { Gp = Near, GpOverruled = Near.Reference }).Remarks).Code);
        Assert.Equal(FileStates.ClosedHasGp, Check(new() { Gp = Near, GpOverruled = "Practitioner/9" }).Closing);
    }

    [Fact]
    public void Who_has_died_needs_none() => Assert.Equal(FileStates.ClosedDeceased, Check(new() { IsDeceased = true, Gp = InParis }).Closing);

    [Fact]
    public void A_home_elsewhere_and_a_minor_without_guardian_are_told() => Assert.Equal(
        ["hors-territoire", "mineur-sans-representant"],
        Check(new() { LivesOutside = true, IsMinor = true }).Remarks.Select(remark => remark.Code));

    [Fact]
    public void Nothing_is_said_of_a_need_without_question() =>
        Assert.Equal((null, 0), Outcome(Check(new() { IsMinor = true, HasGuardian = true, LivesOutside = false })));

    private static NeedVerdict Check(NeedFacts facts) => Legitimacy.Check(facts, FarKm);

    private static (string?, int) Outcome(NeedVerdict verdict) => (verdict.Closing, verdict.Remarks.Count);
}
