using CptsFhirHub.Coordination.Identity;

namespace CptsFhirHub.Coordination.Tests.Identity;

public sealed class Identifying_a_person
{
    private static readonly Traits Odette = new()
    {
        BirthName = "MARTINEAU",
        UsedName = "GUERIN",
        FirstName = "ODETTE",
        BirthDate = "1947-03-09",
        Sex = "female",
        Phones = ["+33251000001"],
        Commune = "85003",
    };

    private static readonly InsNumber Real = new(Canon.InsNir, "2470385191042", IsOld: false);
    private static readonly InsNumber OtherReal = new(Canon.InsNir, "2470385191043", IsOld: false);
    private static readonly InsNumber Fictive = new(Canon.InsTest, "2470385191042", IsOld: false);
    private static readonly LocalId Ipp = new("urn:oid:1.2.3", "778812");

    private static readonly Traits Qualified = Odette with { Ins = [Real], IsQualified = true };

    private static void Check(MatchGrade expected, Traits a, Traits b)
    {
        Assert.Equal(expected, Identification.Compare(a, b).Grade);
        Assert.Equal(expected, Identification.Compare(b, a).Grade);
    }

    [Fact]
    public void Nobody_known_makes_a_new_person() => Assert.IsType<Identified.New>(Identification.Decide(Odette, []));

    [Fact]
    public void What_a_person_said_is_final()
    {
        Assert.Equal(MatchGrade.CertainlyNot, Identification.Compare(Qualified, Qualified, Verdict.Apart).Grade);
        Candidate[] two = [new("Patient/a", Odette with { LocalIds = [Ipp] }), new("Patient/b", Odette)];
        var again = Odette with { LocalIds = [Ipp] };
        Assert.IsType<Identified.Doubtful>(Identification.Decide(again, two));
        Assert.Equal("Patient/a", Assert.IsType<Identified.Same>(Identification.Decide(again, two, (_, _) => true)).Reference);

        // Nothing tells the two apart: the machine does not guess.
        Assert.IsType<Identified.Doubtful>(Identification.Decide(Odette, two, (_, _) => true));
    }

    [Fact]
    public void A_source_that_is_not_trusted_joins_by_the_own_number_and_by_nothing_else()
    {
        Check(MatchGrade.Certain, Odette, Odette);
        Check(MatchGrade.Probable, Odette with { IsUntrusted = true }, Odette);
        Check(MatchGrade.Probable, Odette with { IsUntrusted = true, LocalIds = [Ipp] }, Odette with { LocalIds = [Ipp] });
        Check(MatchGrade.Certain, Qualified with { IsUntrusted = true }, Qualified);
        var numbered = Odette with { Nirs = ["2470385191042"] };
        Check(MatchGrade.Certain, numbered with { IsUntrusted = true }, numbered);
    }

    [Fact]
    public void A_source_that_is_not_trusted_is_believed_about_its_own_record()
    {
        var said = Odette with { IsUntrusted = true, LocalIds = [Ipp] };
        Candidate known = new("Patient/a", said);
        Assert.IsType<Identified.Doubtful>(Identification.Decide(said, [known]));
        Assert.IsType<Identified.Same>(Identification.Decide(said, [known with { IsOfSender = true }]));
        Assert.IsType<Identified.Doubtful>(Identification.Decide(said with { LocalIds = [] }, [known with { IsOfSender = true }]));
    }

    [Fact]
    public void The_same_strict_traits_are_the_same_person() => Check(MatchGrade.Certain, Odette, Odette with { Phones = [], Commune = null });

    [Fact]
    public void A_name_in_use_alone_is_for_a_person_to_compare()
    {
        var used = Odette with { BirthName = null, UsedName = "GUERIN" };
        Check(MatchGrade.Probable, Odette, used with { Phones = [], Commune = null });
        Check(MatchGrade.Certain, Odette, used);
    }

    [Fact]
    public void A_typing_error_in_the_name_is_for_a_person_to_compare_unless_something_personal_agrees()
    {
        var mistyped = Odette with { BirthName = "MARTINAU", UsedName = null };
        Check(MatchGrade.Probable, Odette with { UsedName = null }, mistyped with { Phones = [], Commune = null });
        Check(MatchGrade.Certain, Odette with { UsedName = null }, mistyped);
    }

    [Theory]
    [InlineData("MARTIN", "MARIE", MatchGrade.Probable)]
    [InlineData("MARTINEAU", "ODETTE", MatchGrade.Certain)]
    public void Names_that_many_bear_need_more_than_a_birth_date(string name, string first, MatchGrade expected)
    {
        var common = Odette with { BirthName = name, UsedName = null, FirstName = first };
        Check(expected, common, common with { Phones = [], Commune = null });
    }

    [Fact]
    public void The_same_strict_traits_at_two_addresses_are_for_a_person_to_compare() =>
        Check(MatchGrade.Probable, Odette, Odette with { Phones = [], Commune = "44109" });

