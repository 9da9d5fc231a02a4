using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Tests.Subscriptions;

namespace CptsFhirHub.Tests.Bulk;

/// <summary>Each line is taken by the rules of a PUT, or told with its number; what was written twice is there once.</summary>
public sealed class Import_of_lines(HubHost hub)
{
    private const string Ndjson = "application/fhir+ndjson";

    [Fact]
    public async Task Good_lines_are_taken_and_faulty_ones_are_told()
    {
        using var admin = await hub.ClientAsync("demo-admin");
        var id = Guid.NewGuid().ToString("N");
        var lines = new StringBuilder()
            .Append($$"""{"resourceType":"Patient","id":"{{id}}","active":false}""").Append('\n')
            .Append("""{"resourceType":"Patient","gender":"planted-value"}""").Append('\n')
            .Append('\n')
            .Append($$"""{"resourceType":"Patient","id":"{{id}}","active":true}""").Append("\r\n")
            .Append("{no json").Append('\n')
            .Append("""{"resourceType":"AuditEvent"}""").Append('\n')
            .Append("""{"resourceType":"Patient","name":[{"family":"Ligne"}]}""").Append('\n')
            .Append("""{"resourceType":"Patient","identifier":[{"system":"urn:oid:1.2.250.1.213.1.4.10","value":"247038519104255"}]}""");
        var reply = await admin.SendAsync(HttpMethod.Post, "/fhir/$import", lines.ToString(), Ndjson, BulkCalls.Async);
        Assert.True(reply.Status == 202, reply.Text);
        var end = await admin.EndOfAsync(reply.ContentHeaders.ContentLocation!.ToString());
        Assert.Equal((8, 4), (end.GetProperty("lines").GetInt32(), end.GetProperty("written").GetProperty("Patient").GetInt32()));
        Assert.Equal("true", (await admin.GetFhirAsync($"Patient/{id}")).Resource.Text("active"));
        var errors = await admin.ReadAsync(end, "error");
        Assert.Equal(["Line 2", "Line 5", "Line 6", "Line 8"], errors.Select(outcome => outcome.At("issue", "diagnostics")!.Value![..6]));
        Assert.Equal(["error", "fatal", "error", "warning"], errors.Select(outcome => outcome.At("issue", "severity")!.Value));
        Assert.DoesNotContain(errors, outcome => Encoding.UTF8.GetString(FhirJson.Write(outcome)).Contains("2470385", StringComparison.Ordinal));
        Assert.DoesNotContain(errors, outcome => Encoding.UTF8.GetString(FhirJson.Write(outcome)).Contains("planted", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("demo-cpts", Ndjson, "respond-async", 403)]
    [InlineData("demo-dac", Ndjson, "respond-async", 403)]
    [InlineData("demo-admin", "application/fhir+json", "respond-async", 415)]
    [InlineData("demo-admin", Ndjson, "return=minimal", 400)]
    public async Task An_import_is_asked_for_by_an_administrator_and_as_it_is_served(string account, string mediaType, string prefer, int status)
    {
        using var client = await hub.ClientAsync(account);
        Assert.Equal(status, (await client.SendAsync(HttpMethod.Post, "/fhir/$import", "{}", mediaType, ("Prefer", prefer))).Status);
    }

    [Fact]
    public async Task A_body_one_byte_too_large_is_refused_and_nothing_of_it_is_kept()
    {
        await using var own = await SubscriptionCalls.HubAsync(("Hub:Bulk:ImportBytes", "100"));
        using var admin = await own.ClientAsync("demo-admin");
        var line = """{"resourceType":"Patient"}""";
        Assert.Equal(202, (await admin.SendAsync(HttpMethod.Post, "/fhir/$import", line.PadRight(100), Ndjson, BulkCalls.Async)).Status);
        Assert.Equal(413, (await admin.SendAsync(HttpMethod.Post, "/fhir/$import", line.PadRight(101), Ndjson, BulkCalls.Async)).Status);
        Assert.Single(Directory.GetDirectories(Path.Combine(own.Folder, "data", "bulk")));
    }

    [Fact]
    public async Task A_kill_in_the_middle_loses_no_line_and_doubles_none()
    {
        const int lines = 1_500;
        var folder = Directory.CreateTempSubdirectory("hub-kill-").FullName;
        try
        {
            string status;
            using (var first = await ChildHub.StartAsync(folder))
            {
                using var admin = await first.ClientAsync("demo-admin");
                var body = string.Join('\n', Enumerable.Range(0, lines).Select(n => $$"""{"resourceType":"Slot","schedule":{"reference":"Schedule/s"},"status":"free","start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:15:00Z","comment":"{{n}}"}"""));
                status = (await admin.SendAsync(HttpMethod.Post, "/fhir/$import", body, Ndjson, BulkCalls.Async)).ContentHeaders.ContentLocation!.AbsolutePath;
                while ((await admin.GetFhirAsync("Slot?_summary=count")).Resource.Text("total") == "0")
                    await Task.Delay(5, TestContext.Current.CancellationToken);
                await first.KillAsync();
            }

            using var second = await ChildHub.StartAsync(folder);
            using var again = await second.ClientAsync("demo-admin");
            var end = await again.EndOfAsync(status);
            Assert.Equal(lines, end.GetProperty("lines").GetInt32());
            Assert.Empty(end.GetProperty("error").EnumerateArray());
            Assert.Equal($"{lines}", (await again.GetFhirAsync("Slot?_summary=count")).Resource.Text("total"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
