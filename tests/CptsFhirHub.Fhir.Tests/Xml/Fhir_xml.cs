using System.Diagnostics;
using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Xml;

namespace CptsFhirHub.Fhir.Tests.Xml;

/// <summary>FHIR XML over the same tree as JSON.</summary>
public sealed class Fhir_xml
{
    private const string Ns = "xmlns=\"http://hl7.org/fhir\"";

    [Theory]
    [InlineData("""<active value="true"/>""", """ "active":true """)]
    [InlineData("""<multipleBirthInteger value="2"/>""", """ "multipleBirthInteger":2 """)]
    [InlineData("""<name><family value="Petit"/><given value="Anne"/></name>""", """ "name":[{"family":"Petit","given":["Anne"]}] """)]
    [InlineData("""<managingOrganization><reference value="Organization/1"/></managingOrganization>""", """ "managingOrganization":{"reference":"Organization/1"} """)]
    [InlineData("""<!-- a --><gender value="female"/><?b c?>""", """ "gender":"female" """)]
    [InlineData("""<name><family value="a&#10;b &amp; &#233;"/></name>""", """ "name":[{"family":"a\nb & é"}] """)]
    public void What_XML_says_is_what_JSON_says(string xml, string json) =>
        Check($"<Patient {Ns}>{xml}</Patient>", $$"""{"resourceType":"Patient",{{json.Trim()}}}""");

    [Fact]
    public void A_primitive_keeps_its_id_and_extensions() =>
        Check(
            $"""<Patient {Ns}><name><given value="Anne"/><given id="g2"><extension url="http://example.org/why"><valueCode value="unknown"/></extension></given></name></Patient>""",
            """{"resourceType":"Patient","name":[{"given":["Anne",null],"_given":[null,{"id":"g2","extension":[{"url":"http://example.org/why","valueCode":"unknown"}]}]}]}""");

    [Fact]
    public void Contained_resources_and_those_of_a_Bundle_stand_in_their_own_element() =>
        Check(
            $"""<Bundle {Ns}><type value="collection"/><entry><resource><Patient><id value="1"/><contained><Organization><id value="o"/></Organization></contained></Patient></resource></entry></Bundle>""",
            """{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"1","contained":[{"resourceType":"Organization","id":"o"}]}}]}""");

    [Theory]
    [InlineData("1.50")]
    [InlineData("100")]
    [InlineData("-0.0")]
    [InlineData("1.0e-10")]
    public void The_digits_of_a_decimal_are_kept(string digits) =>
        Check(
            $"""<Observation {Ns}><valueQuantity><value value="{digits}"/></valueQuantity></Observation>""",
            """{"resourceType":"Observation","valueQuantity":{"value":DIGITS}}""".Replace("DIGITS", digits, StringComparison.Ordinal));

    [Theory]
    [InlineData("""<div xmlns="http://www.w3.org/1999/xhtml"><p class='a'>5 &lt; 6&#160;<br /></p><!-- c --></div>""")]
    [InlineData("<div xmlns=\"http://www.w3.org/1999/xhtml\">\r\n\tone\rtwo\n</div>")]
    [InlineData("""<div xmlns="http://www.w3.org/1999/xhtml" title="a > b"/>""")]
    [InlineData("""<div xmlns="http://www.w3.org/1999/xhtml"><div><div>é 😀</div></div></div >""")]
    public void The_narrative_is_kept_to_the_character(string div)
    {
        var read = FhirXml.Parse(Bytes($"<Patient {Ns}>\r\n<!-- \r -->\n<text>\r<status value=\"generated\"/>{div}</text></Patient>"));
        Assert.Equal([], read.Issues);
        Assert.Equal(div, read.Resource!.Root.At("text", "div")!.Value);
        Assert.Equal(div, FhirXml.Parse(FhirXml.Write(read.Resource.Root)).Resource!.Root.At("text", "div")!.Value);
    }

    [Fact]
    public void A_narrative_with_a_prefix_is_written_anew_in_its_namespace()
    {
        var read = FhirXml.Parse(Bytes($"""<Patient {Ns} xmlns:h="http://www.w3.org/1999/xhtml"><text><h:div><h:p id="a">b<h:br/></h:p></h:div></text></Patient>"""));
        Assert.Equal([], read.Issues);
        Assert.Equal("""<div xmlns="http://www.w3.org/1999/xhtml"><p id="a">b<br /></p></div>""", read.Resource!.Root.At("text", "div")!.Value);
    }

