using CptsFhirHub.Coordination.Cohorts;
using FsCheck;
using FsCheck.Fluent;

namespace CptsFhirHub.Coordination.Tests.Cohorts;

/// <summary>Flow M43: a leaving GP's patients go to several GPs; no quota is exceeded, fragile people come first, nobody is in two piles.</summary>
public sealed class Spreading_a_cohort
{
    [Fact]
    public void Twelve_hundred_people_on_nine_gps()
    {
        var people = Enumerable.Range(0, 1_200).Select(number => new ToPlace($"Patient/{number:0000}")
        {
            IsFragile = number % 4 == 0,
            Rank = number % 7,
            NeedsHomeVisit = number % 20 == 0,
            Commune = $"7200{number % 9}",
        }).ToList();
        var offers = Enumerable.Range(0, 9).Select(number => new Offer($"Practitioner/{number}", 100 + number)
        {
            Visits = new HashSet<string> { $"7200{number}" },
        }).ToList();

        var spread = Spreading.Of(people, offers);

        Assert.Equal(1_200, spread.Placed.Count + spread.Unplaced.Count);
        Assert.Equal(1_200, spread.Placed.Select(placed => placed.Patient).Concat(spread.Unplaced.Select(left => left.Patient)).Distinct().Count());
        Assert.Equal(936, spread.Placed.Count);
        Assert.All(offers, offer => Assert.Equal(offer.Places, spread.Placed.Count(placed => placed.Gp == offer.Gp)));
        Assert.DoesNotContain(spread.Unplaced, left => left.IsFragile);
        var byPatient = people.ToDictionary(person => person.Patient);
        Assert.All(spread.Placed.Where(placed => byPatient[placed.Patient].NeedsHomeVisit), placed =>
            Assert.Contains(byPatient[placed.Patient].Commune!, offers.Single(offer => offer.Gp == placed.Gp).Visits));
    }

    [Fact]
    public void The_doctor_seen_three_times_comes_first_then_the_nearest()
    {
        Offer[] offers =
        [
            new("Practitioner/near", 2) { Nearness = new Dictionary<string, double> { ["72181"] = 1.5 } },
            new("Practitioner/known", 2) { Nearness = new Dictionary<string, double> { ["72181"] = 30 } },
        ];
        var spread = Spreading.Of([new("Patient/a") { Commune = "72181", KnownGp = "Practitioner/known" }, new("Patient/b") { Commune = "72181" }], offers);
        Assert.Equal(
            [new("Patient/a", "Practitioner/known", "Médecin consulté trois fois dans l'année."), new("Patient/b", "Practitioner/near", "Cabinet proche de la commune.")],
            spread.Placed);
    }

    [Fact]
    public void Somebody_moves_on_when_only_so_another_gets_a_place()
    {
        Offer[] offers = [new("Practitioner/1", 1) { Visits = new HashSet<string> { "72181" } }, new("Practitioner/2", 1)];
        var spread = Spreading.Of(
            [new("Patient/a") { IsFragile = true, KnownGp = "Practitioner/1" }, new("Patient/b") { NeedsHomeVisit = true, Commune = "72181" }], offers);
        Assert.Empty(spread.Unplaced);
        Assert.Equal("Practitioner/2", spread.Placed.Single(placed => placed.Patient == "Patient/a").Gp);
    }

    [Theory]
    [InlineData(false, "72181", "Toutes les places offertes sont prises.")]
    [InlineData(true, "72999", "Aucun médecin volontaire ne visite à domicile dans cette commune.")]
    [InlineData(true, null, "Visites à domicile nécessaires, commune inconnue.")]
    public void Who_has_no_place_learns_why(bool needsVisit, string? commune, string expected)
    {
        var spread = Spreading.Of(
            [new("Patient/first") { Rank = 9 }, new("Patient/last") { NeedsHomeVisit = needsVisit, Commune = commune }],
            [new("Practitioner/1", 1) { Visits = new HashSet<string> { "72181" } }]);
        Assert.Equal(new("Patient/last", false, expected), spread.Unplaced.Single());
    }

    [Fact]
    public void Quotas_hold_and_no_fragile_person_waits_for_one_who_is_not()
    {
        var person =
            from number in Gen.Choose(1, 30)
            from bits in Gen.Choose(0, 255)
            select new ToPlace($"Patient/{number}") { IsFragile = bits % 2 == 0, Rank = bits / 2 % 4, NeedsHomeVisit = bits % 5 == 0, Commune = $"7200{bits % 3}" };
        var offer =
            from number in Gen.Choose(1, 5)
            from places in Gen.Choose(0, 6)
            from visits in Gen.Choose(0, 3)
            select new Offer($"Practitioner/{number}", places) { Visits = Enumerable.Range(0, visits).Select(commune => $"7200{commune}").ToHashSet() };
        Check.QuickThrowOnFailure(Prop.ForAll(Arb.From(person.ArrayOf()), Arb.From(offer.ArrayOf()), (people, offers) =>
        {
            var who = people.DistinctBy(one => one.Patient).ToList();
            var gps = offers.DistinctBy(one => one.Gp).ToList();
            var spread = Spreading.Of(who, gps);
            var reversed = Spreading.Of(Enumerable.Reverse(who), Enumerable.Reverse(gps));
            var everybody = spread.Placed.Select(placed => placed.Patient).Concat(spread.Unplaced.Select(left => left.Patient)).Order();
            var fragile = Spreading.Of(who.Where(one => one.IsFragile), gps);
            return spread.Placed.SequenceEqual(reversed.Placed)
                && everybody.SequenceEqual(who.Select(one => one.Patient).Order())
                && gps.TrueForAll(gp => spread.Placed.Count(placed => placed.Gp == gp.Gp) <= gp.Places)
                && spread.Placed.Count(placed => who.Single(one => one.Patient == placed.Patient).IsFragile) == fragile.Placed.Count;
        }));
    }
}
