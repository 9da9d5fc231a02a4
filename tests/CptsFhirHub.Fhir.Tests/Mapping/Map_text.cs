using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Fhir.Tests.Mapping;

/// <summary>Every clause of the language, read, written as a resource and as text, and read again.</summary>
public sealed class Map_text
{
    private const string Whole = """"
        /// url = 'http://example.org/fhir/StructureMap/whole'
        /// name = "Whole"
        /// title = 'It''s whole'
        /// status = active
        /// experimental = true
        /// date = @2026-11-22
        /// publisher = 'CPTS d\'essai'
        /// jurisdiction =
        /// jurisdiction.coding =
        /// jurisdiction.coding.system = 'urn:iso:std:iso:3166'
        /// jurisdiction.coding.code = 'FR'
        /// purpose = """
        Several lines,
        *with* an = sign.
        """

        conceptmap "sex" {
          prefix s = "urn:s"
          prefix t = "http://hl7.org/fhir/administrative-gender"
          unmapped for s = provided
          s:M == t:male
          s:"F" = t:female
          s:1 - t:male
          s:2 != t:male
          s:3 <= t:other
          s:4 <- t:other
          s:5 >= t:other
          s:6 >- t:other
          s:7 ~ t:unknown
          s:8 --
        }

        uses "http://example.org/fhir/StructureDefinition/Letter" alias Letter as source // what comes
        uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as target
        uses "http://hl7.org/fhir/StructureDefinition/Organization" as produced
        uses "http://hl7.org/fhir/StructureDefinition/Location" alias Place as queried
        imports "http://example.org/fhir/StructureMap/*-common"
        let greeting = 'Hello';
        let twice = greeting & greeting;

        group Main(source src : Letter, target tgt : Patient) extends Other <<type+>> { // the way in
          src -> tgt : birthDate, gender;
          src.`odd-name` as o -> tgt.id = o; // kept
          src.a : string 0..* default ('x') first as a where (a != 'y') check (a.length() < 9) log ('seen ' & a) -> tgt.language = a "lang";
          src.b not_first as b, src.c not_last as c, src.d only_one as d then Called(b, 'two', 3, 1.5, true, tgt), Other(src, tgt) { src.e as e -> tgt.active = true; } "calls";
          src.f last as f -> tgt.name as n share names, n.given = (f.upper()), n.family = append(f, '-', 2) then { f -> n.use = 'old'; };
          src.g as g -> create('Organization') as org, org.id = uuid(), tgt.contained = org, tgt.managingOrganization = reference(org);
          src.h as h -> tgt.gender = translate(h, '#sex', 'code'), tgt.telecom = cp('phone', h) collate, tgt.identifier = id('urn:x', h) first;
          src.i as i -> evaluate(i, $this & "x") as v, tgt.maritalStatus = cc('urn:m', i, "a \"quoted\" text"), (greeting) as w;
          src.j as j -> tgt.extension as ext, ext.url = 'u', ext.value = -5, ext.id = truncate(j, 4), ext.value = @2020-01-02;
        }

        group Called(source a, source b, source c, source d, source e, target t) { }
        group Other(source src : Letter, target tgt : Patient) <<types>> { /* nothing
           yet */ }
        """";

    [Fact]
    public void Every_clause_survives_text_resource_and_text()
    {
        var first = Read(Whole.Replace("It''s", "It is", StringComparison.Ordinal));
        var resource = StructureMapResource.Write(first);
        Assert.Equal(Json(resource), Again(MapText.Write(first)));
        Assert.Equal(Json(resource), Again(MapText.Write(StructureMapResource.Read(resource).Map!)));
        Assert.Equal(MapText.Write(first), MapText.Write(Read(MapText.Write(first))));
    }

    [Theory]
    [InlineData("\u2028")]
    [InlineData("\u0085")]
    [InlineData("\f")]
    [InlineData("\r")]
    public void A_comment_keeps_what_separates_lines_elsewhere(string sign)
    {
        var first = Read(Whole.Replace("the way in", $"the{sign}way in", StringComparison.Ordinal));
        Assert.Contains(first.Groups, group => group.Documentation == $"the{sign}way in");
        Assert.Equal(Json(StructureMapResource.Write(first)), Again(MapText.Write(first)));
    }

