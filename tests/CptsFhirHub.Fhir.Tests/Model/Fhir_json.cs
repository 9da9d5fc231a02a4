using System.Text;
using System.Text.Json.Nodes;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Tests.Model;

public sealed class Fhir_json
{
    [Theory]
    [InlineData("""{"resourceType":"Patient","active":true,"multipleBirthInteger":2}""")]
    [InlineData("""{"resourceType":"Observation","valueQuantity":{"value":1.50,"unit":"mg"}}""")]
    [InlineData("""{"resourceType":"Observation","valueQuantity":{"value":1E-22}}""")]
    [InlineData("""{"resourceType":"Patient","birthDate":"1970-03-30","_birthDate":{"extension":[{"url":"a","valueCode":"b"}]}}""")]
    [InlineData("""{"resourceType":"Patient","_birthDate":{"id":"314159"},"birthDate":"1970-03-30"}""")]
    [InlineData("""{"resourceType":"Patient","_birthDate":{"id":"a"}}""")]
    [InlineData("""{"resourceType":"Patient","name":[{"given":["Odette",null],"_given":[null,{"id":"b"}]}]}""")]
    [InlineData("""{"resourceType":"Patient","name":[{"_given":[null,{"id":"b"}],"given":["Odette",null]}]}""")]
    [InlineData("""{"resourceType":"Patient","contained":[{"resourceType":"Organization","name":"<é & \"x\">"}]}""")]
    [InlineData("""{"resourceType":"ExampleScenario","instance":[{"resourceType":"Patient"}]}""")]
    [InlineData("""{"id":"late","resourceType":"Patient"}""")]
    public void What_is_read_is_written_again_with_nothing_lost(string json)
    {
        var parsed = FhirJson.Parse(json);
        Assert.Empty(parsed.Issues);
        var again = Encoding.UTF8.GetString(FhirJson.Write(parsed.Resource!.Root));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), JsonNode.Parse(again)), again);
        foreach (var number in new[] { "1.50", "1E-22" })
            Assert.Equal(json.Contains(number, StringComparison.Ordinal), again.Contains(number, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "line 1, position 1", "structure")]
    [InlineData("  \r\n", "line 1, position 1", "structure")]
    [InlineData("[]", "line 1, position 1", "structure")]
    [InlineData("{\"resourceType\":\"Patient\",\n\"active\":tru", "line 2, position 13", "structure")]
    [InlineData("""{"resourceType":"Patient","id":"a","id":"b"}""", "Patient", "structure")]
    [InlineData("""{"resourceType":"Patient","name":[{"family":""}]}""", "Patient.name[0].family", "structure")]
    [InlineData("""{"resourceType":"Patient","name":[]}""", "Patient.name", "structure")]
    [InlineData("""{"resourceType":"Patient","name":[{}]}""", "Patient.name[0]", "structure")]
    [InlineData("""{"resourceType":"Patient","active":null}""", "Patient.active", "structure")]
    [InlineData("""{"resourceType":"Patient","name":[{"given":["A",null]}]}""", "Patient.name[0]", "structure")]
    [InlineData("""{"resourceType":"Patient","name":[["A"]]}""", "Patient.name[0]", "structure")]
    [InlineData("""{"resourceType":"Patient","_birthDate":"x"}""", "Patient.birthDate", "structure")]
    [InlineData("""{"resourceType":"Patient","name":[{"family":"a\u0000b"}]}""", "Patient.name[0].family", "value")]
    [InlineData("""{"resourceType":"Patient","name":[{"family":"\ud800"}]}""", "Patient.name[0].family", "value")]
    [InlineData("""{"active":true}""", "", "required")]
    public void A_fault_is_named_with_its_place(string json, string path, string code)
    {
        var parsed = FhirJson.Parse(json);
        Assert.False(parsed.IsSound);
        Assert.Contains(parsed.Issues, issue => issue.Path == path && issue.Code == code && issue.IsError);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused_with_their_place()
    {
        byte[] latin1 = [.. """{"resourceType":"Patient","id":"""u8, (byte)'"', 0xE9, (byte)'"', (byte)'}'];
        var issue = Assert.Single(FhirJson.Parse(latin1).Issues);
        Assert.Equal("line 1, position 33", issue.Path);
    }

    [Fact]
    public void A_byte_order_mark_is_skipped() =>
        Assert.True(FhirJson.Parse((byte[])[0xEF, 0xBB, 0xBF, .. """{"resourceType":"Patient"}"""u8]).Resource is { Type: "Patient" });

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void Nesting_is_read_up_to_its_limit(int extraLevels, bool accepted)
    {
        // The root object is one level; each pair of brackets and braces adds as many.
        var open = string.Concat(Enumerable.Repeat("""{"a":""", extraLevels));
        var json = $$"""{"resourceType":"Patient","x":{{open}}1{{new string('}', extraLevels)}}}""";
        var parsed = FhirJson.Parse(json);
        Assert.Equal(accepted, parsed.Issues.Count == 0);
        if (!accepted)
            Assert.Equal("too-costly", parsed.Issues[0].Code);
    }

    [Theory]
    [InlineData(1_000, true)]
    [InlineData(1_001, false)]
    public void An_object_has_members_up_to_its_limit(int members, bool accepted)
    {
        var json = "{\"resourceType\":\"Patient\"" + string.Concat(Enumerable.Range(1, members - 1).Select(n => $",\"m{n}\":1")) + "}";
        Assert.Equal(accepted, FhirJson.Parse(json).Issues.Count == 0);
    }

    [Theory]
    [InlineData("""{"resourceType":"Patient","active":true}""", """{"resourceType":"Patient","id":"a1","meta":{"versionId":"3","lastUpdated":"T"},"active":true}""")]
    [InlineData("""{ "resourceType" : "Patient", "id":"old" }""", """{ "resourceType" : "Patient", "id":"a1","meta":{"versionId":"3","lastUpdated":"T"} }""")]
    [InlineData("""{"meta":{"profile":["p"]},"resourceType":"Patient"}""", """{"meta":{"versionId":"3","lastUpdated":"T","profile":["p"]},"resourceType":"Patient","id":"a1"}""")]
    [InlineData("""{"resourceType":"Patient","meta":{"lastUpdated":"x","versionId":"9"},"id":"o"}""", """{"resourceType":"Patient","meta":{"lastUpdated":"T","versionId":"3"},"id":"a1"}""")]
    [InlineData("""{"resourceType":"Patient","id":"o","contained":[{"resourceType":"Organization","id":"keep"}]}""", """{"resourceType":"Patient","id":"a1","meta":{"versionId":"3","lastUpdated":"T"},"contained":[{"resourceType":"Organization","id":"keep"}]}""")]
    public void Stamping_changes_id_and_meta_and_nothing_else(string json, string expected) =>
        Assert.Equal(expected, Encoding.UTF8.GetString(FhirJson.Stamp(Encoding.UTF8.GetBytes(json), "a1", "3", "T")));

    [Theory]
    [InlineData("""{"resourceType":"Patient"}""")]
    [InlineData("""{"active":true,"resourceType":"Patient","contained":[{"resourceType":"Basic","id":"c","meta":{}}],"gender":"female"}""")]
    [InlineData("""{ "extension" : [{"id":"e","url":"urn:a"}] , "resourceType" : "Patient" , "text":{"id":"t"} }""")]
    [InlineData("\uFEFF{\"resourceType\":\"Patient\",\"active\":true}")]
    public void Stamping_what_is_known_to_have_neither_gives_the_same(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);

        Assert.Equal(
            Encoding.UTF8.GetString(FhirJson.Stamp(bytes, "a1", "3", "T")),
            Encoding.UTF8.GetString(FhirJson.Stamp(bytes, FhirJson.StampPlaces(bytes, hasIdOrMeta: false), "a1", "3", "T")));
    }

    [Fact]
    public void A_source_s_own_json_becomes_a_tree_of_its_model()
    {
        var parsed = FhirJson.ParseModel("""{"event":"signup.created","patient":{"nir":null,"firstNames":["Odette"]}}"""u8.ToArray(), "DoctolibSignup");
        Assert.Empty(parsed.Issues);
        Assert.Equal("DoctolibSignup", parsed.Resource!.Type);
        Assert.Equal("Odette", parsed.Resource.Root.At("patient", "firstNames")!.Value);
    }

    [Fact]
    public void Children_of_one_name_stand_side_by_side_however_they_came()
    {
        var patient = Element.OfResource("Patient").WithItem("given", "A").With("family", "F").WithItem("given", "B");
        Assert.Equal("""{"resourceType":"Patient","given":["A","B"],"family":"F"}""", Encoding.UTF8.GetString(FhirJson.Write(patient)));
    }
}
