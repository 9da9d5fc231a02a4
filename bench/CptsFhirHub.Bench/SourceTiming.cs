using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using CptsFhirHub.Generator;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Bench;

/// <summary>Files through the real doors, held against the manifest of the territory that they are of; and one question to a long journal.</summary>
internal static class SourceTiming
{
    private const string Team = "demo-cpts";

    /// <summary>The main file of a territory, and the same again: what each took, and how the hub's counts differ from the manifest's.</summary>
    /// <param name="onFirst">Called when the files are in for the first time.</param>
    public static async Task<(TimeSpan First, TimeSpan Again, int Lines, IReadOnlyList<string> Differences)> FileAsync(HubProcess hub, string profile, Action onFirst)
    {
        var territory = GeneratedTerritory.Of(new(7, TerritoryProfile.Find(profile)!) { Today = DateOnly.FromDateTime(DateTime.UtcNow) });
        var source = TerritoryProfile.Find(profile)!.Main;
        var files = territory.Deliveries.Where(delivery => delivery.Source == source && delivery.IsFile).ToList();
        using var client = await hub.ClientAsync(Team, connections: 4);
        var differences = new List<string>();
        var (first, lines) = (TimeSpan.Zero, 0);
        var atFirst = await HeldAsync(client);
        foreach (var file in files)
        {
            var clock = Stopwatch.StartNew();
            var rows = await HandInAsync(client, file);
            first += clock.Elapsed;
            lines += file.Messages.Count;
            foreach (var message in file.Messages)
                if (rows.GetValueOrDefault(message.Line) is var state && state != message.State)
                    differences.Add(string.Create(CultureInfo.InvariantCulture,
                        $"{file.Path} line {message.Line}: {state ?? "not there"}, the manifest says {message.State} ({string.Join(' ', message.Persons)}; {string.Join(' ', message.Dirt)})"));
        }

        onFirst();
        var before = await HeldAsync(client);
        if (source == "recensement" && before.Patients - atFirst.Patients is var made && RecordsOf(files) is var expected && made != expected)
            differences.Add(string.Create(CultureInfo.InvariantCulture, $"{made} patients, the manifest has {expected}"));
        var again = Stopwatch.StartNew();
        foreach (var file in files)
            await HandInAsync(client, file);
        var second = again.Elapsed;
        if (await HeldAsync(client) is var after && after != before)
            differences.Add($"the same again: {before} became {after}");
        return (first, second, lines, differences);
    }

    /// <summary>A census of another territory, that nobody measures.</summary>
    public static async Task WorkAsync(HubProcess hub, int lines)
    {
        var territory = GeneratedTerritory.Of(new(11, TerritoryProfile.Find("charente")!) { Today = DateOnly.FromDateTime(DateTime.UtcNow), Size = lines });
        using var client = await hub.ClientAsync(Team, connections: 4);
        foreach (var file in territory.Deliveries.Where(delivery => delivery.Source == territory.Wish.Profile.Main && delivery.IsFile))
            await HandInAsync(client, file);
    }

    /// <summary>
    /// Records that the files of a source make in a hub that knows nobody: one a line that the manifest takes for a record of its own, and one for
    /// each person whom another source would have told of before.
    /// </summary>
    private static int RecordsOf(IEnumerable<Delivery> files)
    {
        var told = files.SelectMany(file => file.Messages).Where(message => message.State is MessageState.Processed or MessageState.Waiting).ToList();
        return told.Count(message => message.IsNewRecord)
            + told.GroupBy(message => message.Persons[0], StringComparer.Ordinal).Count(person => !person.First().IsNewRecord);
    }

    /// <summary>A journal of so many lines of as many persons, then one person's sign-up of one day: milliseconds of each question.</summary>
    public static async Task FillJournalAsync(StoreOptions options, int messages, int persons)
    {
        await using var store = await HubStore.OpenAsync(options, CancellationToken.None);
        var journal = store.Journal;
        foreach (var portion in Enumerable.Range(0, messages).Chunk(500))
        {
            var receipts = await journal.ReceiveAsync(
                [.. portion.Select(n => new Arrival(
                    DemoAccounts.Tenant, n % 3 == 0 ? "hospital" : n % 3 == 1 ? "doctolib" : "guichet", "http", "demo-booking", "application/json",
                    string.Create(CultureInfo.InvariantCulture, $"bench-{n}"), new byte[600]))],
                CancellationToken.None);
            await Task.WhenAll(receipts.Select((receipt, i) => journal.SettleAsync(DemoAccounts.Tenant, new(receipt.Message.Id, MessageState.Processed)
            {
                Patient = $"Patient/{Filling.PatientId(portion[i] % persons)}",
                Resources = [$"Patient/{Filling.PatientId(portion[i] % persons)}/_history/1"],
            }, CancellationToken.None)));
        }
    }

    public static Workload Question(int persons) => new("what happened to a person's sign-up of a day (story)", Team, () =>
    {
        var n = Random.Shared.Next(persons);
        var (from, to) = (DateTime.UtcNow.AddDays(-1), DateTime.UtcNow.AddDays(2));
        return new(HttpMethod.Get, $"/intake/messages?name={People.FamilyName(n)}&birthdate={People.Born(n):yyyy-MM-dd}&source=doctolib&from={from:yyyy-MM-dd}&to={to:yyyy-MM-dd}&story=true");
    });

    private static async Task<Dictionary<int, string>> HandInAsync(HttpClient client, Delivery file)
    {
        using var body = BodyOf(file);
        using var response = await client.PostAsync(new Uri($"/intake/{file.Source}", UriKind.Relative), body);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStreamAsync());
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{file.Path}: {(int)response.StatusCode}");
        var rows = answer.RootElement.GetProperty("rows").GetString()!;
        var message = new Uri($"/intake/messages/{answer.RootElement.GetProperty("messageId").GetString()}", UriKind.Relative);
        while (await StateAsync(client, message) == MessageState.Received)
            await Task.Delay(50);
        using var told = JsonDocument.Parse(await client.GetStreamAsync(new Uri(rows, UriKind.Relative)));
        return told.RootElement.GetProperty("rows").EnumerateArray()
            .ToDictionary(row => row.GetProperty("line").GetInt32(), row => row.GetProperty("state").GetString()!);
    }

    private static async Task<string?> StateAsync(HttpClient client, Uri message)
    {
        using var told = JsonDocument.Parse(await client.GetStreamAsync(message));
        return told.RootElement.GetProperty("state").GetString();
    }

    private static async Task<(int Patients, int Requests, int Tasks)> HeldAsync(HttpClient client) =>
        (await CountAsync(client, "Patient"), await CountAsync(client, "ServiceRequest"), await CountAsync(client, "Task"));

    private static async Task<int> CountAsync(HttpClient client, string type)
    {
        using var found = JsonDocument.Parse(await client.GetStreamAsync(new Uri($"/fhir/{type}?_summary=count", UriKind.Relative)));
        return found.RootElement.GetProperty("total").GetInt32();
    }

    private static HttpContent BodyOf(Delivery delivery)
    {
        var file = new ReadOnlyMemoryContent(delivery.Bytes) { Headers = { ContentType = MediaTypeHeaderValue.Parse(delivery.ContentType) } };
        if (delivery.Control is not { } control)
            return file;
        var name = Path.GetFileName(delivery.Path);
        return new MultipartFormDataContent
        {
            { new ReadOnlyMemoryContent(control) { Headers = { ContentType = new("application/json") } }, "control", name + ".ctl" },
            { file, "file", name },
        };
    }
}
