using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Fhir.Tests.Mapping;

/// <summary>What a run tells of itself: its steps, and the fields that it did not read.</summary>
public sealed class Map_run_records
{

    [Theory]
    [InlineData("src.a as a -> tgt.id = a;", "'a':'x','b':'y','c':{'d':['1','2']}", "Letter.b 1/1, Letter.c.d 2/2")]
    [InlineData("src.a as a -> tgt.id = a; src.c as c then { c.d first as d -> tgt.language = d; };", "'a':'x','c':{'d':['1','2']}", "")]
    [InlineData("src.item as i where k = 'x' -> tgt.language = (i.v);", "'item':[{'k':'x','v':'1'},{'k':'y','v':'2'}]", "Letter.item.k 1/2, Letter.item.v 1/2")]
    [InlineData("src -> tgt.id = (src.a.where(b = 'x').c);", "'a':[{'b':'x','c':'1','d':'2'}]", "Letter.a.d 1/1")]
    [InlineData("src -> tgt.language = (src.descendants().where($this = 'zz').first());", "'a':[{'b':'x'}]", "")]
    [InlineData("src.a -> tgt.id;", "'a':'x','b':'y'", "Letter.b 1/1")]
    [InlineData("src.a as a -> tgt.id = translate(a, '#m', 'code');", "'a':{'system':'urn:s','code':'x'}", "")]
    public void Fields_that_no_rule_has_read_are_counted(string rules, string letter, string expected)
    {
        const string Concepts = """
            conceptmap "m" { prefix s = "urn:s" prefix t = "urn:t" s:x == t:y }

            """;
        var coverage = new MapCoverage();
        var source = MapBench.Letter(letter.Replace('\'', '"'));
        var compiled = MapBench.Compile(rules, head: Concepts);
        Assert.Empty(compiled.Issues);
        compiled.Map!.Run(source, Context() with { Coverage = coverage });
        Assert.Equal(expected, string.Join(", ", coverage.Unread(source).Select(field => $"{field.Path} {field.Unread}/{field.Total}")));
    }

    [Fact]
    public void A_trace_tells_groups_rules_variables_and_what_is_logged()
    {
        const string Text = """
            map "http://x/M" = "M"
            uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as target
            group Main(source src, target tgt : Patient) {
              src.a as a log ('found ' & a) -> tgt.name as n then Named(a, n) "names";
            }
            group Named(source a, target n : HumanName) { a -> n.family = a "family"; a -> n.period = a "wrong"; }
            """;
        var trace = new MapTrace();
        var map = new MappingLibrary(R4.Definitions, [MapParser.Parse(Text).Map!], []).Compile("http://x/M").Map!;
        var result = map.Run(MapBench.Letter("\"a\":[\"x\",\"y\"]"), Context() with { Trace = trace });

        Assert.Equal(
        [
            "0 debug Group : Main", "1 info found x", "1 info found y", "1 debug rule : names", "2 debug Group : Named", "3 debug rule : family",
            "3 debug rule : wrong", "4 error 'n.period' is a Period, a string cannot be written into it.",
            "1 debug rule : names", "2 debug Group : Named", "3 debug rule : family",
            "3 debug rule : wrong", "4 error 'n.period' is a Period, a string cannot be written into it.",
        ], trace.Events.Select(step => $"{step.Depth} {step.Level} {step.Text}"));
        var family = trace.Events[5];
        Assert.Equal("a -> n.family = a \"family\"", Text[family.Place.Start..(family.Place.End - 1)]);
        Assert.Equal(["a Letter.a[0] \"x\"", "n  {\"family\":\"x\"}"], family.Variables.Select(one => $"{one.Name} {one.Path} {one.Json}").Order(StringComparer.Ordinal));
        Assert.Contains("\"family\":\"x\"", family.State!, StringComparison.Ordinal);

        var report = MapReport.Write(map.Map, result, trace, "CptsFhirHub");
        var validator = new Validator(R4.Definitions);
        Assert.DoesNotContain(validator.Check(FhirJson.Parse(FhirJson.Write(report)).Resource!, []), issue => issue.IsError && issue.Code == "structure");
        Assert.Equal(["parameters", "result", "trace", "outcome"], report.All("parameter").ToArray().Select(one => one.Text("name")));
        Assert.Equal("    Group : Named", report.All("parameter")[2].All("part")[4].Text("valueString"));
        Assert.Equal($"{family.Place.Start} - {family.Place.End}", report.All("parameter")[2].All("part")[5].At("extension", "valueString")!.Value);
    }

    [Fact]
    public void A_long_trace_is_cut()
    {
        var trace = new MapTrace();
        var many = string.Join(',', Enumerable.Range(0, 101));
        MapBench.Compile("src.a as a, src.a as b -> tgt.id = 'x';").Map!.Run(MapBench.Letter($"\"a\":[{many}]"), Context() with { Trace = trace });
        Assert.Equal((MapTrace.EventsMax, true), (trace.Events.Count, trace.IsCut));
    }

    private static MapContext Context() => new() { Now = DateTimeOffset.UnixEpoch, NewId = () => "id" };
}
