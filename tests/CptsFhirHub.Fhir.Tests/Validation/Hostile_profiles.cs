using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Fhir.Tests.Validation;

/// <summary>Profiles and resources made to exhaust the checks: each ends in bounded time with an issue that says what is wrong.</summary>
public sealed class Hostile_profiles
{
    // Far above what is needed on a busy machine, far below what any of these would take without bounds.
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Profiles_whose_elements_are_of_each_other_end()
    {
        var links = string.Join(',', Enumerable.Range(0, 8).Select(i => $$"""{"type":"seealso","other":{ "reference":"#p{{i}}" } }"""));
        var contained = string.Join(',', Enumerable.Range(0, 8).Select(i => $$"""{"resourceType":"Patient","id":"p{{i}}","link":[{{links}}]}"""));
        var patient = $$"""{"resourceType":"Patient","contained":[{{contained}}],"link":[{{links}}]}""";
        const string Targets = """[{"code":"Reference","targetProfile":["https://example.org/a","https://example.org/b"]}]""";
        var issues = await Check(
            patient,
            ["https://example.org/a"],
            Profile("a", "Patient", $$"""{"id":"Patient.link.other","path":"Patient.link.other","type":{{Targets}}},{"id":"Patient.birthDate","path":"Patient.birthDate","max":"0"}"""),
            Profile("b", "Patient", $$"""{"id":"Patient.link.other","path":"Patient.link.other","type":{{Targets}}},{"id":"Patient.gender","path":"Patient.gender","min":1}"""));

        Assert.DoesNotContain(issues, issue => issue.IsError);
    }

    [Fact]
    public async Task A_profile_that_asks_whether_it_is_met_ends()
    {
        const string Rule = """
            {"id":"Patient","path":"Patient","constraint":[{"key":"c-1","severity":"error","human":"Itself.",
             "expression":"conformsTo('https://example.org/c') and gender.exists()"}]}
            """;
        var issues = await Check("""{"resourceType":"Patient"}""", ["https://example.org/c"], Profile("c", "Patient", Rule));

        Assert.Contains(issues, issue => issue.Rule == "c-1");
    }

    [Fact]
    public async Task Profiles_that_derive_from_each_other_are_refused()
    {
        var issues = await Check(
            """{"resourceType":"Patient"}""",
            ["https://example.org/d1"],
            Profile("d1", "Patient", "", baseUrl: "https://example.org/d2"),
            Profile("d2", "Patient", "", baseUrl: "https://example.org/d1"));

        Assert.Contains(issues, issue => issue is { IsError: true, Code: "business-rule" } && issue.Text == "The profile derives from itself: it cannot be checked.");
    }

    [Fact]
    public async Task Contained_resources_that_refer_to_each_other_end()
    {
        const string Patient = """
            {"resourceType":"Patient","managingOrganization":{"reference":"#o1"},"contained":[
             {"resourceType":"Organization","id":"o1","name":"X","partOf":{"reference":"#o2"}},
             {"resourceType":"Organization","id":"o2","name":"Y","partOf":{"reference":"#o1"}}]}
            """;
        const string Target = """[{"code":"Reference","targetProfile":["https://example.org/o"]}]""";
        var issues = await Check(
            Patient,
            ["https://example.org/e"],
            Profile("e", "Patient", $$"""{"id":"Patient.managingOrganization","path":"Patient.managingOrganization","type":{{Target}}}"""),
            Profile("o", "Organization", $$"""{"id":"Organization.partOf","path":"Organization.partOf","type":{{Target}}},{"id":"Organization.alias","path":"Organization.alias","min":1}"""));

        Assert.Contains(issues, issue => issue is { IsError: true, Path: "Patient.managingOrganization" });
    }

    [Fact]
    public async Task Elements_that_nest_too_deep_are_told_once_and_left()
    {
        var root = Element.OfResource("Parameters");
        var at = root.AddItem("parameter").With("name", "x");
        for (var i = 0; i < 5_000; i++)
            at = at.AddItem("part").With("name", "x");
        var issues = await Run(() => Validator.Core.Check(root));

        Assert.Contains(issues, issue => issue.Code == "too-costly");
    }

