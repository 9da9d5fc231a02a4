using System.Diagnostics;

namespace CptsFhirHub.Tests.Rest;

/// <summary>A search parameter that a client loads while the hub runs: refused if it cannot be served, else indexed and then searched by.</summary>
public sealed class Loaded_search_parameters(HubHost hub)
{
    private static string Parameter(
        string code, string url = "urn:sp", string type = "string", string on = "Patient", string expression = "Patient.name.where(use='nickname').given") => $$"""
        {"resourceType":"SearchParameter","url":"{{url}}:{{code}}","name":"x","status":"active","description":"x","code":"{{code}}","base":["{{on}}"],
         "type":"{{type}}","expression":"{{expression}}"}
        """;

    [Fact]
    public async Task What_was_stored_before_is_found_by_it_until_it_goes()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        var code = "surnom" + Guid.NewGuid().ToString("N")[..8];
        var patient = await team.CreateAsync("Patient", """
            {"resourceType":"Patient","name":[{"use":"official","family":"Durand"},{"use":"nickname","given":["Zizou"]}]}
            """);
        Assert.Equal(400, (await team.GetFhirAsync($"Patient?{code}=ziz")).Status);

        var loaded = await team.CreateAsync("SearchParameter", Parameter(code));
        var found = await UntilAsync(team, $"Patient?{code}=ziz", reply => reply.Status == 200);
        Assert.Equal([patient], found.Ids());
        Assert.Contains($"\"name\":\"{code}\"", (await team.GetFhirAsync("metadata")).Text, StringComparison.Ordinal);
        Assert.Equal([patient], (await team.GetFhirAsync($"Patient?{code}=ziz&_sort={code}")).Ids());

        var late = await team.CreateAsync("Patient", """{"resourceType":"Patient","name":[{"use":"nickname","given":["Zizette"]}]}""");
        Assert.Equal([late, patient], (await team.GetFhirAsync($"Patient?{code}=ziz")).Ids());

        Assert.Equal(204, (await team.DeleteFhirAsync($"SearchParameter/{loaded}")).Status);
        await UntilAsync(team, $"Patient?{code}=ziz", reply => reply.Status == 400);
    }

    [Theory]
    [InlineData("family", "string", "Patient", "Patient.name.family")]
    [InlineData("Grand", "string", "Patient", "Patient.name.family")]
    [InlineData("deux mots", "string", "Patient", "Patient.name.family")]
    [InlineData("petit", "composite", "Patient", "Patient.name.family")]
    [InlineData("petit", "string", "Resource", "Resource.id")]
    [InlineData("petit", "string", "Medication", "Medication.id")]
    [InlineData("petit", "string", "Patient", "Patient.name.where(")]
    public async Task One_that_cannot_be_served_is_refused(string code, string type, string on, string expression)
    {
        using var team = await hub.ClientAsync("demo-cpts");
        var reply = await team.PostFhirAsync("SearchParameter", Parameter(code, "urn:sp:refused", type, on, expression));
        Assert.Equal(422, reply.Status);
    }

    [Fact]
    public async Task A_partner_loads_none()
    {
        using var dac = await hub.ClientAsync("demo-dac");
        Assert.Equal(403, (await dac.PostFhirAsync("SearchParameter", Parameter("petit"))).Status);
    }

    private static async Task<Reply> UntilAsync(HttpClient client, string path, Func<Reply, bool> isMet)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var reply = await client.GetFhirAsync(path);
            if (isMet(reply))
                return reply;
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{path} still answers {reply.Status}: {reply.Text}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
