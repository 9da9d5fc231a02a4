using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Fhir.Tests.Search;

/// <summary>Value sets, branches, hierarchies, lists, words, places, compartments and <c>_filter</c>: one parameter that stands for several criteria.</summary>
public sealed class Reading_what_stands_for_more
{
    private const string ActCode = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    private static readonly SearchQueryParser Parser = new(R4.Definitions, "https://hub.example/fhir");

    [Fact]
    public void A_value_set_is_its_codes_and_not_in_it_is_none_of_them()
    {
        var match = Assert.IsType<Criterion.Match>(Read("Patient", "gender:in", "http://hl7.org/fhir/ValueSet/administrative-gender"));
        Assert.Contains(new SearchValue.Token("http://hl7.org/fhir/administrative-gender", "female"), match.Values);
        Assert.Equal((null, 4), (match.Modifier, match.Values.Count));
        Assert.Equal("not", Assert.IsType<Criterion.Match>(Read("Patient", "gender:not-in", "http://hl7.org/fhir/ValueSet/administrative-gender")).Modifier);
        Assert.Equal("not-found", Fault("Patient", "gender:in", "http://nobody.example/ValueSet/x"));
    }

    [Fact]
    public void A_branch_of_a_code_system_is_read_down_and_up()
    {
        var below = Assert.IsType<Criterion.Match>(Read("Encounter", "class:below", ActCode + "|_ActEncounterCode"));
        Assert.Contains(new SearchValue.Token(ActCode, "AMB"), below.Values);
        Assert.DoesNotContain(new SearchValue.Token(ActCode, "_ActCode"), below.Values);
        var above = Assert.IsType<Criterion.Match>(Read("Encounter", "class:above", ActCode + "|AMB"));
        Assert.Contains(new SearchValue.Token(ActCode, "_ActEncounterCode"), above.Values);
        Assert.DoesNotContain(new SearchValue.Token(ActCode, "EMER"), above.Values);
        Assert.Equal("not-found", Fault("Encounter", "class:below", "http://nobody.example|x"));
        Assert.Equal("not-found", Fault("Encounter", "class:below", "AMB"));
    }

    [Fact]
    public void More_codes_than_the_limit_are_refused()
    {
        var parser = new SearchQueryParser(R4.Definitions, limits: new() { Codes = 4 });
        Assert.True(parser.Parse("Patient", [new("gender:in", "http://hl7.org/fhir/ValueSet/administrative-gender")]).IsSound);
        var past = new SearchQueryParser(R4.Definitions, limits: new() { Codes = 3 });
        Assert.Equal("too-costly", Assert.Single(past.Parse("Patient", [new("gender:in", "http://hl7.org/fhir/ValueSet/administrative-gender")]).Issues).Code);
    }

    [Fact]
    public void A_place_below_another_is_followed_five_parts_deep()
    {
        var any = Assert.IsType<Criterion.Any>(Read("Encounter", "location:below", "Location/hospital"));
        Assert.Equal(6, any.Alternatives.Count);
        Assert.IsType<Criterion.Match>(any.Alternatives[0][0]);
        Assert.Equal("partof", Assert.IsType<Criterion.Match>(Assert.IsType<Criterion.Chain>(any.Alternatives[1][0]).Inner[0].Criteria[0]).Parameter.Code);
        Assert.IsType<Criterion.Has>(Assert.IsType<Criterion.Chain>(
            Assert.IsType<Criterion.Any>(Read("Encounter", "location:above", "Location/ward")).Alternatives[1][0]).Inner[0].Criteria[0]);
        Assert.Equal("not-supported", Fault("Observation", "subject:below", "Patient/x"));
        Assert.Equal("below", Assert.IsType<Criterion.Match>(Assert.IsType<Criterion.Any>(
            Read("QuestionnaireResponse", "questionnaire:below", "https://q.example/q|1")).Alternatives[0][0]).Modifier);
    }

    [Fact]
    public void A_list_is_what_its_entries_refer_to()
    {
        var has = Assert.IsType<Criterion.Has>(Read("Patient", "_list", "l1"));
        Assert.Equal(("List", "item"), (has.Inner.ResourceType, has.Reference.Code));
        Assert.Equal("value", Fault("Patient", "_list", "$current-problems"));
    }

