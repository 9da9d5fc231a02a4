using System.Text;
using System.Text.Json.Nodes;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Terminology;
using CptsFhirHub.Fhir.Validation;

namespace CptsFhirHub.Fhir.Tests.Terminology;

/// <summary>Questions to the terminology and their answers, in R4's own form.</summary>
public sealed class Terminology_as_operations
{
    private const string Animals = """
        { "resourceType": "CodeSystem", "url": "urn:animals", "version": "2", "name": "Animals", "status": "active", "content": "complete", "language": "en",
          "property": [{ "code": "legs", "type": "integer" }, { "code": "gone", "uri": "http://hl7.org/fhir/concept-properties#inactive", "type": "boolean" }],
          "concept": [
            { "code": "animal", "display": "Animal", "concept": [
              { "code": "bird", "display": "Bird", "definition": "It flies, mostly.", "property": [{ "code": "legs", "valueInteger": 2 }],
                "designation": [{ "language": "fr", "value": "Oiseau" }, { "language": "de", "value": "Vogel" }],
                "concept": [{ "code": "dodo", "display": "Dodo", "property": [{ "code": "gone", "valueBoolean": true }] }, { "code": "owl", "display": "Owl" }] },
              { "code": "cat", "display": "Cat" }] }] }
        """;

    private const string Sounds = """
        { "resourceType": "CodeSystem", "url": "urn:sounds", "status": "active", "content": "complete", "concept": [{ "code": "hoot" }, { "code": "meow" }, { "code": "noise" }] }
        """;

    private const string All = """
        { "resourceType": "ValueSet", "url": "urn:all", "status": "active", "compose": { "include": [{ "system": "urn:animals" }] } }
        """;

    private const string Map = """
        { "resourceType": "ConceptMap", "url": "urn:map", "version": "1", "status": "active", "sourceUri": "urn:all",
          "group": [{ "source": "urn:animals", "target": "urn:sounds", "element": [
            { "code": "owl", "target": [{ "code": "hoot", "equivalence": "equivalent" }, { "code": "noise", "equivalence": "wider" }] },
            { "code": "cat", "target": [{ "code": "meow", "equivalence": "equivalent" }] },
            { "code": "dodo", "target": [{ "equivalence": "unmatched" }] }] }] }
        """;

    private static readonly Vocabulary Loaded = new(R4.Definitions.With(new[] { Animals, Sounds, All, Map }.Select(text => FhirJson.Parse(text).Resource!.Root)));

    [Theory]
    [InlineData("url=urn:all", "animal(bird(dodo owl) cat)", 5)]
    [InlineData("url=urn:all excludeNested=true", "animal bird dodo owl cat", 5)]
    [InlineData("url=urn:all activeOnly=true", "animal(bird(owl) cat)", 4)]
    [InlineData("url=urn:all filter=O", "dodo owl bird", 3)]
    [InlineData("url=urn:all count=2 offset=1", "bird dodo", 5)]
    [InlineData("url=urn:all count=0", "", 5)]
    public void An_expansion_is_nested_filtered_and_paged(string question, string expected, int total)
    {
        var expansion = Answer("ValueSet", "expand", question).Child("expansion")!;
        Assert.Equal(expected.Split(' ').Order(StringComparer.Ordinal), Shape(expansion).Split(' ').Order(StringComparer.Ordinal));
        Assert.Equal(total.ToString(), expansion.Text("total"));

        static string Shape(Element holder) =>
            string.Join(' ', holder.All("contains").ToArray().Select(one => one.Text("code") + (one.Child("contains") is null ? "" : $"({Shape(one)})")));
    }

    [Fact]
    public void An_expansion_gives_designations_and_properties()
    {
        var bird = Answer("ValueSet", "expand", "url=urn:all excludeNested=true includeDesignations=true designation=fr property=legs displayLanguage=de")
            .Child("expansion")!.All("contains").ToArray().Single(one => one.Text("code") == "bird");
        Assert.Equal("Vogel", bird.Text("display"));
        Assert.Equal("Oiseau", Assert.Single(bird.All("designation").ToArray()).Text("value"));
        Assert.Equal(["code legs", "value 2"], bird.Child("extension")!.All("extension").ToArray().Select(one => $"{one.Text("url")} {one.Children[1].Value}"));
    }

    [Theory]
    [InlineData("system=urn:animals code=bird", "display=Bird name=Animals version=2 definition=It_flies,_mostly. inactive=false parent=animal child=dodo child=owl legs=2")]
    [InlineData("system=urn:animals code=bird property=legs", "display=Bird name=Animals version=2 legs=2")]
    [InlineData("system=urn:animals code=bird property=parent displayLanguage=fr", "display=Oiseau name=Animals version=2 parent=animal")]
    [InlineData("system=urn:animals code=dodo property=inactive", "display=Dodo name=Animals version=2 inactive=true")]
    public void A_look_up_tells_what_is_asked(string question, string expected)
    {
        var answer = Answer("CodeSystem", "lookup", question);
        var told = answer.All("parameter").ToArray().Select(one => one.Text("name") switch
        {
            "property" => $"{Part(one, "code")}={Part(one, "value")}",
            "display" or "name" or "version" or "definition" => $"{one.Text("name")}={one.Children[1].Value!.Replace(' ', '_')}",
            _ => null,
        }).OfType<string>();
        Assert.Equal(expected.Split(' ').Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));

