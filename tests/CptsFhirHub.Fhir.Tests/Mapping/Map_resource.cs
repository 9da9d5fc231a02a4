using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Tests.Mapping;

/// <summary>A map written as a StructureMap resource is the same map.</summary>
public sealed class Map_resource
{
    private const string Text = """
        /// status = active
        map "http://x/M" = "M"
        conceptmap "c" {
          prefix s = "urn:s"
          prefix t = "urn:t"
          s:a == t:b
        }
        uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as target
        imports "http://x/common/*"
        group Main(source src, target tgt : Patient) {
          src.a : string 0..1 default 'none' only_one as a where a.length() > 1 check a != 'x' log (a) -> tgt.id = truncate(a, 5) "one";
          src.b default (src.a & 'x') as b -> tgt.name as n share names, n.given = (b.first()) then Called(b, 'it''s', 5, 1.5, true, n) "two"; // said
          src.c -> tgt.language;
        }
        group Called(source a, source b, source c, source d, source e, target n : HumanName) extends Other <<type+>> { a -> n.use = 'old'; }
        group Other(source a, source b, source c, source d, source e, target n : HumanName) <<types>> { a -> n.text = a; }
        """;

    [Fact]
    public void What_is_written_is_read_back()
    {
        var parsed = MapParser.Parse(Text.Replace("it''s", "its", StringComparison.Ordinal));
        Assert.Empty(parsed.Issues);
        var written = StructureMapResource.Write(parsed.Map!);
        var again = StructureMapResource.Read(written);
        Assert.Empty(again.Issues);
        Assert.Equal(FhirJson.Write(written), FhirJson.Write(StructureMapResource.Write(again.Map!)));
        var rule = again.Map!.Groups[0].Rules[1];
        Assert.Equal([MapArgumentKind.Id, MapArgumentKind.String, MapArgumentKind.Integer, MapArgumentKind.Decimal, MapArgumentKind.Boolean, MapArgumentKind.Id],
            rule.Dependents[0].Arguments.Select(argument => argument.Kind));
        Assert.Equal("src.a & 'x'", rule.Sources[0].Default);
        Assert.Equal("'none'", again.Map.Groups[0].Rules[0].Sources[0].Default);
        Assert.Equal("said", rule.Documentation);
    }

    [Fact]
    public void A_written_map_runs_like_its_text()
    {
        const string Small = """
            map "http://x/M" = "M"
            uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as target
            group Main(source src, target tgt : Patient) { src.a as a where a != 'x' -> tgt.name as n then Named(a, 'old', n); }
            group Named(source a, source use, target n : HumanName) { a -> n.family = a, n.use = use; }
            """;
        var map = StructureMapResource.Read(StructureMapResource.Write(MapParser.Parse(Small).Map!)).Map!;
        var compiled = new MappingLibrary(R4.Definitions, [map], []).Compile("http://x/M");
        Assert.Empty(compiled.Issues);
        var result = compiled.Map!.Run(MapBench.Letter("\"a\":[\"x\",\"y\"]"), new() { Now = DateTimeOffset.UnixEpoch, NewId = () => "id" });
        Assert.Equal("'name':[{'use':'old','family':'y'}]", MapBench.Json(result));
    }

    [Fact]
    public void A_resource_that_lacks_something_is_told_where()
    {
        var resource = FhirJson.Parse("""
            { "resourceType": "StructureMap", "group": [{ "name": "G", "input": [{ "mode": "source" }], "rule": [{ "name": "r", "target": [{ "parameter": [{}] }] }] }] }
            """).Resource!.Root;
        var issues = StructureMapResource.Read(resource).Issues;
        Assert.Equal(["StructureMap.url", "StructureMap.group[0].input[0].name", "StructureMap.group[0].rule[0].source"],
            issues.Select(issue => issue.Path).Where(path => !path.Contains("parameter", StringComparison.Ordinal)));
    }
}
