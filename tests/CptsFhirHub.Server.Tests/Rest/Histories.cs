using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.Rest;

/// <summary>What a history tells, and which part of it can be asked for. https://hl7.org/fhir/R4/http.html#history</summary>
public sealed class Histories(HubHost hub)
{
    private static Element[] Entries(Reply reply) => reply.Resource.All("entry").ToArray();

    private static IEnumerable<string?> Methods(Reply reply) => Entries(reply).Select(entry => entry.At("request", "method")?.Value);

    private static string Text(DateTimeOffset instant) =>
        Uri.EscapeDataString(instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    private static DateTimeOffset At(Element version) =>
        DateTimeOffset.Parse(version.At("meta", "lastUpdated")!.Value!, CultureInfo.InvariantCulture);

    [Fact]
    public async Task Each_version_tells_how_it_came_to_be()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = "h" + Guid.NewGuid().ToString("N");
        var patient = $$"""{"resourceType":"Patient","id":"{{id}}","active":true}""";
        await client.PutFhirAsync($"Patient/{id}", patient);
        await client.SendAsync(HttpMethod.Patch, $"/fhir/Patient/{id}", """[{"op":"replace","path":"/active","value":false}]""", "application/json-patch+json");
        await client.DeleteFhirAsync($"Patient/{id}");
        await client.PutFhirAsync($"Patient/{id}", patient);

        var history = await client.GetFhirAsync($"Patient/{id}/_history");
        Assert.Equal(["PUT", "DELETE", "PATCH", "PUT"], Methods(history));
        Assert.Equal(["201", "204", "200", "201"], Entries(history).Select(entry => entry.At("response", "status")?.Value));
        Assert.All(Entries(history), entry => Assert.Equal($"Patient/{id}", entry.At("request", "url")?.Value));

        var posted = await client.CreateAsync("Patient", """{"resourceType":"Patient"}""");
        var first = Assert.Single(Entries(await client.GetFhirAsync($"Patient/{posted}/_history")));
        Assert.Equal(("POST", "Patient", "201"), (first.At("request", "method")?.Value, first.At("request", "url")?.Value, first.At("response", "status")?.Value));
    }

    [Fact]
    public async Task At_shows_what_was_current_then_and_since_what_came_later()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient"}""");
        List<DateTimeOffset> times = [];
        for (var version = 1; version <= 3; version++)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
            var reply = await client.PutFhirAsync($"Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}","multipleBirthInteger":{{version}}}""");
            times.Add(At(reply.Resource));
        }

        async Task<IEnumerable<string?>> VersionsAsync(string query) =>
            Entries(await client.GetFhirAsync($"Patient/{id}/_history?{query}")).Select(entry => entry.At("resource", "meta", "versionId")?.Value);
        Assert.Equal(["2"], await VersionsAsync("_at=" + Text(times[0].AddMilliseconds(1))));
        Assert.Equal(["4"], await VersionsAsync("_at=" + Text(times[2].AddMinutes(5))));
        Assert.Equal([], await VersionsAsync("_at=1999"));
        Assert.Equal(["4", "3", "2", "1"], await VersionsAsync($"_at={times[0].Year}"));
        Assert.Equal(["4", "3"], await VersionsAsync("_since=" + Text(times[1])));
        Assert.Equal([], await VersionsAsync("_since=" + Text(times[2].AddMilliseconds(1))));
        Assert.Equal(["3"], await VersionsAsync($"_since={Text(times[1])}&_at={Text(times[1])}"));
    }

    [Fact]
    public async Task List_shows_what_a_list_refers_to()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var (one, two, other) = (
            await client.CreateAsync("Patient", """{"resourceType":"Patient"}"""), await client.CreateAsync("Patient", """{"resourceType":"Patient"}"""),
            await client.CreateAsync("Patient", """{"resourceType":"Patient"}"""));
        foreach (var id in (string[])[one, two, other])
            await client.PutFhirAsync($"Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}","active":true}""");
        var list = await client.CreateAsync("List", $$"""
            {"resourceType":"List","status":"current","mode":"working","entry":[
              {"item":{"reference":"Patient/{{one}}/_history/1"} },{"item":{"reference":"Patient/{{two}}"} },{"item":{"display":"x"} },{"item":{"reference":"Patient/none"} }]}
            """);
        var found = Entries(await client.GetFhirAsync($"Patient/_history?_list={list}"))
            .Select(entry => $"{entry.At("resource", "id")?.Value}/{entry.At("resource", "meta", "versionId")?.Value}");
        Assert.Equal([$"{two}/2", $"{two}/1", $"{one}/1"], found);
        Assert.Equal(3, Entries(await client.GetFhirAsync($"_history?_list=List/{list}")).Length);
        var empty = await client.CreateAsync("List", """{"resourceType":"List","status":"current","mode":"working"}""");
        Assert.Empty(Entries(await client.GetFhirAsync($"_history?_list={empty}")));
    }

    [Fact]
    public async Task Pages_hold_every_version_once()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient"}""");
        for (var version = 2; version <= 5; version++)
            await client.PutFhirAsync($"Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}","multipleBirthInteger":{{version}}}""");
        List<string?> seen = [];
        for (var address = $"Patient/{id}/_history?_count=2"; address is not null;)
        {
            var page = await client.GetFhirAsync(address);
            Assert.Equal("5", page.Resource.Text("total"));
            seen.AddRange(Entries(page).Select(entry => entry.At("resource", "meta", "versionId")?.Value));
            address = page.Resource.All("link").ToArray().FirstOrDefault(link => link.Text("relation") == "next")?.Text("url")?.Split("/fhir/")[1];
        }

        Assert.Equal(["5", "4", "3", "2", "1"], seen);
        var counted = await client.GetFhirAsync($"Patient/{id}/_history?_count=0");
        Assert.Equal(("5", 0), (counted.Resource.Text("total"), Entries(counted).Length));
    }

    [Theory]
    [InlineData("_at=yesterday")]
    [InlineData("_since=soon")]
    [InlineData("_list=none-such")]
    [InlineData("_count=-1")]
    [InlineData("_count=many")]
    [InlineData("_sort=date")]
    public async Task What_is_not_understood_is_refused(string query)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Equal(400, (await client.GetFhirAsync($"Patient/_history?{query}")).Status);
    }
}
