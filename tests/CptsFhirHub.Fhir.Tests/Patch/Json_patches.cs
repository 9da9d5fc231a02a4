using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Patch;

namespace CptsFhirHub.Fhir.Tests.Patch;

public sealed class Json_patches
{
    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"","value":[1.50]}]""", "[1.50]")]
    [InlineData("""{"a":null}""", """[{"op":"test","path":"/a","value":null},{"op":"replace","path":"/a","value":{"b":null}}]""", """{"a":{"b":null}}""")]
    [InlineData("""{"a":[1,2,3]}""", """[{"op":"move","from":"/a/0","path":"/a/2"}]""", """{"a":[2,3,1]}""")]
    [InlineData("""{"a":[1]}""", """[{"op":"copy","from":"/a","path":"/a/-"}]""", """{"a":[1,[1]]}""")]
    [InlineData("""{"a":1,"b":2}""", """[{"op":"move","from":"/a","path":"/a"}]""", """{"a":1,"b":2}""")]
    [InlineData("""{"a/b":1,"m~n":2,"":3,"~1":4}""", """[{"op":"remove","path":"/a~1b"},{"op":"remove","path":"/m~0n"},{"op":"remove","path":"/"},{"op":"test","path":"/~01","value":4}]""", """{"~1":4}""")]
    [InlineData("""{"v":1.0,"w":[1e2]}""", """[{"op":"test","path":"/v","value":1},{"op":"test","path":"/w/0","value":100.00}]""", """{"v":1.0,"w":[1e2]}""")]
    [InlineData("""{"o":{"x":1,"y":"é"}}""", """[{"op":"test","path":"/o","value":{"y":"\u00e9","x":1.00}},{"op":"copy","from":"/o","path":"/p"}]""", """{"o":{"x":1,"y":"é"},"p":{"x":1,"y":"é"}}""")]
    [InlineData("""{"a":1,"b":2}""", """[{"op":"replace","path":"/a","value":0.10}]""", """{"a":0.10,"b":2}""")]
    public void A_patch_gives(string document, string patch, string expected)
    {
        var patched = Apply(document, patch);
        Assert.True(patched.Json is not null, patched.Issues.Count > 0 ? patched.Issues[0].ToString() : "");
        Assert.Equal(expected, Encoding.UTF8.GetString(patched.Json!));
    }

    [Theory]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/2","value":1}]""")]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/00","value":1}]""")]
    [InlineData("""{"a":[1]}""", """[{"op":"remove","path":"/a/-"}]""")]
    [InlineData("""{"a":[1]}""", """[{"op":"replace","path":"/b","value":1}]""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"move","from":"/a","path":"/a/b/c"}]""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/a/b","value":1}]""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/a","value":"1"}]""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/b","value":null}]""")]
    [InlineData("""{"a":1}""", """[{"op":"remove","path":""}]""")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"/a","value":2},{"op":"remove","path":"/none"}]""")]
    public void What_does_not_fit_is_an_error(string document, string patch)
    {
        var patched = Apply(document, patch);
        Assert.Null(patched.Json);
        Assert.Equal(Severity.Error, patched.Issues[0].Severity);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""[{"op":"add","path":"/a"}]""")]
    [InlineData("""[{"op":"jump","path":"/a"}]""")]
    [InlineData("""[{"op":"copy","path":"/a"}]""")]
    [InlineData("""[{"op":"remove","path":"a"}]""")]
    [InlineData("""[{"op":"remove","path":"/a~2"}]""")]
    [InlineData("""[{"op":"remove","path":"/a","op":"add"}]""")]
    [InlineData("""[{"op":"remove","path":"/\ud800"}]""")]
    [InlineData("""[{"op":"add","path":"/b","value":{"\ud800":1,"x":2}}]""")]
    [InlineData("""[{"op":7,"path":"/a"}]""")]
    public void A_malformed_patch_is_a_fatal_issue(string patch)
    {
        var patched = Apply("""{"a":1}""", patch);
        Assert.Null(patched.Json);
        Assert.Equal(Severity.Fatal, patched.Issues[0].Severity);
    }

    [Fact]
    public void Copies_of_copies_end_at_a_limit()
    {
        var doubling = string.Join(',', Enumerable.Repeat("""{"op":"copy","from":"/a","path":"/a/-"}""", PatchLimits.OperationsMax));
        Assert.Equal("too-costly", Apply("""{"a":["xxxxxxxxxxxxxxxx"]}""", $"[{doubling}]").Issues[0].Code);
        var wide = string.Join(',', Enumerable.Range(0, 100).Select(n => $$"""{"op":"copy","from":"","path":"/b{{n}}"}"""));
        Assert.Equal("too-costly", Apply("""{"a":1}""", $"[{wide}]").Issues[0].Code);
    }

    [Fact]
    public void Two_hundred_operations_are_taken_and_one_more_is_not()
    {
        static string Times(int count) => "[" + string.Join(',', Enumerable.Repeat("""{"op":"replace","path":"/a","value":2}""", count)) + "]";
        Assert.NotNull(Apply("""{"a":1}""", Times(PatchLimits.OperationsMax)).Json);
        Assert.Equal("too-costly", Apply("""{"a":1}""", Times(PatchLimits.OperationsMax + 1)).Issues[0].Code);
    }

    [Fact]
    public void A_resource_is_read_again_after_it_was_patched()
    {
        var target = FhirJson.Parse("""{"resourceType":"Observation","valueQuantity":{"value":1.50},"note":[{"text":"x"}]}""").Resource!;
        var sound = JsonPatch.Apply(target, """[{"op":"add","path":"/_status","value":{"id":"s"}}]"""u8.ToArray());
        Assert.Equal("""{"resourceType":"Observation","valueQuantity":{"value":1.50},"note":[{"text":"x"}],"_status":{"id":"s"}}""", Encoding.UTF8.GetString(sound.Resource!.Json.Span));
        var hollow = JsonPatch.Apply(target, """[{"op":"remove","path":"/note/0"}]"""u8.ToArray());
        Assert.False(hollow.IsSound);
        Assert.Equal(Severity.Error, hollow.Issues[0].Severity);
        Assert.False(JsonPatch.Apply(target, """[{"op":"remove","path":"/resourceType"}]"""u8.ToArray()).IsSound);
    }

    private static PatchedJson Apply(string document, string patch) =>
        JsonPatch.Apply(Encoding.UTF8.GetBytes(document), Encoding.UTF8.GetBytes(patch));
}
