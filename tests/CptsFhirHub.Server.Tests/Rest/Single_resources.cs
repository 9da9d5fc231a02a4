namespace CptsFhirHub.Tests.Rest;

/// <summary>read, vread, create, update, delete and history of one resource.</summary>
public sealed class Single_resources(HubHost hub)
{
    private const string Organization = """{"resourceType":"Organization","name":"Maison de santé"}""";

    private static string WithId(string json, string id) => json.Replace(",\"name\"", $",\"id\":\"{id}\",\"name\"", StringComparison.Ordinal);

    [Fact]
    public async Task A_created_resource_is_read_back_byte_for_byte_with_its_id_and_version()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var created = await client.PostFhirAsync("Organization", """{"resourceType":"Organization", "name": "Été",  "active":true}""");
        Assert.Equal(201, created.Status);
        var id = created.Resource.Text("id");
        Assert.Equal("W/\"1\"", created.ETag);
        Assert.EndsWith($"/fhir/Organization/{id}/_history/1", created.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.NotNull(created.ContentHeaders.LastModified);

        var read = await client.GetFhirAsync($"Organization/{id}");
        Assert.Equal(200, read.Status);
        Assert.Equal(created.Bytes, read.Bytes);
        Assert.Equal("W/\"1\"", read.ETag);
        Assert.Equal("application/fhir+json", read.ContentHeaders.ContentType!.MediaType);
        Assert.Contains("\"name\": \"Été\",  \"active\":true", read.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_update_makes_a_version_and_the_old_one_stays_readable()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Organization", Organization);
        var updated = await client.PutFhirAsync($"Organization/{id}", WithId(Organization.Replace("Maison", "Pôle", StringComparison.Ordinal), id));
        Assert.Equal(200, updated.Status);
        Assert.Equal("W/\"2\"", updated.ETag);
        Assert.Equal("Maison de santé", (await client.GetFhirAsync($"Organization/{id}/_history/1")).Resource.Text("name"));
        Assert.Equal("Pôle de santé", (await client.GetFhirAsync($"Organization/{id}/_history/2")).Resource.Text("name"));
        Assert.Equal(404, (await client.GetFhirAsync($"Organization/{id}/_history/3")).Status);
        Assert.Equal(404, (await client.GetFhirAsync($"Organization/{id}/_history/x")).Status);
    }

    [Fact]
    public async Task A_put_of_an_unknown_id_creates()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = $"mine-{Guid.NewGuid():N}";
        Assert.Equal(201, (await client.PutFhirAsync($"Organization/{id}", WithId(Organization, id))).Status);
        Assert.Equal(200, (await client.PutFhirAsync($"Organization/{id}", WithId(Organization, id))).Status);
    }