    [Fact]
    public async Task Thousands_of_slices_against_thousands_of_items_end()
    {
        var slices = string.Join(',', Enumerable.Range(0, 3_000).SelectMany(i => new[]
        {
            $$"""{"id":"Patient.telecom:s{{i}}","path":"Patient.telecom","sliceName":"s{{i}}"}""",
            $$"""{"id":"Patient.telecom:s{{i}}.value","path":"Patient.telecom.value","min":1,"patternString":"v{{i}}"}""",
        }));
        const string Sliced = """{"id":"Patient.telecom","path":"Patient.telecom","slicing":{"discriminator":[{"type":"value","path":"value"}],"rules":"open"}}""";
        var items = string.Join(',', Enumerable.Repeat("""{"system":"other","value":"none"}""", 3_000));
        var issues = await Check(
            $$"""{"resourceType":"Patient","telecom":[{{items}}]}""", ["https://example.org/s"], Profile("s", "Patient", $"{Sliced},{slices}"));

        Assert.Contains(issues, issue => issue is { IsError: true, Code: "too-costly" });
    }

    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("(?=(a+)+$)a*")]
    [InlineData("(a")]
    public async Task A_regular_expression_of_a_profile_cannot_hold_the_check(string pattern)
    {
        var rule = $$"""
            {"id":"Patient.name.family","path":"Patient.name.family","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/regex","valueString":"{{pattern}}"}]}
            """;
        var issues = await Check(Names(500), ["https://example.org/r"], Profile("r", "Patient", rule));

        Assert.NotEmpty(issues);
    }

    [Fact]
    public async Task A_match_in_a_rule_cannot_hold_the_check()
    {
        const string Rule = """
            {"id":"Patient.name","path":"Patient.name","constraint":[{"key":"m-1","severity":"error","human":"m","expression":"family.matches('^(?=(a+)+$)a*$')"}]}
            """;
        var issues = await Check(Names(500), ["https://example.org/m"], Profile("m", "Patient", Rule));

        Assert.NotEmpty(issues);
    }

    [Fact]
    public async Task A_context_that_thousands_of_extensions_share_is_evaluated_once()
    {
        const string Definition = """
            {"resourceType":"StructureDefinition","url":"https://example.org/x","name":"X","status":"active","kind":"complex-type","abstract":false,
             "type":"Extension","context":[{"type":"fhirpath","expression":"Patient.descendants().where(given.exists())"}],
             "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Extension","derivation":"constraint",
             "differential":{"element":[{"id":"Extension.url","path":"Extension.url","fixedUri":"https://example.org/x"}]} }
            """;
        var names = string.Join(',', Enumerable.Repeat("""{"given":["x"],"extension":[{"url":"https://example.org/x","valueCode":"y"}]}""", 5_000));
        var validator = new Validator(R4.Definitions.With([Structure_checks.Read(Definition)]));
        var patient = Structure_checks.Read($$"""{"resourceType":"Patient","name":[{{names}}],"contact":[{"name":{"text":"x","extension":[{"url":"https://example.org/x","valueCode":"y"}]} } ]}""");
        var issues = await Run(() => validator.Check(patient));

        var fault = Assert.Single(issues, issue => issue.IsError);
        Assert.Equal("Patient.contact[0].name.extension[0]", fault.Path);
    }

    private static string Names(int count)
    {
        var names = Enumerable.Range(0, count).Select(i => $$"""{"family":"{{new string('a', 40 + (i % 50))}}!"}""");
        return $$"""{"resourceType":"Patient","name":[{{string.Join(',', names)}}]}""";
    }

    private static Resource Profile(string name, string type, string elements, string? baseUrl = null) => Structure_checks.Read($$"""
        {"resourceType":"StructureDefinition","url":"https://example.org/{{name}}","name":"{{name}}","status":"active","kind":"resource",
         "abstract":false,"type":"{{type}}","baseDefinition":"{{baseUrl ?? "http://hl7.org/fhir/StructureDefinition/" + type}}",
         "derivation":"constraint","differential":{"element":[{{(elements.Length == 0 ? $$"""{"path":"{{type}}"}""" : elements)}}]} }
        """);

    private static Task<IReadOnlyList<Issue>> Check(string resource, string[] profiles, params Resource[] definitions)
    {
        var validator = new Validator(R4.Definitions.With(definitions));
        var read = Structure_checks.Read(resource);
        return Run(() => validator.Check(read, profiles));
    }

    private static Task<IReadOnlyList<Issue>> Run(Func<IReadOnlyList<Issue>> check) =>
        Task.Run(check, TestContext.Current.CancellationToken).WaitAsync(TimeMax, TestContext.Current.CancellationToken);
}
