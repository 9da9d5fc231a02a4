using System.Net;
using System.Text.Json;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CptsFhirHub.Tests.Intake;

/// <summary>A map is mended while the hub runs, and what it broke is replayed in one command; nothing goes out twice.</summary>
public sealed class Replays_after_a_mended_map
{
    private static readonly int Broken = StorePlace.Provider == StoreOptions.Sqlite ? 200 : 60;

    [Fact]
    public async Task Two_hundred_messages_are_replayed_and_nothing_goes_out_twice()
    {
        await using var peer = await StubPeer.StartAsync();
        await using var host = await HubHost.StartAsync(
            ("Hub:DemoTerritory", "false"), ("Hub:Outbox:Pause", "00:00:00.100"), ("Hub:Outbound:0:For", "Organization/demo-dac"),
            ("Hub:Outbound:0:Url", $"{peer.Url}/dac"), ("Hub:Outbound:0:Secret", "whsec_Y2FsbGJhY2stc2VjcmV0LW9mLXRoZS1ob3NwaXRhbA=="),
            ("Hub:Outbound:0:AllowPrivate", "true"));
        await host.Services.GetServices<IHostedService>().OfType<PublishDefinitions>().Single().ExecuteTask!;
        using var admin = await host.ClientAsync("demo-admin");
        using var desk = await host.ClientAsync("demo-guichet");
        using var team = await host.ClientAsync("demo-cpts");
        var before = await desk.PostMessageAsync("guichet", Form(Somebody.New()), Messages.Json);
        Assert.Equal(201, before.Status);
        var sound = (await admin.GetJsonAsync("/fhir/StructureMap/guichet")).GetRawText();

        // A map that cannot be compiled is refused; one that makes wrong resources is only found out by its messages.
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await PutAsync(admin, sound.Replace("\"context\":\"src\"", "\"context\":\"nobody\"", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(admin, sound.Replace("\"proposal\"", "\"vorschlag\"", StringComparison.Ordinal)));
        var refused = await InTurnsAsync(Enumerable.Range(0, Broken), async _ => (await desk.PostMessageAsync("guichet", Form(Somebody.New()), Messages.Json)).Body);
        Assert.All(refused, answer => Assert.Equal("rejected", answer.Text("state")));
        var one = refused[0].Text("messageId");
        Assert.Contains("StructureMap/guichet|_history/2", (await team.GetJsonAsync($"/intake/messages/{one}")).Text("map"), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, await PutAsync(admin, sound));

        // A preview says what each would become, and changes nothing.
        var preview = await PostAsync(team, $"/intake/messages/{one}/replay?preview=true");
        Assert.Equal(("rejected", "processed"), (preview.Text("state"), preview.Text("would")));
        Assert.Contains(preview.GetProperty("changes").EnumerateArray(), change => change.Text("action") == "create" && change.Text("resource") == "Patient");
        Assert.Equal("task-created", Assert.Single(preview.GetProperty("outgoing").EnumerateArray()).Text("kind"));
        Assert.Empty(preview.GetProperty("delivered").EnumerateArray());
        Assert.Equal("rejected", (await PostAsync(team, $"/intake/messages/{one}/replay?preview=true&mapVersion=2")).Text("would"));
        Assert.Equal("rejected", (await PostAsync(team, $"/intake/messages/{one}/replay?mapVersion=2")).Text("state"));
        Assert.Equal(Broken.ToString(System.Globalization.CultureInfo.InvariantCulture),
            await SumAsync(team, "/intake/messages/replay?source=guichet&state=rejected&preview=true", "previewed", repeats: false));
        Assert.Single((await team.GetJsonAsync("/fhir/Patient")).Matches());

        Assert.Equal(Broken.ToString(System.Globalization.CultureInfo.InvariantCulture),
            await SumAsync(team, "/intake/messages/replay?source=guichet&state=rejected", "replayed", repeats: true));
        Assert.Equal("0", (await PostAsync(team, "/intake/messages/replay?source=guichet&state=rejected")).Text("replayed"));
        Assert.All(await InTurnsAsync(refused, answer => team.GetJsonAsync($"/intake/messages/{answer.Text("messageId")}")),
            message => Assert.Equal("processed", message.Text("state")));

        // The DAC hears of each person once, however often the messages are replayed.
        await PostAsync(team, $"/intake/messages/{one}/replay");
        await peer.WaitAsync(Broken + 1);
        var after = await PostAsync(team, $"/intake/messages/{one}/replay?preview=true");
        Assert.Equal("nothing", after.Text("would"));
        Assert.Equal("task-created", Assert.Single(after.GetProperty("delivered").EnumerateArray()).Text("kind"));
        Assert.Equal(Broken + 1, peer.Seen.Count);
        Assert.Equal(Broken + 1, peer.Seen.Select(call => call.Headers["webhook-id"].ToString()).Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>Eight at a time, as so many senders would.</summary>
    private static async Task<List<TResult>> InTurnsAsync<T, TResult>(IEnumerable<T> items, Func<T, Task<TResult>> work)
    {
        var results = new List<TResult>();
        foreach (var turn in items.Chunk(8))
            results.AddRange(await Task.WhenAll(turn.Select(work)));
        return results;
    }

    [Fact]
    public async Task A_version_that_is_not_there_and_who_may_not_replay_are_told()
    {
        await using var host = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        using var desk = await host.ClientAsync("demo-guichet");
        using var team = await host.ClientAsync("demo-cpts");
        var (_, answer) = await desk.PostMessageAsync("guichet", "{}", Messages.Json);
        var url = $"/intake/messages/{answer.Text("messageId")}/replay";

        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(desk, url));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(team, url + "?mapVersion=99"));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(team, url + "?mapVersion=deux"));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(team, "/intake/messages/replay?mapVersion=1"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, await StatusAsync(team, url));
    }