        static string? Part(Element one, string name) => one.All("part").ToArray().Single(part => part.Text("name") == name).Children[1].Value;
    }

    [Theory]
    [InlineData("lookup", "system=urn:animals code=dog", "not-found")]
    [InlineData("lookup", "system=urn:nothing code=dog", "not-found")]
    [InlineData("lookup", "code=dog", "required")]
    [InlineData("subsumes", "system=urn:animals codeA=owl codeB=dog", "not-found")]
    [InlineData("subsumes", "system=urn:animals codeA=owl", "required")]
    [InlineData("validate-code", "url=urn:animals", "required")]
    [InlineData("validate-code", "url=urn:animals code=owl displayLanguage=?", "processing")]
    [InlineData("validate-code", "url=urn:animals code=owl useSupplement=urn:none", "not-found")]
    public void What_cannot_be_answered_is_an_OperationOutcome(string operation, string question, string code)
    {
        var answer = TerminologyOperations.Run("CodeSystem", operation, Loaded, Question(question), DateTimeOffset.UnixEpoch)!;
        Assert.Equal(("OperationOutcome", code), (answer.Resource.ResourceType!, answer.Fault!.Code));
        Assert.Equal(code, answer.Resource.At("issue", "code")!.Value);
    }

    [Theory]
    [InlineData("animal", "owl", "subsumes")]
    [InlineData("owl", "animal", "subsumed-by")]
    [InlineData("owl", "owl", "equivalent")]
    [InlineData("owl", "cat", "not-subsumed")]
    public void Subsumption_has_four_answers(string a, string b, string outcome) =>
        Assert.Equal(outcome, Answer("CodeSystem", "subsumes", $"system=urn:animals codeA={a} codeB={b}").At("parameter", "valueCode")!.Value);

    [Theory]
    [InlineData("url=urn:map system=urn:animals code=owl", true, "equivalent:urn:sounds|hoot wider:urn:sounds|noise")]
    [InlineData("system=urn:animals code=cat targetsystem=urn:sounds", true, "equivalent:urn:sounds|meow")]
    [InlineData("system=urn:animals code=cat targetsystem=urn:other", false, "")]
    [InlineData("url=urn:map system=urn:animals code=dodo", false, "unmatched:")]
    [InlineData("url=urn:map system=urn:animals code=dog", false, "")]
    [InlineData("url=urn:map system=urn:sounds code=noise reverse=true", true, "narrower:urn:animals|owl")]
    [InlineData("source=urn:else system=urn:animals code=cat", false, "")]
    public void A_translation_tells_how_close_it_is(string question, bool result, string expected)
    {
        var answer = Answer("ConceptMap", "translate", question);
        Assert.Equal(result ? "true" : "false", answer.All("parameter")[0].Text("valueBoolean"));
        Assert.Equal(expected, string.Join(' ', answer.All("parameter").ToArray().Where(one => one.Text("name") == "match").Select(match =>
        {
            var parts = match.All("part").ToArray().ToDictionary(part => part.Text("name")!, part => part.Children[1]);
            return $"{parts["equivalence"].Value}:{(parts.TryGetValue("concept", out var coding) ? $"{coding.Text("system")}|{coding.Text("code")}" : "")}";
        })));
    }

    [Theory]
    [InlineData("url=urn:all count=-1")]
    [InlineData("url=urn:all count=1 offset=x")]
    public void A_page_of_an_expansion_is_given_in_whole_numbers(string question)
    {
        var answer = TerminologyOperations.Run("ValueSet", "expand", Loaded, Question(question), DateTimeOffset.UnixEpoch)!;
        Assert.Equal(("OperationOutcome", "value"), (answer.Resource.ResourceType!, answer.Fault!.Code));
    }

    [Theory]
    [InlineData("url=urn:animals code=owl", true)]
    [InlineData("url=urn:animals code=owl version=2", true)]
    [InlineData("url=urn:animals code=owl version=3", false)]
    public void A_code_is_judged_by_the_version_asked_for(string question, bool result) =>
        Assert.Equal(result ? "true" : "false", Answer("CodeSystem", "validate-code", question).All("parameter")[0].Text("valueBoolean"));

    [Fact]
    public void A_translation_gives_what_its_target_yields_besides()
    {
        var map = FhirJson.Parse("""
            {"resourceType":"ConceptMap","status":"active","group":[{"source":"urn:a","target":"urn:b","element":[{"code":"1","target":[
              {"code":"2","equivalence":"equivalent","product":[{"property":"urn:side","system":"urn:sides","value":"left","display":"Left"}]}]}]}]}
            """u8.ToArray()).Resource!.Root;
        var question = Element.OfResource("Parameters");
        question.AddItem("parameter").With("name", "conceptMap").Append(map.Copy("resource"));
        question.AddItem("parameter").With("name", "coding").Append(Element.Named("valueCoding").With("system", "urn:a").With("code", "1"));
        var (answer, _) = TranslateOperation.Run(Loaded, question);
        var match = answer!.All("parameter").ToArray().Single(one => one.Text("name") == "match");
        var product = match.All("part").ToArray().Single(part => part.Text("name") == "product").All("part").ToArray();
        Assert.Equal(("element", "urn:side"), (product[0].Text("name"), product[0].Text("valueUri")));
        Assert.Equal(("concept", "urn:sides", "left", "Left"), (product[1].Text("name"), product[1].At("valueCoding", "system")!.Value,
            product[1].At("valueCoding", "code")!.Value, product[1].At("valueCoding", "display")!.Value));
    }

    [Theory]
    [InlineData("url=urn:all system=urn:animals code=owl", true, "")]
    [InlineData("url=urn:all system=urn:animals code=dog", false, "not-in-vs invalid-code")]
    [InlineData("url=urn:all system=urn:animals code=owl display=Hibou", false, "invalid-display")]
    [InlineData("url=urn:all system=urn:animals code=owl display=Hibou lenient-display-validation=true", true, "invalid-display")]
    [InlineData("url=urn:all system=urn:animals code=bird display=oiseau", true, "")]
    [InlineData("url=urn:all system=urn:animals code=bird display=oiseau displayLanguage=de", false, "invalid-display")]
    [InlineData("url=urn:all system=urn:animals code=dodo", true, "code-comment")]
    [InlineData("url=urn:all system=urn:animals code=dodo activeOnly=true", false, "code-rule not-in-vs code-comment")]
    [InlineData("url=urn:all code=owl", false, "not-in-vs")]
    [InlineData("url=urn:all code=owl inferSystem=true", true, "")]
    public void A_validation_says_what_is_wrong(string question, bool result, string kinds)
    {
        var answer = Answer("ValueSet", "validate-code", question);
        Assert.Equal(result ? "true" : "false", answer.All("parameter")[0].Text("valueBoolean"));
        var issues = answer.All("parameter").ToArray().FirstOrDefault(one => one.Text("name") == "issues")?.Child("resource")!.All("issue").ToArray() ?? [];
        Assert.Equal(kinds, string.Join(' ', issues.Select(issue => issue.At("details", "coding", "code")?.Value)));
        Assert.All(issues, issue => Assert.DoesNotContain("Hibou", issue.At("details", "text")!.Value, StringComparison.Ordinal));
    }

    [Fact]
    public void A_batch_answers_each_question()
    {
        var batch = Element.OfResource("Parameters");
        batch.AddItem("parameter").With("name", "url").With("valueUri", "urn:all");
        foreach (var question in (string[])["system=urn:animals code=owl", "system=urn:animals code=dog", "url=urn:none code=x"])
            batch.AddItem("parameter").With("name", "validation").Append(Question(question).Copy("resource"));
        var answer = TerminologyOperations.Run("ValueSet", "batch-validate-code", Loaded, batch, DateTimeOffset.UnixEpoch)!;
        Assert.Equal(["true", "false", "OperationOutcome"], answer.Resource.All("parameter").ToArray().Select(one => one.Child("resource")!)
            .Select(one => one.ResourceType == "Parameters" ? one.At("parameter", "valueBoolean")!.Value : one.ResourceType));
    }

    private static Element Answer(string type, string operation, string question)
    {
        var answer = TerminologyOperations.Run(type, operation, Loaded, Question(question), DateTimeOffset.UnixEpoch)!;
        Assert.False(answer.IsRefused, answer.Fault?.Text);
        var parsed = FhirJson.Parse(FhirJson.Write(answer.Resource));
        Assert.DoesNotContain(new Validator(R4.Definitions).Check(parsed.Resource!, []), issue => issue.IsError);
        return answer.Resource;
    }

    /// <summary><c>name=value name=value</c> as a Parameters resource.</summary>
    private static Element Question(string text)
    {
        var parameters = new JsonArray();
        foreach (var pair in text.Split(' '))
        {
            var (name, value) = (pair[..pair.IndexOf('=')], pair[(pair.IndexOf('=') + 1)..]);
            parameters.Add(value is "true" or "false" ? new JsonObject { ["name"] = name, ["valueBoolean"] = value == "true" }
                : int.TryParse(value, out var number) ? new JsonObject { ["name"] = name, ["valueInteger"] = number }
                : new JsonObject { ["name"] = name, ["valueString"] = value });
        }

        return FhirJson.Parse(Encoding.UTF8.GetBytes(new JsonObject { ["resourceType"] = "Parameters", ["parameter"] = parameters }.ToJsonString())).Resource!.Root;
    }
}
