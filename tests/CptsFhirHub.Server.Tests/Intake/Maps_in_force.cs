using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Intake;

/// <summary>Which map a message is read with, and what the journal says of it.</summary>
public sealed class Maps_in_force
{
    [Fact]
    public async Task What_the_hub_published_of_its_folder_is_nobodys_own()
    {
        await using var own = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        var (maps, store) = (own.Services.GetRequiredService<SourceMaps>(), own.Services.GetRequiredService<HubStore>());
        var deadline = DateTime.UtcNow.AddMinutes(2);
        while (maps.Files.Concat(maps.ConceptMapFiles).Any(file => PublishDefinitions.IsPending(store.Registry, "demo-cpts", file)) && DateTime.UtcNow < deadline)
            await Task.Delay(50, TestContext.Current.CancellationToken);

        using var booking = await own.ClientAsync("demo-booking");
        using var team = await own.ClientAsync("demo-cpts");
        var (status, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);

        // The folder's own version: no word of a StructureMap that somebody would have put.
        Assert.True(status == 201, $"{status} {answer}");
        var map = (await team.GetJsonAsync($"/intake/messages/{answer.Text("messageId")}")).Text("map");
        Assert.True(map.Contains("/StructureMap/doctolib|", StringComparison.Ordinal) && map.Contains('+') && !map.Contains("_history", StringComparison.Ordinal), map);
    }
}