    [Fact]
    public async Task If_Match_lets_one_of_two_writers_through()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Organization", Organization);
        var first = WithId(Organization.Replace("Maison", "A", StringComparison.Ordinal), id);
        var second = WithId(Organization.Replace("Maison", "B", StringComparison.Ordinal), id);
        Assert.Equal(200, (await client.PutFhirAsync($"Organization/{id}", first, ("If-Match", "W/\"1\""))).Status);
        Assert.Equal(412, (await client.PutFhirAsync($"Organization/{id}", second, ("If-Match", "W/\"1\""))).Status);
        Assert.Equal(400, (await client.PutFhirAsync($"Organization/{id}", second, ("If-Match", "1"))).Status);
        Assert.Equal(412, (await client.DeleteFhirAsync($"Organization/{id}", ("If-Match", "W/\"1\""))).Status);
        Assert.Equal(412, (await client.PutFhirAsync("Organization/not-there-yet", WithId(Organization, "not-there-yet"), ("If-Match", "W/\"1\""))).Status);
    }

    [Fact]
    public async Task A_deleted_resource_is_gone_its_history_stays_and_it_can_come_back()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Organization", Organization);
        Assert.Equal(204, (await client.DeleteFhirAsync($"Organization/{id}")).Status);
        Assert.Equal(204, (await client.DeleteFhirAsync($"Organization/{id}")).Status);
        var gone = await client.GetFhirAsync($"Organization/{id}");
        Assert.Equal((410, "deleted"), (gone.Status, gone.IssueCode));
        Assert.Equal(410, (await client.GetFhirAsync($"Organization/{id}/_history/2")).Status);
        Assert.Empty((await client.GetFhirAsync($"Organization?_id={id}")).Ids());
        Assert.Equal(201, (await client.PutFhirAsync($"Organization/{id}", WithId(Organization, id))).Status);

        var history = (await client.GetFhirAsync($"Organization/{id}/_history")).Resource;
        Assert.Equal("history", history.Text("type"));
        Assert.Equal(["PUT", "DELETE", "POST"], history.All("entry").ToArray().Select(entry => entry.At("request", "method")!.Value));
        Assert.Equal("3", history.Text("total"));
    }

    [Fact]
    public async Task A_known_version_is_not_sent_again()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Organization", Organization);
        var read = await client.GetFhirAsync($"Organization/{id}");
        var unchanged = await client.GetFhirAsync($"Organization/{id}", ("If-None-Match", read.ETag));
        Assert.Equal((304, 0), (unchanged.Status, unchanged.Bytes.Length));
        Assert.Equal(read.ETag, unchanged.ETag);
        Assert.Equal(200, (await client.GetFhirAsync($"Organization/{id}", ("If-None-Match", "W/\"7\""))).Status);
        var since = read.ContentHeaders.LastModified!.Value.ToString("R");
        Assert.Equal(304, (await client.GetFhirAsync($"Organization/{id}", ("If-Modified-Since", since))).Status);
        Assert.Equal(200, (await client.GetFhirAsync($"Organization/{id}", ("If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT"))).Status);
    }

    [Theory]
    [InlineData("return=minimal", "")]
    [InlineData("return=representation", "Organization")]
    [InlineData("return=OperationOutcome", "OperationOutcome")]
    [InlineData("return=something", "Organization")]
    public async Task Prefer_decides_what_comes_back(string prefer, string type)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.PostFhirAsync("Organization", Organization, ("Prefer", prefer));
        Assert.Equal(201, reply.Status);
        Assert.NotNull(reply.Headers.Location);
        Assert.Equal(type, reply.Bytes.Length == 0 ? "" : reply.Resource.ResourceType);
    }

    [Fact]
    public async Task HEAD_answers_like_GET_without_the_body()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Organization", Organization);
        var head = await client.SendAsync(HttpMethod.Head, $"/fhir/Organization/{id}");
        Assert.Equal((200, 0), (head.Status, head.Bytes.Length));
        Assert.Equal("W/\"1\"", head.ETag);
        Assert.Equal(404, (await client.SendAsync(HttpMethod.Head, "/fhir/Organization/none")).Status);
    }

    [Fact]
    public async Task A_part_of_a_resource_is_marked_as_a_part()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Organization", """{"resourceType":"Organization","name":"Maison","telecom":[{"system":"phone","value":"01"}]}""");
        var part = await client.GetFhirAsync($"Organization/{id}?_elements=name");
        Assert.Null(part.Resource.Child("telecom"));
        Assert.Equal("Maison", part.Resource.Text("name"));
        Assert.Equal("SUBSETTED", part.Resource.At("meta", "tag", "code")!.Value);
        Assert.Null((await client.GetFhirAsync($"Organization/{id}?_summary=true")).Resource.Child("telecom"));
        Assert.Equal(400, (await client.GetFhirAsync($"Organization/{id}?_summary=perhaps")).Status);
        Assert.Contains("\n", (await client.GetFhirAsync($"Organization/{id}?_pretty=true")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_history_of_a_type_pages_from_the_newest()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        for (var i = 0; i < 3; i++)
            await client.CreateAsync("Endpoint", """
                {"resourceType":"Endpoint","status":"active","connectionType":{"code":"hl7-fhir-rest"},"payloadType":[{"text":"any"}],"address":"http://x.example"}
                """);
        var first = (await client.GetFhirAsync("Endpoint/_history?_count=2")).Resource;
        Assert.Equal(2, first.All("entry").Length);
        var next = first.All("link").ToArray().Single(link => link.Text("relation") == "next").Text("url")!;
        var second = (await client.SendAsync(HttpMethod.Get, next)).Resource;
        Assert.Equal(1, second.All("entry").Length);
        Assert.Equal(200, (await client.GetFhirAsync("_history?_count=5")).Status);
        Assert.Equal(400, (await client.GetFhirAsync("Endpoint/_history?_since=yesterday")).Status);
    }
}
