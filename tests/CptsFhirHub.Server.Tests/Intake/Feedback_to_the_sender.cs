using System.Text.Json;
using System.Text.Json.Nodes;
using CptsFhirHub.Server.Intake;

namespace CptsFhirHub.Tests.Intake;

/// <summary>Who reported a person learns what became of it, as far as each may know.</summary>
public sealed class Feedback_to_the_sender
{
    private const string Secret = "whsec_Y2FsbGJhY2stc2VjcmV0LW9mLXRoZS1ob3NwaXRhbA==";
    private const string States = "https://cpts-fhir-hub.example/fhir/CodeSystem/etat-parcours";

    [Fact]
    public async Task Hospital_town_hall_and_pharmacist_each_hear_their_part()
    {
        await using var peer = await StubPeer.StartAsync();
        await using var host = await HubHost.StartAsync(
            ("Hub:DemoTerritory", "false"), ("Hub:Outbox:Pause", "00:00:00.100"),
            ("Hub:Outbound:0:For", "demo-hospital"), ("Hub:Outbound:0:Url", $"{peer.Url}/statut"), ("Hub:Outbound:0:Secret", Secret),
            ("Hub:Outbound:0:AllowPrivate", "true"),
            ("Hub:Clients:0:Id", "mairie-test"), ("Hub:Clients:0:Tenant", "demo-cpts"), ("Hub:Clients:0:Role", "mairie"),
            ("Hub:Clients:0:Secret", "0123456789abcdef0123456789abcdef"), ("Hub:Clients:0:ApiKey", "fedcba9876543210fedcba9876543210"));
        using var hospital = await host.ClientAsync("demo-hospital");
        using var desk = await host.ClientAsync("demo-guichet");
        using var team = await host.ClientAsync("demo-cpts");
        using var townHall = host.Anonymous();
        townHall.DefaultRequestHeaders.Add("X-Api-Key", "fedcba9876543210fedcba9876543210");
        var who = Somebody.New();
        var (status, answer) = await hospital.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        Assert.True(status == 201, $"{status} {answer}");
        var number = answer.Text("tracking");

        foreach (var (state, task) in new[] { ("a-qualifier", "accepted"), ("qualifie", "ready"), ("en-attente-medecin", "ready"), ("propose", "in-progress"), ("accepte", "in-progress") })
            await MoveAsync(team, number, state, task);
        var accepted = await TrackingAsync(hospital, number);
        Assert.Equal(("accepte", ""), (accepted.Text("state"), accepted.Text("firstVisit")));
        using (var visit = await team.PostAsync(new Uri("/fhir/Appointment", UriKind.Relative), Messages.Body(
            $$"""
            {"resourceType":"Appointment","status":"booked","start":"2026-12-03T09:20:00+01:00","end":"2026-12-03T09:40:00+01:00",
             "basedOn":[{"reference":"{{answer.Text("signalement")}}"}],
             "participant":[{"actor":{"reference":"{{answer.Text("patient")}}"},"status":"accepted"}]}
            """, "application/fhir+json")))
            Assert.Equal(201, (int)visit.StatusCode);
        await MoveAsync(team, number, "premier-rdv", "in-progress");

        // Asked for by the number.
        var told = await TrackingAsync(hospital, number);
        Assert.Equal(("premier-rdv", "2026-12-03T09:20:00+01:00"), (told.Text("state"), told.Text("firstVisit")));
        Assert.Equal("Accepté par un médecin, premier rendez-vous le 03/12/2026.", told.Text("display"));
        told = await TrackingAsync(desk, number);
        Assert.Equal("Un médecin a été trouvé, le premier rendez-vous s'organise.", told.Text("display"));
        Assert.Equal("", told.Text("firstVisit"));
        told = await TrackingAsync(townHall, number);
        Assert.Equal(("pris-en-charge", "Pris en charge."), (told.Text("state"), told.Text("display")));

        // Told by a signed call, in the order of the steps, and never what a step does not change for the hospital.
        var calls = await peer.WaitAsync(1, call => call.Text.Contains("premier-rdv", StringComparison.Ordinal));
        var last = calls.Single(call => call.Text.Contains("premier-rdv", StringComparison.Ordinal));
        using var said = JsonDocument.Parse(last.Body);
        Assert.Equal(number, said.RootElement.Text("tracking"));
        Assert.Equal("2026-12-03T09:20:00+01:00", said.RootElement.Text("firstVisit"));
        Assert.True(WebhookSignature.Of(last.Headers)!.Fits(last.Body, [WebhookSignature.Secret(Secret)], DateTimeOffset.UtcNow));
        Assert.DoesNotContain(peer.Seen, call => call.Text.Contains(who.Family, StringComparison.Ordinal));
        Assert.Equal(["a-qualifier", "qualifie", "en-attente-medecin", "propose", "accepte", "premier-rdv"],
            peer.Seen.Select(call => JsonDocument.Parse(call.Body).RootElement.Text("state")));
    }

