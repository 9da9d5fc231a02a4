using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Patch;

namespace CptsFhirHub.Fhir.Tests.Patch;

public sealed class Fhirpath_patches
{
    private const string Patient = """{"resourceType":"Patient","active":true,"name":[{"family":"Roux","given":["Anne","Lou"]},{"text":"A. R."}],"deceasedBoolean":false}""";

    [Fact]
    public void A_choice_is_added_and_replaced_under_the_name_of_its_type()
    {
        Gives("""{"resourceType":"Patient","multipleBirthInteger":2}""", """{"resourceType":"Patient"}""", Add("Patient", "multipleBirth", "\"valueInteger\":2"));
        Gives("""{"resourceType":"Patient","deceasedDateTime":"2024"}""", """{"resourceType":"Patient","deceasedBoolean":true}""", Replace("Patient.deceased", "\"valueDateTime\":\"2024\""));
        Refuses("""{"resourceType":"Patient","deceasedBoolean":true}""", "there already", Add("Patient", "deceased", "\"valueDateTime\":\"2024\""));
        Refuses("""{"resourceType":"Patient"}""", "not allowed to have that type", Add("Patient", "deceased", "\"valueDecimal\":1.0"));
    }

    [Fact]
    public void Parts_build_what_has_no_type_of_its_own_at_any_depth()
    {
        Gives(
            """{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group","item":[{"linkId":"1.1","type":"choice","answerOption":[{"valueCoding":{"code":"a"}}]}]}]}""",
            """{"resourceType":"Questionnaire","status":"draft"}""",
            Operation("add", "Questionnaire", """{"name":"name","valueString":"item"},{"name":"value","part":[{"name":"linkId","valueString":"1"},{"name":"type","valueCode":"group"},{"name":"item","part":[{"name":"linkId","valueString":"1.1"},{"name":"type","valueCode":"choice"},{"name":"answerOption","part":[{"name":"value","valueCoding":{"code":"a"}}]}]}]}"""));
        Gives(
            """{"resourceType":"Patient","extension":[{"url":"http://example.org/x","valueDecimal":1.50}]}""",
            """{"resourceType":"Patient"}""",
            Operation("add", "Patient", """{"name":"name","valueString":"extension"},{"name":"value","part":[{"name":"url","valueUri":"http://example.org/x"},{"name":"value","valueDecimal":1.50}]}"""));
    }

    [Fact]
    public void A_contained_resource_is_added_as_a_resource()
    {
        Gives(
            """{"resourceType":"Patient","contained":[{"resourceType":"Organization","id":"o","name":"MSP"}]}""",
            """{"resourceType":"Patient"}""",
            Operation("add", "Patient", """{"name":"name","valueString":"contained"},{"name":"value","resource":{"resourceType":"Organization","id":"o","name":"MSP"}}"""));
    }

    [Fact]
    public void Lists_of_primitives_keep_their_shape()
    {
        var list = """{"resourceType":"Patient","name":[{"given":["b"]}]}""";
        Gives("""{"resourceType":"Patient","name":[{"given":["a","b"]}]}""", list, Insert("Patient.name.given", 0, "\"valueString\":\"a\""));
        Gives("""{"resourceType":"Patient","name":[{"given":["b","c"]}]}""", list, Insert("Patient.name.given", 1, "\"valueString\":\"c\""));
        Gives("""{"resourceType":"Patient","name":[{"given":["c"]}]}""", list, Replace("Patient.name.given[0]", "\"valueString\":\"c\""));
        Gives("""{"resourceType":"Patient","name":[{"given":["b"],"prefix":["Dr"]}]}""", list, Insert("Patient.name[0].prefix", 0, "\"valueString\":\"Dr\""));
        Refuses(list, "beyond the end", Insert("Patient.name.given", 2, "\"valueString\":\"c\""));
        Refuses(list, "beyond the end", Insert("Patient.name[0].prefix", 1, "\"valueString\":\"Dr\""));
    }

    [Fact]
    public void An_element_that_loses_its_last_child_goes_and_may_be_filled_again_first()
    {
        var contact = """{"resourceType":"Patient","active":true,"contact":[{"gender":"male"}]}""";
        Gives("""{"resourceType":"Patient","active":true}""", contact, Delete("Patient.contact[0].gender"));
        Gives("""{"resourceType":"Patient","active":true,"contact":[{"gender":"other"}]}""", contact, Delete("Patient.contact[0].gender"), Add("Patient.contact[0]", "gender", "\"valueCode\":\"other\""));
        Gives(contact, contact, Delete("Patient.maritalStatus"));
    }

