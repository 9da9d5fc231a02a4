using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Terminology;

namespace CptsFhirHub.Fhir.Tests.Terminology;

/// <summary>Codes, value sets and maps, those of the core and a caller's own.</summary>
public sealed class Vocabulary_look_up
{
    private const string Colours = """
        {"resourceType":"CodeSystem","url":"https://example.org/couleurs","status":"active","content":"complete","concept":[
          {"code":"chaud","display":"Chaud","concept":[{"code":"rouge","display":"Rouge"},{"code":"orange","property":[{"code":"inactive","valueBoolean":true}]}]},
          {"code":"froid","concept":[{"code":"bleu","concept":[{"code":"marine"}]}]}]}
        """;

    [Theory]
    [InlineData("http://hl7.org/fhir/ValueSet/administrative-gender", null, "female", Membership.Yes)]
    [InlineData("http://hl7.org/fhir/ValueSet/administrative-gender|4.0.1", null, "F", Membership.No)]
    [InlineData("http://hl7.org/fhir/ValueSet/administrative-gender|9", null, "female", Membership.Unknown)]
    [InlineData("http://hl7.org/fhir/ValueSet/marital-status", "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "M", Membership.Yes)]
    [InlineData("http://hl7.org/fhir/ValueSet/marital-status", "https://example.org", "M", Membership.No)]
    [InlineData("http://hl7.org/fhir/ValueSet/condition-code", "http://snomed.info/sct", "38341003", Membership.Unknown)]
    [InlineData("http://hl7.org/fhir/ValueSet/mimetypes", null, "application/pdf", Membership.Yes)]
    [InlineData("http://hl7.org/fhir/ValueSet/mimetypes", null, "pdf", Membership.No)]
    [InlineData("https://example.org/nothing", null, "x", Membership.Unknown)]
    public void A_code_is_in_the_set_or_not_or_it_cannot_be_told(string valueSet, string? system, string code, Membership expected) =>
        Assert.Equal(expected, Vocabulary.Core.Contains(valueSet, system, code));

    [Theory]
    [InlineData("""{"system":"https://example.org/couleurs"}""", "", "chaud rouge orange froid bleu marine")]
    [InlineData("""{"system":"https://example.org/couleurs","filter":[{"property":"concept","op":"is-a","value":"froid"}]}""", "", "froid bleu marine")]
    [InlineData("""{"system":"https://example.org/couleurs","filter":[{"property":"concept","op":"descendent-of","value":"froid"}]}""", "", "bleu marine")]
    [InlineData("""{"system":"https://example.org/couleurs","filter":[{"property":"concept","op":"is-not-a","value":"froid"}]}""", "", "chaud rouge orange")]
    [InlineData("""{"system":"https://example.org/couleurs","filter":[{"property":"code","op":"regex","value":".*o.*"}]}""", "", "rouge orange froid")]
    [InlineData("""{"system":"https://example.org/couleurs","filter":[{"property":"inactive","op":"=","value":"true"}]}""", "", "orange")]
    [InlineData("""{"system":"https://example.org/couleurs","concept":[{"code":"bleu"},{"code":"rouge"}]}""", "", "bleu rouge")]
    [InlineData("""{"system":"https://example.org/couleurs"}""", """{"system":"https://example.org/couleurs","filter":[{"property":"concept","op":"is-a","value":"froid"}]}""", "chaud rouge orange")]
    public void A_value_set_expands_by_its_rules(string include, string exclude, string expected)
    {
        var vocabulary = With(Colours, ValueSet("v", include, exclude));

        var codes = vocabulary.ValueSet("https://example.org/v")!.Expand()!;

        Assert.Equal(expected, string.Join(' ', codes.Select(code => code.Code)));
        Assert.All(codes, code => Assert.Equal(Membership.Yes, vocabulary.Contains("https://example.org/v", code.System, code.Code)));
    }

    [Fact]
    public void Value_sets_named_together_are_intersected()
    {
        var vocabulary = With(
            Colours,
            ValueSet("a", """{"system":"https://example.org/couleurs","concept":[{"code":"bleu"},{"code":"rouge"}]}""", ""),
            ValueSet("b", """{"system":"https://example.org/couleurs","concept":[{"code":"marine"},{"code":"rouge"}]}""", ""),
            ValueSet("c", """{"valueSet":["https://example.org/a","https://example.org/b"]}""", ""));

        Assert.Equal("rouge", Assert.Single(vocabulary.ValueSet("https://example.org/c")!.Expand()!).Code);
        Assert.Equal(Membership.No, vocabulary.Contains("https://example.org/c", null, "bleu"));
    }

    [Fact]
    public void A_value_set_that_includes_itself_ends()
    {
        var vocabulary = With(ValueSet("a", """{"valueSet":["https://example.org/a"]}""", ""));
        Assert.Equal(Membership.Unknown, vocabulary.Contains("https://example.org/a", null, "x"));
    }

    [Fact]
    public void A_set_over_a_system_that_is_not_at_hand_does_not_expand() =>
        Assert.Null(Vocabulary.Core.ValueSet("http://hl7.org/fhir/ValueSet/condition-code")!.Expand());

    [Fact]
    public void Codes_know_what_lies_above_them()
    {
        var vocabulary = With(Colours);
        Assert.True(vocabulary.Subsumes("https://example.org/couleurs", "froid", "marine"));
        Assert.False(vocabulary.Subsumes("https://example.org/couleurs", "marine", "froid"));
        Assert.Null(vocabulary.Subsumes("http://snomed.info/sct", "1", "2"));
        Assert.Equal("Rouge", vocabulary.CodeSystem("https://example.org/couleurs")!.Find("rouge")!.Display);
    }

    [Theory]
    [InlineData("F", "equivalent female")]
    [InlineData("O", "wider other")]
    [InlineData("X", "equivalent unknown")]
    public void A_concept_map_translates(string code, string expected)
    {
        const string Map = """
            {"resourceType":"ConceptMap","url":"https://example.org/m","status":"active","group":[{"source":"https://example.org/s","target":"http://hl7.org/fhir/administrative-gender",
              "element":[{"code":"F","target":[{"code":"female","equivalence":"equivalent"}]},{"code":"O","target":[{"code":"other","equivalence":"wider"}]}],
              "unmapped":{"mode":"fixed","code":"unknown"}}]}
            """;
        var found = Assert.Single(With(Map).Translate("https://example.org/m", "https://example.org/s", code)!);
        Assert.Equal(expected, $"{found.Equivalence} {found.Code}");
        Assert.Equal("http://hl7.org/fhir/administrative-gender", found.System);
    }

    [Fact]
    public void An_unknown_map_is_told_from_one_without_an_answer()
    {
        Assert.Null(Vocabulary.Core.Translate("https://example.org/m", null, "x"));
        Assert.Empty(Vocabulary.Core.Translate("http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v2", "http://hl7.org/fhir/administrative-gender", "none")!);
        Assert.NotEmpty(Vocabulary.Core.Translate("http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v2", "http://hl7.org/fhir/administrative-gender", "male")!);
    }

    private static Vocabulary With(params string[] resources) =>
        new(R4.Definitions.With(resources.Select(json => FhirJson.Parse(json).Resource!)));

    private static string ValueSet(string id, string include, string exclude)
    {
        var excluded = exclude.Length == 0 ? "" : $",\"exclude\":[{exclude}]";
        return $$$"""{"resourceType":"ValueSet","url":"https://example.org/{{{id}}}","status":"active","compose":{"include":[{{{include}}}]{{{excluded}}} }}""";
    }
}