    [Fact]
    public void Words_are_all_wanted_and_OR_or_a_comma_gives_a_choice()
    {
        Assert.Equal(["jambe", "cass*"], Words("_text", "Jambe AND cass*")[0]);
        Assert.Equal([["pied"], ["jambe", "gauche"]], Words("_content", "pied OR jambe gauche"));
        Assert.Equal([["pied"], ["jambe"]], Words("_content", "pied,jambe"));
        Assert.Equal("value", Fault("Condition", "_text", "!?"));
        Assert.Equal("not-supported", Fault("Patient", "_content", "jambe"));
        Assert.True(Parser.Parse("Condition", [new("_text", string.Join(' ', Enumerable.Range(0, 32)))]).IsSound);
        Assert.Equal("too-costly", Fault("Condition", "_text", string.Join(' ', Enumerable.Range(0, 33))));

        static List<string[]> Words(string name, string text) => Read("Condition", name, text) switch
        {
            Criterion.Any any => [.. any.Alternatives.Select(all => all.Cast<Criterion.Match>().Select(Word).ToArray())],
            Criterion.Match match => [[Word(match)]],
            _ => [],
        };

        static string Word(Criterion.Match match) =>
            match is { Modifier: "word", Values: [SearchValue.Text text] } ? text.Value : throw new ArgumentException("It is no word.", nameof(match));
    }

    [Theory]
    [InlineData("46.67|-1.43", 25.0)]
    [InlineData("46.67|-1.43|10", 10.0)]
    [InlineData("46.67|-1.43|500|m", 0.5)]
    [InlineData("46.67|-1.43||km", 25.0)]
    [InlineData("91|0", null)]
    [InlineData("46.67", null)]
    [InlineData("46.67|-1.43|10|lieues", null)]
    [InlineData("46.67|-1.43|-1", null)]
    public void A_place_has_a_distance_around_it(string text, double? kilometres)
    {
        var parsed = Parser.Parse("Location", [new("near", text)]);
        Assert.Equal(kilometres is not null, parsed.IsSound);
        if (kilometres is not null)
            Assert.Equal(new SearchValue.Near(46.67, -1.43, kilometres.Value), Assert.Single(Assert.IsType<Criterion.Match>(parsed.Query.Criteria[0]).Values));
    }

    [Fact]
    public void Reverse_chains_over_one_reference_speak_of_one_resource()
    {
        var query = Parser.Parse("Patient",
        [
            new("_has:Observation:patient:code", "1234-5"), new("name", "x"), new("_has:Observation:patient:status", "final"),
            new("_has:Observation:subject:date", "2026"),
        ]).Query;
        Assert.Equal(3, query.Criteria.Count);
        Assert.Equal(["code", "status"], Assert.IsType<Criterion.Has>(query.Criteria[0]).Inner.Criteria.Cast<Criterion.Match>().Select(match => match.Parameter.Code));
    }

    [Theory]
    [InlineData("_include", "*", "Task", false)]
    [InlineData("_include:iterate", "*", "*", true)]
    [InlineData("_revinclude", "*", "*", false)]
    public void A_star_includes_by_every_reference(string name, string value, string source, bool iterates)
    {
        var include = Assert.Single(Parser.Parse("Task", [new(name, value)]).Query.Includes);
        Assert.Equal((source, null, iterates), (include.SourceType, include.Parameter, include.Iterates));
    }

    [Theory]
    [InlineData("family eq \"Dupont\"", "whole")]
    [InlineData("family sw Dup", null)]
    [InlineData("family co \"up on\"", "contains")]
    [InlineData("family ew ont", "ends")]
    [InlineData("gender eq female", null)]
    [InlineData("birthdate ge 1950-01-01", null)]
    [InlineData("gender pr false", "missing")]
    [InlineData("((family eq Dupont))", "whole")]
    public void A_comparison_of_a_filter_is_a_criterion(string filter, string? modifier) =>
        Assert.Equal(modifier, Assert.IsType<Criterion.Match>(Read("Patient", "_filter", filter)).Modifier);

