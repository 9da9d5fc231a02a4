using CptsFhirHub.Server.Flows;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Intake;

public sealed class Silent_sources
{
    private const string Secret = "whsec_c2lsZW5jZS1zaWxlbmNlLXNpbGVuY2UtMDAwMQ==";

    [Fact]
    public async Task A_silence_is_told_once_at_its_start_and_once_at_its_end()
    {
        await using var peer = await StubPeer.StartAsync();
        await using var host = await HubHost.StartAsync(
            ("Hub:DemoTerritory", "false"), ("Hub:Jobs:WatchSources:Cron", "off"), ("Hub:Outbound:0:For", "Organization/demo-cpts"), ("Hub:Outbound:0:Url", peer.Url),
            ("Hub:Outbound:0:Secret", Secret), ("Hub:Outbound:0:AllowPrivate", "true"), ("Hub:Outbox:Pause", "00:00:00.050"));
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);

        // Two hubs that look at once, and a third that has just started.
        var clock = new MovedClock();
        await LookAsync(host, clock);
        Assert.Empty(await NoticesAsync(team));
        clock.Ahead = TimeSpan.FromHours(25);
        await Task.WhenAll(LookAsync(host, clock), LookAsync(host, clock));
        await LookAsync(host, clock);
        clock.Ahead = TimeSpan.FromHours(40);
        await LookAsync(host, clock);

        var (status, text) = Assert.Single(await NoticesAsync(team));
        Assert.Equal("in-progress", status);
        Assert.StartsWith("La source « Plateforme de rendez-vous (inscriptions) » est silencieuse depuis le ", text, StringComparison.Ordinal);
        Assert.EndsWith(" ; un message est attendu au moins une fois par 24 heures.", text, StringComparison.Ordinal);

        // It speaks again: once more, and no more.
        clock.Ahead = TimeSpan.Zero;
        await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);
        await Task.WhenAll(LookAsync(host, clock), LookAsync(host, clock));
        await LookAsync(host, clock);
        Assert.Equal(
            [("completed", text), ("completed", "La source « Plateforme de rendez-vous (inscriptions) » envoie de nouveau des messages.")],
            (await NoticesAsync(team)).OrderBy(notice => notice.Text.Contains("nouveau", StringComparison.Ordinal)));

        // A second silence is another one.
        clock.Ahead = TimeSpan.FromHours(30);
        await LookAsync(host, clock);
        Assert.Equal(3, (await NoticesAsync(team)).Count);
        var calls = await peer.WaitAsync(3);
        Assert.Equal(["source-silent", "source-back", "source-silent"], calls.Select(call => Kind(call.Text)));
    }

    [Fact]
    public async Task The_fields_that_nobody_reads_are_told_to_the_team_alone()
    {
        await using var host = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        using var team = await host.ClientAsync("demo-cpts");
        using var booking = await host.ClientAsync("demo-booking");
        await team.PostMessageAsync("recensement",
            "Nom;Prénom;Date de naissance;Téléphone;Commune;Consentement;Groupe sanguin\nMOREAU;Lise;03/08/1941;05 36 49 00 11;MONTBRON;O;AB\n", Messages.Csv);

        var report = await team.GetJsonAsync("/intake/sources/recensement/coverage");
        using var refused = await booking.GetAsync(new Uri("/intake/sources/recensement/coverage", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal("1", report.Text("messages"));
        var field = Assert.Single(report.GetProperty("unread").EnumerateArray());
        Assert.Equal(("autres.groupe_sanguin", "1"), (field.Text("path"), field.Text("unread")));
        Assert.DoesNotContain("AB\"", report.ToString(), StringComparison.Ordinal);
        Assert.Equal(403, (int)refused.StatusCode);
    }

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

    private static Task<string> LookAsync(HubHost host, TimeProvider clock) =>
        ActivatorUtilities.CreateInstance<SourceWatch>(host.Services, clock).RunAsync(TestContext.Current.CancellationToken);

    private static async Task<IReadOnlyList<(string Status, string Text)>> NoticesAsync(HttpClient team) =>
        [.. (await team.GetJsonAsync("/fhir/Communication?category=source-silencieuse")).Matches()
            .Select(notice => (notice.Text("status")!, notice.GetProperty("payload")[0].Text("contentString")!))];

    private static string? Kind(string json)
    {
        using var document = System.Text.Json.JsonDocument.Parse(json);
        return document.RootElement.Text("event");
    }

    private sealed class MovedClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
    }
}