    [Fact]
    public void Name_and_first_name_swapped_are_for_a_person_to_compare() =>
        Check(MatchGrade.Probable, Odette with { UsedName = null }, Odette with { BirthName = "ODETTE", UsedName = null, FirstName = "MARTINEAU" });

    [Fact]
    public void Twins_are_two_persons() =>
        Check(MatchGrade.Possible, Odette, Odette with { FirstName = "SUZANNE" });

    [Fact]
    public void Spouses_who_share_name_and_phone_are_two_persons() =>
        Check(MatchGrade.Possible, Odette, Odette with { BirthName = "GUERIN", FirstName = "MARCEL", BirthDate = "1945-01-20", Sex = "male" });

    [Theory]
    [InlineData("birthplace")]
    [InlineData("nir")]
    [InlineData("contact")]
    [InlineData("homonym")]
    public void Strict_traits_with_a_contradiction_are_doubtful(string what)
    {
        var (a, b) = what switch
        {
            "birthplace" => (Odette with { BirthPlace = "85003" }, Odette with { BirthPlace = "85191" }),
            "nir" => (Odette with { Nirs = ["2470385191042"] }, Odette with { Nirs = ["2470385191043"] }),
            "contact" => (Odette, Odette with { Phones = ["+33251000002"], Commune = "85191" }),
            _ => (Odette, Odette with { IsReserved = true }),
        };
        Check(MatchGrade.Probable, a, b);
    }

    [Theory]
    [InlineData("85003", null, null, "85191", null, null, MatchGrade.Probable)]
    [InlineData("85003", null, null, null, "85300", "CHALLANS", MatchGrade.Certain)]
    [InlineData(null, "85190", "AIZENAY", null, "85300", "CHALLANS", MatchGrade.Probable)]
    [InlineData(null, "85190", "AIZENAY", null, "85190", "VENANSAULT", MatchGrade.Certain)]
    [InlineData(null, "85190", "AIZENAY", null, "85191", "AIZENAY", MatchGrade.Certain)]
    public void Places_are_compared_like_with_like(
        string? commune, string? postalCode, string? city, string? otherCommune, string? otherPostalCode, string? otherCity, MatchGrade expected) =>
        Check(expected,
            Odette with { Commune = commune, PostalCode = postalCode, City = city },
            Odette with { Phones = ["+33251000002"], Commune = otherCommune, PostalCode = otherPostalCode, City = otherCity });

    [Fact]
    public void A_new_phone_in_the_same_commune_contradicts_nothing() =>
        Check(MatchGrade.Certain, Odette, Odette with { Phones = ["+33251000002"] });

    [Theory]
    [InlineData("1947-01-01", false, MatchGrade.Probable)]
    [InlineData("1947-01-01", true, MatchGrade.Certain)]
    [InlineData("1947-12-31", false, MatchGrade.Probable)]
    [InlineData("1947-01-02", false, MatchGrade.Certain)]
    public void A_birth_date_that_offices_write_for_unknown_needs_more(string born, bool samePhone, MatchGrade expected) =>
        Check(expected, Odette with { BirthDate = born }, Odette with { BirthDate = born, Phones = samePhone ? ["+33251000001"] : [] });

    [Fact]
    public void A_sex_left_out_needs_one_more_thing_in_common()
    {
        Check(MatchGrade.Certain, Odette, Odette with { Sex = null });
        Check(MatchGrade.Probable, Odette, Odette with { Sex = null, Phones = [] });
    }

    [Fact]
    public void A_year_alone_is_no_strict_trait() => Check(MatchGrade.Possible, Odette, Odette with { BirthDate = "1947", Phones = [] });

    [Fact]
    public void The_same_qualified_ins_is_the_same_person_whatever_the_name_in_use() =>
        Check(MatchGrade.Certain, Qualified, Qualified with { BirthName = null, UsedName = "DURAND" });

    [Fact]
    public void The_same_qualified_ins_under_contradictory_names_is_doubtful() =>
        Check(MatchGrade.Probable, Qualified, Qualified with { BirthName = "PETIT", UsedName = null, FirstName = "JEANNE" });

    [Fact]
    public void An_ins_without_qualification_is_a_hint() =>
        Check(MatchGrade.Probable, Qualified, Qualified with { IsQualified = false, BirthName = "PETIT", UsedName = null });

    [Fact]
    public void Two_qualified_ins_are_never_joined()
    {
        Check(MatchGrade.Probable, Qualified, Qualified with { Ins = [OtherReal] });
        Check(MatchGrade.CertainlyNot, Qualified, Qualified with { Ins = [OtherReal], BirthDate = "1948-03-09" });
        Check(MatchGrade.Probable, Qualified with { LocalIds = [Ipp] }, Qualified with { Ins = [OtherReal], LocalIds = [Ipp] });
    }

    [Fact]
    public void A_replaced_ins_contradicts_nothing() =>
        Check(MatchGrade.Certain, Qualified, Qualified with { Ins = [Real, OtherReal with { IsOld = true }] });

    [Fact]
    public void A_test_ins_never_equals_a_real_one() => Check(MatchGrade.CertainlyNot, Qualified, Qualified with { Ins = [Fictive] });

