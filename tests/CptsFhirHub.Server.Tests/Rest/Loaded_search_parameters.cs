using System.Diagnostics;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Rest;
using CptsFhirHub.Server.Subscriptions;
using CptsFhirHub.Storage;
using CptsFhirHub.Tests.Subscriptions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

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

    [Fact]
    public async Task How_far_its_index_is_can_be_asked()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        var code = "suivi" + Guid.NewGuid().ToString("N")[..8];
        var loaded = await team.CreateAsync("SearchParameter", Parameter(code));
        var status = await UntilAsync(team, $"SearchParameter/{loaded}/$index-status", reply => reply.Text.Contains("\"ready\"", StringComparison.Ordinal));
        var parts = status.Resource.Child("parameter")!.All("part").ToArray().ToDictionary(
            part => part.Text("name")!, part => part.Text("valueUri") ?? part.Text("valueCode") ?? part.Text("valueDecimal"));
        Assert.Equal((code, $"urn:sp:{code}", "ready"), (parts["code"], parts["url"], parts["state"]));
        Assert.Equal(parts["total"], parts["done"]);
        Assert.NotEqual("0", parts["total"]);
        Assert.Contains(code, (await team.GetFhirAsync("SearchParameter/$index-status")).Text, StringComparison.Ordinal);
        Assert.Equal(404, (await team.GetFhirAsync("SearchParameter/none/$index-status")).Status);
    }

    [Fact]
    public async Task A_subscription_may_ask_by_it_also_after_a_restart()
    {
        await using var peer = await StubPeer.StartAsync();
        using var team = await hub.ClientAsync("demo-cpts");
        var code = "abonne" + Guid.NewGuid().ToString("N")[..8];
        await team.CreateAsync("SearchParameter", Parameter(code));
        await UntilAsync(team, $"Patient?{code}=ziz", reply => reply.Status == 200);
        var subscription = await team.SubscribeAsync(SubscriptionCalls.OfSearch(peer.Url, $"Patient?{code}=fif", "application/fhir+json"));

        // What a start does before the parameters are in force: the subscription is known, its criteria cannot be read yet.
        var own = hub.Services.GetRequiredService<OwnParameters>();
        var stored = await hub.Services.GetRequiredService<ResourceStore>().ReadAsync("demo-cpts", "Subscription", subscription, TestContext.Current.CancellationToken);
        var before = new OwnParameters(hub.Services.GetRequiredService<DefinitionSet>(), hub.Services.GetRequiredService<HubAddress>(), hub.Services.GetRequiredService<HubSettings>());
        var book = new SubscriptionBook(
            new(before, hub.Services.GetRequiredService<HubSettings>(), hub.Services.GetRequiredService<IConfiguration>()),
            hub.Services.GetRequiredService<ClientRegistry>(), before);
        book.Put(stored!);
        Assert.Empty(book.All());
        before.Use([.. await LoadedAsync()], []);
        Assert.Single(book.All());

        await team.CreateAsync("Patient", """{"resourceType":"Patient","name":[{"use":"nickname","given":["Mimi"]}]}""");
        var told = await team.CreateAsync("Patient", """{"resourceType":"Patient","name":[{"use":"nickname","given":["Fifi"]}]}""");
        var call = (await peer.WaitAsync(1, call => call.Path.Contains("Patient", StringComparison.Ordinal)))[0];
        Assert.EndsWith($"/Patient/{told}", call.Path, StringComparison.Ordinal);
        await team.DeleteFhirAsync($"Subscription/{subscription}");

        async Task<IEnumerable<Resource>> LoadedAsync()
        {
            var found = await team.GetFhirAsync($"SearchParameter?url=urn:sp:{code}");
            return found.Resource.All("entry").ToArray().Select(entry => new Resource(entry.Child("resource")!.Copy("SearchParameter", isListItem: false)));
        }
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
    public async Task Of_an_expression_that_cannot_be_read_the_place_is_told()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        var reply = await team.PostFhirAsync("SearchParameter", Parameter("petit", "urn:sp:refused", "string", "Patient", "Patient.name.where("));
        var issue = reply.Resource.Child("issue")!;
        Assert.Equal((422, "SearchParameter.expression"), (reply.Status, issue.Text("expression")));
        Assert.Contains("line 1, column 20", issue.Text("diagnostics"), StringComparison.Ordinal);
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
