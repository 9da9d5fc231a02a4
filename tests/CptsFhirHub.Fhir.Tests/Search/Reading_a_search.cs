using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Fhir.Tests.Search;

public sealed class Reading_a_search
{
    private static readonly SearchQueryParser Parser = new(R4.Definitions, "https://hub.example/fhir");

    [Theory]
    [InlineData("male", null, "male")]
    [InlineData("http://s|male", "http://s", "male")]
    [InlineData("|male", "", "male")]
    [InlineData("http://s|", "http://s", null)]
    [InlineData(@"a\,b\|c\$d\\e", null, @"a,b|c$d\e")]
    public void A_token_is_read_in_its_four_forms(string text, string? system, string? code) =>
        Assert.Equal(new SearchValue.Token(system, code), Value("Patient", "gender", text));

    [Fact]
    public void Commas_join_values_and_an_escaped_one_does_not()
    {
        var match = Match("Patient", "name", @"a,b\,c,d");
        Assert.Equal(["a", "b,c", "d"], match.Values.Cast<SearchValue.Text>().Select(value => value.Value));
    }

    [Theory]
    [InlineData("1982-01-23", Prefix.Eq, "1982-01-22T23:00:00Z", "1982-01-23T23:00:00Z")]
    [InlineData("1982-07", Prefix.Eq, "1982-06-30T22:00:00Z", "1982-07-31T22:00:00Z")]
    [InlineData("ge1982", Prefix.Ge, "1981-12-31T23:00:00Z", "1982-12-31T23:00:00Z")]
    [InlineData("lt2026-11-22T08:00:00+01:00", Prefix.Lt, "2026-11-22T07:00:00Z", "2026-11-22T07:00:01Z")]
    [InlineData("lt2026-11-22T08:00:00 01:00", Prefix.Lt, "2026-11-22T07:00:00Z", "2026-11-22T07:00:01Z")]
    [InlineData("sa2026-11-22T08:00Z", Prefix.Sa, "2026-11-22T08:00:00Z", "2026-11-22T08:01:00Z")]
    public void A_date_is_an_interval_of_its_precision_in_the_time_of_Paris(string text, Prefix prefix, string low, string high)
    {
        var date = Assert.IsType<SearchValue.Date>(Value("Patient", "birthdate", text));
        Assert.Equal((prefix, Ticks(low), Ticks(high)), (date.Prefix, date.LowTicks, date.HighTicks));
    }

    [Theory]
    [InlineData("100", 99.5, 100.5)]
    [InlineData("100.00", 99.995, 100.005)]
    [InlineData("1e2", 50, 150)]
    [InlineData("-3", -3.5, -2.5)]
    public void A_number_is_the_interval_that_rounds_to_it(string text, double low, double high)
    {
        var number = Assert.IsType<SearchValue.Number>(Value("RiskAssessment", "probability", text));
        Assert.Equal(((decimal)low, (decimal)high), (number.Low, number.High));
    }

    [Theory]
    [InlineData("gt5.4|http://unitsofmeasure.org|mg", Prefix.Gt, "http://unitsofmeasure.org", "mg")]
    [InlineData("5.4||mg", Prefix.Eq, null, "mg")]
    [InlineData("5.4", Prefix.Eq, null, null)]
    public void A_quantity_has_a_unit_or_none(string text, Prefix prefix, string? system, string? code)
    {
        var quantity = Assert.IsType<SearchValue.Quantity>(Value("Observation", "value-quantity", text));
        Assert.Equal((prefix, 5.4m, system, code), (quantity.Prefix, quantity.Value, quantity.System, quantity.Code));
    }

    [Theory]
    [InlineData("subject", "Patient/a", "Patient", "a", null)]
    [InlineData("subject", "a", null, "a", null)]
    [InlineData("subject:Patient", "a", "Patient", "a", null)]
    [InlineData("specimen", "a", "Specimen", "a", null)]
    [InlineData("subject", "https://hub.example/fhir/Patient/a", "Patient", "a", null)]
    [InlineData("subject", "https://other.example/fhir/Patient/a", null, null, "https://other.example/fhir/Patient/a")]
    [InlineData("subject", "urn:uuid:1", null, null, "urn:uuid:1")]
    public void A_reference_is_ours_by_type_and_id_or_foreign_by_url(string name, string text, string? type, string? id, string? url) =>
        Assert.Equal(new SearchValue.Reference(type, id, url), Value("Observation", name, text));