    [Fact]
    public async Task The_insurances_file_ends_the_study_it_was_asked_for()
    {
        await using var host = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var (_, answer) = await team.PostMessageAsync("telephone", Messages.SignUp(who).Replace("\"need\"", "\"operator\":\"Camille\",\"need\"", StringComparison.Ordinal), Messages.Json);
        var number = answer.Text("tracking");
        var file = await MoveAsync(team, number, "etude-mas", "in-progress");
        using var asked = await team.PostAsync(new Uri("/fhir/Task", UriKind.Relative), Messages.Body(
            $$"""
            {"resourceType":"Task","status":"requested","intent":"order","partOf":[{"reference":"Task/{{file}}"}],
             "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"evaluation-mas"}]},
             "focus":{"reference":"{{answer.Text("signalement")}}"},"for":{"reference":"{{answer.Text("patient")}}"},
             "note":[{"text":"Vu avec la fille."}]}
            """, "application/fhir+json"));
        Assert.Equal(201, (int)asked.StatusCode);
        var study = (await asked.JsonAsync()).Text("id");

        var (status, result) = await team.PostMessageAsync("mas", $$"""
            {"dossier_mas":"MAS-{{who.Ipp}}","date_etude":"2026-07-01",
             "patient":{"nom_naissance":"{{who.Family}}","prenoms":["{{who.Given}}"],"date_naissance":"{{who.Born}}","telephone":"{{who.Phone}}"},
             "ald":{"present":"oui"},"avis":{"avis":"favorable"} }
            """, Messages.Json);
        Assert.True(status == 200, $"{status} {result}");

        var ended = await team.GetJsonAsync($"/fhir/Task/{study}");
        Assert.Equal("completed", ended.Text("status"));
        Assert.StartsWith("QuestionnaireResponse/", ended.GetProperty("output")[0].GetProperty("valueReference").Text("reference"), StringComparison.Ordinal);
        Assert.Equal("Vu avec la fille.", ended.GetProperty("note")[0].Text("text"));
        var parent = await team.GetJsonAsync($"/fhir/Task/{file}");
        Assert.Contains("a-qualifier", parent.GetProperty("businessStatus").ToString(), StringComparison.Ordinal);
        Assert.Contains($"Task/{study}", parent.GetProperty("output").ToString(), StringComparison.Ordinal);
    }

    private static async Task<JsonElement> TrackingAsync(HttpClient client, string number) => await client.GetJsonAsync($"/intake/tracking/{number}");

    private static async Task<string> MoveAsync(HttpClient team, string number, string state, string status)
    {
        var file = Assert.Single((await team.GetJsonAsync($"/fhir/Task?identifier={number}&code=parcours-medecin-traitant")).Matches());
        var next = JsonNode.Parse(file.GetRawText())!;
        next["status"] = status;
        next["businessStatus"] = new JsonObject { ["coding"] = new JsonArray(new JsonObject { ["system"] = States, ["code"] = state }) };
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/fhir/Task/{file.Text("id")}") { Content = Messages.Body(next.ToJsonString(), "application/fhir+json") };
        request.Headers.TryAddWithoutValidation("If-Match", $"W/\"{file.GetProperty("meta").Text("versionId")}\"");
        using var response = await team.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"{state}: {await response.Content.ReadAsStringAsync()}");
        return file.Text("id");
    }
}
