using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Coordination.Tests.Identity.Matching;

/// <summary>Those whom a home, a phone and a surname make look like one person are left to a person, unless something of one's own agrees.</summary>
public sealed class Families_under_one_roof
{
    private const string Nir = "2470385191042";

    /// <summary>First names of two children, each of them borne in France.</summary>
    private static readonly (string One, string Other)[] Twins =
    [
        ("NICOLE", "NICOLLE"), ("SARA", "SARAH"), ("MATHIEU", "MATTHIEU"), ("ALIZÉE", "ALYZÉE"), ("KATHLEEN", "KATLEEN"), ("LÉA", "ELA"), ("JULIE", "JULIA"),
        ("AHMED", "HAMED"), ("LISON", "LIZON"), ("MARIE", "MARY"), ("TALIA", "THALIA"), ("KEVIN", "KEVYN"), ("DANIELE", "DANIELLE"), ("MARC", "MARK"),
    ];

    private static readonly Traits Home = new()
    {
        BirthNameAsWritten = "Martineau",
        FirstNameAsWritten = "Odette",
        BirthDate = "1947-03-09",
        Sex = "female",
        BirthPlace = "85191",
        Phones = ["+33251000001"],
        Emails = ["famille.martineau@example.org"],
        Commune = "85003",
        PostalCode = "85190",
        Street = "12 rue des Lilas",
    };

    private static MatchGrade Grade(Traits a, Traits b)
    {
        var (weighed, decided) = (Matcher.Shipped.Compare(MatchRecord.Of(a), MatchRecord.Of(b)).Grade, Identification.Compare(a, b).Grade);
        Assert.Equal(weighed, Matcher.Shipped.Compare(MatchRecord.Of(b), MatchRecord.Of(a)).Grade);
        Assert.Equal(weighed == MatchGrade.Certain, decided == MatchGrade.Certain);
        return weighed;
    }

    [Fact]
    public void Twins_whose_names_sound_alike_or_differ_in_a_letter_are_never_joined_by_what_their_home_shares()
    {
        foreach (var prefix in (string[])["", "Jean-", "MARIE ", "MARIE"])
            foreach (var (one, other) in Twins)
            {
                var (a, b) = (Home with { FirstNameAsWritten = prefix + one }, Home with { FirstNameAsWritten = prefix + other });
                Assert.True(Grade(a, b) is MatchGrade.Probable or MatchGrade.Possible, $"{prefix}{one}");
                Assert.NotEqual(MatchGrade.Certain, Grade(a, b with { FirstNameAsWritten = (prefix + other).Replace("-", "", StringComparison.Ordinal) }));
            }
    }

    [Fact]
    public void One_of_the_twins_is_found_by_a_number_of_its_own()
    {
        var (a, b) = (Home with { FirstNameAsWritten = "Nicole", Nirs = [Nir] }, Home with { FirstNameAsWritten = "Nicolle", Nirs = [Nir] });
        Assert.Equal(MatchGrade.Certain, Matcher.Shipped.Compare(MatchRecord.Of(a), MatchRecord.Of(b)).Grade);
        var known = new Candidate("Patient/nicole", Home with { FirstNameAsWritten = "Nicole", LocalIds = [new("hospital", "1")] });
        Assert.IsType<Identified.Same>(Identification.Decide(Home with { FirstNameAsWritten = "Nicolle", LocalIds = [new("hospital", "1")] }, [known]));
        Assert.IsType<Identified.Doubtful>(Identification.Decide(Home with { FirstNameAsWritten = "Nicolle" }, [known]));
    }

    [Theory]
    [InlineData("NICOLE", "NICOLEE")]
    [InlineData("ALYZEEE", "ALIZÉE")]
    [InlineData("JACQKY", "JACQUIE")]
    [InlineData("HAOUWA", "HAWOUA")]
    public void A_spelling_that_may_be_of_either_twin_is_of_neither(string one, string other) =>
        Assert.NotEqual(MatchGrade.Certain, Grade(Home with { FirstNameAsWritten = one }, Home with { FirstNameAsWritten = other }));

    [Theory]
    [InlineData("PHILIPPE", "PHILLIPPE")]
    [InlineData("THIERRY", "THIERRRY")]
    [InlineData("MARIE-THERESE", "MARIE-THERESSE")]
    [InlineData("MARIETHERESSE", "MARIE THERESE")]
    public void A_spelling_of_one_name_alone_is_that_name(string one, string other) =>
        Assert.Equal(MatchGrade.Certain, Grade(Home with { FirstNameAsWritten = one }, Home with { FirstNameAsWritten = other }));

    [Theory]
    [InlineData("Jean", "Jean-Paul")]
    [InlineData("Marie", "ANNE MARIE")]
    [InlineData("Jean", "JEANPAUL")]
    public void A_first_name_cut_short_may_be_a_twins(string brief, string whole)
    {
        var (cut, known) = (Home with { FirstNameAsWritten = brief }, Home with { FirstNameAsWritten = whole });
        Assert.NotEqual(MatchGrade.Certain, Grade(cut, known));
        Assert.Equal(MatchGrade.Certain, Matcher.Shipped.Compare(MatchRecord.Of(cut with { Nirs = [Nir] }), MatchRecord.Of(known with { Nirs = [Nir] })).Grade);

        // Somebody who signs with the same short name stands beside one whose name it may be.
        Assert.IsType<Identified.Doubtful>(Identification.Decide(cut, [new("Patient/a", cut), new("Patient/b", known)]));
        Assert.IsType<Identified.Same>(Identification.Decide(cut, [new("Patient/a", cut)]));
        Assert.Equal([0, 1, 2], Linking.Run([MatchRecord.Of(cut), MatchRecord.Of(known), MatchRecord.Of(cut)], Matcher.Shipped).Persons);
    }

