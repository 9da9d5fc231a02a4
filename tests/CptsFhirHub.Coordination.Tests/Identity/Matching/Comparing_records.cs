using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Coordination.Tests.Identity.Matching;

public sealed class Comparing_records
{
    private const string Nir = "2470385191042";

    private static readonly Traits Odette = new()
    {
        BirthNameAsWritten = "Martineau",
        FirstNameAsWritten = "Odette",
        BirthDate = "1947-03-09",
        Sex = "female",
        Phones = ["+33251000001"],
        Commune = "85003",
        PostalCode = "85190",
        Street = "12 rue des Lilas",
    };

    /// <summary>Parameters with a table of as many first names as a nation bears, some of them real.</summary>
    private static readonly Matcher WithAllNames = new(MatchModel.Shipped, NameFrequencies.Read(
        "name,births_1891_2000\nMARTINEAU,1000\n",
        "name,births_1900_2022\nMONIQUE,9000\nVÉRONIQUE,9000\nNICOLE,9000\nNICOLLE,200\nANNA,5000\nANYA,300\nODETTE,5000\n"
            + string.Concat(Enumerable.Range(0, 5_000).Select(n => $"ZZ{(char)('A' + (n / 676))}{(char)('A' + (n / 26 % 26))}{(char)('A' + (n % 26))}WW,100\n"))));

    private static Match Compare(Traits a, Traits b, Matcher? matcher = null)
    {
        var (one, other) = (MatchRecord.Of(a), MatchRecord.Of(b));
        matcher ??= Matcher.Shipped;
        var match = matcher.Compare(one, other);
        Assert.Equal(match.Weight, matcher.Compare(other, one).Weight, 9);
        Assert.Equal(match.Grade, matcher.Compare(other, one).Grade);
        return match;
    }

    private static string? Level(Field field, Traits a, Traits b)
    {
        var (one, other) = (MatchRecord.Of(a), MatchRecord.Of(b));
        return Matcher.Shipped.Explain(one, other, Matcher.Shipped.Compare(one, other))
            .Where(reason => reason.Field == field).Select(reason => reason.Level).SingleOrDefault();
    }

    [Theory]
    [InlineData("Jean-Pierre", "JEAN PIERRE", "equal")]
    [InlineData("Jean-Pierre", "Jean-Paul", "different")]
    [InlineData("Jean-Pierre", "Jean", "other")]
    [InlineData("J-Pierre", "Jean-Pierre", "other")]
    [InlineData("Nicole", "Nicolle", "near")]
    [InlineData("Moniuqe", "Mnique", "near")]
    [InlineData("Claire", "Clara", "different")]
    [InlineData("Christophe", "Chris", "short")]
    [InlineData("Emmanuel", "Manu", "short")]
    [InlineData("Odette", "Suzanne", "different")]
    public void First_names_agree_by_level(string a, string b, string level) =>
        Assert.Equal(level, Level(Field.FirstName, Odette with { FirstNameAsWritten = a }, Odette with { FirstNameAsWritten = b }));

    [Theory]
    [InlineData("Martineau", null, "MARTINEAU", null, "equal")]
    [InlineData("Martineau", "Guérin", null, "GUERIN", "crossed")]
    [InlineData("Martineau", null, null, "Guérin", null)]
    [InlineData("Martineau", null, "Martinau", null, "near")]
    [InlineData("de La Tour", null, "TOUR (DE LA)", null, "equal")]
    [InlineData("Lirzin-Gimenez", null, "Gimenez", null, "near")]
    [InlineData("Martineau", null, "Dupont", null, "different")]
    public void Surnames_agree_by_level(string? birth, string? used, string? otherBirth, string? otherUsed, string? level) =>
        Assert.Equal(level, Level(Field.Surname,
            Odette with { BirthNameAsWritten = birth, UsedNameAsWritten = used },
            Odette with { BirthNameAsWritten = otherBirth, UsedNameAsWritten = otherUsed }));

    [Theory]
    [InlineData("1947-03-09", "1947-03-09", "equal")]
    [InlineData("1947-01-01", "1947-01-01", "equal-default")]
    [InlineData("1947-03-09", "1947-09-03", "near")]
    [InlineData("1947-03-09", "1957-03-09", "near")]
    [InlineData("1947-03-09", "1947-03-21", "partial")]
    [InlineData("1947-03-09", "1947", "partial")]
    [InlineData("1947-13-09", "1947-03-09", "near")]
    [InlineData("1947-03-09", "1971-06-30", "different")]
    public void Dates_agree_by_level(string a, string b, string level) =>
        Assert.Equal(level, Level(Field.BirthDate, Odette with { BirthDate = a }, Odette with { BirthDate = b }));