    [Fact]
    public void A_number_typed_in_a_form_goes_with_a_test_ins() =>
        Check(MatchGrade.Certain, Odette with { Nirs = ["2470385191042"] }, Qualified with { Ins = [Fictive] });

    [Fact]
    public void A_childs_form_with_the_parents_number_is_another_person() =>
        Check(MatchGrade.Possible, Odette with { Nirs = ["2470385191042"] },
            Odette with { FirstName = "LEA", BirthDate = "2012-05-06", Nirs = ["2470385191042"] });

    [Fact]
    public void The_number_of_one_hospital_is_the_same_person()
    {
        var stay = Odette with { LocalIds = [Ipp], BirthDate = null, Sex = null, UsedName = null };
        Check(MatchGrade.Certain, Odette with { LocalIds = [Ipp] }, stay);
        Check(MatchGrade.Probable, Odette with { LocalIds = [Ipp] }, stay with { BirthDate = "1950-01-02" });
        Check(MatchGrade.Probable, Odette with { LocalIds = [Ipp] }, stay with { Sex = "male" });
        Check(MatchGrade.Probable, Odette with { LocalIds = [Ipp] }, stay with { BirthName = "PETIT", UsedName = null, FirstName = "JEANNE" });
    }

    [Fact]
    public void The_same_number_of_two_hospitals_says_nothing() =>
        Check(MatchGrade.Possible, new Traits { LocalIds = [Ipp] }, new Traits { LocalIds = [Ipp with { System = "urn:oid:1.2.4" }] });

    [Fact]
    public void Two_certain_candidates_are_joined_to_none()
    {
        var verdict = Identification.Decide(Odette, [new("Patient/b", Odette), new("Patient/a", Odette)]);
        var doubtful = Assert.IsType<Identified.Doubtful>(verdict);
        Assert.Equal(["Patient/a", "Patient/b"], doubtful.References);
        Assert.Equal("plusieurs-dossiers", doubtful.Why[0].Code);
    }

    [Fact]
    public void A_homonym_born_the_same_day_makes_traits_doubtful_but_not_an_ins()
    {
        var homonym = Qualified with { Ins = [OtherReal] };
        Assert.IsType<Identified.Doubtful>(Identification.Decide(Odette, [new("Patient/a", Odette), new("Patient/h", homonym with { BirthPlace = "1" }),
            new("Patient/c", Odette with { BirthPlace = "2" })]));
        Assert.Equal("Patient/q", Assert.IsType<Identified.Same>(
            Identification.Decide(Qualified with { BirthName = null, UsedName = "GUERIN" }, [new("Patient/q", Qualified), new("Patient/h", homonym)])).Reference);
    }

    [Fact]
    public void Who_was_doubtful_once_is_recognised_the_second_time()
    {
        // A homonym lives elsewhere; the first report of this person was set apart, the second one finds it by its phone.
        var elsewhere = Odette with { Phones = ["+33251000009"], Commune = "85191" };
        var apart = new Candidate("Patient/apart", Odette);
        Assert.IsType<Identified.Doubtful>(Identification.Decide(Odette, [new("Patient/homonym", elsewhere)]));
        Assert.Equal("Patient/apart",
            Assert.IsType<Identified.Same>(Identification.Decide(Odette, [new("Patient/homonym", elsewhere), apart])).Reference);
        Assert.IsType<Identified.Doubtful>(
            Identification.Decide(Odette with { Phones = [], Commune = null }, [new("Patient/homonym", elsewhere), apart]));
    }

    [Fact]
    public void A_hospitals_number_outweighs_a_homonym()
    {
        var homonym = new Candidate("Patient/h", Odette with { BirthPlace = "85191" });
        var known = new Candidate("Patient/k", Odette with { LocalIds = [Ipp] });
        Assert.Equal("Patient/k", Assert.IsType<Identified.Same>(
            Identification.Decide(Odette with { LocalIds = [Ipp], BirthPlace = "85003", Phones = [] }, [homonym, known])).Reference);
    }

    [Fact]
    public void In_a_merge_the_person_is_the_one_of_the_number_that_stays()
    {
        var gone = Ipp with { Value = "778899" };
        var merge = Odette with { LocalIds = [Ipp, gone], OldLocalIds = [gone] };
        var survivor = new Candidate("Patient/s", Odette with { LocalIds = [Ipp] });
        var retired = new Candidate("Patient/r", Odette with { LocalIds = [gone] });
        Assert.Equal("Patient/s", Assert.IsType<Identified.Same>(Identification.Decide(merge, [retired, survivor])).Reference);
        Assert.Equal("Patient/r", Assert.IsType<Identified.Same>(Identification.Decide(merge, [retired])).Reference);
    }

    [Fact]
    public void Reasons_name_no_trait() =>
        Assert.All(Identification.Compare(Qualified, Qualified with { Ins = [OtherReal], BirthPlace = "85191" }).Reasons, reason =>
        {
            Assert.DoesNotContain("MARTINEAU", reason.Text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("1947", reason.Text, StringComparison.Ordinal);
        });
}
