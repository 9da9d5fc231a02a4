using System.Buffers.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.Rest;

public sealed class Searches_over_HTTP(HubHost hub)
{
    private static string Patient(string family, string born = "1950-01-01") =>
        $$"""{"resourceType":"Patient","name":[{"family":"{{family}}"}],"birthDate":"{{born}}"}""";

    [Fact]
    public async Task A_reference_to_a_contained_resource_is_not_missing()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """
            {"resourceType":"Patient","managingOrganization":{"reference":"#o"},"contained":[{"resourceType":"Organization","id":"o","name":"Du port"}]}
            """);
        Assert.Equal([], (await client.GetFhirAsync($"Patient?_id={id}&organization:missing=true")).Ids());
        Assert.Equal([id], (await client.GetFhirAsync($"Patient?_id={id}&organization:missing=false")).Ids());
        Assert.Equal([id], (await client.GetFhirAsync($"Patient?_id={id}&general-practitioner:missing=true&_include=*")).Ids());
    }

    [Fact]
    public async Task A_search_answers_with_matches_total_and_self_link()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var family = NewFamily();
        var id = await client.CreateAsync("Patient", Patient(family));
        var reply = await client.GetFhirAsync($"Patient?family={family}");
        var bundle = reply.Resource;
        Assert.Equal(("searchset", "1"), (bundle.Text("type"), bundle.Text("total")));
        Assert.Equal([id], reply.Ids());
        Assert.EndsWith($"/fhir/Patient?family={family}", Link(bundle, "self"), StringComparison.Ordinal);
        Assert.EndsWith($"/fhir/Patient/{id}", bundle.At("entry", "fullUrl")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_result_is_a_bundle_without_entries()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var bundle = (await client.GetFhirAsync("Patient?family=Nobody-at-all")).Resource;
        Assert.Equal("0", bundle.Text("total"));
        Assert.Null(bundle.Child("entry"));
    }

    [Fact]
    public async Task Pages_hang_together_and_show_each_match_once()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var family = NewFamily();
        var ids = new List<string>();
        for (var i = 0; i < 7; i++)
            ids.Add(await client.CreateAsync("Patient", Patient(family, $"195{i}-01-01")));

        var seen = new List<string>();
        var next = $"/fhir/Patient?family={family}&_sort=birthdate&_count=3";
        var pages = 0;
        while (next is not null)
        {
            var reply = await client.SendAsync(HttpMethod.Get, next);
            Assert.Equal("7", reply.Resource.Text("total"));
            seen.AddRange(reply.Ids());
            next = Link(reply.Resource, "next");
            Assert.True(++pages <= 3);
        }

        Assert.Equal(ids, seen);
    }

    [Fact]
    public async Task The_same_search_by_POST()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var family = NewFamily();
        var id = await client.CreateAsync("Patient", Patient(family));
        var reply = await client.SendAsync(
            HttpMethod.Post, "/fhir/Patient/_search", $"family={family}&_count=5", "application/x-www-form-urlencoded");
        Assert.Equal([id], reply.Ids());
        Assert.Equal(415, (await client.PostFhirAsync("Patient/_search", "{}")).Status);
    }

    [Fact]
    public async Task Only_the_count_when_only_the_count_is_wanted()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var family = NewFamily();
        await client.CreateAsync("Patient", Patient(family));
        await client.CreateAsync("Patient", Patient(family));
        var bundle = (await client.GetFhirAsync($"Patient?family={family}&_summary=count")).Resource;
        Assert.Equal("2", bundle.Text("total"));
        Assert.Null(bundle.Child("entry"));
    }

    [Fact]
    public async Task What_is_not_understood_is_refused_unless_the_client_is_lenient()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var family = NewFamily();
        var id = await client.CreateAsync("Patient", Patient(family));
        var strict = await client.GetFhirAsync($"Patient?family={family}&nonsense=1");
        Assert.Equal(400, strict.Status);
        Assert.Contains("nonsense", strict.Text, StringComparison.Ordinal);
        var lenient = await client.GetFhirAsync($"Patient?family={family}&nonsense=1", ("Prefer", "handling=lenient"));
        Assert.Equal([id], lenient.Ids());
        Assert.Contains("OperationOutcome", lenient.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("nonsense", Link(lenient.Resource, "self"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Patient?birthdate=yesterday")]
    [InlineData("Patient?birthdate=2020-13-40")]
    [InlineData("Patient?family:nonsense=x")]
    [InlineData("Patient?_count=many")]
    [InlineData("Patient?_sort=nonsense")]
    [InlineData("Patient?_include=Patient:nonsense")]
    [InlineData("Patient?_include=nonsense")]
    [InlineData("Patient?general-practitioner.nonsense=x")]
    [InlineData("Patient?_has:Task:nonsense:status=x")]
    public async Task A_wrong_search_is_a_400_with_a_reason(string search)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.GetFhirAsync(search);
        Assert.Equal(400, reply.Status);
        Assert.NotNull(reply.IssueCode);
    }

    [Fact]
    public async Task A_cursor_that_the_hub_did_not_write_is_refused()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Equal(400, (await client.GetFhirAsync("Patient?_cursor=forged")).Status);

        var first = await client.GetFhirAsync("Patient?_sort=family&_count=1");
        var next = Link(first.Resource, "next")!;
        var at = next.IndexOf("_cursor=", StringComparison.Ordinal) + "_cursor=".Length;
        const int mark = 12;
        var changed = string.Concat(next.AsSpan(0, at + mark), Base64Url.EncodeToString("[1,\"i5\"]"u8));
        Assert.Equal(400, (await client.GetFhirAsync(changed[changed.IndexOf("Patient?", StringComparison.Ordinal)..])).Status);
        Assert.Equal(200, (await client.GetFhirAsync(next[next.IndexOf("Patient?", StringComparison.Ordinal)..])).Status);
    }

    [Fact]
    public async Task Sixty_four_parameters_are_read_and_sixty_five_refused()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var at = string.Join('&', Enumerable.Repeat("family=x", 64));
        Assert.Equal(200, (await client.GetFhirAsync("Patient?" + at)).Status);
        Assert.Equal(400, (await client.GetFhirAsync("Patient?family=x&" + at)).Status);
    }

    internal static string? Link(Element bundle, string relation) =>
        bundle.All("link").ToArray().SingleOrDefault(link => link.Text("relation") == relation)?.Text("url");

    private static string NewFamily() => "F" + Guid.NewGuid().ToString("N");
}
