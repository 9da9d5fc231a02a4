namespace CptsFhirHub.Fhir.Tests.Mapping;

/// <summary>Each transform, what it gives and when it complains.</summary>
public sealed class Map_transforms
{
    [Theory]
    [InlineData("tgt.id = copy(a)", "'x'", "'id':'x'")]
    [InlineData("tgt.id = truncate(a, 3)", "'abcdef'", "'id':'abc'")]
    [InlineData("tgt.id = truncate(a, 3)", "'ab'", "'id':'ab'")]
    [InlineData("tgt.id = append('urn:', a, '-', 5)", "'x'", "'id':'urn:x-5'")]
    [InlineData("tgt.id = escape(a, 'html')", "'<a>'", "'id':'&lt;a&gt;'")]
    [InlineData("tgt.id = escape(a, 'xml', 'none')", "'&lt;'", "'id':'<'")]
    [InlineData("tgt.id = cast(a, 'string')", "12", "'id':'12'")]
    [InlineData("tgt.multipleBirth = cast(a, 'integer')", "'12'", "'multipleBirthInteger':12")]
    [InlineData("tgt.id = uuid(), tgt.language = uuid()", "1", "'id':'id-1','language':'id-2'")]
    [InlineData("tgt.maritalStatus = cc('urn:s', a)", "'M'", "'maritalStatus':{'coding':[{'system':'urn:s','code':'M'}]}")]
    [InlineData("tgt.maritalStatus = cc('urn:s', a, 'Married')", "'M'", "'maritalStatus':{'coding':[{'system':'urn:s','code':'M','display':'Married'}]}")]
    [InlineData("tgt.maritalStatus = cc(a)", "'married'", "'maritalStatus':{'text':'married'}")]
    [InlineData("tgt.maritalStatus as m, m.coding = c('urn:s', a)", "'M'", "'maritalStatus':{'coding':[{'system':'urn:s','code':'M'}]}")]
    [InlineData("tgt.identifier = id('urn:s', a)", "'7'", "'identifier':[{'system':'urn:s','value':'7'}]")]
    [InlineData("tgt.identifier = id('urn:s', a, 'PI')", "'7'",
        "'identifier':[{'type':{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/v2-0203','code':'PI'}]},'system':'urn:s','value':'7'}]")]
    [InlineData("tgt.telecom = cp(a)", "'a@b.fr'", "'telecom':[{'system':'email','value':'a@b.fr'}]")]
    [InlineData("tgt.telecom = cp(a)", "'0251000001'", "'telecom':[{'system':'phone','value':'0251000001'}]")]
    [InlineData("tgt.telecom = cp('fax', a)", "'0251000001'", "'telecom':[{'system':'fax','value':'0251000001'}]")]
    [InlineData("tgt.id = evaluate(src, a.length() + 1)", "'xyz'", "'id':'4'")]
    [InlineData("tgt.extension as e, e.url = 'urn:e', e.value = qty(a)", "'5.50 mg'", "'extension':[{'url':'urn:e','valueQuantity':{'value':5.50,'unit':'mg'}}]")]
    [InlineData("tgt.extension as e, e.url = 'urn:e', e.value = qty(a)", "'<3 mg'",
        "'extension':[{'url':'urn:e','valueQuantity':{'value':3,'comparator':'<','unit':'mg'}}]")]
    [InlineData("tgt.extension as e, e.url = 'urn:e', e.value = qty(a, 'kg', 'http://unitsofmeasure.org', 'kg')", "70",
        "'extension':[{'url':'urn:e','valueQuantity':{'value':70,'unit':'kg','system':'http://unitsofmeasure.org','code':'kg'}}]")]
    [InlineData("tgt.extension as e, e.url = 'urn:e', e.value = 'text'", "1", "'extension':[{'url':'urn:e','valueString':'text'}]")]
    [InlineData("tgt.extension as e, e.url = 'urn:e', e.value = 1.50", "1", "'extension':[{'url':'urn:e','valueDecimal':1.50}]")]
    [InlineData("tgt.extension as e, e.url = 'urn:e', e.value = create('Address') as x, x.city = a", "'Nantes'",
        "'extension':[{'url':'urn:e','valueAddress':{'city':'Nantes'}}]")]
    [InlineData("tgt.contained = create('Organization') as o, o.name = a, tgt.managingOrganization = reference(o)", "'O'",
        "'contained':[{'resourceType':'Organization','id':'id-1','name':'O'}],'managingOrganization':{'reference':'Organization/id-1'}")]
    [InlineData("tgt.contained = create('Organization') as o, o.id = '7', tgt.language = pointer(o)", "'O'",
        "'language':'urn:uuid:7','contained':[{'resourceType':'Organization','id':'7'}]")]
    public void A_transform_gives(string target, string value, string expected)
    {
        var result = MapBench.Run($"src.a as a -> {target} \"one\";", $"'a':{value}".Replace('\'', '"'));
        Assert.Empty(result.Issues);
        Assert.Equal(expected, MapBench.Json(result));
    }

