using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using CptsFhirHub.Generator;
using CptsFhirHub.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Intake;

/// <summary>Hands a generated territory in through the doors of a hub, and asks the hub what it holds.</summary>
internal sealed class TerritoryCalls(HubHost host) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly Dictionary<string, HttpClient> _clients = new(StringComparer.Ordinal);
    private readonly HashSet<string> _files = new(StringComparer.Ordinal);

    /// <summary>Where the hub did something else than the manifest says.</summary>
    public List<string> Differences { get; } = [];

    public async Task<HttpClient> ClientAsync(string sender)
    {
        if (!_clients.TryGetValue(sender, out var client))
            _clients[sender] = client = await host.ClientAsync(sender == "team" ? "demo-cpts" : "demo-" + sender);
        return client;
    }

    public async Task<(int Status, string Text)> PostAsync(Delivery delivery)
    {
        using var body = BodyOf(delivery);
        var url = delivery.Source == "fhir" ? "/fhir/$process-message" : $"/intake/{delivery.Source}";
        using var response = await (await ClientAsync(delivery.Sender)).PostAsync(new Uri(url, UriKind.Relative), body, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Hands in and compares what became of each message.</summary>
    public async Task HandInAsync(Delivery delivery)
    {
        var (status, text) = await PostAsync(delivery);
        if (delivery.IsFile)
        {
            await CompareRowsAsync(await ClientAsync(delivery.Sender), delivery, text);
            return;
        }

        var expected = delivery.Messages[0];
        int[] allowed = expected.State switch
        {
            "rejected" => [422],
            "waiting" => delivery.Source == "fhir" ? [200, 202] : [202],
            _ when delivery.Source == "fhir" => [200],
            "duplicate" => [200],
            _ => [200, 201],
        };
        if (!allowed.Contains(status))
            Differ($"{delivery.Path} ({Told(expected)}): {status}", text);
        else if (expected.Refusal is { } refusal && !text.Contains($"\"code\":\"{refusal}\"", StringComparison.Ordinal))
            Differ($"{delivery.Path}: refused, but not for {refusal}", text);
    }

    /// <summary>Messages by state, a file counting as its lines.</summary>
    public async Task<SortedDictionary<string, int>> JournalAsync(string source)
    {
        var journal = host.Services.GetRequiredService<Journal>();
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var filter = new JournalFilter("demo-cpts") { Source = source, Count = 1_000 };
        while (await journal.FindAsync(filter, TestContext.Current.CancellationToken) is { Count: > 0 } page)
        {
            foreach (var message in page.Where(message => !_files.Contains(message.Id)))
                counts[message.State] = counts.GetValueOrDefault(message.State) + 1;
            filter = filter with { Before = page[^1].Sequence };
        }

        return counts;
    }

    public async Task<int> CountAsync(string query)
    {
        var client = await ClientAsync("team");
        var bundle = await client.GetJsonAsync($"/fhir/{query}&_summary=count");
        return bundle.GetProperty("total").GetInt32();
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
    }

    private async Task CompareRowsAsync(HttpClient client, Delivery delivery, string text)
    {
        using var answer = JsonDocument.Parse(text);
        _files.Add(answer.RootElement.Text("messageId")!);
        var deadline = DateTime.UtcNow + Patience;
        JsonElement rows;
        do
        {
            await Task.Delay(100);
            rows = await client.GetJsonAsync(answer.RootElement.Text("rows"));
        }
        while (rows.Text("state") == "received" && DateTime.UtcNow < deadline);

        var found = rows.GetProperty("rows").EnumerateArray().ToDictionary(row => int.Parse(row.Text("line")!, CultureInfo.InvariantCulture));
        foreach (var expected in delivery.Messages)
        {
            if (!found.Remove(expected.Line, out var row))
                Differ($"{delivery.Path} line {expected.Line} ({Told(expected)}): not there", "");
            else if (row.Text("state") != expected.State)
                Differ($"{delivery.Path} line {expected.Line} ({Told(expected)}): {row.Text("state")}", row.ToString());
            else if (expected.Refusal is { } refusal && !row.GetProperty("issues").EnumerateArray().Any(issue => issue.Text("code") == refusal))
                Differ($"{delivery.Path} line {expected.Line}: refused, but not for {refusal}", row.ToString());
        }

        foreach (var line in found.Keys)
            Differ($"{delivery.Path} line {line}: not in the manifest", "");
    }

    private void Differ(string what, string said) => Differences.Add(said.Length == 0 ? what : $"{what}\n    {said}");

    private static string Told(ExpectedMessage message) =>
        $"{message.State}, {string.Join(' ', message.Persons)}{(message.Dirt.Count > 0 ? ", " : "")}{string.Join(' ', message.Dirt)}";

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
