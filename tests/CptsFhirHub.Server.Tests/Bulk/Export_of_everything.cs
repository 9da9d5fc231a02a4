using System.IO.Compression;
using CptsFhirHub.Tests.Intake;
using CptsFhirHub.Tests.Subscriptions;

namespace CptsFhirHub.Tests.Bulk;

/// <summary>An export shows one moment, within the right of the client that asked, and to nobody else.</summary>
public sealed class Export_of_everything
{
    [Fact]
    public async Task The_system_is_written_type_by_type_with_a_complete_manifest()
    {
        await using var hub = await SubscriptionCalls.HubAsync(("Hub:Bulk:LinesPerFile", "10"));
        using var admin = await hub.ClientAsync("demo-admin");
        var patients = new List<string>();
        for (var n = 0; n < 23; n++)
            patients.Add(await admin.CreateAsync("Patient", "{\"resourceType\":\"Patient\",\n  \"active\": true}"));
        var gone = await admin.CreateAsync("Patient", """{"resourceType":"Patient"}""");
        await admin.DeleteFhirAsync($"Patient/{gone}");
        var task = await admin.CreateAsync("Task", SubscriptionCalls.Task("Organization/demo-dac"));

        var status = await admin.StartAsync("$export?_type=Patient,Task");
        var manifest = await admin.EndOfAsync(status);
        Assert.EndsWith("/fhir/$export?_type=Patient,Task", manifest.Text("request"));
        Assert.True(manifest.GetProperty("requiresAccessToken").GetBoolean());
        Assert.Equal([10, 10, 3, 1], manifest.GetProperty("output").EnumerateArray().Select(file => file.GetProperty("count").GetInt32()));
        Assert.Empty(manifest.GetProperty("error").EnumerateArray());
        var all = await admin.ReadAsync(manifest);
        Assert.Equal(patients.Order(), all.Ids("Patient").Order());
        Assert.Equal([task], all.Ids("Task"));

        // Since the moment of the manifest: what came later, what was changed, what is gone. All was there before is not in it.
        await admin.DeleteFhirAsync($"Patient/{patients[0]}");
        var later = await admin.CreateAsync("Patient", """{"resourceType":"Patient"}""");
        // The lines of a file are the same packed.
        var url = manifest.GetProperty("output")[0].Text("url")!;
        var plain = await admin.SendAsync(HttpMethod.Get, url);
        var packed = await admin.SendAsync(HttpMethod.Get, url, headers: ("Accept-Encoding", "gzip"));
        Assert.Equal(["gzip"], packed.ContentHeaders.ContentEncoding);
        using (var unpacked = new StreamReader(new GZipStream(new MemoryStream(packed.Bytes), CompressionMode.Decompress)))
            Assert.Equal(plain.Text, await unpacked.ReadToEndAsync(TestContext.Current.CancellationToken));

        var since = await admin.ExportAsync($"$export?_type=Patient&_since={manifest.Text("transactionTime")}");
        Assert.Contains(later, (await admin.ReadAsync(since)).Ids("Patient"));
        Assert.DoesNotContain(patients[1], (await admin.ReadAsync(since)).Ids("Patient"));
        var deletes = await admin.ReadAsync(since, "deleted");
        Assert.Contains($"Patient/{patients[0]}", deletes.Select(bundle => bundle.At("entry", "request", "url")!.Value));

        // No type named: everything there is, the hub's own definitions too.
        await DefinitionsAsync(admin);
        var everything = await admin.ReadAsync(await admin.ExportAsync("$export"));
        Assert.Contains("CodeSystem", everything.Select(resource => resource.ResourceType));
        Assert.Contains(later, everything.Ids("Patient"));
    }

