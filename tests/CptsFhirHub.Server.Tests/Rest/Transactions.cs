namespace CptsFhirHub.Tests.Rest;

public sealed class Transactions(HubHost hub)
{
    private static string Bundle(params string[] entries) =>
        $$"""{"resourceType":"Bundle","type":"transaction","entry":[{{string.Join(',', entries)}}]}""";

    private static string Entry(string method, string url, string? resource = null, string? fullUrl = null, string? more = null) =>
        "{" + (fullUrl is null ? "" : $"\"fullUrl\":\"{fullUrl}\",") + (resource is null ? "" : $"\"resource\":{resource},")
        + $"\"request\":{{\"method\":\"{method}\",\"url\":\"{url}\"{more}}}}}";

    private static string Numbered(string number) => $$"""{"resourceType":"Patient","identifier":[{"system":"urn:n","value":"{{number}}"}]}""";

    private static string NewNumber() => Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Entries_refer_to_each_other_by_fullUrl()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.PostFhirAsync("", Bundle(
            Entry("POST", "ServiceRequest", """
                {"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"urn:uuid:a"},
                 "identifier":[{"system":"urn:ietf:rfc:3986","value":"urn:uuid:a"}]}
                """),
            Entry("POST", "Patient", """{"resourceType":"Patient","active":true}""", "urn:uuid:a")));
        Assert.Equal(200, reply.Status);
        Assert.Equal("transaction-response", reply.Resource.Text("type"));
        var locations = Locations(reply);
        var request = (await client.SendAsync(HttpMethod.Get, "/fhir/" + locations[0])).Resource;
        Assert.Equal(locations[1].Split("/_history", 2)[0], request.At("subject", "reference")!.Value);
        Assert.Equal("urn:uuid:a", request.At("identifier", "value")!.Value);
        Assert.Equal(["201", "201"], Statuses(reply));
    }

    [Fact]
    public async Task All_or_nothing()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        var reply = await client.PostFhirAsync("", Bundle(
            Entry("POST", "Patient", Numbered(number)),
            Entry("PUT", "Patient/not-there", """{"resourceType":"Patient","id":"not-there"}""", more: ",\"ifMatch\":\"W/\\\"4\\\"\"")));
        Assert.Equal(412, reply.Status);
        Assert.Contains("Bundle.entry[1]", reply.Text, StringComparison.Ordinal);
        Assert.Empty((await client.GetFhirAsync($"Patient?identifier=urn:n|{number}")).Ids());
    }

    [Fact]
    public async Task Deletes_run_before_creates_and_reads_last_whatever_the_order()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        var old = await client.CreateAsync("Patient", Numbered(number));
        var reply = await client.PostFhirAsync("", Bundle(
            Entry("GET", $"Patient?identifier=urn:n|{number}"),
            Entry("POST", "Patient", Numbered(number)),
            Entry("DELETE", $"Patient/{old}")));
        Assert.Equal(["200", "201", "204"], Statuses(reply));
        var found = reply.Resource.At("entry", "resource")!;
        Assert.Equal("1", found.Text("total"));
        Assert.NotEqual(old, found.At("entry", "resource", "id")!.Value);
    }

    [Fact]
    public async Task What_is_deleted_in_it_meets_no_condition_of_it_any_more()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        var old = await client.CreateAsync("Patient", Numbered(number));
        var reply = await client.PostFhirAsync("", Bundle(
            Entry("POST", "Patient", Numbered(number), "urn:uuid:p", $",\"ifNoneExist\":\"identifier=urn:n|{number}\""),
            Entry("POST", "Flag", """
                {"resourceType":"Flag","status":"active","code":{"text":"isolé"},"subject":{"reference":"urn:uuid:p"}}
                """),
            Entry("DELETE", $"Patient/{old}"),
            Entry("POST", "Flag", $$"""
                {"resourceType":"Flag","status":"active","code":{"text":"isolé"},"subject":{"reference":"Patient?identifier=urn:n|{{number}}"} }
                """)));
        Assert.Equal(["201", "201", "204", "201"], Statuses(reply));
        var locations = Locations(reply);
        var created = Assert.Single((await client.GetFhirAsync($"Patient?identifier=urn:n|{number}")).Ids());
        Assert.NotEqual(old, created);
        foreach (var flag in locations.Where(location => location.StartsWith("Flag/", StringComparison.Ordinal)))
            Assert.Equal($"Patient/{created}", (await client.SendAsync(HttpMethod.Get, "/fhir/" + flag)).Resource.At("subject", "reference")!.Value);
    }

    [Fact]
    public async Task What_only_a_deleted_resource_meets_matches_nothing()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        var old = await client.CreateAsync("Patient", Numbered(number));
        var reply = await client.PostFhirAsync("", Bundle(
            Entry("DELETE", $"Patient/{old}"),
            Entry("POST", "Flag", $$"""
                {"resourceType":"Flag","status":"active","code":{"text":"isolé"},"subject":{"reference":"Patient?identifier=urn:n|{{number}}"} }
                """)));
        Assert.Equal(412, reply.Status);
        Assert.Equal(200, (await client.GetFhirAsync($"Patient/{old}")).Status);
    }

    [Theory]
    [InlineData("Patient/not-there", 404)]
    [InlineData("Patient?nonsense=1", 400)]
    [InlineData("Patient/not-there/_history/1", 404)]
    public async Task A_read_that_fails_fails_the_whole(string url, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        var reply = await client.PostFhirAsync("", Bundle(Entry("GET", url), Entry("POST", "Patient", Numbered(number))));
        Assert.Equal(status, reply.Status);
        Assert.StartsWith("Bundle.entry[0]", reply.Resource.At("issue", "expression")!.Value, StringComparison.Ordinal);
        Assert.Empty((await client.GetFhirAsync($"Patient?identifier=urn:n|{number}")).Ids());
    }

    [Fact]
    public async Task A_read_sees_what_the_transaction_writes()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = "t" + Guid.NewGuid().ToString("N");
        var reply = await client.PostFhirAsync("", Bundle(
            Entry("GET", $"Patient/{id}"), Entry("PUT", $"Patient/{id}", $$"""{"resourceType":"Patient","id":"{{id}}","active":true}""")));
        Assert.Equal(["200", "201"], Statuses(reply));

        Assert.Equal(404, (await client.PostFhirAsync("", Bundle(Entry("GET", $"Patient/{id}"), Entry("GET", "Patient/not-there")))).Status);
        var deleted = await client.PostFhirAsync("", Bundle(Entry("GET", $"Patient/{id}"), Entry("DELETE", $"Patient/{id}")));
        Assert.Equal(410, deleted.Status);
        Assert.Equal(200, (await client.GetFhirAsync($"Patient/{id}")).Status);
    }

    [Fact]
    public async Task A_delete_of_another_version_is_a_condition_that_fails()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient","active":true}""");
        var reply = await client.PostFhirAsync("", Bundle(
            Entry("POST", "Patient", Numbered(NewNumber())), Entry("DELETE", $"Patient/{id}", more: ",\"ifMatch\":\"W/\\\"7\\\"\"")));
        Assert.Equal((412, "Bundle.entry[1]"), (reply.Status, reply.Resource.At("issue", "expression")!.Value));
        Assert.Equal(200, (await client.GetFhirAsync($"Patient/{id}")).Status);
    }

    [Fact]
    public async Task If_none_exist_in_an_entry_finds_the_one_there_is()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        var id = await client.CreateAsync("Patient", Numbered(number));
        var reply = await client.PostFhirAsync("", Bundle(
            Entry("POST", "Patient", Numbered(number), "urn:uuid:p", $",\"ifNoneExist\":\"identifier=urn:n|{number}\""),
            Entry("POST", "Flag", """
                {"resourceType":"Flag","status":"active","code":{"text":"isolé"},"subject":{"reference":"urn:uuid:p"}}
                """)));
        Assert.Equal(["200", "201"], Statuses(reply));
        var flag = (await client.SendAsync(HttpMethod.Get, "/fhir/" + Locations(reply)[1])).Resource;
        Assert.Equal($"Patient/{id}", flag.At("subject", "reference")!.Value);
    }

    [Fact]
    public async Task Conditional_references_are_resolved()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        var id = await client.CreateAsync("Patient", Numbered(number));
        static string Flag(string reference) => $$"""
            {"resourceType":"Flag","status":"active","code":{"text":"isolé"},"subject":{"reference":"{{reference}}"} }
            """;
        var reply = await client.PostFhirAsync("", Bundle(Entry("POST", "Flag", Flag($"Patient?identifier=urn:n|{number}"))));
        var flag = (await client.SendAsync(HttpMethod.Get, "/fhir/" + Locations(reply)[0])).Resource;
        Assert.Equal($"Patient/{id}", flag.At("subject", "reference")!.Value);

        var missing = await client.PostFhirAsync("", Bundle(Entry("POST", "Flag", Flag("Patient?identifier=urn:n|nobody"))));
        Assert.Equal(412, missing.Status);
        var dangling = await client.PostFhirAsync("", Bundle(Entry("POST", "Flag", Flag("urn:uuid:nobody"))));
        Assert.Equal(422, dangling.Status);
    }

    [Fact]
    public async Task Conditional_updates_sync_a_schedule_and_its_slots()
    {
        using var client = await hub.ClientAsync("demo-booking");
        var number = NewNumber();
        string Sync(string status) => Bundle(
            Entry("PUT", $"Schedule?identifier=urn:s|{number}", $$"""
                {"resourceType":"Schedule","identifier":[{"system":"urn:s","value":"{{number}}"}],"actor":[{"display":"Cabinet"}]}
                """, "urn:uuid:schedule"),
            Entry("PUT", $"Slot?identifier=urn:s|{number}-1", $$"""
                {"resourceType":"Slot","identifier":[{"system":"urn:s","value":"{{number}}-1"}],"schedule":{"reference":"urn:uuid:schedule"},
                 "status":"{{status}}","start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:15:00Z"}
                """));
        var first = await client.PostFhirAsync("", Sync("free"));
        Assert.Equal(["201", "201"], Statuses(first));
        var second = await client.PostFhirAsync("", Sync("busy"));
        Assert.Equal(["200", "200"], Statuses(second));
        Assert.Equal(Locations(first)[1].Split('/')[1], Locations(second)[1].Split('/')[1]);
        var slots = await client.GetFhirAsync($"Slot?identifier=urn:s|{number}-1&status=busy&_include=Slot:schedule");
        Assert.Single(slots.Ids());
        Assert.Single(slots.Ids("include"));
    }

    [Fact]
    public async Task Two_entries_on_one_resource_are_refused_naming_both()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.PostFhirAsync("", Bundle(
            Entry("PUT", "Patient/twice", """{"resourceType":"Patient","id":"twice"}"""),
            Entry("DELETE", "Patient/twice")));
        Assert.Equal(400, reply.Status);
        Assert.Contains("Bundle.entry[0] and Bundle.entry[1]", reply.Text, StringComparison.Ordinal);
        var sameName = await client.PostFhirAsync("", Bundle(
            Entry("POST", "Patient", """{"resourceType":"Patient"}""", "urn:uuid:a"),
            Entry("POST", "Patient", """{"resourceType":"Patient"}""", "urn:uuid:a")));
        Assert.Equal(400, sameName.Status);
    }

    [Fact]
    public async Task Eight_equal_transactions_at_once_make_one_patient()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = NewNumber();
        var body = Bundle(Entry("POST", "Patient", Numbered(number), "urn:uuid:p", $",\"ifNoneExist\":\"identifier=urn:n|{number}\""));
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => client.PostFhirAsync("", body)));
        Assert.All(replies, reply => Assert.Equal(200, reply.Status));
        Assert.Single((await client.GetFhirAsync($"Patient?identifier=urn:n|{number}")).Ids());
    }

    [Theory]
    [InlineData("""{"resourceType":"Bundle","type":"searchset"}""", 400)]
    [InlineData("""{"resourceType":"Patient"}""", 400)]
    [InlineData("""{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"}}]}""", 400)]
    [InlineData("""{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"POST","url":"Patient"}}]}""", 400)]
    [InlineData("""{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"GET","url":"Nothing/1"}}]}""", 404)]
    [InlineData("""{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"PATCH","url":"Patient/1"}}]}""", 400)]
    [InlineData("""{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"DELETE","url":"Patient"}}]}""", 412)]
    public async Task A_wrong_bundle_is_refused_whole(string body, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Equal(status, (await client.PostFhirAsync("", body)).Status);
    }

    [Fact]
    public async Task The_resources_come_back_to_who_asks_for_them()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var body = Bundle(Entry("POST", "Patient", Numbered(NewNumber())));
        Assert.Null((await client.PostFhirAsync("", body)).Resource.At("entry", "resource"));
        var reply = await client.PostFhirAsync("", body, ("Prefer", "return=representation"));
        Assert.Equal("Patient", reply.Resource.At("entry", "resource")?.ResourceType);
    }

    [Fact]
    public async Task An_empty_transaction_succeeds()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Equal(200, (await client.PostFhirAsync("", """{"resourceType":"Bundle","type":"transaction"}""")).Status);
    }

    [Fact]
    public async Task A_batch_answers_each_entry_by_itself()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.PostFhirAsync("", $$"""
            {"resourceType":"Bundle","type":"batch","entry":[
              {{Entry("POST", "Patient", """{"resourceType":"Patient"}""")}},
              {{Entry("POST", "Patient", """{"resourceType":"Patient","birthDate":"soon"}""")}},
              {{Entry("GET", "Patient/none")}},
              {{Entry("GET", "metadata")}}]}
            """);
        Assert.Equal(200, reply.Status);
        Assert.Equal("batch-response", reply.Resource.Text("type"));
        Assert.Equal(["201", "422", "404", "400"], Statuses(reply));
    }

    [Fact]
    public async Task A_thousand_entries_are_taken_and_one_more_is_not()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient"}""");
        var reads = Enumerable.Repeat(Entry("GET", $"Patient/{id}"), 1000).ToArray();
        Assert.Equal(200, (await client.PostFhirAsync("", Bundle(reads))).Status);
        Assert.Equal(413, (await client.PostFhirAsync("", Bundle([.. reads, reads[0]]))).Status);
    }

    private static List<string> Statuses(Reply reply) =>
        [.. reply.Resource.All("entry").ToArray().Select(entry => entry.At("response", "status")!.Value!)];

    private static List<string> Locations(Reply reply) =>
        [.. reply.Resource.All("entry").ToArray().Select(entry => entry.At("response", "location")?.Value ?? "")];
}