    [Fact]
    public void Twins_are_not_joined_through_a_record_that_may_be_of_either()
    {
        string[][] families = [["KEVIN", "KEVYN", "KEVYIN"], ["JEAN-PAUL", "JEAN-MARC", "JEAN"], ["NICOLE", "NICOLLE", "NICOLEE"], ["SARA", "SARAH", "SARRA"]];
        foreach (var family in families)
        {
            var persons = Linking.Run([.. family.Select(first => MatchRecord.Of(Home with { FirstNameAsWritten = first, Sex = "male" }))], Matcher.Shipped).Persons;
            Assert.NotEqual(persons[0], persons[1]);
        }
    }

    [Fact]
    public void Other_birth_first_names_of_which_none_is_the_same_are_another_childs()
    {
        var marie = Home with { FirstNameAsWritten = "Marie", FirstNames = ["Marie", "Anne", "Louise"] };
        Assert.NotEqual(MatchGrade.Certain, Grade(marie, marie with { FirstNames = ["Marie", "Claire"] }));
        Assert.Equal(MatchGrade.Certain, Grade(marie, marie with { FirstNames = ["Marie", "Louise"] }));
        Assert.Equal(MatchGrade.Certain, Grade(marie, marie with { FirstNames = ["Marie"] }));
    }

    [Theory]
    [InlineData("jean.paul.martineau@example.org", "famille.martineau@example.org", false)]
    [InlineData("jean.paul.martineau@example.org", "jean.marc.martineau@example.org", false)]
    [InlineData("jean.paul.martineau@example.org", "jean.paul.martineau@example.org", true)]
    [InlineData("jean.martineau@example.org", "famille.martineau@example.org", true)]
    public void An_address_that_bears_more_than_the_name_tells_that_the_name_is_cut(string mail, string other, bool isCertain)
    {
        var jean = Home with { FirstNameAsWritten = "Jean", Sex = "male" };
        Assert.Equal(isCertain, Grade(jean with { Emails = [mail] }, jean with { Emails = [other] }) == MatchGrade.Certain);
    }

    [Fact]
    public void No_family_is_joined_in_three_thousand_pairs_made_by_chance()
    {
        var random = new Random(20260123);
        string[] firsts = [.. Twins.SelectMany(pair => (string[])[pair.One, pair.Other]), "CLAUDE", "DOMINIQUE", "JEAN", "PIERRE", "JEAN-PIERRE", "JEAN-PAUL", "MARIE-CLAIRE"];
        for (var n = 0; n < 3_000; n++)
        {
            var (a, b) = Relatives(random, firsts);
            if (Matcher.Shipped.Compare(MatchRecord.Of(a), MatchRecord.Of(b)).Grade == MatchGrade.Certain || Identification.Compare(a, b).Grade == MatchGrade.Certain)
                Assert.Fail($"{a.FirstNameAsWritten} {a.BirthDate} {a.Sex} | {b.FirstNameAsWritten} {b.BirthDate} {b.Sex}");
        }
    }

    /// <summary>Two of a family: what a home shares is the same on both, or missing on one.</summary>
    private static (Traits One, Traits Other) Relatives(Random random, string[] firsts)
    {
        var one = Seen(random, Home with { FirstNameAsWritten = Any(random, firsts), Sex = random.Next(2) == 0 ? "female" : "male" });
        var other = Seen(random, Home with { Sex = one.Sex });
        var (twinA, twinB) = Twins[random.Next(Twins.Length)];
        return random.Next(7) switch
        {
            // Twins: a letter apart, cut short, compound names of one beginning, and an initial.
            0 => (one with { FirstNameAsWritten = twinA }, other with { FirstNameAsWritten = twinB }),
            1 => (one with { FirstNameAsWritten = "JEAN-" + twinA }, other with { FirstNameAsWritten = "Jean " + twinB }),
            2 => (one with { FirstNameAsWritten = twinA }, other with { FirstNameAsWritten = $"{twinA}-{twinB}" }),
            3 => (one with { FirstNameAsWritten = $"J-{twinA}" }, other with { FirstNameAsWritten = $"JEAN-{twinB}" }),

            // Parent and child of one name, born on one day of the year, a digit apart; the child's record bears the parent's number.
            4 => (one with { BirthDate = "1947-03-09" }, other with { FirstNameAsWritten = one.FirstNameAsWritten, BirthDate = Any(random, ["1977-03-09", "1974-03-09", "1967-03-09"]), ForeignNirs = [Nir] }),

            // Spouses of one first name, born nearly the same day; brothers and sisters.
            5 => (one with { FirstNameAsWritten = "CLAUDE", Sex = "female" }, other with { FirstNameAsWritten = "CLAUDE", Sex = "male" }),
            _ => (one with { FirstNameAsWritten = "PIERRE", BirthNameAsWritten = "MARTIN" }, other with { FirstNameAsWritten = "MARTIN", BirthNameAsWritten = "PIERRE" }),
        };
    }

    private static string Any(Random random, string[] values) => values[random.Next(values.Length)];

    private static Traits Seen(Random random, Traits traits) => traits with
    {
        Phones = random.Next(3) == 0 ? [] : traits.Phones,
        Street = random.Next(3) == 0 ? null : traits.Street,
        Emails = random.Next(2) == 0 ? [] : traits.Emails,
        BirthPlace = random.Next(2) == 0 ? null : traits.BirthPlace,
        Commune = random.Next(3) == 0 ? null : traits.Commune,
    };
}