    [Theory]
    [InlineData("20260709", "hl7", "2026-07-09")]
    [InlineData("2026", "hl7", "2026")]
    [InlineData("202607", "hl7", "2026-07")]
    [InlineData("20260709101500+0200", "hl7", "2026-07-09T10:15:00+02:00")]
    [InlineData("202607091015", "hl7', 'Europe/Paris", "2026-07-09T10:15:00+02:00")]
    [InlineData("20260109101500.25", "hl7', 'Europe/Paris", "2026-01-09T10:15:00.25+01:00")]
    [InlineData("09/07/2026", "dd/MM/yyyy", "2026-07-09")]
    [InlineData("09/07/2026 10:15", "dd/MM/yyyy HH:mm', 'Europe/Paris", "2026-07-09T10:15:00+02:00")]
    public void Dates_of_other_formats_are_read(string text, string format, string expected)
    {
        var result = MapBench.Run($"src.a as a -> tgt.deceased = dateOp(a, '{format}'), tgt.id = dateOp(a, '{format}');", $"\"a\":\"{text}\"");
        Assert.Empty(result.Issues);
        Assert.Equal(expected, result.Target!.Text("id"));
    }

    [Theory]
    [InlineData("20261309", "hl7", "the text is no HL7 time stamp.")]
    [InlineData("2026070", "hl7", "the text is no HL7 time stamp.")]
    [InlineData("202613", "hl7", "the text is no HL7 time stamp.")]
    [InlineData("202607091015", "hl7", "the time has no zone")]
    [InlineData("31/02/2026", "dd/MM/yyyy", "the text is no date of the form dd/MM/yyyy.")]
    [InlineData("202607091015", "hl7', 'Nowhere/None", "the time zone Nowhere/None is unknown.")]
    public void A_date_that_is_none_is_told(string text, string format, string fault)
    {
        var result = MapBench.Run($"src.a as a -> tgt.deceased = dateOp(a, '{format}');", $"\"a\":\"{text}\"");
        Assert.Contains(fault, Assert.Single(result.Issues).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("F", "code", "'gender':'female'")]
    [InlineData("M", "code", "'gender':'male'")]
    [InlineData("X", "code", "")]
    [InlineData("I", "code", "")]
    [InlineData("F", "CodeableConcept", "'maritalStatus':{'coding':[{'system':'urn:target','code':'female'}]}")]
    [InlineData("F", "Coding", "'meta':{'tag':[{'system':'urn:target','code':'female'}]}")]
    public void A_code_is_translated(string code, string output, string expected)
    {
        var target = output switch { "code" => "tgt.gender =", "Coding" => "tgt.meta as m, m.tag =", _ => "tgt.maritalStatus =" };
        var result = MapBench.Run(
            $"src.sex as sex -> {target} translate(sex, '#sex', '{output}') \"sex\";",
            $"\"sex\":\"{code}\"",
            head: """
                conceptmap "sex" {
                  prefix s = "urn:source"
                  prefix t = "urn:target"
                  s:F == t:female
                  s:"M" - t:"male"
                  s:I != t:other
                }

                """);
        Assert.Equal(expected, MapBench.Json(result));
        Assert.Equal(expected.Length == 0, result.Issues.Count == 1);
        Assert.All(result.Issues, issue => Assert.False(issue.IsError));
    }

    [Theory]
    [InlineData("provided", "'gender':'Q'")]
    [InlineData("fixed", "")]
    public void A_code_without_translation_may_pass(string mode, string expected)
    {
        var result = MapBench.Run(
            "src.sex as sex -> tgt.gender = translate(sex, '#sex', 'code') \"sex\";",
            "\"sex\":\"Q\"",
            head: $$"""
                conceptmap "sex" {
                  prefix s = "urn:source"
                  prefix t = "urn:target"
                  unmapped for s = {{mode}}
                  s:F == t:female
                }

                """);
        Assert.Equal(expected, MapBench.Json(result));
    }

    [Fact]
    public void A_copy_is_of_its_own()
    {
        var result = MapBench.Run(
            """
            src -> create('HumanName') as n, n.family = 'A', tgt.name = n, tgt.contact as c, c.name = n then {
              src -> n.use = 'old' "first-only";
            } "names";
            """,
            "\"p\":1");
        Assert.Empty(result.Issues);
        Assert.Equal("'name':[{'use':'old','family':'A'}],'contact':[{'name':{'family':'A'}}]", MapBench.Json(result));
    }
}
