namespace CptsFhirHub.Tests.Rest;

/// <summary>Each limit at, and one past: what goes past it is refused with a reason that names it.</summary>
public sealed class Limits_of_requests(HubHost hub)
{
    private const string Has = "_has:Task:patient:";

    public static TheoryData<string, string, string, int, string> Searches => new()
    {
        { "parameters", Repeated("family=x", 64, '&'), Repeated("family=x", 65, '&'), 400, "64" },
        { "values", "family=" + Repeated("x", 500, ','), "family=" + Repeated("x", 501, ','), 400, "500" },
        { "chain", "organization.partof.partof.name=x", "organization.partof.partof.partof.name=x", 400, "3" },
        { "_has", $"{Has}_has:Task:patient:status=requested".Replace("_has:Task:patient:_has:Task:patient", "_has:Task:patient:_has:Provenance:target", StringComparison.Ordinal).Replace("status=requested", "_id=x", StringComparison.Ordinal), "_has:Task:patient:_has:Provenance:target:_has:Provenance:target:_id=x", 400, "2" },
    };

    /// <summary>A setting made small, a search at it and one past it, and the status of the refusal.</summary>
    public static TheoryData<string, string, string, int> Settings => new()
    {
        { "SearchParameters", "family=x&family=y", "family=x&family=y&family=z", 400 },
        { "SearchValues", "family=x,y", "family=x,y,z", 400 },
        { "ChainDepth", "organization.partof.name=x", "organization.partof.partof.name=x", 400 },
        { "HasDepth", "_has:Task:patient:_has:Provenance:target:_id=x", "_has:Task:patient:_has:Provenance:target:_has:Provenance:target:_id=x", 400 },
        { "Includes", "_include=Patient:organization&_include=Patient:link", "_include=Patient:organization&_include=Patient:link&_include=*", 400 },
        { "SortKeys", "_sort=family,given", "_sort=family,given,birthdate", 400 },
        { "PageSizeMax", "_count=2", "_count=3", 400 },
    };

    private static string Repeated(string text, int times, char between) => string.Join(between, Enumerable.Repeat(text, times));

