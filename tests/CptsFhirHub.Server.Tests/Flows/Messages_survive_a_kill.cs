using System.Globalization;
using System.Net;
using System.Text.Json;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Flows;

/// <summary>What was acknowledged is there after kill -9 and a restart, once.</summary>
public sealed class Messages_survive_a_kill
{
    [Fact]
    public async Task What_senders_repeat_until_it_is_acknowledged_happens_once_whenever_the_hub_is_killed()
    {
        const int rowsOfFile = 240, movements = 40, kills = 2;
        var folder = Directory.CreateTempSubdirectory("hub-kill-").FullName;
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(8));
        try
        {
            var endpoint = new IPEndPoint(IPAddress.Loopback, ChildHub.FreePort());
            (string, string)[] settings = [("Hub__Mllp__Port", endpoint.Port.ToString(CultureInfo.InvariantCulture))];
            var hub = await ChildHub.StartAsync(folder, settings);
            var inFile = Enumerable.Range(0, rowsOfFile).Select(_ => Somebody.New()).ToList();
            var inMovements = Enumerable.Range(0, movements).Select(_ => Somebody.New()).ToList();
            var file = Messages.Prado([.. inFile]);

            // Both senders go on until they are answered, whatever becomes of the hub meanwhile.
            var engine = Task.Run(async () =>
            {
                foreach (var portion in inMovements.Chunk(4))
                    await Task.WhenAll(portion.Select(who => MllpPeer.SendUntilAcceptedAsync(endpoint, Messages.Adt(who, "A03"), end.Token)));
            });
            var upload = Task.Run(async () =>
            {
                while (true)
                {
                    end.Token.ThrowIfCancellationRequested();
                    try
                    {
                        using var prado = await hub.ClientAsync("demo-prado");
                        if ((await prado.PostMessageAsync("prado", file, Messages.Csv)).Status is 200 or 201 or 202)
                            return;
                    }
                    catch (Exception fault) when (fault is HttpRequestException or IOException or System.Text.Json.JsonException)
                    {
                        await Task.Delay(50, end.Token);
                    }
                }
            });

            for (var kill = 0; kill < kills; kill++)
            {
                await Task.Delay(random.Next(200, 1_500), end.Token);
                await hub.KillAsync();
                hub.Dispose();
                hub = await ChildHub.StartAsync(folder, settings);
            }

            await Task.WhenAll(engine, upload);
            using var last = hub;
            using var team = await hub.ClientAsync("demo-cpts");
            while ((await team.GetJsonAsync("/intake/messages?state=received")).GetProperty("messages").GetArrayLength() > 0)
            {
                end.Token.ThrowIfCancellationRequested();
                await Task.Delay(100, end.Token);
            }

            // Each person is there once, with one request and one file, and one line of the journal says so.
            var everybody = inFile.Concat(inMovements).Select(who => who.Family).Order(StringComparer.Ordinal).ToList();
            var patients = await AllAsync(team, "/fhir/Patient?_count=500");
            Assert.Equal(everybody, patients.Select(patient => patient.GetProperty("name")[0].Text("family")).Order(StringComparer.Ordinal));
            var persons = patients.Select(patient => $"Patient/{patient.Text("id")}").Order(StringComparer.Ordinal).ToList();
            var requests = await AllAsync(team, "/fhir/ServiceRequest?_count=500");
            Assert.Equal(persons, requests.Select(request => request.GetProperty("subject").Text("reference")).Order(StringComparer.Ordinal));
            var files = await AllAsync(team, "/fhir/Task?code=parcours-medecin-traitant&_count=500");
            Assert.Equal(persons, files.Select(task => task.GetProperty("for").Text("reference")).Order(StringComparer.Ordinal));
            var lines = await LinesAsync(team);
            Assert.Equal(persons, lines.Where(line => line.Text("state") == "processed" && line.Text("patient").Length > 0)
                .Select(line => line.Text("patient")).Order(StringComparer.Ordinal));
            Assert.All(lines, line => Assert.Contains(line.Text("state"), new[] { "processed", "duplicate" }));
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw new InvalidOperationException($"With seed {seed}: {fault.Message}", fault);
        }
        finally
        {
            StorePlace.Forget(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<List<JsonElement>> AllAsync(HttpClient client, string url)
    {
        var all = new List<JsonElement>();
        for (var next = url; next.Length > 0;)
        {
            var page = await client.GetJsonAsync(next);
            all.AddRange(page.Matches());
            next = page.GetProperty("link").EnumerateArray().FirstOrDefault(link => link.Text("relation") == "next") is { ValueKind: JsonValueKind.Object } link
                ? link.Text("url") : "";
        }

        return all;
    }

    private static async Task<List<JsonElement>> LinesAsync(HttpClient client)
    {
        var all = new List<JsonElement>();
        for (var next = "/intake/messages?_count=500"; next.Length > 0;)
        {
            var page = await client.GetJsonAsync(next);
            all.AddRange(page.GetProperty("messages").EnumerateArray());
            next = page.GetProperty("link").EnumerateArray().FirstOrDefault(link => link.Text("relation") == "next") is { ValueKind: JsonValueKind.Object } link
                ? link.Text("url") : "";
        }

        return all;
    }
}
