using System.Text;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Patch;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Fhir.Validation;
using CptsFhirHub.Fhir.Xml;

namespace CptsFhirHub.Fhir.Tests.Robustness;

/// <summary>Input made to exhaust: refused with a clear issue, at little cost.</summary>
public sealed class Bombs
{
    private const int Deep = 100_000;

    [Theory]
    [InlineData("{\"resourceType\":\"Patient\",\"contact\":", "{\"a\":", "")]
    [InlineData("{\"resourceType\":\"Patient\",\"contact\":", "[", "")]
    [InlineData("{\"resourceType\":\"Patient\",\"contained\":[", "{\"resourceType\":\"Patient\",\"contained\":[", "")]
    public void Json_nested_without_end_is_too_costly(string head, string level, string tail) =>
        Refused("too-costly", FhirJson.Parse(head + Repeat(level, Deep) + tail));

    [Theory]
    [InlineData("<contained><Patient>")]
    [InlineData("<extension url=\"a\">")]
    [InlineData("<unknown>")]
    public void Xml_nested_without_end_is_refused(string level) =>
        Refused(null, FhirXml.Parse(Encoding.UTF8.GetBytes("<Patient xmlns=\"http://hl7.org/fhir\">" + Repeat(level, Deep))));

    [Fact]
    public void A_narrative_nested_without_end_is_refused() =>
        Refused(null, FhirXml.Parse(Encoding.UTF8.GetBytes("<Patient xmlns=\"http://hl7.org/fhir\"><text><status value=\"generated\"/><div xmlns=\"http://www.w3.org/1999/xhtml\">" + Repeat("<p>", Deep))));

    [Fact]
    public void A_string_of_100_megabytes_costs_nothing()
    {
        var json = new byte[100 * 1024 * 1024];
        Array.Fill(json, (byte)'a');
        "{\"resourceType\":\"Patient\",\"id\":\""u8.CopyTo(json);
        "\"}"u8.CopyTo(json.AsSpan(json.Length - 2));
        Cheap(() => Refused("too-costly", FhirJson.Parse(json)));
        "<Patient xmlns=\"http://hl7.org/fhir\"><id value=\""u8.CopyTo(json);
        Cheap(() => Refused("too-costly", FhirXml.Parse(json)));

        // Below the bound of the whole, that of one string holds.
        var smaller = json.AsMemory(0, 40 * 1024 * 1024);
        "{\"resourceType\":\"Patient\",\"id\":\"aaaaaaaaaaaaaaaaaaaaaa"u8.CopyTo(json);
        "\"}"u8.CopyTo(json.AsSpan(smaller.Length - 2));
        Cheap(() => Refused("too-costly", FhirJson.Parse(smaller)));
    }

    [Theory]
    [InlineData("1e999999999999")]
    [InlineData("1e-999999999999")]
    [InlineData("1E+1000")]
    public void A_number_with_a_huge_exponent_is_no_value(string number)
    {
        var text = $$$"""{"resourceType":"Observation","valueQuantity":{"value":{{{number}}}}}""";
        Assert.Equal("value", Assert.Single(FhirJson.Parse(text).Issues).Code);
        var xml = FhirXml.Parse(Encoding.UTF8.GetBytes($"<Observation xmlns=\"http://hl7.org/fhir\"><valueQuantity><value value=\"{number}\"/></valueQuantity></Observation>"));
        Assert.Equal("value", Assert.Single(xml.Issues).Code);
    }

    [Fact]
    public void Digits_without_end_are_no_number() =>
        Assert.Equal("value", Assert.Single(FhirJson.Parse($"{{\"resourceType\":\"Observation\",\"valueQuantity\":{{\"value\":{Repeat("9", Deep)}}}}}").Issues).Code);

    [Theory]
    [InlineData("{\"resourceType\":\"Patient\",\"\\ud800\":1}")]
    [InlineData("{\"resourceType\":\"Patient\",\"a\\ud800\":1,\"a\\ud800\":2}")]
    [InlineData("{\"resourceType\":\"\\udfff\"}")]
    [InlineData("{\"resourceTyp\\ud800\":1,\"resourceType\":\"Patient\"}")]
    [InlineData("{\"resourceType\\ud800\":1,\"resourceType\":\"Patient\"}")]
    public void Half_a_surrogate_pair_is_told(string json) => Assert.False(FhirJson.Parse(json).IsSound);

    [Fact]
    public void Duplicate_names_beyond_number_are_told_up_to_a_bound()
    {
        var read = FhirJson.Parse("{\"resourceType\":\"Patient\"" + Repeat(",\"id\":\"a\"", 5_000) + "}");
        Assert.False(read.IsSound);
        Assert.InRange(read.Issues.Count, 1, JsonLimits.Default.Issues + 1);
    }

