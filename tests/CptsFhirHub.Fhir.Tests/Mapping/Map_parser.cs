using CptsFhirHub.Fhir.Mapping;

namespace CptsFhirHub.Fhir.Tests.Mapping;

/// <summary>Faults in a map's text and in what it names are told with their line and column.</summary>
public sealed class Map_parser
{
    private const string Head = "map \"http://x/M\" = \"M\"\nuses \"http://hl7.org/fhir/StructureDefinition/Patient\" alias Patient as target\n";

    [Theory]
    [InlineData("group G(source s, target t : Patient) { s.a as a -> t.id = a }", "line 3, column 62", "';' was expected after the rule, '}' was found.")]
    [InlineData("group G(source s, target t : Patient) { s.a.b as a -> t.id = a; }", "line 3, column 44", "A rule goes one step at a time")]
    [InlineData("group G(source s, target t : Patient) { s.a as a -> t.id = upper(a); }", "line 3, column 60", "'upper' is no transform")]
    [InlineData("group G(source s, target t : Patient) { s.a as a where (b = 'x' -> t.id = a; }", "line 3, column 65", "A bracket of the expression is not closed.")]
    [InlineData("group G(source s, target t : Patient) { s.a as a -> t.id = 'x; }", "line 3, column 60", "not closed")]
    [InlineData("group G(s, target t : Patient) { }", "line 3, column 9", "'source' was expected")]
    [InlineData("grupo G(source s) { }", "line 3, column 1", "'map', 'uses', 'imports'")]
    [InlineData("uses \"http://x\" as reader", "line 4, column 1", "not as 'reader'")]
    [InlineData("group G(source s, target t : Patient) { s.a 0..x -> t.id = 'a'; }", "line 3, column 48", "upper bound")]
    [InlineData("conceptmap \"c\" { prefix s = \"urn:s\"\n z:a == s:b }", "line 4, column 3", "The prefix 'z' is not declared.")]
    public void A_fault_has_its_place(string text, string place, string fault)
    {
        var parsed = MapParser.Parse(Head + text + (text.StartsWith("uses", StringComparison.Ordinal) ? "\n" : ""));
        Assert.False(parsed.IsSound);
        var issue = parsed.Issues[0];
        Assert.Contains(fault, issue.Text, StringComparison.Ordinal);
        Assert.Equal(place, issue.Path);
    }

    [Fact]
    public void Reading_goes_on_after_a_fault()
    {
        var parsed = MapParser.Parse(Head + """
            group G(source s, target t : Patient) {
              s.a as a -> t.id = nonsense(a);
              s.b as b -> t.language = b "good";
              s.c as c => t.id = c;
            }
            group H(source s, target t : Patient) { s -> t.active = true; }
            """);
        Assert.Equal(2, parsed.Issues.Count);
        Assert.Equal("good", Assert.Single(parsed.Map!.Groups[0].Rules).Name);
        Assert.Equal("H", parsed.Map.Groups[1].Name);
    }

    [Theory]
    [InlineData("src.a as a -> tgt.gendr = a \"one\";", "Rule 'one': Patient has no element 'gendr'.")]
    [InlineData("src.a as a -> tgt.contact as c, c.nom = a \"one\";", "Rule 'one': Patient.contact has no element 'nom'.")]
    [InlineData("src.a as a -> tgt.id = b \"one\";", "Rule 'one' uses 'b', which is no variable here (there are a, src, tgt).")]
    [InlineData("src.a as a -> a.id = 'x' \"one\";", "Rule 'one' writes into 'a', which is no target variable here")]
    [InlineData("other.a as a -> tgt.id = a \"one\";", "Rule 'one' reads from 'other', which is no variable here")]
    [InlineData("src.a as a then Nowhere(a, tgt) \"one\";", "Rule 'one' goes on with the group 'Nowhere'")]
    [InlineData("src.a as a then Main(a) \"one\";", "Rule 'one': the group 'Main' takes 2 inputs, 1 are given.")]
    [InlineData("src.a as a where a.isInteger() -> tgt.id = a \"one\";", "Rule 'one': the expression \"a.isInteger()\" is not FHIRPath")]
    [InlineData("src.a as a -> tgt.deceased as d \"one\"; src -> tgt.name as n, n.id = 'x' then { src -> n.use = 'x'; };", "'tgt.deceased' has a choice of types")]
    [InlineData("src.a as a -> tgt.id = truncate(a) \"one\";", "'truncate' is used so: truncate(text, length).")]
    [InlineData("src.a as a -> tgt.contained = create('Cat') \"one\";", "The type 'Cat' is unknown")]
    public void A_name_that_is_wrong_is_found_when_the_map_is_compiled(string rules, string fault)
    {
        // A second target makes the rule more than src.a -> tgt.b.
        var compilation = MapBench.Compile(rules.Replace("as d \"one\"", "as d, tgt.id = 'x' \"one\"", StringComparison.Ordinal));
        Assert.Null(compilation.Map);
        var issue = compilation.Issues[0];
        Assert.Contains(fault, issue.Text, StringComparison.Ordinal);
        Assert.StartsWith("test, line 8, column ", issue.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Metadata_may_stand_in_comments()
    {
        var map = MapParser.Parse("""
            /// url = 'http://x/M'
            /// name = 'M'
            /// title = "A map"
            /// status = active
            group G(source s, target t) { s.a -> t.a; }
            """).Map!;
        Assert.Equal(("http://x/M", "M", "A map", "active"), (map.Url, map.Name, map.Title, map.Status));
    }

    [Fact]
    public void A_map_without_url_or_group_is_refused()
    {
        Assert.Contains(MapParser.Parse("group G(source s, target t) { s.a -> t.a; }").Issues, issue => issue.Text.Contains("no url", StringComparison.Ordinal));
        Assert.Contains(MapParser.Parse("map \"http://x\" = \"x\"").Issues, issue => issue.Text.Contains("no group", StringComparison.Ordinal));
        Assert.False(MapParser.Parse("").IsSound);
        Assert.False(MapParser.Parse(new string(' ', MapParser.TextLengthMax + 1)).IsSound);
    }

    [Fact]
    public void Rules_nest_32_deep_and_no_deeper()
    {
        Assert.True(MapParser.Parse(Nested(31)).IsSound);
        Assert.Contains("at most 32 deep", MapParser.Parse(Nested(32)).Issues[0].Text, StringComparison.Ordinal);

        static string Nested(int depth) => Head + "group G(source s, target t : Patient) {"
            + string.Concat(Enumerable.Repeat("s then {", depth)) + string.Concat(Enumerable.Repeat("};", depth)) + "}";
    }

    [Fact]
    public void Any_text_is_read_without_an_exception()
    {
        const string Pieces = "map group ( ) { } -> ; , . : = << >> 'a' \"b\" `c` as where check log then src tgt 0..1 // x\n /// y = z\n @2020 \\ $ % # ~ é";
        var words = Pieces.Split(' ');
        for (var seed = 0; seed < 2000; seed++)
        {
            var random = new Random(seed);
            var text = string.Join(' ', Enumerable.Range(0, random.Next(1, 40)).Select(_ => words[random.Next(words.Length)]));
            Assert.False(MapParser.Parse(text).IsSound, $"seed {seed}");
        }
    }
}
