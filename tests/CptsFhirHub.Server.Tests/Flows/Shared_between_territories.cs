using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Flows;

/// <summary>Flow M44: one hub, several CPTS; a patient of two territories is shared once, with consent.</summary>
public sealed class Shared_between_territories(HubHost host)
{
    private static readonly (string, string) There = ("X-Tenant", "demo-cpts-2");

    [Fact]
    public async Task A_patient_is_invisible_to_another_cpts_until_a_transfer_and_then_seen_there_and_here_it_is_seen_where_it_went()
    {
        using var admin = await host.ClientAsync("demo-admin");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var signed = await SignedUpAsync(who);
        await AgreeAsync(team, signed.Text("patient"), "permit");
        var before = await team.GetFhirAsync(signed.Text("signalement"));
        Assert.Empty((await admin.GetFhirAsync($"Patient?family={who.Family}", There)).Ids());

        var shared = await ShareAsync(team, signed.Text("patient"), "Organization/demo-cpts-2", "transfert");

        Assert.True(shared.Status == 200, shared.Text);
        var person = Assert.Single((await admin.GetFhirAsync($"Patient?family={who.Family}", There)).Ids());
        var request = Assert.Single((await admin.GetFhirAsync($"ServiceRequest?subject=Patient/{person}", There)).Resource.All("entry").ToArray()).Child("resource")!;
        Assert.Equal(before.Resource.Text("authoredOn"), request.Text("authoredOn"));
        Assert.Equal("active", request.Text("status"));
        Assert.DoesNotContain(signed.Text("tracking"), Json(request), StringComparison.Ordinal);
        var files = await admin.GetFhirAsync($"Task?patient=Patient/{person}&code=parcours-medecin-traitant&owner=Organization/demo-cpts-2", There);
        Assert.Contains("\"a-qualifier\"", Json(Assert.Single(files.Resource.All("entry").ToArray()).Child("resource")!), StringComparison.Ordinal);
        Assert.NotEmpty((await admin.GetFhirAsync($"Observation?patient=Patient/{person}", There)).Ids());
        var lineage = (await admin.GetFhirAsync($"Provenance?target=Patient/{person}", There)).Text;
        Assert.Contains("CPTS Bocage et Littoral", lineage, StringComparison.Ordinal);
        var number = shared.Resource.All("parameter").ToArray().Single(parameter => parameter.Text("name") == "number").Text("valueString")!;
        var audit = await admin.GetFhirAsync($"AuditEvent/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(number)))}", There);
        Assert.Contains("cpts:demo-cpts", audit.Text, StringComparison.Ordinal);

        var file = Assert.Single((await team.GetFhirAsync($"Task?focus={signed.Text("signalement")}&code=parcours-medecin-traitant")).Resource.All("entry").ToArray()).Child("resource")!;
        Assert.Contains("clos-hors-territoire", Json(file), StringComparison.Ordinal);
        Assert.StartsWith("Transféré à CPTS Marais et Plaine", file.At("statusReason", "text")!.Value, StringComparison.Ordinal);
        Assert.Contains("Transféré à CPTS Marais et Plaine (démonstration) le ", file.At("output", "type", "text")!.Value, StringComparison.Ordinal);
        Assert.Equal("revoked", (await team.GetFhirAsync(signed.Text("signalement"))).Resource.Text("status"));
        Assert.Empty((await team.GetFhirAsync($"Task?focus={signed.Text("signalement")}&status=requested")).Ids());
        Assert.Equal(404, (await team.GetFhirAsync($"Patient/{person}")).Status);
        Assert.Contains("$share", (await team.GetFhirAsync($"AuditEvent?entity={signed.Text("patient")}&action=R")).Text, StringComparison.Ordinal);

        Assert.Equal(409, (await ShareAsync(team, signed.Text("patient"), "demo-cpts-2", "transfert")).Status);
        Assert.Single((await admin.GetFhirAsync($"Task?patient=Patient/{person}&code=parcours-medecin-traitant", There)).Ids());
    }

