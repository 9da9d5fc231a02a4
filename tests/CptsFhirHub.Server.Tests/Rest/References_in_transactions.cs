using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.Rest;

/// <summary>What the entries of a transaction call each other becomes references by id, wherever it stands.</summary>
public sealed class References_in_transactions(HubHost hub)
{
    private static string Entry(string method, string url, string resource, string? fullUrl = null, string more = "") => $$"""
        { {{(fullUrl is null ? "" : $"\"fullUrl\":\"{fullUrl}\",")}}"request":{"method":"{{method}}","url":"{{url}}"{{more}} },"resource":{{resource}} }
        """;

    private static string Bundle(params string[] entries) =>
        $$"""{"resourceType":"Bundle","type":"transaction","entry":[{{string.Join(',', entries)}}]}""";

    private static string Flag(string reference) =>
        $$"""{"resourceType":"Flag","status":"active","code":{"text":"isolé"},"subject":{"reference":"{{reference}}"} }""";

    private static string Patient(string number) =>
        $$"""{"resourceType":"Patient","identifier":[{"system":"urn:n","value":"{{number}}"}]}""";

    private static async Task<Element> WrittenAsync(HttpClient client, Reply reply, int entry)
    {
        Assert.True(reply.Status == 200, reply.Text);
        return (await client.SendAsync(HttpMethod.Get, "/fhir/" + reply.Resource.All("entry")[entry].At("response", "location")!.Value)).Resource;
    }