    [Fact]
    public void Names_date_and_a_phone_are_certain() =>
        Assert.Equal(MatchGrade.Certain, Compare(Odette, Odette with { Street = null, Commune = null, PostalCode = null }).Grade);

    [Theory]
    [InlineData(Guard.NoEvidence)]
    [InlineData(Guard.FirstName)]
    [InlineData(Guard.BirthDate)]
    [InlineData(Guard.Sex)]
    [InlineData(Guard.BirthPlace)]
    [InlineData(Guard.Number)]
    [InlineData(Guard.DefaultDate)]
    [InlineData(Guard.Homonym)]
    [InlineData(Guard.Doubtful)]
    public void A_guard_leaves_it_to_a_person(Guard guard)
    {
        var (a, b) = guard switch
        {
            Guard.NoEvidence => (Odette, Odette with { Phones = ["+33251000077"], Street = "3 place Napoléon" }),
            Guard.FirstName => (Odette, Odette with { FirstNameAsWritten = "Odetta" }),
            Guard.BirthDate => (Odette, Odette with { BirthDate = "1947-03-08", Phones = [], Street = null }),
            Guard.Sex => (Odette, Odette with { Sex = "male" }),
            Guard.BirthPlace => (Odette with { BirthPlace = "85191" }, Odette with { BirthPlace = "44109" }),
            Guard.Number => (Odette with { Nirs = [Nir] }, Odette with { Nirs = ["2470385003017"] }),
            Guard.DefaultDate => (Odette with { BirthDate = "1947-01-01" }, Odette with { BirthDate = "1947-01-01", Phones = [], Street = null }),
            Guard.Homonym => (Odette, Odette with { IsReserved = true, IsHomonym = true }),
            _ => (Odette, Odette with { IsReserved = true }),
        };
        var match = Compare(a, b);
        Assert.Equal(MatchGrade.Probable, match.Grade);
        Assert.True(match.Guards.HasFlag(guard));
        Assert.NotEmpty(Texts.Of(match.Guards));
    }

    [Theory]
    [InlineData("99330", MatchGrade.Probable)]
    [InlineData("85191", MatchGrade.Certain)]
    public void A_country_shared_beside_a_default_birth_date_is_no_evidence_and_a_commune_is(string birthPlace, MatchGrade grade)
    {
        var born = Odette with { BirthNameAsWritten = "Sidibé", FirstNameAsWritten = "Fatoumata", BirthDate = "1985-01-01", BirthPlace = birthPlace, Phones = [], Street = null };
        Assert.Equal(grade, Compare(born, born).Grade);
        Assert.Equal(MatchGrade.Certain, Compare(born with { Phones = ["+33751000001"] }, born with { Phones = ["+33751000001"] }).Grade);
    }

    [Fact]
    public void A_rare_name_in_one_commune_is_certain_beside_a_default_date_unless_a_phone_differs_or_no_table_knows_it()
    {
        var rare = Odette with { BirthNameAsWritten = "Lasserre", FirstNameAsWritten = "Juanita", BirthDate = "1957-01-01", BirthPlace = "99350", Phones = [], Street = null };
        var other = rare with { BirthPlace = null };
        Assert.Equal(MatchGrade.Certain, Compare(rare, other).Grade);
        Assert.Equal(MatchGrade.Probable, Compare(rare with { Phones = ["+33751000001"] }, other with { Phones = ["+33751000002"] }).Grade);
        Assert.Equal(MatchGrade.Probable, Compare(rare, other with { Commune = "85191", PostalCode = "85000" }).Grade);
        Assert.Equal(MatchGrade.Probable, Compare(rare with { BirthNameAsWritten = "Ahmadzai", FirstNameAsWritten = "Ghulam" }, other with { BirthNameAsWritten = "Ahmadzai", FirstNameAsWritten = "Ghulam" }).Grade);
    }

    [Theory]
    [InlineData("1948-03-09", "1947-03-09", MatchGrade.Certain)]
    [InlineData("1948-03-09", "1949-03-09", MatchGrade.Probable)]
    [InlineData("1947-08-09", "1947-03-09", MatchGrade.Certain)]
    [InlineData("1977-03-09", "1947-03-09", MatchGrade.Probable)]
    public void A_slip_in_a_date_is_one_when_the_number_beside_it_tells_the_other_date_and_is_no_parents(string written, string other, MatchGrade grade)
    {
        var (a, b) = (Odette with { BirthDate = written, BirthPlace = "85191", Phones = [], Street = null }, Odette with { BirthDate = other, BirthPlace = "85191" });
        Assert.Equal(grade, Compare(a with { ForeignNirs = [Nir] }, b).Grade);
        Assert.Equal(MatchGrade.Probable, Compare(a, b).Grade);
    }

