using System.Text;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Snapshots;

namespace CptsFhirHub.Tests.Snapshots;

public class Making_a_snapshot
{
    private const string Core = "http://hl7.org/fhir/StructureDefinition/";

    [Fact]
    public void An_empty_differential_gives_the_base_again()
    {
        var made = Made(Profile("Patient"));
        Assert.Empty(made.Issues);
        var patient = R4.Definitions.Find("StructureDefinition", Core + "Patient")!.Content;
        Assert.Equal(Paths(patient), Paths(made.Structure));
    }

    [Fact]
    public void A_constraint_keeps_what_it_does_not_state()
    {
        var made = Made(Profile("Patient", """{"path":"Patient.birthDate","min":1,"mustSupport":true}"""));
        var birthDate = At(made, "Patient.birthDate");
        Assert.Equal(("1", "1", "true"), (birthDate.Text("min"), birthDate.Text("max"), birthDate.Text("mustSupport")));
        Assert.Equal("date", birthDate.At("type", "code")?.Value);
        Assert.Equal(("Patient.birthDate", "0"), (birthDate.At("base", "path")?.Value, birthDate.At("base", "min")?.Value));
    }

    [Fact]
    public void A_path_into_a_datatype_unfolds_it()
    {
        var made = Made(Profile("Patient", """{"path":"Patient.identifier.system","min":1}"""));
        Assert.Equal("1", At(made, "Patient.identifier.system").Text("min"));
        Assert.Equal("Identifier.value", At(made, "Patient.identifier.value").At("base", "path")?.Value);
    }

    [Fact]
    public void A_slice_starts_from_the_base_and_not_from_what_the_profile_says_of_all()
    {
        var made = Made(Profile(
            "Patient",
            """{"path":"Patient.identifier","min":1,"slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"open"}}""",
            """{"path":"Patient.identifier","sliceName":"ins","max":"1"}""",
            """{"path":"Patient.identifier.system","fixedUri":"urn:x"}"""));
        Assert.Equal("1", At(made, "Patient.identifier").Text("min"));
        Assert.Null(At(made, "Patient.identifier:ins").Child("slicing"));
        Assert.Equal(("0", "1"), (At(made, "Patient.identifier:ins").Text("min"), At(made, "Patient.identifier:ins").Text("max")));
        Assert.Equal("urn:x", At(made, "Patient.identifier:ins.system").Text("fixedUri"));
    }

    [Fact]
    public void A_slice_of_a_backbone_has_all_its_parts()
    {
        var made = Made(Profile(
            "Patient",
            """{"path":"Patient.contact","slicing":{"discriminator":[{"type":"value","path":"gender"}],"rules":"open"}}""",
            """{"path":"Patient.contact","sliceName":"her"}"""));
        Assert.Equal("Patient.contact.period", At(made, "Patient.contact:her.period").Text("path"));
    }

    [Fact]
    public void A_slice_of_a_slice_lies_inside_it()
    {
        var made = Made(Profile(
            "Patient",
            """{"path":"Patient.identifier","slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"open"}}""",
            """{"path":"Patient.identifier","sliceName":"a","mustSupport":true}""",
            """{"path":"Patient.identifier","sliceName":"a/b","max":"1"}"""));
        var inner = At(made, "Patient.identifier:a/b");
        Assert.Equal(("1", "true"), (inner.Text("max"), inner.Text("mustSupport")));
    }

    [Fact]
    public void A_typed_name_is_a_slice_of_the_choice()
    {
        var made = Made(Profile("Observation", """{"path":"Observation.valueQuantity.code","min":1}"""));
        Assert.Equal("type", At(made, "Observation.value[x]").At("slicing", "discriminator", "type")?.Value);
        Assert.Equal("Quantity", At(made, "Observation.value[x]:valueQuantity").At("type", "code")?.Value);
        Assert.Equal("1", At(made, "Observation.value[x]:valueQuantity.code").Text("min"));
    }

    [Fact]
    public void A_required_slice_of_a_choice_leaves_no_other_type()
    {
        var made = Made(Profile("Observation", """{"path":"Observation.valueQuantity","min":1}"""));
        var choice = At(made, "Observation.value[x]");
        Assert.Equal(("1", 1, "closed"), (choice.Text("min"), choice.All("type").Length, choice.At("slicing", "rules")?.Value));
    }

    [Fact]
    public void A_content_reference_unfolds_to_what_it_refers_to()
    {
        var made = Made(Profile("Observation", """{"path":"Observation.component.referenceRange.low","min":1}"""));
        Assert.Equal("1", At(made, "Observation.component.referenceRange.low").Text("min"));
        Assert.Null(At(made, "Observation.component.referenceRange").Child("contentReference"));
        Assert.Equal("0", At(made, "Observation.referenceRange.low").Text("min"));
    }

    [Fact]
    public void Three_dots_append_to_the_text_of_the_base()
    {
        var first = Profile("Patient", """{"path":"Patient.name","definition":"A name."}""");
        first.Put("url", "http://example.org/first");
        var second = Profile("Patient", """{"path":"Patient.name","definition":"...The one in use."}""");
        second.Put("baseDefinition", "http://example.org/first");
        var made = SnapshotGenerator.Generate(second, R4.Definitions, url => url == "http://example.org/first" ? first : null);
        Assert.Equal("A name.\r\nThe one in use.", At(made, "Patient.name").Text("definition"));
    }

