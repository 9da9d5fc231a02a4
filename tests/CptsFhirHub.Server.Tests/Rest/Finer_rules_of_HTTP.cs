using System.Globalization;

namespace CptsFhirHub.Tests.Rest;

/// <summary>What RFC 9110 and R4 say of preconditions, addresses and representations beside the common paths.</summary>
public sealed class Finer_rules_of_HTTP(HubHost hub)
{
    private const string Organization = """{"resourceType":"Organization","name":"Cabinet"}""";

    private static string Named(string id, string name) => $$"""{"resourceType":"Organization","id":"{{id}}","name":"{{name}}"}""";

    [Theory]
    [InlineData("\"1\"", 304)]
    [InlineData("W/\"7\", \"1\"", 304)]
    [InlineData("W/\"11\"", 200)]
    [InlineData("*", 304)]
    public async Task If_None_Match_compares_weakly(string tags, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Organization", Organization);
        Assert.Equal(status, (await client.GetFhirAsync($"Organization/{id}", ("If-None-Match", tags))).Status);
    }

    [Theory]
    [InlineData("*", 200)]
    [InlineData("\"7\", W/\"1\"", 200)]
    [InlineData("\"1\"", 200)]
    [InlineData("W/\"7\", W/\"8\"", 412)]
    [InlineData("1", 400)]
    public async Task If_Match_takes_several_tags_and_any(string tags, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Organization", Organization);
        Assert.Equal(status, (await client.PutFhirAsync($"Organization/{id}", Named(id, "Maison"), ("If-Match", tags))).Status);

        var other = await client.CreateAsync("Organization", Organization);
        Assert.Equal(status == 200 ? 204 : status, (await client.DeleteFhirAsync($"Organization/{other}", ("If-Match", tags))).Status);
    }