    [Fact]
    public void A_sex_is_a_slip_when_the_number_beside_it_tells_the_other()
    {
        var slipped = Odette with { Sex = "male" };
        Assert.Equal(MatchGrade.Certain, Compare(slipped with { ForeignNirs = [Nir] }, Odette).Grade);
        Assert.Equal(MatchGrade.Certain, Identification.Compare(slipped with { ForeignNirs = [Nir] }, Odette).Grade);
        Assert.Equal(MatchGrade.Probable, Compare(slipped, Odette).Grade);
        Assert.Equal(MatchGrade.Probable, Compare(slipped with { ForeignNirs = ["2850385191042"] }, Odette).Grade);
    }

    [Theory]
    [InlineData("1947-03-21", true)]
    [InlineData("1947-09-03", true)]
    [InlineData("1947-08-09", true)]
    [InlineData("1948-03-09", true)]
    [InlineData("1957-03-09", true)]
    [InlineData("1947-01-01", true)]
    [InlineData("1947-10-25", false)]
    [InlineData("1948-03-10", false)]
    [InlineData("1967-03-09", false)]
    public void In_one_home_nearly_the_same_birth_date_of_one_name_is_a_slip_unless_a_generation_lies_between(string other, bool isCertain)
    {
        Assert.Equal(isCertain, Compare(Odette, Odette with { BirthDate = other }).Grade == MatchGrade.Certain);
        Assert.Equal(isCertain, Identification.Compare(Odette, Odette with { BirthDate = other }).Grade == MatchGrade.Certain);

        foreach (var somebody in (Traits[])[
            Odette with { Phones = ["+33251000077"], Street = "3 place Napoléon" },
            Odette with { Sex = "male" },
            Odette with { FirstNameAsWritten = "Odetta" },
            Odette with { BirthNameAsWritten = "Martinot" },
            Odette with { IsReserved = true }])
            Assert.NotEqual(MatchGrade.Certain, Compare(Odette, somebody with { BirthDate = other }).Grade);
    }

    [Fact]
    public void First_of_January_of_two_years_are_no_slip_of_each_other()
    {
        var born = Odette with { BirthDate = "1985-01-01" };
        Assert.NotEqual(MatchGrade.Certain, Compare(born, born with { BirthDate = "1986-01-01" }).Grade);
    }

    [Fact]
    public void The_own_number_lifts_a_slip_and_not_a_doubt()
    {
        var mine = Odette with { Nirs = [Nir] };
        Assert.Equal(MatchGrade.Certain, Compare(mine, mine with { FirstNameAsWritten = "Odzette", Phones = [], Street = null }).Grade);
        Assert.Equal(MatchGrade.Probable, Compare(mine, mine with { IsReserved = true }).Grade);
    }

    [Fact]
    public void A_number_that_contradicts_its_record_lifts_nothing() =>
        Assert.Equal(MatchGrade.Possible, Compare(Odette with { Nirs = [Nir] },
            Odette with { FirstNameAsWritten = "Léa", BirthDate = "2012-05-06", ForeignNirs = [Nir] }).Grade);

    [Fact]
    public void Twins_with_like_names_and_one_number_by_mistake_are_left_to_a_person()
    {
        var julie = Odette with { FirstNameAsWritten = "Julie", Nirs = [Nir] };
        Assert.NotEqual(MatchGrade.Certain, Compare(julie, julie with { FirstNameAsWritten = "Julia" }).Grade);
    }

    [Fact]
    public void A_household_agrees_on_much_and_is_several_persons()
    {
        Assert.Equal(MatchGrade.Possible, Compare(Odette, Odette with { FirstNameAsWritten = "Suzanne" }).Grade);
        Assert.Equal(MatchGrade.Possible, Compare(Odette, Odette with { FirstNameAsWritten = "Marcel", Sex = "male", BirthDate = "1945-01-20" }).Grade);
        Assert.Equal(MatchGrade.Possible, Compare(Odette, Odette with { BirthDate = "1971-06-30" }).Grade);
    }