    [Theory]
    [InlineData("http://other.example/fhir/Patient/77", "http://other.example/fhir/Flag/1", "Patient/77")]
    [InlineData("http://other.example/fhir/Patient/77", "http://other.example/fhir/Flag/1", "http://other.example/fhir/Patient/77")]
    [InlineData("http://other.example/fhir/Patient/77", null, "http://other.example/fhir/Patient/77")]
    [InlineData("urn:oid:1.2.3.4", null, "urn:oid:1.2.3.4")]
    [InlineData("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e1", "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0")]
    public async Task A_reference_finds_its_entry(string patientUrl, string? flagUrl, string reference)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.PostFhirAsync("", Bundle(
            Entry("POST", "Flag", Flag(reference), flagUrl), Entry("POST", "Patient", """{"resourceType":"Patient"}""", patientUrl)));
        var patient = await WrittenAsync(client, reply, 1);
        Assert.Equal($"Patient/{patient.Text("id")}", (await WrittenAsync(client, reply, 0)).At("subject", "reference")!.Value);
    }

    [Fact]
    public async Task A_relative_reference_to_what_is_not_in_the_bundle_stays()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", """{"resourceType":"Patient"}""");
        var reply = await client.PostFhirAsync("", Bundle(Entry("POST", "Flag", Flag($"Patient/{id}"), "http://other.example/fhir/Flag/1")));
        Assert.Equal($"Patient/{id}", (await WrittenAsync(client, reply, 0)).At("subject", "reference")!.Value);
    }

    [Fact]
    public async Task Links_in_narratives_attachments_and_extensions_are_turned_too()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        const string document = """
            {"resourceType":"DocumentReference","status":"current",
             "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0\">x</a> <img src='urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' alt='y'/> urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0</div>"},
             "extension":[{"url":"http://example.org/x","valueUri":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"},{"url":"http://example.org/y","valueReference":{"reference":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"} }],
             "masterIdentifier":{"system":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","value":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"},"content":[{"attachment":{"contentType":"text/plain","url":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"} }]}
            """;
        var reply = await client.PostFhirAsync("", Bundle(
            Entry("POST", "DocumentReference", document),
            Entry("POST", "Binary", """{"resourceType":"Binary","contentType":"text/plain","data":"eA=="}""", "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0")));
        Assert.True(reply.Status == 200, reply.Text);
        var binary = "Binary/" + reply.Resource.All("entry")[1].At("response", "location")!.Value!.Split('/')[1];
        var written = await WrittenAsync(client, reply, 0);
        Assert.Equal(
            $"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"{binary}\">x</a> <img src='{binary}' alt='y'/> urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0</div>", written.At("text", "div")!.Value);
        Assert.Equal([binary, null], written.All("extension").ToArray().Select(extension => extension.Text("valueUri")));
        Assert.Equal(binary, written.All("extension")[1].At("valueReference", "reference")!.Value);
        Assert.Equal(binary, written.At("content", "attachment", "url")!.Value);
        Assert.Equal("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", written.At("masterIdentifier", "value")!.Value);
    }

    [Fact]
    public async Task A_conditional_reference_finds_what_the_same_transaction_creates()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = Guid.NewGuid().ToString("N");
        var plain = await client.PostFhirAsync("", Bundle(
            Entry("POST", "Flag", Flag($"Patient?identifier=urn:n|{number}")), Entry("POST", "Patient", Patient(number))));
        var patient = await WrittenAsync(client, plain, 1);
        Assert.Equal($"Patient/{patient.Text("id")}", (await WrittenAsync(client, plain, 0)).At("subject", "reference")!.Value);

        // Now there is one in the store, and a second of the same number would leave two.
        var twice = await client.PostFhirAsync("", Bundle(
            Entry("POST", "Flag", Flag($"Patient?identifier=urn:n|{number}")), Entry("POST", "Patient", Patient(number))));
        Assert.Equal((412, "multiple-matches"), (twice.Status, twice.IssueCode));
        var conditional = await client.PostFhirAsync("", Bundle(
            Entry("POST", "Flag", Flag($"Patient?identifier=urn:n|{number}")),
            Entry("POST", "Patient", Patient(number), more: $",\"ifNoneExist\":\"identifier=urn:n|{number}\"")));
        Assert.Equal($"Patient/{patient.Text("id")}", (await WrittenAsync(client, conditional, 0)).At("subject", "reference")!.Value);
    }

    [Fact]
    public async Task Two_entries_with_one_unmatched_condition_are_refused_naming_both()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var number = Guid.NewGuid().ToString("N");
        var condition = $"identifier=urn:n|{number}";
        foreach (var reply in (Reply[])
        [
            await client.PostFhirAsync("", Bundle(Entry("PUT", "Patient?" + condition, Patient(number)), Entry("PUT", "Patient?" + condition, Patient(number)))),
            await client.PostFhirAsync("", Bundle(
                Entry("POST", "Patient", Patient(number), more: $",\"ifNoneExist\":\"{condition}\""), Entry("PUT", "Patient?" + condition, Patient(number)))),
        ])
        {
            Assert.Equal(400, reply.Status);
            Assert.Contains("Bundle.entry[0] and Bundle.entry[1]", reply.Text, StringComparison.Ordinal);
        }

        Assert.Empty((await client.GetFhirAsync("Patient?" + condition)).Ids());
    }

    [Fact]
    public async Task A_condition_may_delete_as_many_as_the_setting_allows_and_no_more()
    {
        using var one = await hub.ClientAsync("demo-cpts");
        var number = Guid.NewGuid().ToString("N");
        await one.CreateAsync("Patient", Patient(number));
        await one.CreateAsync("Patient", Patient(number));
        Assert.Equal(412, (await one.DeleteFhirAsync($"Patient?identifier=urn:n|{number}")).Status);

        await using var several = await HubHost.StartAsync(("Hub:Limits:ConditionalDeletes", "3"));
        using var client = await several.ClientAsync("demo-cpts");
        for (var i = 0; i < 4; i++)
            await client.CreateAsync("Patient", Patient(number));
        Assert.Equal(412, (await client.DeleteFhirAsync($"Patient?identifier=urn:n|{number}")).Status);
        Assert.Equal(204, (await client.DeleteFhirAsync($"Patient/{(await client.GetFhirAsync($"Patient?identifier=urn:n|{number}")).Ids()[0]}")).Status);
        Assert.Equal(204, (await client.DeleteFhirAsync($"Patient?identifier=urn:n|{number}")).Status);
        Assert.Empty((await client.GetFhirAsync($"Patient?identifier=urn:n|{number}")).Ids());
        Assert.Contains("\"conditionalDelete\":\"multiple\"", (await client.GetFhirAsync("metadata")).Text, StringComparison.Ordinal);
    }
}