    [Fact]
    public void A_documentation_of_several_lines_becomes_a_comment_of_one()
    {
        var map = Read(Whole.Replace("It''s", "It is", StringComparison.Ordinal));
        var lines = map with { Groups = [.. map.Groups.Select(group => group with { Documentation = "one\r\ntwo\nthree" })] };
        Assert.All(Read(MapText.Write(lines)).Groups, group => Assert.Equal("one two three", group.Documentation));
    }

    [Fact]
    public void Clauses_become_the_elements_of_the_resource()
    {
        var resource = StructureMapResource.Write(Read(Whole.Replace("It''s", "It is", StringComparison.Ordinal)));
        Assert.Equal("true", resource.Text("experimental"));
        Assert.Equal("2026-11-22", resource.Text("date"));
        Assert.Equal("CPTS d'essai", resource.Text("publisher"));
        Assert.Equal("FR", resource.At("jurisdiction", "coding", "code")?.Value);
        Assert.Equal("Several lines,\n*with* an = sign.", resource.Text("purpose"));
        Assert.Equal("what comes", resource.At("structure", "documentation")?.Value);
        Assert.Equal("the way in", resource.At("group", "documentation")?.Value);
        Assert.Equal(["equivalent", "equal", "relatedto", "disjoint", "wider", "subsumes", "narrower", "specializes", "inexact", "unmatched"],
            resource.Child("contained")!.All("group").ToArray().SelectMany(group => group.All("element").ToArray())
                .Select(element => element.At("target", "equivalence")!.Value));
        var rules = resource.Child("group")!.All("rule").ToArray();
        Assert.Equal(["birthDate", "gender", "odd-name", "lang", "calls", "f", "g", "h", "i", "j"], rules.Select(rule => rule.Text("name")));
        Assert.Equal("kept", rules[2].Text("documentation"));
        Assert.Equal(["collate"], rules[7].All("target")[1].All("listMode").ToArray().Select(mode => mode.Value));
        Assert.Equal("-5", rules[9].All("target")[2].At("parameter", "valueInteger")?.Value);
        Assert.Equal(["contained", "url", "name", "title", "status", "experimental", "date", "publisher", "jurisdiction", "purpose", "structure", "import", "group"],
            resource.Children.ToArray().Select(child => child.Name).Distinct().Except(["id", "extension"]));
    }

    [Theory]
    [InlineData("/// nonsense = 'x'\n")]
    [InlineData("/// group.name = 'x'\n")]
    [InlineData("/// jurisdiction = 'x'\n")]
    public void Metadata_that_is_no_element_is_told(string line)
    {
        var parsed = MapParser.Parse(line + "map \"http://x/M\" = M\ngroup G(source a, target b) { }");
        Assert.True(parsed.IsSound);
        Assert.Equal("line 1, column 1", Assert.Single(parsed.Issues).Path);
    }

    [Fact]
    public void Public_maps_and_our_own_survive_the_way_to_text_and_back()
    {
        var files = Directory.GetFiles(Repository.File("mappings"), "*.map", SearchOption.AllDirectories).ToList();
        Assert.NotEmpty(files);
        if (Path.Join(Repository.Corpora, "fml") is { } corpus && Directory.Exists(corpus))
            files.AddRange(Directory.GetFiles(corpus, "*.map", SearchOption.AllDirectories));
        foreach (var file in files)
        {
            var map = Read(File.ReadAllText(file));
            Assert.Equal(Json(StructureMapResource.Write(map)), Again(MapText.Write(map)));
        }
    }

    private static StructureMap Read(string text)
    {
        var parsed = MapParser.Parse(text);
        Assert.Empty(parsed.Issues);
        return parsed.Map!;
    }

    private static string Again(string text) => Json(StructureMapResource.Write(Read(text)));

    private static string Json(Element resource) => System.Text.Encoding.UTF8.GetString(FhirJson.Write(resource, pretty: true));
}
