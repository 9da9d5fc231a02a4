namespace CptsFhirHub.Fhir.Tests.Mapping;

/// <summary>What the rules of a map do: sources, targets, lists, groups.</summary>
public sealed class Map_rules
{
    [Theory]
    [InlineData("src.a as a -> tgt.birthDate = a;", "'a':'1950-01-02'", "'birthDate':'1950-01-02'")]
    [InlineData("src.a -> tgt.gender;", "'a':'female'", "'gender':'female'")]
    [InlineData("src.a as a -> tgt.active = a;", "'a':true", "'active':true")]
    [InlineData("src.a as a -> tgt.name as n, n.family = a;", "'a':'Petit'", "'name':[{'family':'Petit'}]")]
    [InlineData("src.a as a -> tgt.name as n, n.family = a;", "'b':1", "")]
    [InlineData("src.a as a -> tgt.name as n then { a.b as b -> n.family = b; };", "'a':{'c':1}", "")]
    [InlineData("src.a as a -> tgt.multipleBirth = a;", "'a':2", "'multipleBirthInteger':2")]
    [InlineData("src.a as a -> tgt.multipleBirth = a;", "'a':true", "'multipleBirthBoolean':true")]
    [InlineData("src -> tgt.maritalStatus as m, m.text = 'x'; src -> tgt.maritalStatus as m, m.id = 'y';", "'a':1", "'maritalStatus':{'id':'y','text':'x'}")]
    [InlineData("src.a as a, src.b as b -> tgt.name as n, n.family = a, n.given = b;", "'a':'A','b':['1','2']",
        "'name':[{'family':'A','given':['1']},{'family':'A','given':['2']}]")]
    [InlineData("src.a as a, src.b as b -> tgt.name as n, n.family = a;", "'a':'A'", "")]
    [InlineData("src -> tgt.name as n share one, n.family = 'A'; src -> tgt.name as n share one, n.given = 'B';", "'a':1", "'name':[{'family':'A','given':['B']}]")]
    [InlineData("src -> tgt.name as n, n.family = 'A'; src -> tgt.name as n first, n.family = 'B';", "'a':1", "'name':[{'family':'B'},{'family':'A'}]")]
    [InlineData("src -> tgt.name as n, n.family = 'A'; src -> tgt.name as n collate, n.use = 'old';", "'a':1", "'name':[{'use':'old','family':'A'}]")]
    [InlineData("src.a as a -> create('HumanName') as n, tgt.name = n then { a -> n.family = a; };", "'a':'Late'", "'name':[{'family':'Late'}]")]
    [InlineData("src.a default 'none' as a -> tgt.id = a;", "'b':1", "'id':'none'")]
    public void A_rule_writes(string rules, string letter, string expected) => Check(rules, letter, expected);

    [Theory]
    [InlineData("first", "'given':['1']")]
    [InlineData("not_first", "'given':['2','3']")]
    [InlineData("last", "'given':['3']")]
    [InlineData("not_last", "'given':['1','2']")]
    public void A_list_mode_takes_some_items(string mode, string expected) =>
        Check($"src -> tgt.name as n then {{ src.a {mode} as a -> n.given = a; }} \"n\";", "'a':['1','2','3']", $"'name':[{{{expected}}}]");

    [Theory]
    [InlineData("src.a as a where a.length() > 1 -> tgt.id = a;", "'a':'xy'", "'id':'xy'")]
    [InlineData("src.a as a where a.length() > 1 -> tgt.id = a;", "'a':'x'", "")]
    [InlineData("src.a as a where src.b = 2 -> tgt.id = a;", "'a':'x','b':2", "'id':'x'")]
    [InlineData("src.a as a where %src.b = 2 -> tgt.id = a;", "'a':'x','b':3", "")]
    [InlineData("src.a as a where kind = 'k' -> tgt.id = (a.text);", "'a':[{'kind':'j','text':'no'},{'kind':'k','text':'yes'}]", "'id':'yes'")]
    [InlineData("src.a as a where src.b.where(a = 1).exists() -> tgt.id = a;", "'a':'x','b':[{'a':1}]", "'id':'x'")]
    [InlineData("src -> tgt.birthDate = (today());", "'a':1", "'birthDate':'2026-11-22'")]
    [InlineData("src -> tgt.name as n, n.given = (src.a | src.b);", "'a':'x','b':'y'", "'name':[{'given':['x','y']}]")]
    public void Variables_are_seen_in_expressions(string rules, string letter, string expected) => Check(rules, letter, expected);

    [Fact]
    public void A_group_is_called_with_sources_targets_and_literals() =>
        Check(
            "src.a as a -> tgt.name as n then Named(a, 'old', n);",
            "'a':{'f':'Petit'}",
            "'name':[{'use':'old','family':'Petit'}]",
            "group Named(source a, source use, target n : HumanName) { a.f as f -> n.use = use, n.family = f; }");