    [Fact]
    public void A_common_name_weighs_less_than_a_rare_one()
    {
        var martin = Odette with { BirthNameAsWritten = "Martin", FirstNameAsWritten = "Marie" };
        Assert.True(Compare(martin, martin).Weight < Compare(Odette, Odette).Weight - 5);
    }

    [Fact]
    public void Every_compared_field_is_explained_and_the_weights_add_up()
    {
        var (a, b) = (MatchRecord.Of(Odette), MatchRecord.Of(Odette with { Phones = ["+33251000077"] }));
        var match = Matcher.Shipped.Compare(a, b);
        var reasons = Matcher.Shipped.Explain(a, b, match);
        Assert.Equal(["Surname", "FirstName", "BirthDate", "Sex", "Commune", "Street", "Phone"], reasons.Select(reason => reason.Field.ToString()));
        Assert.Equal(match.Weight, MatchModel.PriorOf(MatchModel.Shipped.Population) + reasons.Sum(reason => reason.Weight), 6);
        Assert.All(reasons, reason => Assert.DoesNotContain("Odette", reason.Text, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void A_model_reads_back_as_it_was_written()
    {
        var again = MatchModel.Read(MatchModel.Shipped.Write());
        Assert.NotNull(again);
        Assert.Equal(MatchModel.Shipped.Version, again.Version);
        Assert.Equal(MatchModel.Shipped.Fields[Field.Surname].M, again.Fields[Field.Surname].M);
        Assert.Null(MatchModel.Read("""{ "version": "1" }"""));
    }

    [Theory]
    [InlineData("0600000000", null)]
    [InlineData("0663662636", "+33663662636")]
    [InlineData("02 51 00 00 01", "+33251000001")]
    public void A_phone_that_fills_an_empty_field_is_none(string text, string? phone) => Assert.Equal(phone, Traits.PhoneOf(text));

    [Theory]
    [InlineData("Monique", "Mnique", true)]
    [InlineData("Véronique", "Verobique", true)]
    [InlineData("Monique", "Moniqua", false)]
    [InlineData("Nicole", "Nicolke", false)]
    [InlineData("Anna", "Anza", false)]
    [InlineData("Xdette", "Qdette", false)]
    public void A_letter_that_makes_a_name_of_what_nobody_is_called_is_a_slip_beside_something_personal(string name, string slip, bool isCertain)
    {
        var (a, b) = (Odette with { FirstNameAsWritten = name }, Odette with { FirstNameAsWritten = slip });
        Assert.Equal(isCertain ? MatchGrade.Certain : MatchGrade.Probable, Compare(a, b, WithAllNames).Grade);
        Assert.NotEqual(MatchGrade.Certain, Compare(a with { Phones = [], Street = null }, b with { Phones = [], Street = null }, WithAllNames).Grade);
        Assert.Equal(isCertain ? MatchGrade.Certain : MatchGrade.Probable, Compare(a, b).Grade);
    }

    [Theory]
    [InlineData("nicole.martineau@example.org", true)]
    [InlineData("martineau@example.org", false)]
    [InlineData("nicole@example.org", false)]
    [InlineData("nicolke.martineau.nicole@example.org", false)]
    public void A_slip_that_may_be_of_two_names_is_of_the_one_that_the_persons_own_address_bears(string mail, bool isCertain)
    {
        var (name, slip) = (Odette with { FirstNameAsWritten = "Nicole" }, Odette with { FirstNameAsWritten = "Nicolke", Emails = [mail] });
        Assert.Equal(isCertain, Compare(name, slip, WithAllNames).Grade == MatchGrade.Certain);

        // The address of the other record tells nothing of this one, and a name that somebody bears is no slip.
        Assert.NotEqual(MatchGrade.Certain, Compare(name with { Emails = [mail] }, slip with { Emails = [] }, WithAllNames).Grade);
        Assert.NotEqual(MatchGrade.Certain, Compare(
            Odette with { FirstNameAsWritten = "Anna" },
            Odette with { FirstNameAsWritten = "Anya", Emails = ["anna.martineau@example.org"] }, WithAllNames).Grade);
    }

    [Theory]
    [InlineData("Josse", "Jodse", true)]
    [InlineData("Ray", "Rzy", false)]
    [InlineData("Josse", "Gadsde", false)]
    public void One_letter_of_a_surname_is_a_slip_beside_the_day_and_a_contact(string name, string slip, bool isCertain) =>
        Assert.Equal(isCertain, Compare(Odette with { BirthNameAsWritten = name }, Odette with { BirthNameAsWritten = slip }).Grade == MatchGrade.Certain);
}
