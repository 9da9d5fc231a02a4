using System.Globalization;

namespace CptsFhirHub.Tests.Intake;

/// <summary>What a pharmacist is offered for somebody who needs care today: the next free slots that the person can reach.</summary>
public sealed class Care_within_reach
{
    [Fact]
    public async Task A_pharmacist_is_offered_the_next_slot_within_the_radius_and_sees_the_status_alone()
    {
        await using var hub = await HubHost.StartAsync(("Hub:DemoTerritory", "false"), ("Hub:Tenants:demo-cpts:SnpRadiusKm", "20"));
        using var team = await hub.ClientAsync("demo-cpts");
        using var desk = await hub.ClientAsync("demo-guichet");
        await PutAsync(team, "Location/mache", """{"resourceType":"Location","id":"mache","name":"Maison de santé","position":{"longitude":-1.6953,"latitude":46.7714}}""");
        await PutAsync(team, "Location/cote", """{"resourceType":"Location","id":"cote","name":"Cabinet de la côte","address":{"city":"SAINT-JEAN-DE-MONTS","postalCode":"85160"}}""");
        foreach (var place in (string[])["mache", "cote"])
            await PutAsync(team, $"Schedule/{place}", $$"""{"resourceType":"Schedule","id":"{{place}}","actor":[{"reference":"Location/{{place}}"}]}""");
        await SlotAsync(team, "tot-au-loin", "cote", 1);
        await SlotAsync(team, "tard", "mache", 3);
        await SlotAsync(team, "bientot", "mache", 2);
        var who = Somebody.New();

        var (status, answer) = await desk.PostMessageAsync("guichet", $$"""
            {"nom":"{{who.Family}}","prenom":"{{who.Given}}","date_naissance":"{{who.Born}}","telephone":"{{who.Phone}}","commune":"AIZENAY","sans_mt_depuis":"2026-01","fragilite":["ald"],"besoin":"symptome","consentement":true}
            """, Messages.Json);

        Assert.True(status == 201, $"{status} {answer}");
        Assert.Equal(["Slot/bientot", "Slot/tard"], answer.GetProperty("orientation").GetProperty("slots").EnumerateArray().Select(slot => slot.Text("slot")));
        var tracking = (await desk.GetJsonAsync($"/intake/tracking/{answer.Text("tracking")}")).ToString();
        Assert.DoesNotContain("ald", tracking, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(who.Family, tracking, StringComparison.OrdinalIgnoreCase);
        using var closed = await desk.GetAsync(new Uri($"/fhir/{answer.Text("signalement")}", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.False(closed.IsSuccessStatusCode);
    }

    private static Task SlotAsync(HttpClient team, string id, string schedule, int hours)
    {
        var start = DateTimeOffset.UtcNow.AddHours(hours);
        return PutAsync(team, $"Slot/{id}", string.Create(CultureInfo.InvariantCulture, $$"""
            {"resourceType":"Slot","id":"{{id}}","meta":{"security":[{"system":"https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau","code":"SNP"}]},
             "schedule":{"reference":"Schedule/{{schedule}}"},"status":"free","start":"{{start:yyyy-MM-ddTHH:mm:ssZ}}","end":"{{start.AddMinutes(20):yyyy-MM-ddTHH:mm:ssZ}}"}
            """));
    }

    private static async Task PutAsync(HttpClient team, string reference, string resource)
    {
        using var put = await team.PutAsync(new Uri($"/fhir/{reference}", UriKind.Relative), Messages.Body(resource, "application/fhir+json"), TestContext.Current.CancellationToken);
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
