namespace CptsFhirHub.Tests.Intake;

public sealed class Silent_sources
{
    [Fact]
    public async Task A_source_past_its_rhythm_is_told_and_measured()
    {
        await using var host = await HubHost.StartAsync(("Hub:DemoTerritory", "false"), ("Hub:Sources:doctolib:ExpectedEvery", "PT0.2S"));
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        Assert.Equal("0", await SilentAsync(team, "doctolib"));

        await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);
        await Task.Delay(300, TestContext.Current.CancellationToken);

        Assert.Equal("1", await SilentAsync(team, "doctolib"));
        Assert.Equal("0", await SilentAsync(team, "prado"));
        var source = (await team.GetJsonAsync("/intake/sources")).GetProperty("sources").EnumerateArray().Single(source => source.Text("name") == "doctolib");
        Assert.Equal(("True", "PT0.2S"), (source.Text("silent"), source.Text("expectedEvery")));
    }

    private static async Task<string?> SilentAsync(HttpClient client, string source)
    {
        var prefix = $"hub_source_silent{{source=\"{source}\"}} ";
        var text = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        return text.Split('\n').SingleOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..];
    }
}