    [Theory]
    [MemberData(nameof(Searches))]
    public async Task A_search_of_the_limit_is_run_and_one_past_it_refused(string limit, string at, string past, int status, string named)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var within = await client.GetFhirAsync("Patient?" + at);
        Assert.True(within.Status == 200, $"{limit}: {within.Text}");
        var refused = await client.GetFhirAsync("Patient?" + past);
        Assert.Equal((status, true), (refused.Status, refused.IssueCode is not null));
        Assert.Contains(named, refused.Text, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public async Task Each_limit_of_a_search_is_a_setting(string setting, string at, string past, int status)
    {
        // The page cannot be larger than the largest.
        await using var small = await HubHost.StartAsync(
            [("Hub:DemoTerritory", "false"), ($"Hub:Limits:{setting}", "2"), .. setting == "PageSizeMax" ? [("Hub:Limits:PageSize", "2")] : ((string, string)[])[]]);
        using var client = await small.ClientAsync("demo-cpts");
        var within = await client.GetFhirAsync("Patient?" + at, ("Prefer", "handling=strict"));
        Assert.True(within.Status == 200, within.Text);
        var refused = await client.GetFhirAsync("Patient?" + past, ("Prefer", "handling=strict"));
        Assert.Equal((status, "too-costly"), (refused.Status, refused.IssueCode));
        Assert.Contains("at most 2", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_include_iterates_so_far_and_no_further()
    {
        await using var small = await HubHost.StartAsync(("Hub:DemoTerritory", "false"), ("Hub:Limits:IncludeDepth", "2"));
        using var client = await small.ClientAsync("demo-cpts");
        var above = "";
        List<string> levels = [];
        for (var level = 0; level < 4; level++)
        {
            above = await client.CreateAsync("Organization", $$"""{"resourceType":"Organization","name":"x"{{(above.Length > 0 ? $$""","partOf":{"reference":"Organization/{{above}}"} """ : "")}} }""");
            levels.Add(above);
        }

        var within = await client.GetFhirAsync($"Organization?_id={levels[2]}&_include:iterate=Organization:partof");
        Assert.Equal([levels[1], levels[0]], within.Ids("include"));
        var past = await client.GetFhirAsync($"Organization?_id={levels[3]}&_include:iterate=Organization:partof");
        Assert.Equal((422, "too-costly"), (past.Status, past.IssueCode));
        Assert.Contains("IncludeDepth", past.Text, StringComparison.Ordinal);
        Assert.Equal([levels[2]], (await client.GetFhirAsync($"Organization?_id={levels[3]}&_include=Organization:partof")).Ids("include"));
    }

    [Theory]
    [InlineData(16 * 1024, 200)]
    [InlineData(16 * 1024 + 1, 414)]
    [InlineData(40 * 1024, 414)]
    public async Task An_address_that_is_too_long_is_refused_with_a_reason(int length, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        const string start = "/fhir/Patient?_id=none&family=";
        var reply = await client.SendAsync(HttpMethod.Get, start + new string('x', length - start.Length - "GET  HTTP/1.1\r\n".Length));
        Assert.Equal(status, reply.Status);
        if (status != 200)
            Assert.Contains("RequestLineBytes", reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1000", 1000)]
    [InlineData("1001", 1000)]
    [InlineData("999999999", 1000)]
    public async Task A_page_that_is_too_large_is_lowered(string count, int most)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.GetFhirAsync($"Organization?_count={count}");
        Assert.Equal(200, reply.Status);
        Assert.True(reply.Ids().Count <= most);
        Assert.Equal(200, (await client.GetFhirAsync($"_history?_count={count}")).Status);
        Assert.Equal(400, (await client.GetFhirAsync($"_history?_count=-{count}")).Status);
    }

    [Fact]
    public async Task A_patch_has_at_most_200_operations()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient","active":true}""");
        string Patch(int operations) => $"[{Repeated("""{"op":"test","path":"/active","value":true}""", operations, ',')}]";
        Assert.Equal(200, (await client.SendAsync(HttpMethod.Patch, $"/fhir/Patient/{id}", Patch(200), "application/json-patch+json")).Status);
        var past = await client.SendAsync(HttpMethod.Patch, $"/fhir/Patient/{id}", Patch(201), "application/json-patch+json");
        Assert.InRange(past.Status, 400, 422);
        Assert.Contains("200", past.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bundle_has_at_most_the_entries_of_the_setting_and_holds_no_batch()
    {
        await using var small = await HubHost.StartAsync(("Hub:Limits:BundleEntries", "2"));
        using var client = await small.ClientAsync("demo-cpts");
        const string entry = """{"request":{"method":"GET","url":"Patient/none"} }""";
        static string Batch(string entries) => $$"""{"resourceType":"Bundle","type":"batch","entry":[{{entries}}]}""";
        Assert.Equal(200, (await client.PostFhirAsync("", Batch($"{entry},{entry}"))).Status);
        var past = await client.PostFhirAsync("", Batch($"{entry},{entry},{entry}"));
        Assert.Equal((413, "too-costly"), (past.Status, past.IssueCode));
        Assert.Contains("2", past.Text, StringComparison.Ordinal);
        var nested = await client.PostFhirAsync("", Batch($$"""{"request":{"method":"POST","url":"/"},"resource":{{Batch(entry)}} }"""));
        Assert.Equal("400", nested.Resource.At("entry", "response", "status")!.Value);
    }

    [Theory]
    [InlineData(64, 200)]
    [InlineData(65, 404)]
    public async Task An_id_has_at_most_64_characters(int length, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = new string('a', length);
        var reply = await client.PutFhirAsync($"Organization/{id}", $$"""{"resourceType":"Organization","id":"{{id}}","name":"x"}""");
        Assert.Equal(status == 200 ? 201 : 404, reply.Status == 200 ? 201 : reply.Status);
    }

    [Theory]
    [InlineData(65_536, 200)]
    [InlineData(65_537, 413)]
    public async Task A_search_form_has_a_size(int length, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        const string start = "_id=none&family=";
        var form = start + new string('x', length - start.Length);
        var reply = await client.SendAsync(HttpMethod.Post, "/fhir/Patient/_search", form, "application/x-www-form-urlencoded");
        Assert.Equal(status, reply.Status);
    }

    [Fact]
    public async Task An_operation_takes_so_many_parameters()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        string Profiles(int count) => $$"""{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient"} },{{Repeated("""{"name":"profile","valueUri":"urn:x"}""", count - 1, ',')}}]}""";
        Assert.Equal(200, (await client.PostFhirAsync("Patient/$validate", Profiles(1000))).Status);
        var past = await client.PostFhirAsync("Patient/$validate", Profiles(1001));
        Assert.Equal((400, "too-costly"), (past.Status, past.IssueCode));
    }
}