    [Fact]
    public void Contained_resources_that_refer_to_each_other_end()
    {
        const string Circle = """
            { "resourceType": "Patient", "managingOrganization": { "reference": "#a" },
              "contained": [{ "resourceType": "Organization", "id": "a", "name": "A", "partOf": { "reference": "#b" } },
                            { "resourceType": "Organization", "id": "b", "name": "B", "partOf": { "reference": "#a" } }] }
            """;
        var patient = FhirJson.Parse(Circle).Resource!;
        Assert.NotNull(new Validator(R4.Definitions).Check(patient, []));
        Assert.Equal(Circle.Count(c => c == '#'), Encoding.UTF8.GetString(FhirJson.Write(FhirXml.Parse(FhirXml.Write(patient.Root)).Resource!.Root)).Count(c => c == '#'));
    }

    [Theory]
    [InlineData("group G(source a, target b) { ", "a then { ")]
    [InlineData("group G(source a, target b) { a where ", "(")]
    [InlineData("group G(source a, target b) { a -> b.c = ", "(")]
    [InlineData("group G(source a, target b) { a -> b.c = append(", "a,")]
    [InlineData("group G(source a, target b) { ", ";")]
    [InlineData("", "uses ")]
    [InlineData("", "/* ")]
    [InlineData("", "/// a.b = ")]
    [InlineData("conceptmap \"a\" { ", "prefix s = \"u\" ")]
    public void A_map_that_repeats_without_end_is_refused(string head, string level) =>
        Cheap(() =>
        {
            var parsed = MapParser.Parse("map \"http://x/M\" = M\n" + head + Repeat(level, Deep));
            Assert.False(parsed.IsSound);
            Assert.InRange(parsed.Issues.Count, 1, 200);
        });

    [Fact]
    public void Brackets_around_an_expression_of_a_map_are_read_in_one_pass()
    {
        var parsed = MapParser.Parse($"map \"http://x/M\" = M\ngroup G(source a, target b) {{ a where {Repeat("(", Deep)}true{Repeat(")", Deep)} -> b; }}");
        Assert.Equal("true", parsed.Map!.Groups[0].Rules[0].Sources[0].Condition);
    }

    [Fact]
    public void A_map_has_a_length() =>
        Assert.Equal("too-long", Assert.Single(MapParser.Parse(new string(' ', MapParser.TextLengthMax + 1)).Issues).Code);

    [Fact]
    public void A_patch_nested_without_end_is_refused()
    {
        var patient = FhirJson.Parse("""{"resourceType":"Patient","active":true}""").Resource!;
        var patched = JsonPatch.Apply(patient, Encoding.UTF8.GetBytes("[{\"op\":\"add\",\"path\":\"/name\",\"value\":" + Repeat("[", Deep)));
        Assert.False(patched.IsSound);
        Assert.NotEmpty(patched.Issues);
        Assert.False(JsonPatch.Apply(patient, Encoding.UTF8.GetBytes($"[{{\"op\":\"remove\",\"path\":\"{Repeat("/a", Deep)}\"}}]")).IsSound);
    }

    [Theory]
    [InlineData("_has:Observation:patient:", "_has:Observation:patient:")]
    [InlineData("organization.", "partof.")]
    [InlineData("name:", "exact:")]
    public void A_search_that_chains_without_end_is_refused(string head, string level) =>
        Cheap(() => Assert.False(new SearchQueryParser(R4.Definitions).Parse("Patient", [KeyValuePair.Create(head + Repeat(level, 1_000) + "code", "x")]).IsSound));

    [Fact]
    public void A_search_with_values_without_end_is_refused() =>
        Cheap(() => Assert.False(new SearchQueryParser(R4.Definitions).Parse("Patient", [KeyValuePair.Create("name", Repeat("a,", Deep) + "b")]).IsSound));

    private static string Repeat(string text, int count) => new StringBuilder(text.Length * count).Insert(0, text, count).ToString();

    private static void Refused(string? code, Parsed read)
    {
        Assert.False(read.IsSound);
        if (code is not null)
            Assert.Contains(read.Issues, issue => issue.Code == code);
        Assert.InRange(read.Issues.Count, 1, JsonLimits.Default.Issues + 1);
    }

    /// <summary>It may allocate a hundred megabytes less one: tokens and issues of its own, never the bomb's own size in copies.</summary>
    private static void Cheap(Action read)
    {
        const long Most = 99_000_000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        read();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Most);
    }
}