    [Fact]
    public async Task A_file_counts_its_rows_anew_when_they_are_replayed()
    {
        await using var host = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        await host.Services.GetServices<IHostedService>().OfType<PublishDefinitions>().Single().ExecuteTask!;
        using var admin = await host.ClientAsync("demo-admin");
        using var team = await host.ClientAsync("demo-cpts");
        var sound = (await admin.GetJsonAsync("/fhir/StructureMap/prado")).GetRawText();
        Assert.Equal(HttpStatusCode.OK, await PutAsync(admin, sound.Replace("\"order\"", "\"ordre\"", StringComparison.Ordinal), "prado"));
        var (_, file) = await team.PostMessageAsync("prado", Messages.Prado(Somebody.New(), Somebody.New()), Messages.Csv);
        Assert.Equal("rejected", file.Text("state"));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(admin, sound, "prado"));

        await PostAsync(team, "/intake/messages/replay?source=prado&state=rejected");

        var rows = await team.GetJsonAsync(file.Text("rows"));
        Assert.Equal(("processed", "2"), (rows.Text("state"), rows.GetProperty("progress").Text("processed")));
    }

    [Fact]
    public async Task A_concept_map_that_is_put_translates_the_next_message_and_a_pinned_version_takes_those_of_then()
    {
        await using var host = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        await host.Services.GetServices<IHostedService>().OfType<PublishDefinitions>().Single().ExecuteTask!;
        using var admin = await host.ClientAsync("demo-admin");
        using var team = await host.ClientAsync("demo-cpts");
        using var hospital = await host.ClientAsync("demo-hospital");
        var map = (await admin.GetJsonAsync("/fhir/StructureMap/hospital")).GetRawText();
        var codes = (await admin.GetJsonAsync("/fhir/ConceptMap/hospital-evenement")).GetRawText();

        Assert.Equal(HttpStatusCode.OK, await PutAsync(admin, codes.Replace("\"finished\"", "\"termine\"", StringComparison.Ordinal), "hospital-evenement", "ConceptMap"));
        Assert.Equal(HttpStatusCode.OK, await PutAsync(admin, map.Replace("\"status\":\"active\"", "\"status\":\"active\",\"purpose\":\"essai\"", StringComparison.Ordinal), "hospital"));
        var (status, refused) = await hospital.PostMessageAsync("hospital", Messages.Adt(Somebody.New(), "A03"), Messages.Hl7);
        Assert.True(status == 422, $"{status} {refused}");
        Assert.Contains("hospital-evenement|_history/2", (await team.GetJsonAsync($"/intake/messages/{refused.Text("messageId")}")).Text("map"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await PutAsync(admin, codes, "hospital-evenement", "ConceptMap"));

        var replay = $"/intake/messages/{refused.Text("messageId")}/replay";
        Assert.Equal("rejected", (await PostAsync(team, $"{replay}?preview=true&mapVersion=1")).Text("would"));
        Assert.Equal("processed", (await PostAsync(team, $"{replay}?preview=true&mapVersion=2")).Text("would"));
        Assert.Equal("processed", (await PostAsync(team, replay)).Text("state"));
    }

    private static string Form(Somebody who) => $$"""
        {"reference":"PH-{{who.Ipp}}","nom":"{{who.Family}}","prenom":"{{who.Given}}","date_naissance":"{{who.Born}}","telephone":"{{who.Phone}}",
         "commune":"AIZENAY","fragilite":["ald"],"consentement":true}
        """;

    private static async Task<HttpStatusCode> PutAsync(HttpClient admin, string map, string id = "guichet", string type = "StructureMap")
    {
        using var response = await admin.PutAsync(new Uri($"/fhir/{type}/{id}", UriKind.Relative), Messages.Body(map, "application/fhir+json"));
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string url)
    {
        using var response = await client.PostAsync(new Uri(url, UriKind.Relative), content: null);
        return response.StatusCode;
    }

    private static async Task<JsonElement> PostAsync(HttpClient client, string url)
    {
        using var response = await client.PostAsync(new Uri(url, UriKind.Relative), content: null);
        return await response.JsonAsync();
    }

    /// <summary>One command, or as many as a slow machine needs until none is left.</summary>
    private static async Task<string> SumAsync(HttpClient team, string url, string member, bool repeats)
    {
        var sum = 0;
        while (true)
        {
            var answer = await PostAsync(team, url);
            sum += answer.GetProperty(member).GetInt32();
            if (!repeats || answer.GetProperty("remaining").GetInt32() == 0)
                return sum.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