    [Theory]
    [InlineData("""<Patient xmlns="urn:other"><active value="true"/></Patient>""", "line 1", "The root element is not in the namespace")]
    [InlineData("""<Patient><active value="true"/></Patient>""", "line 1", "The root element is not in the namespace")]
    [InlineData("""<Personne xmlns="http://hl7.org/fhir"/>""", "line 1", "The root element is no resource type")]
    [InlineData("""<HumanName xmlns="http://hl7.org/fhir"/>""", "line 1", "The root element is no resource type")]
    [InlineData("", "line 1", "The content is empty.")]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\">\n<active>", "line 2, position", "not well-formed")]
    [InlineData("""<?xml version="1.0" encoding="ISO-8859-1"?><Patient xmlns="http://hl7.org/fhir"/>""", "line 1", "another encoding")]
    [InlineData("""<!DOCTYPE Patient [<!ENTITY a "b">]><Patient xmlns="http://hl7.org/fhir"><id value="&a;"/></Patient>""", "line 1", "FHIR XML has no document type.")]
    [InlineData("""<!DOCTYPE Patient SYSTEM "file:///etc/passwd"><Patient xmlns="http://hl7.org/fhir"/>""", "line 1", "FHIR XML has no document type.")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir"><id value="&nbsp;"/></Patient>""", "line 1", "not well-formed")]
    [InlineData("""<Patient xmlns="http://hl7.org/fhir"><id value="1"/></Patient><Patient/>""", "line 1", "not well-formed")]
    public void What_is_no_FHIR_XML_is_refused(string xml, string place, string text)
    {
        var read = FhirXml.Parse(Bytes(xml));
        Assert.Null(read.Resource);
        var issue = Assert.Single(read.Issues);
        Assert.Equal(Severity.Fatal, issue.Severity);
        Assert.StartsWith(place, issue.Path, StringComparison.Ordinal);
        Assert.Contains(text, issue.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""<prenom value="Anne"/>""", "Patient.prenom", "The element 'prenom' is unknown in Patient.")]
    [InlineData("""<name><family value="A"/></name><name><nom><a/></nom><family value="B"/></name>""", "Patient.name[1].nom", "The element 'nom' is unknown in HumanName.")]
    [InlineData("""<x:name xmlns:x="urn:x"/>""", "Patient.name", "not in the namespace")]
    [InlineData("""<active valeur="true" value="true"/>""", "Patient.active", "The attribute 'valeur' is unknown here.")]
    [InlineData("""<name value="Anne"><family value="A"/></name>""", "Patient.name[0]", "The attribute 'value' is unknown here.")]
    [InlineData("""<active value="">""" + "</active>", "Patient.active", "An attribute is never empty.")]
    [InlineData("""<active/>""", "Patient.active", "A primitive has a value")]
    [InlineData("""<name/>""", "Patient.name[0]", "An element has children.")]
    [InlineData("""<name>Anne<family value="A"/></name>""", "Patient.name[0]", "Text stands between elements")]
    [InlineData("""<name><id value="a"/><family value="A"/></name>""", "Patient.name[0].id", "The element 'id' is unknown in HumanName.")]
    [InlineData("""<gender value="female"/><active value="true"/>""", "Patient.active", "out of order")]
    [InlineData("""<text><div>a</div></text>""", "Patient.text.div", "The narrative is not in the namespace")]
    [InlineData("""<contained/>""", "Patient.contained[0]", "A resource stands here.")]
    [InlineData("""<contained><Group><id value="a"/></Group><Group/></contained>""", "Patient.contained[0]", "no second")]
    [InlineData("""<birthDate value="a"><value value="b"/></birthDate>""", "Patient.birthDate.value", "unknown in date")]
    public void A_fault_is_told_with_path_and_line(string xml, string path, string text)
    {
        var read = FhirXml.Parse(Bytes($"<Patient {Ns}>\n<language value=\"fr\"/>\n{xml}</Patient>"));
        Assert.NotNull(read.Resource);
        var issue = read.Issues[0];
        Assert.Equal((path, 3), (issue.Path, issue.Line));
        Assert.Contains(text, issue.Text, StringComparison.Ordinal);
        Assert.Equal("fr", read.Resource.Root.Text("language"));
    }

    [Fact]
    public void Depth_is_refused_one_past_the_limit()
    {
        // The root is one level, each extension in its array two.
        Assert.True(FhirXml.Parse(Bytes(Nested(3)), new() { Depth = 7 }).IsSound);
        Assert.True(FhirJson.Parse(FhirXml.Parse(Bytes(Nested(3))).Resource!.Json, new() { Depth = 7 }).IsSound);
        Assert.Equal("too-costly", FhirXml.Parse(Bytes(Nested(3)), new() { Depth = 6 }).Issues[^1].Code);
    }

    [Fact]
    public void A_bomb_of_depth_is_refused_quickly()
    {
        var clock = Stopwatch.StartNew();
        var unknown = string.Concat(Enumerable.Repeat("<a>", 100_000));
        var inNarrative = $"<Patient {Ns}><text><div xmlns=\"http://www.w3.org/1999/xhtml\">{string.Concat(Enumerable.Repeat("<b>", 100_000))}";
        foreach (var xml in new[] { Nested(100_000), $"<Patient {Ns}>{unknown}", inNarrative })
            Assert.False(FhirXml.Parse(Bytes(xml)).IsSound);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"took {clock.Elapsed}");
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void Items_are_refused_one_past_the_limit(int items, bool isSound)
    {
        var names = string.Concat(Enumerable.Repeat("""<name><family value="A"/></name>""", items));
        var parsed = FhirXml.Parse(Bytes($"<Patient {Ns}>{names}</Patient>"), new() { Items = 10, ItemsSetting = "Limit" });
        Assert.Equal(isSound, parsed.IsSound);
        Assert.All(parsed.Issues, issue => Assert.EndsWith(" (Limit).", issue.Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(20, true)]
    [InlineData(21, false)]
    public void Texts_are_refused_one_past_the_limit(int length, bool isSound)
    {
        var xml = $"""<Patient {Ns}><name><family value="{new string('a', length)}"/></name></Patient>""";
        Assert.Equal(isSound, FhirXml.Parse(Bytes(xml), new() { StringBytes = 20 }).IsSound);
    }

    [Fact]
    public void Faults_without_end_stop_the_reading()
    {
        var read = FhirXml.Parse(Bytes($"<Patient {Ns}>{string.Concat(Enumerable.Repeat("<a/>", 5_000))}</Patient>"));
        Assert.Equal("too-costly", read.Issues[^1].Code);
        Assert.InRange(read.Issues.Count, 100, 101);
    }

    [Fact]
    public void Elements_are_written_in_the_order_of_the_specification()
    {
        var json = """{"resourceType":"Patient","birthDate":"1950-01-01","name":[{"given":["Anne"],"family":"Petit","id":"n"}],"gender":"female","id":"1"}""";
        Assert.Equal(
            $"""<?xml version="1.0" encoding="utf-8"?><Patient {Ns}><id value="1" /><name id="n"><family value="Petit" /><given value="Anne" /></name><gender value="female" /><birthDate value="1950-01-01" /></Patient>""",
            Encoding.UTF8.GetString(FhirXml.Write(FhirJson.Parse(json).Resource!.Root)));
    }

    [Theory]
    [InlineData("<div>not closed")]
    [InlineData("plain & text")]
    [InlineData("<?xml version='1.0'?><div xmlns='http://www.w3.org/1999/xhtml'/>")]
    [InlineData("<div xmlns='http://www.w3.org/1999/xhtml'/><div/>")]
    [InlineData("<!DOCTYPE a><div xmlns='http://www.w3.org/1999/xhtml'/>")]
    public void A_narrative_that_is_no_XML_does_not_break_the_document(string div)
    {
        var root = Element.OfResource("Patient");
        root.Add("text").With("status", "generated").With("div", div);
        var read = FhirXml.Parse(FhirXml.Write(root));
        Assert.Equal([], read.Issues);
        Assert.StartsWith("<div xmlns=\"http://www.w3.org/1999/xhtml\">", read.Resource!.Root.At("text", "div")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Characters_and_names_that_XML_cannot_say_do_not_break_the_document()
    {
        var root = Element.OfResource("Patient").With("1 & 2", "a\u0001b\uD800").With("language", "\uDC00é😀\uD83D");
        var read = FhirXml.Parse(FhirXml.Write(root));
        Assert.Equal("\uFFFDé😀\uFFFD", read.Resource!.Root.Text("language"));
    }

    [Fact]
    public void Damaged_content_is_told_and_never_thrown()
    {
        const int Seed = 20261122;
        var random = new Random(Seed);
        var whole = Bytes($"""<?xml version="1.0"?><Patient {Ns}><id value="1"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>a<br/></p></div></text><contained><Group><id value="g"/></Group></contained><name><given value="A"><extension url="u"><valueDecimal value="1.0"/></extension></given></name></Patient>""");
        for (var round = 0; round < 3_000; round++)
        {
            var damaged = whole.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
                damaged[random.Next(damaged.Length)] = (byte)"<>/\"'=& \r\n:a\0\u007f"[random.Next(14)];
            var read = FhirXml.Parse(damaged.AsMemory(0, random.Next(damaged.Length / 2, damaged.Length + 1)));
            Assert.True(read.Resource is not null || read.Issues.Any(issue => issue.IsError), $"seed {Seed}, round {round}");
        }
    }

    private static void Check(string xml, string json)
    {
        var fromXml = FhirXml.Parse(Bytes(xml));
        Assert.Equal([], fromXml.Issues);
        Assert.Equal(json, Encoding.UTF8.GetString(fromXml.Resource!.Json.Span));

        var fromJson = FhirJson.Parse(json).Resource!.Root;
        var again = FhirXml.Parse(FhirXml.Write(fromJson, pretty: true));
        Assert.Equal([], again.Issues);
        Assert.Equal(json, Encoding.UTF8.GetString(again.Resource!.Json.Span));
    }

    private static string Nested(int depth) =>
        $"<Patient {Ns}>"
        + string.Concat(Enumerable.Repeat("""<extension url="a">""", depth)) + """<valueString value="a"/>"""
        + string.Concat(Enumerable.Repeat("</extension>", depth)) + "</Patient>";

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
