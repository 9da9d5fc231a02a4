using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Coordination.Tests.Identity.Matching;

public sealed class Linking_records
{
    private static readonly string[] Firsts = ["ODETTE", "MARIE", "JEAN", "JEAN-PIERRE", "JULIE", "JULIA", "PIERRE", "MOHAMED"];
    private static readonly string[] Surnames = ["MARTIN", "PETIT", "TRAYNARD", "DIALLO"];
    private static readonly string[] Dates = ["1947-03-09", "1947-09-03", "1980-01-01", "1957-03-09"];

    private static readonly Traits Odette = new()
    {
        BirthNameAsWritten = "Martineau",
        FirstNameAsWritten = "Odette",
        BirthDate = "1947-03-09",
        Sex = "female",
        Phones = ["+33251000001"],
        Commune = "85003",
        PostalCode = "85190",
    };

    private static Linked Link(params Traits[] records) => Linking.Run([.. records.Select(MatchRecord.Of)], Matcher.Shipped);

    [Fact]
    public void Records_of_one_person_meet_whatever_their_order()
    {
        Traits[] records = [Odette, Odette with { Phones = [] }, Odette with { FirstNameAsWritten = "Suzanne" }];
        Assert.Equal([0, 0, 2], Link(records).Persons);
        Array.Reverse(records);
        Assert.Equal([0, 1, 1], Link(records).Persons);
    }

    [Fact]
    public void A_record_that_fits_two_homonyms_joins_neither()
    {
        var here = Odette with { BirthPlace = "85191", Phones = [] };
        var there = Odette with { BirthPlace = "44109", Phones = [] };
        var linked = Link(here, there, Odette with { Phones = [] });
        Assert.Equal([0, 1, 2], linked.Persons);
        Assert.All(linked.Links, link => Assert.Equal(MatchGrade.Probable, link.Grade));
    }

    [Fact]
    public void A_record_without_number_stands_with_the_definitive_number_and_not_with_the_provisional_one()
    {
        var provisional = Odette with { Ins = [new(Canon.InsNia, "8470385191042", IsOld: false)], IsQualified = true, Street = "12 rue des Lilas" };
        var definitive = Odette with { Ins = [new(Canon.InsNir, "2470385191042", IsOld: false)], IsQualified = true };
        Assert.Equal([0, 1, 1], Link(provisional, definitive, Odette with { Street = "12 rue des Lilas" }).Persons);
    }

    [Fact]
    public void What_one_record_proves_holds_for_the_person()
    {
        // The second record has the date and the names, the third the phone; together they are the fourth's.
        var linked = Link(
            Odette with { Nirs = ["2470385191042"], Phones = [] },
            Odette with { Nirs = ["2470385191042"], FirstNameAsWritten = "Odzette", Commune = "85191", PostalCode = "85000" },
            Odette with { Commune = "85191", PostalCode = "85000" });
        Assert.Equal([0, 0, 0], linked.Persons);
    }

    [Fact]
    public void A_home_whose_phone_many_share_proves_nothing()
    {
        var residents = Firsts.Select((first, n) => Odette with { FirstNameAsWritten = first, BirthDate = $"194{n}-03-09", Commune = null, PostalCode = null });
        var linked = Link([.. residents, Odette with { Commune = null, PostalCode = null, BirthDate = "1940-03-09", FirstNameAsWritten = "ODETTE" }]);
        Assert.Equal(MatchGrade.Probable, Assert.Single(linked.Links, link => link is { A: 0, B: 8 }).Grade);
    }

    [Fact]
    public void Two_qualified_ins_are_never_joined_in_a_million_pairs()
    {
        var random = new Random(20260122);
        MatchRecord[] records = [.. Enumerable.Range(0, 1_000).Select(n => MatchRecord.Of(Person(random) with
        {
            Ins = [new(Canon.InsNir, $"24703851{n:00000}", IsOld: false)],
            IsQualified = true,
        }))];
        var joined = 0;
        Parallel.For(0, records.Length, i =>
        {
            for (var j = 0; j < records.Length; j++)
                if (i != j && Matcher.Shipped.Compare(records[i], records[j]).Grade == MatchGrade.Certain)
                    Interlocked.Increment(ref joined);
        });
        Assert.Equal(0, joined);
    }

    [Fact]
    public void No_person_is_given_two_qualified_ins_or_both_a_real_and_an_invented_record()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            Traits[] traits = [.. Enumerable.Range(0, 60).Select(n => Person(random) is var person && n % 3 == 0
                ? person with { Ins = [new(Canon.InsNir, $"24703851910{n % 6 + 40}", IsOld: false)], IsQualified = true }
                : person with { IsFictive = n % 17 == 0, IsReserved = n % 17 == 0 })];
            var linked = Link(traits);
            foreach (var person in linked.Persons.Select((person, record) => (person, Traits: traits[record])).GroupBy(pair => pair.person, pair => pair.Traits))
            {
                Assert.True(person.SelectMany(record => record.Ins).Distinct().Count() <= 1);
                Assert.True(person.Count() == 1 || !person.Any(record => record.IsFictive));
            }
        }
    }

    [Fact]
    public void The_same_records_give_the_same_persons_in_any_order()
    {
        var random = new Random(7);
        Traits[] traits = [.. Enumerable.Range(0, 120).Select(_ => Person(random))];
        var order = Enumerable.Range(0, traits.Length).ToArray();
        random.Shuffle(order);
        var straight = Link(traits).Persons;
        var mixed = Link([.. order.Select(n => traits[n])]).Persons;
        for (var i = 0; i < order.Length; i++)
            for (var j = i + 1; j < order.Length; j++)
                Assert.Equal(straight[order[i]] == straight[order[j]], mixed[i] == mixed[j]);
    }

    private static Traits Person(Random random) => Odette with
    {
        FirstNameAsWritten = Firsts[random.Next(Firsts.Length)],
        BirthNameAsWritten = Surnames[random.Next(Surnames.Length)],
        BirthDate = Dates[random.Next(Dates.Length)],
        Sex = random.Next(3) switch { 0 => "female", 1 => "male", _ => null },
        Phones = random.Next(2) == 0 ? [] : [$"+3325100123{random.Next(4)}"],
        Commune = random.Next(2) == 0 ? "85003" : "85191",
        PostalCode = null,
    };
}