    [Fact]
    public async Task Patients_and_groups_are_exported_with_what_hangs_on_them()
    {
        await using var hub = await SubscriptionCalls.HubAsync();
        using var admin = await hub.ClientAsync("demo-admin");
        var (inside, outside) = (await admin.CreateAsync("Patient", """{"resourceType":"Patient"}"""), await admin.CreateAsync("Patient", """{"resourceType":"Patient"}"""));
        var ofInside = await admin.CreateAsync("Task", SubscriptionCalls.Task("Organization/a", patient: $"Patient/{inside}"));
        var ofOutside = await admin.CreateAsync("Task", SubscriptionCalls.Task("Organization/a", "draft", patient: $"Patient/{outside}"));
        var ofNobody = await admin.CreateAsync("Task", SubscriptionCalls.Task("Organization/a"));
        var group = await admin.CreateAsync("Group", $$"""{"resourceType":"Group","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/{{inside}}"} }]}""");

        var ofPatients = await admin.ReadAsync(await admin.ExportAsync("Patient/$export"));
        Assert.Equal(new[] { inside, outside }.Order(), ofPatients.Ids("Patient").Order());
        Assert.Equal(new[] { ofInside, ofOutside }.Order(), ofPatients.Ids("Task").Order());
        Assert.DoesNotContain(ofNobody, ofPatients.Ids("Task"));

        var ofGroup = await admin.ReadAsync(await admin.ExportAsync($"Group/{group}/$export"));
        Assert.Equal([inside], ofGroup.Ids("Patient"));
        Assert.Equal([ofInside], ofGroup.Ids("Task"));

        // Who has left the group is no member of it, ticked as inactive or by the day alone.
        var former = await admin.CreateAsync("Group", $$"""
            {"resourceType":"Group","type":"person","actual":true,"member":[
             {"entity":{"reference":"Patient/{{inside}}"},"inactive":true},
             {"entity":{"reference":"Patient/{{outside}}"},"period":{"end":"2020-01-01"} }]}
            """);
        Assert.Empty((await admin.ReadAsync(await admin.ExportAsync($"Group/{former}/$export"))).Ids("Patient"));

        var filtered = await admin.ReadAsync(await admin.ExportAsync("$export?_type=Task&_typeFilter=Task%3Fstatus%3Ddraft&_typeFilter=Task%3Fpatient%3D" + inside));
        Assert.Equal(new[] { ofInside, ofOutside }.Order(), filtered.Ids("Task").Order());
        Assert.Equal(404, (await admin.GetFhirAsync("Group/none/$export", BulkCalls.Async)).Status);
    }

    [Fact]
    public async Task A_partner_exports_what_it_may_see_and_another_sees_no_job()
    {
        await using var hub = await SubscriptionCalls.HubAsync();
        using var team = await hub.ClientAsync("demo-cpts");
        using var dac = await hub.ClientAsync("demo-dac");
        using var other = await hub.ClientAsync("demo-dac-2");
        var mine = await team.CreateAsync("Task", SubscriptionCalls.Task("Organization/demo-dac"));
        await team.CreateAsync("Task", SubscriptionCalls.Task("Organization/demo-dac-2"));
        await team.DeleteFhirAsync("Task/" + await team.CreateAsync("Task", SubscriptionCalls.Task("Organization/demo-dac")));

        var status = await dac.StartAsync("$export?_since=2020-01-01T00:00:00Z");
        var manifest = await dac.EndOfAsync(status);
        Assert.Equal([mine], (await dac.ReadAsync(manifest)).Ids("Task"));
        Assert.DoesNotContain("Group", (await dac.ReadAsync(manifest)).Select(resource => resource.ResourceType));
        Assert.DoesNotContain((await dac.ReadAsync(manifest, "deleted")).Select(bundle => bundle.At("entry", "request", "url")!.Value!), url => url.StartsWith("Task/", StringComparison.Ordinal));
        Assert.Equal(403, (await dac.GetFhirAsync("$export?_type=Group", BulkCalls.Async)).Status);

        var file = manifest.GetProperty("output")[0].Text("url");
        foreach (var stranger in (HttpClient[])[other, team])
        {
            Assert.Equal(404, (await stranger.SendAsync(HttpMethod.Get, status)).Status);
            Assert.Equal(404, (await stranger.SendAsync(HttpMethod.Get, file)).Status);
            Assert.Equal(404, (await stranger.SendAsync(HttpMethod.Delete, status)).Status);
        }

        using var anybody = hub.Anonymous();
        Assert.Equal(401, (await anybody.SendAsync(HttpMethod.Get, file)).Status);
        Assert.Equal(404, (await dac.SendAsync(HttpMethod.Get, file[..file.LastIndexOf('/')] + "/job.json")).Status);

        Assert.Equal(202, (await dac.SendAsync(HttpMethod.Delete, status)).Status);
        Assert.Equal(404, (await dac.SendAsync(HttpMethod.Get, status)).Status);
        Assert.Equal(404, (await dac.SendAsync(HttpMethod.Get, file)).Status);
        Assert.Empty(Directory.GetDirectories(Path.Combine(hub.Folder, "data", "bulk")));
    }

    [Theory]
    [InlineData("$export", "", 400)]
    [InlineData("$export?_outputFormat=text/csv", "respond-async", 400)]
    [InlineData("$export?_outputFormat=application/fhir%2Bndjson&_type=Slot", "respond-async", 202)]
    [InlineData("$export?_type=Nothing", "respond-async", 400)]
    [InlineData("Patient/$export?_type=Slot", "respond-async", 400)]
    [InlineData("$export?_since=yesterday", "respond-async", 400)]
    [InlineData("$export?_elements=id", "respond-async", 400)]
    [InlineData("$export?_elements=id&_type=Slot", "respond-async, handling=lenient", 202)]
    [InlineData("$export?_typeFilter=Task%3Fnothing%3D1", "respond-async", 400)]
    [InlineData("$export?_type=Slot&_typeFilter=Task%3Fstatus%3Ddraft", "respond-async", 400)]
    public async Task What_is_not_understood_is_refused(string path, string prefer, int status)
    {
        await using var hub = await SubscriptionCalls.HubAsync();
        using var admin = await hub.ClientAsync("demo-admin");
        var reply = await admin.GetFhirAsync(path, ("Prefer", prefer));
        Assert.True(reply.Status == status, $"{reply.Status}: {reply.Text}");
    }

