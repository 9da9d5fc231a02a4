namespace CptsFhirHub.Tests.Hosting;

/// <summary>What names a person or opens a door reaches no log, no metric and no error text.</summary>
public sealed class Logs_without_data(HubHost hub)
{
    private const string Nir = "185057800604884";
    private const string Name = "Zzyzxmarque";

    [Fact]
    public async Task A_marked_name_number_and_token_are_nowhere()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var token = await hub.TokenAsync("demo-cpts");
        var answers = new List<Reply>
        {
            await client.GetFhirAsync($"Patient?family={Name}&identifier={Nir}&birthdate=wrong-{Name}"),
            await client.GetFhirAsync($"Patient/{Name}_{Nir}"),
            await client.PostFhirAsync("Patient", $$"""{"resourceType":"Patient","gender":"{{Name}}","birthDate":"{{Nir}}"}"""),
            await client.PostFhirAsync("Patient", $$"""{"resourceType":"Patient","name":[{"family":"{{Name}}"]"""),
            await client.PostFhirAsync("Patient", "{}", ("If-None-Exist", $"identifier:{Name}={Nir}")),
            await client.PutFhirAsync("Patient/a", "{}", ("If-Match", Name)),
            await client.GetFhirAsync($"Patient?{Name}={Nir}&_count={Nir}{Nir}"),
            await client.SendAsync(HttpMethod.Get, $"/{Name}/{Nir}?q={Name}"),
            await client.SendAsync(new(Name), "/fhir/Patient"),
            await client.GetFhirAsync("Patient", ("Authorization", $"Bearer {Name}")),
        };
        Assert.All(answers, reply => Assert.InRange(reply.Status, 400, 499));

        // The name of an unknown parameter comes back to the one who sent it; its value does not.
        Assert.DoesNotContain(answers, reply => reply.Text.Contains(Nir, StringComparison.Ordinal));
        foreach (var text in (string[])[hub.Log, (await client.SendAsync(HttpMethod.Get, "/metrics")).Text])
        {
            Assert.DoesNotContain(Nir, text, StringComparison.Ordinal);
            Assert.DoesNotContain(Name, text, StringComparison.Ordinal);
            Assert.DoesNotContain(token, text, StringComparison.Ordinal);
        }
    }
}