    [Fact]
    public void Invariants_are_added_and_name_their_source()
    {
        var made = Made(Profile(
            "Patient", """{"path":"Patient.contact","constraint":[{"key":"p-1","severity":"error","human":"h","expression":"true"}]}"""));
        var constraints = At(made, "Patient.contact").All("constraint").ToArray();
        Assert.True(constraints.Length > 1);
        Assert.Equal("http://example.org/profile", constraints.Single(one => one.Text("key") == "p-1").Text("source"));
    }

    [Fact]
    public void A_logical_model_adds_elements_of_its_own()
    {
        var model = Profile("Element", """{"path":"Visit"}""", """{"path":"Visit.day","min":1,"max":"1","type":[{"code":"date"}]}""");
        model.Put("type", "Visit");
        model.Put("derivation", "specialization");
        var made = Made(model);
        Assert.Empty(made.Issues);
        Assert.Equal(["Visit", "Visit.id", "Visit.extension", "Visit.day"], Paths(made.Structure));
        Assert.Equal("Visit.day", At(made, "Visit.day").At("base", "path")?.Value);
    }

    [Theory]
    [InlineData("""{"path":"Patient.shoeSize","min":1}""")]
    [InlineData("""{"path":"Patient..name"}""")]
    [InlineData("""{"path":"Observation.code"}""")]
    [InlineData("""{"path":"Patient.birthDate","type":[{"code":"Quantity"}]}""")]
    [InlineData("""{"path":"Patient.birthDate","fixedUri":"urn:x"}""")]
    [InlineData("""{"path":"Patient.name","type":[{"code":"HumanName","profile":["http://hl7.org/fhir/StructureDefinition/Age"]}]}""")]
    public void An_element_that_does_not_fit_the_base_is_an_error(string element) =>
        Assert.False(Made(Profile("Patient", element)).IsWhole);

    [Fact]
    public void Disorder_is_an_error_unless_it_is_accepted()
    {
        var profile = Profile("Patient", """{"path":"Patient.gender","min":1}""", """{"path":"Patient.name","min":1}""");
        Assert.False(Made(profile).IsWhole);
        Assert.True(SnapshotGenerator.Generate(profile, R4.Definitions, acceptsAnyOrder: true).IsWhole);
    }

    [Fact]
    public void An_unknown_base_and_one_that_leads_back_are_errors()
    {
        var profile = Profile("Patient");
        profile.Put("baseDefinition", "http://example.org/nowhere");
        Assert.False(Made(profile).IsWhole);
        profile.Put("baseDefinition", "http://example.org/profile");
        Assert.False(Made(profile).IsWhole);
    }

    [Fact]
    public void Two_profiles_that_are_each_others_base_end_in_an_error()
    {
        var first = Profile("Patient");
        first.Put("baseDefinition", "http://example.org/second");
        var second = Profile("Patient");
        second.Put("url", "http://example.org/second");
        second.Put("baseDefinition", "http://example.org/profile");
        var made = SnapshotGenerator.Generate(first, R4.Definitions, url => url.EndsWith("second", StringComparison.Ordinal) ? second : null);
        Assert.False(made.IsWhole);
        Assert.Null(made.Structure.Child("snapshot"));
    }

    [Fact]
    public void A_long_chain_of_bases_ends_in_an_error()
    {
        Element Link(string url)
        {
            var link = Profile("Patient");
            link.Put("url", url);
            link.Put("baseDefinition", url + "x");
            return link;
        }

        Assert.False(SnapshotGenerator.Generate(Link("http://example.org/x"), R4.Definitions, Link).IsWhole);
    }

    [Fact]
    public void A_slice_of_slices_without_end_is_bounded()
    {
        var name = string.Join('/', Enumerable.Repeat("a", 50_000));
        var profile = Profile(
            "Patient",
            """{"path":"Patient.name","slicing":{"discriminator":[{"type":"value","path":"use"}],"rules":"open"}}""",
            $$"""{"path":"Patient.name","sliceName":"{{name}}","max":"1"}""");
        Assert.NotNull(Made(profile).Structure.Child("snapshot"));
    }

    [Fact]
    public void A_structure_of_very_many_slices_is_refused()
    {
        var slices = Enumerable.Range(0, 3_000).Select(n => $$"""{"path":"ExplanationOfBenefit.item","sliceName":"s{{n}}"}""");
        Assert.Contains(Made(Profile("ExplanationOfBenefit", [.. slices])).Issues, issue => issue.Code == "too-costly");
    }

    private static Snapshot Made(Element profile) => SnapshotGenerator.Generate(profile, R4.Definitions);

    private static Element Profile(string type, params string[] elements)
    {
        var json = $$"""
            {"resourceType":"StructureDefinition","url":"http://example.org/profile","name":"P","status":"draft","kind":"resource",
            "abstract":false,"type":"{{type}}","baseDefinition":"{{Core}}{{type}}","derivation":"constraint"
            {{(elements.Length == 0 ? "" : $",\"differential\":{{\"element\":[{string.Join(',', elements)}]}}")}} }
            """;
        return FhirJson.Parse(Encoding.UTF8.GetBytes(json)).Resource!.Root;
    }

    private static Element At(Snapshot made, string id) =>
        made.Structure.Child("snapshot")!.All("element").ToArray().Single(element => element.Text("id") == id);

    private static string[] Paths(Element structure) =>
        [.. structure.Child("snapshot")!.All("element").ToArray().Select(element => element.Text("path")!)];
}