    [Fact]
    public void A_group_extends_another() =>
        Check(
            "src then Special(src, tgt);",
            "'a':'x'",
            "'id':'x','active':true",
            "group General(source s, target t : Patient) { s.a as a -> t.id = a; } group Special(source s, target t : Patient) extends General { s -> t.active = true; }");

    [Fact]
    public void A_group_for_the_types_is_taken_when_none_is_named()
    {
        var result = MapBench.Run(
            "src.a as a -> create('HumanName') as n, n.family = a then { n -> tgt.contact as c then Contact(n, c); };",
            "\"a\":\"Petit\"",
            groups: """
                group Contact(source n : HumanName, target c) { n -> c.name as name then Names(n, name); }
                group Names(source s : HumanName, target t : HumanName) <<type+>> { s.family -> t.text; }
                """);
        Assert.Equal("'contact':[{'name':{'text':'Petit'}}]", MapBench.Json(result));
    }

    [Theory]
    [InlineData("src.a as a check a.length() = 1 -> tgt.id = a \"one\";", "'a':'xy'", "Rule 'one' (test, line 8, column 1): the check \"a.length() = 1\" failed.")]
    [InlineData("src.a 1..1 as a -> tgt.id = a \"one\";", "'b':1", "'a' must be there at least 1 times")]
    [InlineData("src.a only_one as a -> tgt.id = a \"one\";", "'a':['x','y']", "'a' may be there once only")]
    [InlineData("src.a as a -> tgt.multipleBirth = cast(a, 'integer') \"one\";", "'a':'x'", "the value cannot be cast to integer")]
    [InlineData("src.a as a -> tgt.active = a \"one\";", "'a':'x'", "the value is no boolean, as 'tgt.active' must be.")]
    [InlineData("src -> tgt.maritalStatus = 'M' \"one\";", "'a':'x'", "'tgt.maritalStatus' is a CodeableConcept, a string cannot be written into it.")]
    [InlineData("src -> tgt.multipleBirth = cast('x', 'string') \"one\";", "'a':'x'", "'tgt.multipleBirth' cannot be a string.")]
    [InlineData("src.a as a -> tgt.id = (a | 'y') \"one\";", "'a':'x'", "gives 2 items, 'tgt.id' takes one.")]
    public void A_fault_names_its_rule_and_goes_on(string rules, string letter, string expected)
    {
        var result = MapBench.Run(rules + "\nsrc -> tgt.language = 'fr';", letter.Replace('\'', '"'));
        Assert.NotEmpty(result.Issues);
        Assert.All(result.Issues, issue => Assert.Equal("one", issue.Rule));
        Assert.Contains(expected, string.Concat(result.Issues.Select(issue => issue.Text)), StringComparison.Ordinal);
        Assert.Equal("fr", result.Target!.Text("language"));
    }

    [Fact]
    public void A_fault_never_tells_the_value()
    {
        var result = MapBench.Run("src.nir as nir -> tgt.active = nir, tgt.birthDate = dateOp(nir, 'hl7'), tgt.multipleBirth = cast(nir, 'integer');", "\"nir\":\"2470385\"");
        Assert.Equal(2, result.Issues.Count);
        Assert.All(result.Issues, issue => Assert.DoesNotContain("2470385", issue.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Groups_that_call_each_other_without_end_are_stopped()
    {
        var result = MapBench.Run("src then Again(src, tgt);", "\"a\":1", groups: "group Again(source s, target t : Patient) { s then Again(s, t); }");
        Assert.Null(result.Target);
        Assert.Contains("at most 100 deep", Assert.Single(result.Issues).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_target_that_grows_without_measure_is_stopped()
    {
        var many = string.Join(',', Enumerable.Range(0, 1000).Select(i => i.ToString()));
        var result = MapBench.Run("src.a as a, src.a as b -> tgt.name as n, n.family = 'x';", $"\"a\":[{many}]");
        Assert.Null(result.Target);
        Assert.Contains("at most 200000 elements", Assert.Single(result.Issues).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void One_compiled_map_serves_many_threads()
    {
        var compiled = MapBench.Compile("src.a as a where a.length() > 0 -> tgt.name as n, n.family = a, tgt.id = uuid();").Map!;
        Parallel.For(0, 500, i =>
        {
            var result = compiled.Run(MapBench.Letter($"\"a\":\"name-{i}\""), new() { Now = DateTimeOffset.UnixEpoch, NewId = () => $"id-{i}" });
            Assert.Equal($"'id':'id-{i}','name':[{{'family':'name-{i}'}}]", MapBench.Json(result));
        });
    }

    private static void Check(string rules, string letter, string expected, string groups = "")
    {
        var result = MapBench.Run(rules, letter.Replace('\'', '"'), groups: groups);
        Assert.Empty(result.Issues);
        Assert.Equal(expected, MapBench.Json(result));
    }
}
