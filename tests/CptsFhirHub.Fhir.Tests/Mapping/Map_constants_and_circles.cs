using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Mapping;

namespace CptsFhirHub.Fhir.Tests.Mapping;

/// <summary>Constants of a map, and what would never end.</summary>
public sealed class Map_constants_and_circles
{
    [Theory]
    [InlineData("let x = 'a';", "src -> tgt.id = (x);", "'id':'a'")]
    [InlineData("let x = 'a';", "src -> tgt.id = (%x & '1');", "'id':'a1'")]
    [InlineData("let x = 'a';", "src -> tgt.id = x;", "'id':'a'")]
    [InlineData("let y = x & 'b'; let x = 'a';", "src -> tgt.id = append(y, x);", "'id':'aba'")]
    [InlineData("let x = 'a';", "src.a as a where a = x -> tgt.id = a;", "'id':'a'")]
    [InlineData("let x = 'a';", "src.b as x -> tgt.id = x;", "'id':'bb'")]
    [InlineData("let x = 'a';", "x as y -> tgt.id = y;", "'id':'a'")]
    [InlineData("let x = ('p' | 'q');", "src -> tgt.name as n, n.given = (x);", "'name':[{'given':['p','q']}]")]
    public void A_constant_stands_wherever_a_source_may(string head, string rules, string expected)
    {
        var result = MapBench.Run(rules, "\"a\":\"a\",\"b\":\"bb\"", head: head + "\n");
        Assert.Empty(result.Issues);
        Assert.Equal(expected, MapBench.Json(result));
    }

    [Theory]
    [InlineData("let x = y; let y = x;", "names itself")]
    [InlineData("let x = x;", "names itself")]
    [InlineData("let x = 'a'; let x = 'b';", "is there twice")]
    [InlineData("let x = (;", "A bracket of the expression is not closed.")]
    [InlineData("let x = nosuch();", "is not FHIRPath")]
    public void A_constant_that_is_wrong_is_found_when_the_map_is_compiled(string head, string fault)
    {
        var compiled = MapBench.Compile("src -> tgt.id = 'a', tgt.active = true;", head: head + "\n");
        Assert.Null(compiled.Map);
        Assert.Contains(compiled.Issues, issue => issue.Text.Contains(fault, StringComparison.Ordinal));
    }

    [Fact]
    public void A_constant_belongs_to_its_map()
    {
        var one = MapParser.Parse("""
            map "http://x/one" = "one"
            uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as target
            imports "http://x/two"
            let x = 'one';
            group Main(source src, target tgt : Patient) { src -> tgt.id = (x) then Other(src, tgt); }
            """).Map!;
        var two = MapParser.Parse("""
            map "http://x/two" = "two"
            uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as target
            let x = 'two';
            group Other(source src, target tgt : Patient) { src -> tgt.language = (x); }
            """).Map!;
        var compiled = new MappingLibrary(R4.Definitions, [one, two], []).Compile("http://x/one");
        Assert.Empty(compiled.Issues);
        var result = compiled.Map!.Run(MapBench.Letter("\"a\":1"), new() { Now = DateTimeOffset.UnixEpoch, NewId = () => "id" });
        Assert.Equal("'id':'one','language':'two'", MapBench.Json(result));
    }

    [Fact]
    public void Groups_that_extend_each_other_in_a_circle_are_refused()
    {
        var compiled = MapBench.Compile("src -> tgt.id = 'a', tgt.active = true;", groups: """
            group A(source s, target t : Patient) extends B { }
            group B(source s, target t : Patient) extends A { }
            """);
        Assert.Null(compiled.Map);
        Assert.Contains(compiled.Issues, issue => issue.Text.Contains("extends itself", StringComparison.Ordinal));
    }

    [Fact]
    public void Groups_that_call_each_other_without_end_are_stopped()
    {
        var result = MapBench.Run("src then A(src, tgt);", "\"a\":1", groups: "group A(source s, target t : Patient) { s then A(s, t); }");
        Assert.Null(result.Target);
        Assert.Equal("too-costly", Assert.Single(result.Issues).Code);
    }

    [Fact]
    public void Maps_that_import_each_other_are_each_taken_once()
    {
        static StructureMap Map(string name, string import) => MapParser.Parse($$"""
            map "http://x/{{name}}" = "{{name}}"
            uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as target
            imports "http://x/{{import}}"
            group {{name}}(source src, target tgt : Patient) { src.{{name}} as v -> tgt.{{(name == "one" ? "id" : "language")}} = v then {{import}}Inner(src, tgt); }
            group {{name}}Inner(source src, target tgt : Patient) { src -> tgt.active = true, tgt.gender = 'other'; }
            """).Map!;
        var compiled = new MappingLibrary(R4.Definitions, [Map("one", "two"), Map("two", "one")], []).Compile("http://x/one");
        Assert.Empty(compiled.Issues);
        var result = compiled.Map!.Run(MapBench.Letter("\"one\":\"1\""), new() { Now = DateTimeOffset.UnixEpoch, NewId = () => "id" });
        Assert.Equal("'id':'1','active':true,'gender':'other'", MapBench.Json(result));
    }

    [Fact]
    public void Inputs_of_an_extended_group_are_found_by_name()
    {
        var result = MapBench.Run("src.a as a -> tgt.name as n then Special(n, a, src);", "\"a\":\"x\"", groups: """
            group General(source s, target t : HumanName) { s -> t.family = s; }
            group Special(target t : HumanName, source s, source more) extends General { s -> t.use = 'old', t.text = s; }
            """);
        Assert.Empty(result.Issues);
        Assert.Equal("'name':[{'use':'old','text':'x','family':'x'}]", MapBench.Json(result));
    }

    [Fact]
    public void Children_stand_in_the_order_of_the_specification()
    {
        var result = MapBench.Run("src -> tgt.photo as p, p.title = 't', p.contentType = 'x/y', tgt.deceased = true, tgt.name as n, n.family = 'f', tgt.id = '1';", "\"a\":1");
        Assert.Empty(result.Issues);
        Assert.Equal("'id':'1','name':[{'family':'f'}],'deceasedBoolean':true,'photo':[{'contentType':'x/y','title':'t'}]", MapBench.Json(result));
    }
}
