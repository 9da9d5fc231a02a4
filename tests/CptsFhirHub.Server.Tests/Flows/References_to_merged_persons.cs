using System.Text.Json.Nodes;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Flows;

/// <summary>Whatever refers to a person goes with it into another, goes on there, and comes back.</summary>
public sealed class References_to_merged_persons(HubHost host)
{
    /// <summary>A resource of each kind that refers to a person, in each element that a search finds; PERSON stands for the reference.</summary>
    private static readonly string[] Kinds =
    [
        """{"resourceType":"RelatedPerson","patient":PERSON}""",
        """{"resourceType":"ServiceRequest","status":"draft","intent":"order","subject":PERSON,"requester":PERSON,"supportingInfo":[PERSON]}""",
        """{"resourceType":"Task","status":"requested","intent":"order","for":PERSON,"requester":PERSON,"owner":PERSON,"input":[{"type":{"text":"x"},"valueReference":PERSON}]}""",
        """{"resourceType":"Task","status":"requested","intent":"order","focus":PERSON}""",
        """{"resourceType":"Schedule","actor":[PERSON]}""",
        """{"resourceType":"Appointment","status":"booked","start":"2026-12-01T10:00:00Z","end":"2026-12-01T10:15:00Z","participant":[{"actor":PERSON,"status":"accepted"}]}""",
        """{"resourceType":"Group","type":"person","actual":true,"member":[{"entity":PERSON,"period":{"start":"2026-01-01"}}]}""",
        """{"resourceType":"List","status":"current","mode":"working","subject":PERSON,"source":PERSON,"entry":[{"item":PERSON}]}""",
        """{"resourceType":"List","status":"current","mode":"working","entry":[{"item":PERSON}]}""",
        """{"resourceType":"CareTeam","subject":PERSON,"participant":[{"member":PERSON}]}""",
        """{"resourceType":"CarePlan","status":"active","intent":"plan","subject":PERSON,"author":PERSON}""",
        """{"resourceType":"EpisodeOfCare","status":"active","patient":PERSON}""",
        """{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"subject":PERSON}""",
        """{"resourceType":"Coverage","status":"active","beneficiary":PERSON,"payor":[PERSON],"subscriber":PERSON,"policyHolder":PERSON}""",
        """{"resourceType":"Condition","subject":PERSON,"asserter":PERSON,"recorder":PERSON}""",
        """{"resourceType":"Observation","status":"final","code":{"text":"x"},"subject":PERSON,"performer":[PERSON],"focus":[PERSON]}""",
        """{"resourceType":"Observation","status":"final","code":{"text":"x"},"performer":[PERSON]}""",
        """{"resourceType":"Flag","status":"active","code":{"text":"x"},"subject":PERSON,"author":PERSON}""",
        """{"resourceType":"RiskAssessment","status":"final","subject":PERSON,"basis":[PERSON]}""",
        """{"resourceType":"QuestionnaireResponse","status":"completed","subject":PERSON,"author":PERSON,"source":PERSON}""",
        """{"resourceType":"Communication","status":"completed","subject":PERSON,"recipient":[PERSON],"sender":PERSON,"about":[PERSON]}""",
        """{"resourceType":"CommunicationRequest","status":"active","subject":PERSON,"recipient":[PERSON],"sender":PERSON,"requester":PERSON}""",
        """{"resourceType":"DocumentReference","status":"current","subject":PERSON,"author":[PERSON],"content":[{"attachment":{"title":"x"}}],"context":{"sourcePatientInfo":PERSON,"related":[PERSON]}}""",
        """{"resourceType":"Consent","status":"active","scope":{"text":"x"},"category":[{"text":"x"}],"patient":PERSON,"performer":[PERSON],"policyRule":{"text":"x"},"provision":{"actor":[{"role":{"text":"x"},"reference":PERSON}]}}""",
        """{"resourceType":"Basic","code":{"text":"x"},"subject":PERSON,"author":PERSON}""",
        """{"resourceType":"MeasureReport","status":"complete","type":"individual","measure":"http://example.org/m","period":{"start":"2026"},"subject":PERSON,"evaluatedResource":[PERSON]}""",
    ];

    [Fact]
    public async Task Every_kind_goes_along_is_changed_there_and_comes_back_with_the_change()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New("1935-04-10");
        var source = "Patient/" + await team.CreateAsync("Patient", Person(who));
        var target = "Patient/" + await team.CreateAsync("Patient", Person(who with { Given = who.Given + "a" }));
        Dictionary<string, string> before = new(StringComparer.Ordinal);
        foreach (var kind in Kinds)
        {
            var json = kind.Replace("PERSON", $$"""{"reference":"{{source}}"}""", StringComparison.Ordinal);
            var type = JsonNode.Parse(json)!["resourceType"]!.GetValue<string>();
            var reference = $"{type}/{await team.CreateAsync(type, json)}";
            before[reference] = Content(await ReadAsync(team, reference));
        }

        var merged = await CallAsync(team, "$merge", ("source-patient", source), ("target-patient", target));
        Assert.Contains($"{Kinds.Length} resources were moved", merged.Text, StringComparison.Ordinal);
        foreach (var reference in before.Keys)
        {
            var there = await ReadAsync(team, reference);
            Assert.DoesNotContain(source, there.ToJsonString(), StringComparison.Ordinal);
            there["language"] = "fr";
            var changed = await team.PutFhirAsync(reference, there.ToJsonString());
            Assert.True(changed.Status == 200, changed.Text);
        }

        var provenance = JsonNode.Parse(merged.Text)!["parameter"]!.AsArray().Single(one => one!["name"]!.GetValue<string>() == "provenance")!["valueReference"]!["reference"]!;
        Assert.Equal(200, (await CallAsync(team, "$unmerge", ("provenance", provenance.GetValue<string>()))).Status);
        foreach (var (reference, content) in before)
        {
            var back = await ReadAsync(team, reference);
            Assert.Equal("fr", back["language"]!.GetValue<string>());
            back.Remove("language");
            Assert.Equal(content, Content(back));
        }
    }

    private static string Person(Somebody who) =>
        $$"""{"resourceType":"Patient","name":[{"use":"official","family":"{{who.Family}}","given":["{{who.Given}}"]}],"birthDate":"{{who.Born}}"}""";

    private static Task<Reply> CallAsync(HttpClient team, string operation, params (string Name, string Reference)[] parameters) => team.PostFhirAsync(
        $"Patient/{operation}",
        $$"""
        {"resourceType":"Parameters","parameter":[{{string.Join(',', parameters.Select(one => $$"""{"name":"{{one.Name}}","valueReference":{"reference":"{{one.Reference}}"} }"""))}}]}
        """);

    private static async Task<JsonObject> ReadAsync(HttpClient team, string reference) => JsonNode.Parse((await team.GetFhirAsync(reference)).Text)!.AsObject();

    /// <summary>The members in their order of name: a change that was taken back may have moved one.</summary>
    private static string Content(JsonObject resource) =>
        string.Join('\n', resource.Where(member => member.Key != "meta").OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key} {member.Value!.ToJsonString()}"));
}