    [Fact]
    public void A_chain_without_a_type_holds_for_each_target_that_knows_the_rest()
    {
        var chain = Assert.IsType<Criterion.Chain>(Criterion("Task", "patient.name", "x"));
        Assert.Equal("Patient", Assert.Single(chain.Inner).ResourceType);

        var owner = Assert.IsType<Criterion.Chain>(Criterion("Task", "owner.identifier", "x"));
        Assert.Contains("Organization", owner.Inner.Select(inner => inner.ResourceType));
        Assert.Contains("Practitioner", owner.Inner.Select(inner => inner.ResourceType));
        Assert.Equal("Organization", Assert.Single(Assert.IsType<Criterion.Chain>(Criterion("Task", "owner:Organization.name", "x")).Inner).ResourceType);
    }

    [Fact]
    public void A_chain_follows_three_references_and_not_four()
    {
        Assert.NotNull(Criterion("Observation", "encounter:Encounter.subject:Patient.organization.name", "x"));
        var four = Parser.Parse("Observation", [new("encounter:Encounter.subject:Patient.organization.partof.name", "x")]);
        Assert.Equal("too-costly", Assert.Single(four.Issues).Code);
        Assert.True(Parser.Parse("Observation", [new("encounter:Encounter.subject:Patient.organization.partof.name", "x")], isLenient: true).Issues[0].IsError);
    }

    [Fact]
    public void A_reverse_chain_may_hold_another_and_that_one_none()
    {
        var has = Assert.IsType<Criterion.Has>(Criterion("Patient", "_has:Observation:patient:code", "x"));
        Assert.Equal(("Observation", "patient"), (has.Inner.ResourceType, has.Reference.Code));
        var two = Assert.IsType<Criterion.Has>(Criterion("Patient", "_has:Observation:subject:_has:Provenance:target:_id", "p"));
        Assert.IsType<Criterion.Has>(Assert.Single(two.Inner.Criteria));
        Assert.Equal("too-costly", Assert.Single(Parser.Parse("Patient",
            [new("_has:Observation:subject:_has:Provenance:target:_has:AuditEvent:entity:_id", "p")]).Issues).Code);
        Assert.Equal("not-supported", Assert.Single(Parser.Parse("Practitioner", [new("_has:Observation:patient:code", "x")]).Issues).Code);
    }

    [Theory]
    [InlineData("w$185", true)]
    [InlineData("v,w$185", true)]
    [InlineData("w$185,v", false)]
    [InlineData(@"a\$b$gt185||kg", true)]
    [InlineData("w", false)]
    [InlineData("w$", false)]
    [InlineData("w$heavy", false)]
    [InlineData("w$1$2", false)]
    public void A_composite_has_its_parts_or_is_refused(string text, bool isSound) =>
        Assert.Equal(isSound, Parser.Parse("Observation", [new("code-value-quantity", text)]).IsSound);

    [Theory]
    [InlineData("nonsense", "x")]
    [InlineData("gender:nonsense", "x")]
    [InlineData("name:not", "x")]
    [InlineData("_sort", "nonsense")]
    [InlineData("_include", "Patient:nonsense")]
    [InlineData("_include", "nonsense")]
    [InlineData("_includes", "Patient:organization")]
    [InlineData("birthdate.x", "x")]
    public void What_is_not_understood_refuses_a_strict_search_and_is_passed_over_by_a_lenient_one(string name, string value)
    {
        var strict = Parser.Parse("Patient", [new(name, value), new("gender", "male")]);
        Assert.False(strict.IsSound);
        var lenient = Parser.Parse("Patient", [new(name, value), new("gender", "male")], isLenient: true);
        Assert.True(lenient.IsSound);
        Assert.Equal(Severity.Warning, Assert.Single(lenient.Issues).Severity);
        Assert.Equal("gender", Assert.Single(lenient.Used).Key);
        Assert.Single(lenient.Query.Criteria);
    }