    [Fact]
    public void What_does_not_fit_is_refused_and_nothing_is_changed()
    {
        Refuses(Patient, "several", Delete("Patient.name"));
        Refuses(Patient, "no element", Replace("Patient.gender", "\"valueCode\":\"male\""));
        Refuses(Patient, "know no such element", Add("Patient", "colour", "\"valueString\":\"red\""));
        Refuses(Patient, "the value another", Replace("Patient.active", "\"valueString\":\"true\""));
        Refuses(Patient, "the value another", Add("Patient", "maritalStatus", "\"valueCoding\":{\"code\":\"M\"}"));
        Refuses(Patient, "not an element", Delete("'x' + 'y'"));
        Refuses(Patient, "can be changed", Delete("Patient"));
        Refuses(Patient, "one whole list", Insert("Patient.name.skip(1)", 0, "\"valueHumanName\":{\"text\":\"x\"}"));
        Refuses(Patient, "not name a list", Insert("Patient.active", 0, "\"valueBoolean\":true"));
        Refuses(Patient, "beyond the end", Operation("move", "Patient.name", """{"name":"source","valueInteger":0},{"name":"destination","valueInteger":2}"""));
    }

    [Theory]
    [InlineData("""{"name":"other"}""")]
    [InlineData("""{"name":"operation"}""")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"upsert"},{"name":"path","valueString":"Patient"}]}""")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"delete"}]}""")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"delete"},{"name":"path","valueString":"Patient.("}]}""")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"delete"},{"name":"type","valueCode":"delete"},{"name":"path","valueString":"Patient.active"}]}""")]
    [InlineData("""{"name":"operation","part":[{"name":"type","valueCode":"insert"},{"name":"path","valueString":"Patient.name"},{"name":"index","valueInteger":-1},{"name":"value","valueHumanName":{"text":"x"}}]}""")]
    public void A_malformed_patch_is_a_fatal_issue(string parameter)
    {
        var patched = Apply(Patient, parameter);
        Assert.False(patched.IsSound);
        Assert.Equal(Severity.Fatal, patched.Issues[0].Severity);
    }

    [Fact]
    public void Two_hundred_operations_are_taken_and_one_more_is_not()
    {
        var one = Replace("Patient.active", "\"valueBoolean\":false");
        Assert.True(Apply(Patient, [.. Enumerable.Repeat(one, PatchLimits.OperationsMax)]).IsSound);
        Assert.Equal("too-costly", Apply(Patient, [.. Enumerable.Repeat(one, PatchLimits.OperationsMax + 1)]).Issues[0].Code);
    }

    [Fact]
    public void Nesting_by_many_operations_ends_in_an_issue()
    {
        var item = """{"name":"name","valueString":"item"},{"name":"value","part":[{"name":"linkId","valueString":"1"}]}""";
        var operations = Enumerable.Range(0, PatchLimits.OperationsMax)
            .Select(depth => Operation("add", "Questionnaire" + string.Concat(Enumerable.Repeat(".item", depth)), item)).ToArray();
        Assert.False(Apply("""{"resourceType":"Questionnaire","status":"draft"}""", operations).IsSound);
    }

    private static void Gives(string expected, string before, params string[] operations)
    {
        var target = FhirJson.Parse(before).Resource!;
        var patched = FhirPathPatch.Apply(target, Parameters(operations));
        Assert.True(patched.IsSound, patched.Issues.Count > 0 ? patched.Issues[0].ToString() : "");
        Assert.Equal(Compact(expected), Encoding.UTF8.GetString(patched.Resource!.Json.Span));
        Assert.Equal(before, Encoding.UTF8.GetString(FhirJson.Write(target.Root)));
    }

    private static void Refuses(string before, string reason, params string[] operations)
    {
        var target = FhirJson.Parse(before).Resource!;
        var patched = FhirPathPatch.Apply(target, Parameters(operations));
        Assert.False(patched.IsSound);
        Assert.Equal(Severity.Error, patched.Issues[0].Severity);
        Assert.Contains(reason, patched.Issues[0].Text, StringComparison.Ordinal);
        Assert.Equal(before, Encoding.UTF8.GetString(FhirJson.Write(target.Root)));
    }

    private static Patched Apply(string before, params string[] operations) =>
        FhirPathPatch.Apply(FhirJson.Parse(before).Resource!, Parameters(operations));

    private static Resource Parameters(string[] operations) =>
        FhirJson.Parse($$"""{"resourceType":"Parameters","parameter":[{{string.Join(',', operations)}}]}""").Resource!;

    private static string Compact(string json) => Encoding.UTF8.GetString(FhirJson.Write(FhirJson.Parse(json).Resource!.Root));

    private static string Add(string path, string name, string value) =>
        Operation("add", path, $$"""{"name":"name","valueString":"{{name}}"},{"name":"value",{{value}}}""");

    private static string Replace(string path, string value) => Operation("replace", path, $$"""{"name":"value",{{value}}}""");

    private static string Delete(string path) => Operation("delete", path, null);

    private static string Insert(string path, int index, string value) =>
        Operation("insert", path, $$"""{"name":"index","valueInteger":{{index}}},{"name":"value",{{value}}}""");

    private static string Operation(string type, string path, string? more) =>
        $$"""{"name":"operation","part":[{"name":"type","valueCode":"{{type}}"},{"name":"path","valueString":"{{path}}"}{{(more is null ? "" : "," + more)}}]}""";
}