    [Fact]
    public async Task Jobs_are_bounded_and_what_they_made_is_forgotten_in_time()
    {
        await using var hub = await SubscriptionCalls.HubAsync(("Hub:Bulk:JobsPerClient", "1"), ("Hub:Bulk:KeptFor", "00:00:00.500"));
        using var admin = await hub.ClientAsync("demo-admin");
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => admin.GetFhirAsync("$export?_type=Schedule", BulkCalls.Async)));
        Assert.All(replies, reply => Assert.True(reply.Status is 202 or 429, reply.Text));
        var status = replies.First(reply => reply.Status == 202).ContentHeaders.ContentLocation!.ToString();
        await UntilAsync(async () => (await admin.SendAsync(HttpMethod.Get, status)).Status == 404);
    }

    [Fact]
    public async Task An_export_larger_than_allowed_is_said_clearly_and_gives_nothing_out()
    {
        await using var hub = await SubscriptionCalls.HubAsync(("Hub:Bulk:ExportBytes", "1000"));
        using var admin = await hub.ClientAsync("demo-admin");
        await DefinitionsAsync(admin);
        var large = await admin.StartAsync("$export?_type=CodeSystem");
        Reply end;
        while ((end = await admin.SendAsync(HttpMethod.Get, large)).Status == 202)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.Equal(500, end.Status);
        Assert.Contains("Hub:Bulk:ExportBytes", end.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_under_way_at_a_kill_is_said_to_have_failed_and_what_was_done_is_still_there()
    {
        var folder = Directory.CreateTempSubdirectory("hub-kill-").FullName;
        try
        {
            string done, file;
            using (var first = await ChildHub.StartAsync(folder))
            {
                using var admin = await first.ClientAsync("demo-admin");
                await DefinitionsAsync(admin);
                done = await admin.StartAsync("$export?_type=CodeSystem");
                file = (await admin.EndOfAsync(done)).GetProperty("output")[0].Text("url");
                await first.KillAsync();
            }

            // As a kill in the middle leaves it; and one that nobody can make out any more.
            var (open, unknown) = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210");
            var kept = await File.ReadAllTextAsync(Path.Combine(folder, "data", "bulk", done.Split('/')[^1], "job.json"));
            foreach (var id in (string[])[open, unknown])
            {
                var text = kept.Replace(done.Split('/')[^1], id, StringComparison.Ordinal).Replace("\"Done\"", "\"Running\"", StringComparison.Ordinal);
                Directory.CreateDirectory(Path.Combine(folder, "data", "bulk", id));
                await File.WriteAllTextAsync(
                    Path.Combine(folder, "data", "bulk", id, "job.json"), id == open ? text : text.Replace("\"Call\"", "\"Lost\"", StringComparison.Ordinal));
            }

            using var second = await ChildHub.StartAsync(folder);
            using var again = await second.ClientAsync("demo-admin");
            var made = await again.EndOfAsync($"/fhir/$bulk-status/{open}");
            Assert.Equal("CodeSystem", made.GetProperty("output")[0].Text("type"));
            await UntilAsync(async () => (await again.GetFhirAsync($"$bulk-status/{unknown}")).Status == 500);
            Assert.Contains("may no longer", (await again.GetFhirAsync($"$bulk-status/{unknown}")).Text, StringComparison.Ordinal);
            Assert.Equal(200, (await again.GetFhirAsync($"$bulk-status/{done.Split('/')[^1]}")).Status);
            Assert.Equal(200, (await again.SendAsync(HttpMethod.Get, new Uri(file).AbsolutePath)).Status);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Waits until the hub's own definitions stand there: it publishes them while it serves.</summary>
    private static Task DefinitionsAsync(HttpClient admin) =>
        UntilAsync(async () => (await admin.GetFhirAsync("CodeSystem?_summary=count")).Resource.Text("total") is { } total && int.Parse(total, System.Globalization.CultureInfo.InvariantCulture) > 2);

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var deadline = DateTime.UtcNow.AddSeconds(60);
        while (!await isSo())
        {
            Assert.True(DateTime.UtcNow < deadline, "It never came to that.");
            await Task.Delay(30);
        }
    }
}