    [Fact]
    public async Task If_Match_of_any_version_does_not_hold_where_nothing_is()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = "none-" + Guid.NewGuid().ToString("N")[..12];
        Assert.Equal(412, (await client.PutFhirAsync($"Organization/{id}", Named(id, "Maison"), ("If-Match", "*"))).Status);
        Assert.Equal(412, (await client.DeleteFhirAsync($"Organization/{id}", ("If-Match", "*"))).Status);
        Assert.Equal(404, (await client.GetFhirAsync($"Organization/{id}")).Status);
    }

    [Theory]
    [InlineData("POST", "Organization/demo-cpts/$nonsense", 404, "")]
    [InlineData("POST", "Organization/$nonsense", 404, "")]
    [InlineData("DELETE", "Organization/demo-cpts/$nonsense", 404, "")]
    [InlineData("PUT", "Patient/$merge", 405, "POST")]
    [InlineData("DELETE", "Patient/x/$everything", 405, "GET, POST")]
    [InlineData("PUT", "metadata", 405, "GET, HEAD, OPTIONS")]
    [InlineData("POST", "metadata", 405, "GET, HEAD, OPTIONS")]
    public async Task An_operation_that_is_not_there_is_not_found_and_one_that_is_tells_its_methods(string method, string path, int status, string allow)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.SendAsync(new(method), "/fhir/" + path, "{}");
        Assert.Equal((status, "not-supported"), (reply.Status, reply.IssueCode));
        Assert.Equal(allow, string.Join(", ", reply.ContentHeaders.Allow));
    }

    [Fact]
    public async Task Options_of_the_statement_are_its_own()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Equal("GET, HEAD, OPTIONS", string.Join(", ", (await client.SendAsync(HttpMethod.Options, "/fhir/metadata")).ContentHeaders.Allow));
    }

    [Fact]
    public async Task A_patch_of_another_kind_is_told_which_there_are()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.SendAsync(HttpMethod.Patch, "/fhir/Organization/demo-cpts", "{}", "application/merge-patch+json");
        Assert.Equal(415, reply.Status);
        Assert.Contains("application/json-patch+json", reply.Headers.GetValues("Accept-Patch").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_Accept_is_no_wish()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Equal(200, (await client.GetFhirAsync("Organization/demo-cpts", ("Accept", ""))).Status);
    }

    [Fact]
    public async Task Of_a_Binary_comes_what_is_liked_best()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var created = await client.SendAsync(HttpMethod.Post, "/fhir/Binary", "Bonjour", "text/plain");
        var path = "Binary/" + created.Resource.Text("id");
        Assert.Equal("text/plain", await TypeAsync("text/plain, application/fhir+json;q=0.5"));
        Assert.Equal("application/fhir+json", await TypeAsync("text/plain;q=0.5, application/fhir+json"));
        Assert.Equal("application/fhir+json", await TypeAsync("*/*, application/fhir+json"));

        async Task<string?> TypeAsync(string accept) =>
            (await client.GetFhirAsync(path, ("Accept", accept))).ContentHeaders.ContentType?.MediaType;
    }

    [Fact]
    public async Task A_part_is_not_taken_for_the_whole()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Organization", """{"resourceType":"Organization","name":"Cabinet","alias":["Le cabinet"]}""");
        var part = await client.GetFhirAsync($"Organization/{id}?_elements=name");
        var refused = await client.PutFhirAsync($"Organization/{id}", part.Text);
        Assert.Equal((422, "business-rule"), (refused.Status, refused.IssueCode));
        Assert.Equal("Organization.meta.tag", refused.Resource.At("issue", "expression")!.Value);
        Assert.Equal("Le cabinet", (await client.GetFhirAsync($"Organization/{id}")).Resource.At("alias")!.Value);
    }

    [Fact]
    public async Task The_link_of_a_history_says_what_was_asked()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Organization", Organization);
        await client.PutFhirAsync($"Organization/{id}", Named(id, "Maison"));
        var reply = await client.GetFhirAsync($"Organization/{id}/_history?_count=1&_elements=name&_since=2020-01-01T00:00:00+01:00");
        var links = reply.Resource.All("link").ToArray().Select(link => link.Text("url")!).ToList();
        Assert.Equal(2, links.Count);
        Assert.All(links, link => Assert.Contains("_elements=name", link, StringComparison.Ordinal));
        Assert.All(links, link => Assert.Contains("_since=2020-01-01T00:00:00%2B01:00", link, StringComparison.Ordinal));

        var next = await client.SendAsync(HttpMethod.Get, new Uri(links[1]).PathAndQuery);
        var older = Assert.Single(next.Resource.All("entry").ToArray());
        Assert.Equal(("Cabinet", "SUBSETTED"), (older.At("resource", "name")!.Value, older.At("resource", "meta", "tag", "code")!.Value));
    }

    [Fact]
    public async Task Links_are_addresses_that_every_client_can_follow()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = Guid.NewGuid().ToString("N");
        for (var i = 0; i < 2; i++)
            await client.CreateAsync("Organization", $$"""{"resourceType":"Organization","identifier":[{"system":"urn:n","value":"{{number}}"}]}""");
        var links = (await client.GetFhirAsync($"Organization?identifier=urn:n|{number}&_count=1")).Resource.All("link").ToArray();
        Assert.All(links, link => Assert.True(Uri.IsWellFormedUriString(link.Text("url"), UriKind.Absolute), link.Text("url")));
        var next = links.Single(link => link.Text("relation") == "next").Text("url")!;
        Assert.Single((await client.SendAsync(HttpMethod.Get, new Uri(next).PathAndQuery)).Ids());
    }

    [Fact]
    public async Task Everything_may_be_counted_alone()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient","active":true}""");
        var reply = await client.GetFhirAsync($"Patient/{id}/$everything?_count=0");
        Assert.Equal((200, "1", 0), (reply.Status, reply.Resource.Text("total"), reply.Resource.All("entry").Length));
        var ofAll = (await client.GetFhirAsync("Patient/$everything?_count=0")).Resource;
        Assert.True(int.Parse(ofAll.Text("total") ?? "0", CultureInfo.InvariantCulture) > 1);
        Assert.Empty(ofAll.All("entry").ToArray());
    }
}