    [Fact]
    public void In_a_filter_and_binds_closer_than_or_and_not_closest()
    {
        var any = Assert.IsType<Criterion.Any>(Read("Patient", "_filter", "gender eq male or not (family eq \"A, B\") and birthdate lt 1950"));
        Assert.Equal([1, 2], any.Alternatives.Select(all => all.Count));
        var family = Assert.IsType<Criterion.Match>(Assert.IsType<Criterion.Not>(any.Alternatives[1][0]).Inner);
        Assert.Equal(new SearchValue.Text("A, B"), Assert.Single(family.Values));
        Assert.IsType<Criterion.Chain>(Read("Observation", "_filter", "subject:Patient.family sw dup"));
        Assert.IsType<Criterion.Not>(Read("Patient", "_filter", "gender ne male"));
    }

    [Theory]
    [InlineData("family", "value")]
    [InlineData("family eq", "value")]
    [InlineData("family eq \"x", "value")]
    [InlineData("(family eq x", "value")]
    [InlineData("family eq x y", "value")]
    [InlineData("family gt x", "not-supported")]
    [InlineData("nonsense eq x", "not-supported")]
    [InlineData("birthdate ge yesterday", "value")]
    public void A_filter_that_cannot_be_read_is_refused(string filter, string code) => Assert.Equal(code, Fault("Patient", "_filter", filter));

    [Fact]
    public void A_filter_has_a_length_and_a_depth()
    {
        var long4096 = "family eq \"" + new string('x', 4_096 - 12) + "\"";
        Assert.Equal(4_096, long4096.Length);
        Assert.True(Parser.Parse("Patient", [new("_filter", long4096)]).IsSound);
        Assert.Equal("too-costly", Fault("Patient", "_filter", long4096 + " "));
        Assert.True(Parser.Parse("Patient", [new("_filter", new string('(', 16) + "family eq x" + new string(')', 16))]).IsSound);
        Assert.Equal("too-costly", Fault("Patient", "_filter", new string('(', 17) + "family eq x" + new string(')', 17)));
    }

    [Theory]
    [InlineData("family:whole", "x")]
    [InlineData("family:ends", "x")]
    [InlineData("_text:word", "x")]
    public void What_only_a_filter_says_is_no_modifier_of_a_URL(string name, string value) => Assert.Equal("not-supported", Fault("Patient", name, value));

    [Fact]
    public void Sorting_has_eight_keys_at_most()
    {
        var eight = string.Join(',', Enumerable.Repeat("family", 8));
        Assert.True(Parser.Parse("Patient", [new("_sort", eight)]).IsSound);
        Assert.Equal("too-costly", Fault("Patient", "_sort", eight + ",name"));
    }

    [Fact]
    public void A_parameter_whose_index_is_not_filled_yet_is_refused()
    {
        var parser = new SearchQueryParser(R4.Definitions) { IsReady = parameter => parameter.Code != "family" };
        Assert.Equal("transient", Assert.Single(parser.Parse("Patient", [new("family", "x")], isLenient: true).Issues).Code);
        Assert.False(parser.Parse("Patient", [new("_sort", "family")]).IsSound);
        Assert.False(parser.Parse("Task", [new("patient.family", "x")]).IsSound);
        Assert.True(parser.Parse("Patient", [new("given", "x")]).IsSound);
    }

    [Fact]
    public void The_compartment_of_a_patient_is_what_names_the_patient_and_the_patient()
    {
        var observation = Assert.IsType<Criterion.Any>(Compartments.Of(R4.Definitions, "Patient", "p", "Observation"));
        Assert.Equal(["subject", "performer"], observation.Alternatives.Select(all => Assert.IsType<Criterion.Match>(all[0]).Parameter.Code));
        Assert.Contains(
            Assert.IsType<Criterion.Any>(Compartments.Of(R4.Definitions, "Patient", "p", "Patient")).Alternatives,
            all => all[0] is Criterion.Match { Parameter.Code: "_id" });
        Assert.Null(Compartments.Of(R4.Definitions, "Patient", "p", "Slot"));
        Assert.Equal(66, Compartments.Members("Patient").Count());
    }

    private static Criterion? Read(string type, string name, string text)
    {
        var parsed = Parser.Parse(type, [new(name, text)]);
        Assert.True(parsed.IsSound, parsed.Issues.Count > 0 ? parsed.Issues[0].Text : "");
        return parsed.Query.Criteria.SingleOrDefault();
    }

    private static string Fault(string type, string name, string text)
    {
        var issue = Assert.Single(Parser.Parse(type, [new(name, text)]).Issues);
        Assert.True(issue.IsError);
        return issue.Code;
    }
}