    [Fact]
    public async Task Without_consent_nothing_goes_and_a_preview_goes_nowhere()
    {
        using var admin = await host.ClientAsync("demo-admin");
        using var team = await host.ClientAsync("demo-cpts");
        using var booking = await host.ClientAsync("demo-booking");
        var who = Somebody.New();
        var patient = (await SignedUpAsync(who)).Text("patient");

        Assert.Equal(422, (await ShareAsync(team, patient, "demo-cpts-2", "partage")).Status);
        await AgreeAsync(team, patient, "permit");
        Assert.Equal(403, (await ShareAsync(booking, patient, "demo-cpts-2", "partage")).Status);
        Assert.Equal(404, (await ShareAsync(team, patient, "demo-cpts-9", "partage")).Status);
        Assert.Equal(404, (await ShareAsync(team, patient, "demo-cpts", "partage")).Status);
        Assert.Equal(400, (await ShareAsync(team, patient, "demo-cpts-2", "don")).Status);
        var preview = await ShareAsync(team, patient, "demo-cpts-2", "partage", preview: true);
        await AgreeAsync(team, patient, "deny");
        Assert.Equal(422, (await ShareAsync(team, patient, "demo-cpts-2", "partage")).Status);

        Assert.True(preview.Status == 200, preview.Text);
        Assert.Contains(who.Family, preview.Text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("demo-booking", preview.Text, StringComparison.Ordinal);
        Assert.Empty((await admin.GetFhirAsync($"Patient?family={who.Family}", There)).Ids());
    }

    [Fact]
    public async Task Shared_the_file_goes_on_here_and_joins_what_the_other_cpts_had_which_stays_unseen_here()
    {
        using var admin = await host.ClientAsync("demo-admin");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var signed = await SignedUpAsync(who);
        await AgreeAsync(team, signed.Text("patient"), "permit");
        var known = (await team.GetFhirAsync(signed.Text("patient"))).Resource.Copy();
        known.Remove("id");
        known.Remove("meta");
        var there = await admin.PostFhirAsync("Patient", Json(known), There);
        Assert.True(there.Status == 201, there.Text);

        var shared = await ShareAsync(team, signed.Text("patient"), "demo-cpts-2", "partage");

        Assert.True(shared.Status == 200, shared.Text);
        Assert.DoesNotContain(there.Resource.Text("id")!, shared.Text, StringComparison.Ordinal);
        Assert.Equal([there.Resource.Text("id")!], (await admin.GetFhirAsync($"Patient?family={who.Family}", There)).Ids());
        Assert.Single((await admin.GetFhirAsync($"Task?patient=Patient/{there.Resource.Text("id")}&code=parcours-medecin-traitant", There)).Ids());
        var file = Assert.Single((await team.GetFhirAsync($"Task?focus={signed.Text("signalement")}&code=parcours-medecin-traitant")).Resource.All("entry").ToArray()).Child("resource")!;
        Assert.Equal("accepted", file.Text("status"));
        Assert.StartsWith("Partagé avec CPTS Marais et Plaine", file.At("output", "type", "text")!.Value, StringComparison.Ordinal);
        Assert.Equal(404, (await team.GetFhirAsync($"Patient/{there.Resource.Text("id")}")).Status);
    }

    [Fact]
    public async Task A_sharing_that_was_cut_off_between_the_two_cpts_is_finished_by_the_same_call()
    {
        using var admin = await host.ClientAsync("demo-admin");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var signed = await SignedUpAsync(who);
        await AgreeAsync(team, signed.Text("patient"), "permit");
        Assert.Equal(200, (await ShareAsync(team, signed.Text("patient"), "demo-cpts-2", "partage")).Status);
        var task = Assert.Single((await team.GetFhirAsync($"Task?focus={signed.Text("signalement")}&code=parcours-medecin-traitant")).Resource.All("entry").ToArray()).Child("resource")!.Copy();
        task.Remove("output");
        Assert.Equal(200, (await team.PutFhirAsync($"Task/{task.Text("id")}", Json(task))).Status);

        Assert.Equal(200, (await ShareAsync(team, signed.Text("patient"), "demo-cpts-2", "partage")).Status);

        var person = Assert.Single((await admin.GetFhirAsync($"Patient?family={who.Family}", There)).Ids());
        Assert.Single((await admin.GetFhirAsync($"Task?patient=Patient/{person}&code=parcours-medecin-traitant", There)).Ids());
    }

    [Fact]
    public async Task A_file_that_is_shared_may_still_be_transferred_once_and_nothing_goes_twice()
    {
        using var admin = await host.ClientAsync("demo-admin");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var signed = await SignedUpAsync(who);
        await AgreeAsync(team, signed.Text("patient"), "permit");
        Assert.Equal(200, (await ShareAsync(team, signed.Text("patient"), "demo-cpts-2", "partage")).Status);
        Assert.Equal(409, (await ShareAsync(team, signed.Text("patient"), "demo-cpts-2", "partage")).Status);

        var transferred = await ShareAsync(team, signed.Text("patient"), "demo-cpts-2", "transfert");

        Assert.True(transferred.Status == 200, transferred.Text);
        var file = Assert.Single((await team.GetFhirAsync($"Task?focus={signed.Text("signalement")}&code=parcours-medecin-traitant")).Resource.All("entry").ToArray()).Child("resource")!;
        Assert.Contains("clos-hors-territoire", Json(file), StringComparison.Ordinal);
        Assert.Equal(["Partagé avec", "Transféré à"], file.All("output").ToArray().Select(output => string.Join(' ', output.At("type", "text")!.Value!.Split(' ')[..2])));
        Assert.Equal("revoked", (await team.GetFhirAsync(signed.Text("signalement"))).Resource.Text("status"));
        Assert.Equal(409, (await ShareAsync(team, signed.Text("patient"), "demo-cpts-2", "transfert")).Status);
        var person = Assert.Single((await admin.GetFhirAsync($"Patient?family={who.Family}", There)).Ids());
        Assert.Single((await admin.GetFhirAsync($"Task?patient=Patient/{person}&code=parcours-medecin-traitant", There)).Ids());
    }

    [Fact]
    public async Task Somebody_whom_the_other_cpts_perhaps_knows_is_compared_there_by_a_person()
    {
        using var admin = await host.ClientAsync("demo-admin");
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        var signed = await SignedUpAsync(who);
        await AgreeAsync(team, signed.Text("patient"), "permit");
        var like = await admin.PostFhirAsync("Patient", $$"""
            {"resourceType":"Patient","name":[{"use":"official","family":"{{who.Family}}","given":["{{who.Given}}"]}],"birthDate":"{{who.Born}}"}
            """, There);
        Assert.True(like.Status == 201, like.Text);

        var shared = await ShareAsync(team, signed.Text("patient"), "demo-cpts-2", "transfert");

        Assert.True(shared.Status == 200, shared.Text);
        var persons = (await admin.GetFhirAsync($"Patient?family={who.Family}", There)).Ids();
        Assert.Equal(2, persons.Count);
        var other = persons.Single(id => id != like.Resource.Text("id"));
        Assert.Single((await admin.GetFhirAsync($"Task?patient=Patient/{other}&code=verification-identite&status=requested", There)).Ids());
        var file = Assert.Single((await admin.GetFhirAsync($"Task?patient=Patient/{other}&code=parcours-medecin-traitant", There)).Resource.All("entry").ToArray()).Child("resource")!;
        Assert.Contains("doublon-a-verifier", Json(file), StringComparison.Ordinal);
        Assert.DoesNotContain(like.Resource.Text("id")!, shared.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_but_a_cpts_of_the_hub_shares_by_message()
    {
        using var hospital = await host.ClientAsync("demo-hospital");
        const string Message = """
            {"resourceType":"Bundle","type":"message","entry":[{"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","resource":
             {"resourceType":"MessageHeader","id":"partage-1","source":{"endpoint":"urn:cpts:demo-cpts"},
              "eventUri":"https://cpts-fhir-hub.example/fhir/evenement/partage-cpts"}}]}
            """;

        Assert.Equal(422, (await hospital.PostFhirAsync("$process-message", Message)).Status);
        var posted = await hospital.SendAsync(HttpMethod.Post, "/intake/fhir", Message);
        Assert.Equal(422, posted.Status);
        Assert.Contains("MessageHeader.event", posted.Text, StringComparison.Ordinal);
    }

    private async Task<JsonElement> SignedUpAsync(Somebody who)
    {
        using var booking = await host.ClientAsync("demo-booking");
        var (status, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        Assert.True(status == 201, $"{status} {answer}");
        return answer;
    }

    private static async Task AgreeAsync(HttpClient team, string patient, string said) => await team.CreateAsync("Consent", $$"""
        {"resourceType":"Consent","status":"active","patient":{"reference":"{{patient}}"},"dateTime":"{{DateTimeOffset.UtcNow:O}}",
         "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
         "category":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/objet-consentement","code":"partage-cpts"}]}],
         "policyRule":{"text":"Accord de la personne"},"provision":{"type":"{{said}}"} }
        """);

    private static Task<Reply> ShareAsync(HttpClient client, string patient, string to, string mode, bool preview = false) =>
        client.PostFhirAsync($"{patient}/$share", $$"""
            {"resourceType":"Parameters","parameter":[{"name":"to","valueString":"{{to}}"},{"name":"mode","valueCode":"{{mode}}"},
             {"name":"preview","valueBoolean":{{(preview ? "true" : "false")}}}]}
            """);

    private static string Json(Element resource) => Encoding.UTF8.GetString(FhirJson.Write(resource.Copy(resource.ResourceType, isListItem: false)));
}
