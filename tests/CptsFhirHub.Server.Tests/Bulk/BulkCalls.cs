using System.Text;
using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Bulk;

/// <summary>Asking for bulk jobs as a client does.</summary>
internal static class BulkCalls
{
    public static readonly (string, string) Async = ("Prefer", "respond-async");

    /// <summary>Starts an export; the address to ask after it.</summary>
    public static async Task<string> StartAsync(this HttpClient client, string path)
    {
        var reply = await client.GetFhirAsync(path, Async);
        Assert.True(reply.Status == 202, $"{reply.Status}: {reply.Text}");
        return reply.ContentHeaders.ContentLocation!.ToString();
    }

    /// <summary>The manifest, once the job is over.</summary>
    public static async Task<JsonElement> EndOfAsync(this HttpClient client, string status)
    {
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (true)
        {
            var reply = await client.SendAsync(HttpMethod.Get, status);
            if (reply.Status == 200)
            {
                using var json = JsonDocument.Parse(reply.Bytes);
                return json.RootElement.Clone();
            }

            Assert.True(reply.Status == 202 && DateTime.UtcNow < deadline, $"{reply.Status}: {reply.Text}");
            Assert.True(reply.Headers.Contains("X-Progress") && reply.Headers.RetryAfter is not null);
            await Task.Delay(30);
        }
    }

    public static async Task<JsonElement> ExportAsync(this HttpClient client, string path) => await client.EndOfAsync(await client.StartAsync(path));

    /// <summary>The resources of all files of a kind.</summary>
    public static async Task<List<Element>> ReadAsync(this HttpClient client, JsonElement manifest, string kind = "output")
    {
        var all = new List<Element>();
        foreach (var file in manifest.GetProperty(kind).EnumerateArray())
        {
            var reply = await client.SendAsync(HttpMethod.Get, file.Text("url"));
            Assert.Equal((200, "application/fhir+ndjson"), (reply.Status, reply.ContentHeaders.ContentType!.MediaType));
            var lines = Encoding.UTF8.GetString(reply.Bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(file.GetProperty("count").GetInt32(), lines.Length);
            foreach (var line in lines)
                all.Add(FhirJson.Parse(line).Resource!.Root);
            if (kind == "output")
                Assert.All(all.TakeLast(lines.Length), resource => Assert.Equal(file.Text("type"), resource.ResourceType));
        }

        return all;
    }

    public static IEnumerable<string> Ids(this IEnumerable<Element> resources, string type) =>
        resources.Where(resource => resource.ResourceType == type).Select(resource => resource.Text("id")!);
}