    [Theory]
    [InlineData("birthdate", "yesterday")]
    [InlineData("birthdate", "2026-02-30")]
    [InlineData("gender:missing", "perhaps")]
    [InlineData("identifier", "a|b|c")]
    [InlineData("identifier", "|")]
    [InlineData("name", ",")]
    [InlineData("_count", "many")]
    [InlineData("_total", "some")]
    [InlineData("identifier:of-type", "a|b")]
    public void A_value_that_cannot_be_read_refuses_even_a_lenient_search_and_is_not_repeated(string name, string value)
    {
        var parsed = Parser.Parse("Patient", [new(name, value)], isLenient: true);
        var issue = Assert.Single(parsed.Issues);
        Assert.True(issue.IsError);
        if (value.Length > 3)
            Assert.DoesNotContain(value, issue.Text);
    }

    [Fact]
    public void A_wrong_name_that_may_be_a_value_is_not_shown() =>
        Assert.Equal("(parameter)", Assert.Single(Parser.Parse("Patient", [new("Jean Été", "x")]).Issues).Path);

    [Fact]
    public void Sixty_four_parameters_are_read_and_sixty_five_refused()
    {
        Assert.True(Parser.Parse("Patient", Enumerable.Repeat(new KeyValuePair<string, string>("name", "a"), 64)).IsSound);
        Assert.False(Parser.Parse("Patient", Enumerable.Repeat(new KeyValuePair<string, string>("name", "a"), 65)).IsSound);
    }

    [Fact]
    public void Five_hundred_values_are_read_and_one_more_refused()
    {
        Assert.True(Parser.Parse("Patient", [new("_id", string.Join(',', Enumerable.Repeat("a", 500)))]).IsSound);
        Assert.False(Parser.Parse("Patient", [new("_id", string.Join(',', Enumerable.Repeat("a", 501)))]).IsSound);
    }

    [Theory]
    [InlineData(null, 20)]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("1000", 1000)]
    [InlineData("1001", 1000)]
    [InlineData("99999999999999", 1000)]
    public void Count_has_a_default_and_a_limit(string? text, int count) =>
        Assert.Equal(count, Parser.Parse("Patient", text is null ? [] : [new("_count", text)]).Query.Count);

    [Fact]
    public void Sort_include_total_and_cursor_shape_the_query()
    {
        var query = Parser.Parse("Task",
        [
            new("_sort", "-authored-on,status"), new("_total", "none"), new("_cursor", "c"), new("_include", "Task:focus:ServiceRequest"),
            new("_include:iterate", "ServiceRequest:subject"), new("_revinclude", "Provenance:target"), new("_include", "Task:*"), new("_summary", "true"),
        ]).Query;
        Assert.Equal([("authored-on", true), ("status", false)], query.Sort.Select(key => (key.Parameter.Code, key.Descending)));
        Assert.False(query.WantsTotal);
        Assert.Equal("c", query.Cursor);
        Assert.Equal(
            [("Task", "focus", "ServiceRequest", false, false), ("ServiceRequest", "subject", null, false, true), ("Provenance", "target", null, true, false), ("Task", null, null, false, false)],
            query.Includes.Select(include => (include.SourceType, include.Parameter?.Code, include.TargetType, include.IsReverse, include.Iterates)));
        Assert.Empty(query.Criteria);
    }

    private static long Ticks(string instant) => DateTimeOffset.Parse(instant).UtcTicks;

    private static Criterion? Criterion(string type, string name, string text)
    {
        var parsed = Parser.Parse(type, [new(name, text)]);
        Assert.True(parsed.IsSound, parsed.Issues.Count > 0 ? parsed.Issues[0].Text : "");
        return parsed.Query.Criteria.SingleOrDefault();
    }

    private static Criterion.Match Match(string type, string name, string text) => Assert.IsType<Criterion.Match>(Criterion(type, name, text));

    private static SearchValue Value(string type, string name, string text) => Assert.Single(Match(type, name, text).Values);
}
