using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CptsFhirHub.Server;
using CptsFhirHub.Storage;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Flows;

/// <summary>
/// kill -9 at a random moment while writers of every kind write, again and again over one store: what was acknowledged is there, as it was
/// acknowledged; what is sent again happens once; nothing is torn; the index agrees with the resources. HUB_TEST_KILLS sets how often.
/// </summary>
public sealed class Kills_under_load
{
    private const int LanesOfAKind = 2;
    private const string Numbers = "http://example.org/kills";

    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("HUB_TEST_KILLS") ?? (StorePlace.Provider == StoreOptions.Sqlite ? "2" : "1"), CultureInfo.InvariantCulture);

    private readonly ConcurrentDictionary<string, Sent> _sent = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _counters = new(StringComparer.Ordinal);
    private int _sequence;

    /// <summary>A request that has been sent, and the answer when there was one.</summary>
    private sealed record Sent(string Number, string Kind, HttpMethod Method, string Url, string Body, string ContentType, (string, string)[] Headers)
    {
        /// <summary>What the answer named, once it came: the resources, the message.</summary>
        public string? Acknowledged { get; set; }
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_happens_twice()
    {
        StorePlace.SkipWhenMissing();
        var folder = Directory.CreateTempSubdirectory("hub-kills-").FullName;
        var seed = Environment.TickCount;
        var random = new Random(seed);
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        try
        {
            var hub = await ChildHub.StartAsync(folder);
            for (var kill = 1; kill <= Kills; kill++)
            {
                await LoadAndKillAsync(hub, TimeSpan.FromMilliseconds(random.Next(100, 900)));
                hub.Dispose();
                hub = await ChildHub.StartAsync(folder);
                await SettleAsync(hub);
            }

            await hub.KillAsync();
            hub.Dispose();
            await VerifyAsync(folder);
            Repository.Report($"{Kills} kills, {_sent.Count} requests of {_sent.Values.Select(sent => sent.Kind).Distinct().Count()} kinds, nothing lost, nothing doubled");
        }
        finally
        {
            StorePlace.Forget(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Lanes of every kind write until the process is killed under them.</summary>
    private async Task LoadAndKillAsync(ChildHub hub, TimeSpan after)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        using var booking = await hub.ClientAsync("demo-booking");
        using var cut = new CancellationTokenSource();
        Func<Sent>[] kinds = [Conditional, Keyed, Torn, SignUp];
        var lanes = Enumerable.Range(0, LanesOfAKind).SelectMany(_ => kinds).Select(next => Task.Run(async () =>
        {
            while (!cut.IsCancellationRequested)
            {
                var sent = next();
                _sent[sent.Number] = sent;
                try
                {
                    await SendAsync(sent.Kind == "sign-up" ? booking : client, sent);
                }
                catch (Exception fault) when (fault is HttpRequestException or IOException or TaskCanceledException)
                {
                    return;
                }
            }
        })).Append(Task.Run(() => CountAsync(client, cut.Token))).ToList();
        await Task.Delay(after);
        await hub.KillAsync();
        await cut.CancelAsync();
        await Task.WhenAll(lanes);
    }

    /// <summary>Each request of the last round once more: it is answered as it was, and what it made is there once.</summary>
    private async Task SettleAsync(ChildHub hub)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        using var booking = await hub.ClientAsync("demo-booking");
        await Parallel.ForEachAsync(_sent.Values.ToList(), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (sent, _) =>
        {
            var before = sent.Acknowledged;
            await SendAsync(sent.Kind == "sign-up" ? booking : client, sent);
            Assert.True(before is null || before == sent.Acknowledged, $"{sent.Kind}: the answer was {before} and is {sent.Acknowledged}");
            if (sent.Kind == "sign-up")
            {
                var line = await client.GetJsonAsync($"/intake/messages/{sent.Acknowledged}");
                Assert.Equal("processed", line.Text("state"));
                await client.GetJsonAsync($"/fhir/{line.Text("signalement")}");
                return;
            }

            var found = await client.GetFhirAsync($"Patient?identifier={Numbers}|{sent.Number}&_revinclude=Flag:subject");
            Assert.Single(found.Ids());
            Assert.Equal(sent.Kind == "transaction" ? 1 : 0, found.Ids("include").Count);
        });

        // A number that was acknowledged is never followed by a smaller one.
        foreach (var (id, count) in _counters)
        {
            var counter = await client.GetFhirAsync($"Basic/{id}");
            var stands = int.Parse(counter.Resource.At("code", "text")!.Value!, CultureInfo.InvariantCulture);
            Assert.InRange(stands, count, count + 1);
        }
    }

    private static async Task SendAsync(HttpClient client, Sent sent)
    {
        var reply = await client.SendAsync(sent.Method, sent.Url, sent.Body, sent.ContentType, sent.Headers);
        Assert.True(reply.Status is 200 or 201, $"{sent.Kind} was answered {reply.Status}: {reply.Text}");
        using var json = System.Text.Json.JsonDocument.Parse(reply.Bytes);
        sent.Acknowledged = sent.Kind switch
        {
            "sign-up" => json.RootElement.GetProperty("messageId").GetString(),
            "transaction" => string.Join(' ', reply.Resource.All("entry").ToArray().Select(entry => entry.At("response", "location")?.Value)),
            _ => reply.Resource.Text("id"),
        };
    }

    /// <summary>One resource that only ever counts up.</summary>
    private async Task CountAsync(HttpClient client, CancellationToken cut)
    {
        const string id = "kills-counter";
        while (!cut.IsCancellationRequested)
        {
            var next = _counters.GetValueOrDefault(id) + 1;
            try
            {
                var reply = await client.PutFhirAsync($"Basic/{id}", $$"""{"resourceType":"Basic","id":"{{id}}","code":{"text":"{{next}}"} }""");
                Assert.True(reply.Status is 200 or 201, $"The counter was answered {reply.Status}: {reply.Text}");
                _counters[id] = next;
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or TaskCanceledException)
            {
                return;
            }
        }
    }

    private string NewNumber() => string.Create(CultureInfo.InvariantCulture, $"n{Interlocked.Increment(ref _sequence)}");

    private static string Patient(string number) =>
        $$"""{"resourceType":"Patient","identifier":[{"system":"{{Numbers}}","value":"{{number}}"}]}""";

    private Sent Conditional()
    {
        var number = NewNumber();
        return new(number, "conditional", HttpMethod.Post, "/fhir/Patient", Patient(number), "application/fhir+json",
            [("If-None-Exist", $"identifier={Numbers}|{number}")]);
    }

    private Sent Keyed()
    {
        var number = NewNumber();
        return new(number, "keyed", HttpMethod.Post, "/fhir/Patient", Patient(number), "application/fhir+json", [("Idempotency-Key", number)]);
    }

    private Sent Torn()
    {
        var number = NewNumber();
        var bundle = $$$"""
            {"resourceType":"Bundle","type":"transaction","entry":[
              {"fullUrl":"urn:uuid:6c9b3a52-60a7-4a7b-9a55-0d9a1a40e001","request":{"method":"POST","url":"Patient"},"resource":{{{Patient(number)}}} },
              {"request":{"method":"POST","url":"Flag"},"resource":{"resourceType":"Flag","status":"active","code":{"text":"x"},
                "subject":{"reference":"urn:uuid:6c9b3a52-60a7-4a7b-9a55-0d9a1a40e001"} } }]}
            """;
        return new(number, "transaction", HttpMethod.Post, "/fhir", bundle, "application/fhir+json", [("Idempotency-Key", number)]);
    }

    private Sent SignUp() =>
        new(NewNumber(), "sign-up", HttpMethod.Post, "/intake/doctolib", Messages.SignUp(Somebody.New()), Messages.Json, []);

    /// <summary>The command that compares every index row with its resource.</summary>
    private static async Task VerifyAsync(string folder)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(HubSettings).Assembly.Location, "verify"])
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["Hub__DataDirectory"] = Path.Combine(folder, "data");
        start.Environment["Hub__Storage__Provider"] = StorePlace.Provider;
        start.Environment["Hub__Storage__ConnectionString"] = StorePlace.ConnectionString(folder);
        using var process = Process.Start(start)!;
        var told = new StringBuilder(await process.StandardOutput.ReadToEndAsync());
        told.Append(await process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, told.ToString());
        Assert.Contains(" 0 faults.", told.ToString());
    }
}
