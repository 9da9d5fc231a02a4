using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Xml;

namespace CptsFhirHub.Tests.Rest;

/// <summary>JSON and XML, in and out; the content of a Binary; parts of a resource.</summary>
public sealed class Representations(HubHost hub)
{
    private const string Narrative = "<div xmlns=\\\"http://www.w3.org/1999/xhtml\\\"><p>Été &amp; <b>hiver</b></p></div>";

    private const string Patient = $$"""
        {"resourceType":"Patient","text":{"status":"generated","div":"{{Narrative}}" },"active":true,
         "name":[{"family":"Durand","given":["Ève"]}],"contact":[{"name":{"family":"Autre"} }],
         "photo":[{"contentType":"image/png","data":"AAAA","title":"p"}],"multipleBirthBoolean":false}
        """;

    [Theory]
    [InlineData("application/fhir+xml", "application/fhir+xml")]
    [InlineData("application/xml", "application/xml")]
    [InlineData("text/xml", "application/xml")]
    [InlineData("application/xml+fhir", "application/fhir+xml")]
    [InlineData("application/fhir+json;q=0.5, application/fhir+xml", "application/fhir+xml")]
    [InlineData("application/fhir+xml;q=0.5, application/fhir+json", "application/fhir+json")]
    [InlineData("application/json", "application/json")]
    [InlineData("text/json", "application/json")]
    [InlineData("application/json+fhir", "application/fhir+json")]
    [InlineData("*/*", "application/fhir+json")]
    [InlineData("application/*", "application/fhir+json")]
    public async Task The_answer_comes_in_the_format_asked_for(string accept, string contentType)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        foreach (var path in (string[])["Organization/demo-cpts", "Organization?_count=1", "Organization/demo-cpts/_history", "metadata", "Organization/none"])
        {
            var reply = await client.GetFhirAsync(path, ("Accept", accept));
            Assert.Equal(contentType, reply.ContentHeaders.ContentType!.MediaType);
            Assert.Equal("utf-8", reply.ContentHeaders.ContentType.CharSet);
            var isXml = contentType.Contains("xml", StringComparison.Ordinal);
            var parsed = isXml ? FhirXml.Parse(reply.Bytes) : FhirJson.Parse(reply.Bytes);
            Assert.True(parsed.IsSound, path);
        }
    }

    [Fact]
    public async Task What_is_sent_as_XML_is_read_as_JSON_and_back()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var xml = Encoding.UTF8.GetString(FhirXml.Write(FhirJson.Parse(Patient).Resource!.Root));
        var created = await client.SendAsync(HttpMethod.Post, "/fhir/Patient", xml, "application/fhir+xml; charset=utf-8", ("Accept", "application/fhir+xml"));
        Assert.Equal(201, created.Status);
        var id = FhirXml.Parse(created.Bytes).Resource!.Id!;
        var json = (await client.GetFhirAsync($"Patient/{id}")).Resource;
        Assert.Equal("Durand", json.At("name", "family")!.Value);
        Assert.Contains("<p>Été &amp; <b>hiver</b></p>", json.At("text", "div")!.Value, StringComparison.Ordinal);

        var again = await client.GetFhirAsync($"Patient/{id}", ("Accept", "application/fhir+xml"));
        Assert.Equal("Durand", FhirXml.Parse(again.Bytes).Resource!.Root.At("name", "family")!.Value);
        var put = await client.SendAsync(
            HttpMethod.Put, $"/fhir/Patient/{id}", again.Text.Replace("Durand", "Dupond", StringComparison.Ordinal), "application/xml");
        Assert.Equal(200, put.Status);
        Assert.Equal("Dupond", put.Resource.At("name", "family")!.Value);
    }

    [Fact]
    public async Task Search_patch_and_transaction_speak_XML()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", Patient);
        const string patch = """
            <Parameters xmlns="http://hl7.org/fhir"><parameter><name value="operation"/><part><name value="type"/><valueCode value="replace"/></part>
            <part><name value="path"/><valueString value="Patient.active"/></part><part><name value="value"/><valueBoolean value="false"/></part>
            </parameter></Parameters>
            """;
        var patched = await client.SendAsync(HttpMethod.Patch, $"/fhir/Patient/{id}", patch, "application/fhir+xml");
        Assert.Equal((200, "false"), (patched.Status, patched.Resource.Text("active")));
        var found = await client.SendAsync(
            HttpMethod.Post, "/fhir/Patient/_search", $"_id={id}&_format=xml", "application/x-www-form-urlencoded");
        Assert.Equal("application/fhir+xml", found.ContentHeaders.ContentType!.MediaType);
        Assert.Equal(id, FhirXml.Parse(found.Bytes).Resource!.Root.At("entry", "resource", "id")!.Value);
        var bundle = $"""
            <Bundle xmlns="http://hl7.org/fhir"><type value="transaction"/><entry><request><method value="GET"/><url value="Patient/{id}"/></request></entry></Bundle>
            """;
        var answer = await client.SendAsync(HttpMethod.Post, "/fhir", bundle, "application/fhir+xml");
        Assert.Equal("Patient", answer.Resource.At("entry", "resource")!.ResourceType);
    }

    [Theory]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"", 400)]
    [InlineData("<!DOCTYPE Patient [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><Patient xmlns=\"http://hl7.org/fhir\"><id value=\"&x;\"/></Patient>", 400)]
    [InlineData("<Patient xmlns=\"urn:other\"/>", 400)]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><nonsense value=\"1\"/></Patient>", 422)]
    [InlineData("<Patient xmlns=\"http://hl7.org/fhir\"><gender value=\"X\"/></Patient>", 422)]
    public async Task Wrong_XML_is_refused_with_an_outcome_in_XML(string xml, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.SendAsync(HttpMethod.Post, "/fhir/Patient", xml, "application/fhir+xml", ("Accept", "application/fhir+xml"));
        Assert.Equal(status, reply.Status);
        Assert.Equal("OperationOutcome", FhirXml.Parse(reply.Bytes).Resource!.Type);
    }

    [Theory]
    [InlineData("_summary=true", "id,meta,active,name", "text,contact")]
    [InlineData("_summary=text", "id,meta,text", "active,name")]
    [InlineData("_summary=data", "id,meta,active,contact", "text")]
    [InlineData("_elements=name", "id,meta,name", "active,text")]
    [InlineData("_elements=Patient.active,Task.status", "id,meta,active", "name,text")]
    [InlineData("_elements=name.family", "name", "active")]
    [InlineData("_elements=multipleBirth", "multipleBirthBoolean", "active")]
    [InlineData("_elements=Task.status", "name,text", "")]
    public async Task A_part_has_what_was_asked_for_and_says_that_it_is_a_part(string view, string present, string absent)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Patient", Patient);
        foreach (var part in (Element[])[(await client.GetFhirAsync($"Patient/{id}?{view}")).Resource, (await client.GetFhirAsync($"Patient?_id={id}&{view}")).Resource.At("entry", "resource")!])
        {
            Assert.All(present.Split(','), name => Assert.NotNull(part.Child(name)));
            Assert.All(absent.Split(',', StringSplitOptions.RemoveEmptyEntries), name => Assert.Null(part.Child(name)));
            if (absent.Length > 0)
                Assert.Contains(part.Child("meta")!.All("tag").ToArray(), tag => tag.Text("code") == "SUBSETTED");
        }
    }

    [Fact]
    public async Task Mandatory_elements_stay_in_every_part()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Flag", """{"resourceType":"Flag","status":"active","code":{"text":"isolé"},"subject":{"display":"x"}}""");
        foreach (var view in (string[])["_summary=text", "_elements=period"])
        {
            var part = (await client.GetFhirAsync($"Flag/{id}?{view}")).Resource;
            Assert.All((string[])["status", "code", "subject"], name => Assert.NotNull(part.Child(name)));
        }

        Assert.Equal(400, (await client.GetFhirAsync($"Flag/{id}?_summary=count")).Status);
        Assert.Equal(400, (await client.GetFhirAsync($"Flag/{id}?_summary=some")).Status);
        var count = (await client.GetFhirAsync($"Flag/{id}/_history?_summary=count")).Resource;
        Assert.Equal(("1", null), (count.Text("total"), count.Child("entry")));
    }

    [Fact]
    public async Task Pretty_is_for_people()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Contains("\n  \"id\"", (await client.GetFhirAsync("Organization/demo-cpts?_pretty=true")).Text, StringComparison.Ordinal);
        Assert.Contains("\n  <id ", (await client.GetFhirAsync("Organization/demo-cpts?_pretty=true&_format=xml")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_that_is_not_FHIR_becomes_a_Binary_and_comes_back_as_it_was()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var content = new string('a', 1_500_000) + "é";
        var created = await client.SendAsync(
            HttpMethod.Post, "/fhir/Binary", content, "text/plain; charset=utf-8", ("X-Security-Context", "Organization/demo-cpts"));
        Assert.Equal((201, "Binary"), (created.Status, FhirJson.Parse(created.Bytes, new JsonLimits { StringBytes = 4_000_000 }).Resource!.Type));
        var path = "/fhir/" + created.Headers.Location!.AbsolutePath.Split("/fhir/")[1].Split("/_history")[0];

        var raw = await client.SendAsync(HttpMethod.Get, path, headers: ("Accept", "text/plain, */*;q=0.1"));
        Assert.Equal((200, "text/plain", content), (raw.Status, raw.ContentHeaders.ContentType!.MediaType, raw.Text));
        Assert.Equal("attachment", raw.ContentHeaders.ContentDisposition!.DispositionType);
        Assert.Contains("sandbox", raw.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("Organization/demo-cpts", raw.Headers.GetValues("X-Security-Context").Single());
        Assert.Equal("W/\"1\"", raw.ETag);
        Assert.Equal(content, (await client.SendAsync(HttpMethod.Get, path)).Text);

        var json = await client.SendAsync(HttpMethod.Get, path, headers: ("Accept", "application/fhir+json"));
        Assert.Equal("application/fhir+json", json.ContentHeaders.ContentType!.MediaType);
        var xml = await client.SendAsync(HttpMethod.Get, path + "?_format=xml");
        Assert.StartsWith("<Binary", xml.Text.Split("?>")[^1].TrimStart(), StringComparison.Ordinal);
        Assert.Equal(406, (await client.SendAsync(HttpMethod.Get, path, headers: ("Accept", "image/png"))).Status);
        Assert.Equal(404, (await client.GetFhirAsync("Binary/none", ("Accept", "image/png"))).Status);
        Assert.Equal(200, (await client.SendAsync(HttpMethod.Put, path, "other", "text/plain")).Status);
        Assert.Equal("other", (await client.SendAsync(HttpMethod.Get, path)).Text);
    }

    [Theory]
    [InlineData("Organization", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")]
    [InlineData("Organization/demo-cpts", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS")]
    [InlineData("Organization/demo-cpts/_history", "GET, HEAD, OPTIONS")]
    [InlineData("Organization/_search", "GET, HEAD, POST, OPTIONS")]
    public async Task Options_and_a_wrong_method_tell_what_is_allowed(string path, string allow)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var options = await client.SendAsync(HttpMethod.Options, "/fhir/" + path);
        var wrong = await client.SendAsync(new HttpMethod("LOCK"), "/fhir/" + path);
        Assert.Equal((204, 405), (options.Status, wrong.Status));
        var expected = allow.Split(", ").Order(StringComparer.Ordinal);
        Assert.Equal(expected, options.ContentHeaders.Allow.Order(StringComparer.Ordinal));
        Assert.Superset(expected.ToHashSet(), wrong.ContentHeaders.Allow.ToHashSet());
        Assert.Equal(allow.Contains("PATCH", StringComparison.Ordinal), options.Headers.Contains("Accept-Patch"));
    }

    [Fact]
    public async Task Head_answers_as_get_without_the_body()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        foreach (var path in (string[])["Organization/demo-cpts", "Organization?_count=1", "Organization/demo-cpts/_history/1", "metadata", "Organization/none"])
        {
            var get = await client.GetFhirAsync(path);
            var head = await client.SendAsync(HttpMethod.Head, "/fhir/" + path);
            Assert.Equal((get.Status, 0, get.ETag), (head.Status, head.Bytes.Length, head.ETag));
            Assert.Equal(get.ContentHeaders.ContentType, head.ContentHeaders.ContentType);
            Assert.Equal(get.Bytes.Length, head.ContentHeaders.ContentLength);
        }
    }

    [Theory]
    [InlineData("minimal", 0, "return=minimal")]
    [InlineData("representation", 1, "return=representation")]
    [InlineData("OperationOutcome", 2, "return=OperationOutcome")]
    [InlineData("nonsense", 1, null)]
    public async Task The_client_says_what_comes_back_from_a_write(string wanted, int kind, string? applied)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var created = await client.PostFhirAsync("Patient", """{"resourceType":"Patient"}""", ("Prefer", $"return={wanted}"));
        Assert.Equal(201, created.Status);
        Assert.NotNull(created.Headers.Location);
        Assert.Equal(kind, created.Bytes.Length == 0 ? 0 : created.Resource.ResourceType == "Patient" ? 1 : 2);
        Assert.Equal(applied, created.Headers.TryGetValues("Preference-Applied", out var told) ? told.Single() : null);
        var id = created.Headers.Location!.AbsolutePath.Split('/')[^3];
        var deleted = await client.DeleteFhirAsync($"Patient/{id}", ("Prefer", $"return={wanted}"));
        Assert.Equal(kind == 2 ? 200 : 204, deleted.Status);
        Assert.Equal("W/\"2\"", deleted.ETag);
    }

    [Fact]
    public async Task Pages_of_other_origins_may_call_only_when_they_are_named()
    {
        const string page = "https://app.example.org";
        (string, string)[] ask = [("Origin", page), ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "authorization,if-match")];
        using var shut = hub.Anonymous();
        Assert.Equal(401, (await shut.SendAsync(HttpMethod.Options, "/fhir/Patient/a", headers: ask)).Status);
        await using var open = await HubHost.StartAsync(("Hub:Cors:Origins:0", page));
        using var client = open.Anonymous();
        var preflight = await client.SendAsync(HttpMethod.Options, "/fhir/Patient/a", headers: ask);
        Assert.Equal((204, page), (preflight.Status, preflight.Headers.GetValues("Access-Control-Allow-Origin").Single()));
        Assert.Contains("If-Match", string.Join(',', preflight.Headers.GetValues("Access-Control-Allow-Headers")), StringComparison.OrdinalIgnoreCase);
        var other = await client.SendAsync(HttpMethod.Get, "/fhir/metadata", headers: ("Origin", "https://evil.example"));
        Assert.False(other.Headers.Contains("Access-Control-Allow-Origin"));
        var plain = await client.SendAsync(HttpMethod.Get, "/fhir/metadata", headers: ("Origin", page));
        Assert.Contains("ETag", plain.Headers.GetValues("Access-Control-Expose-Headers").Single(), StringComparison.Ordinal);
        Assert.False(plain.Headers.Contains("Access-Control-Allow-Credentials"));
    }
}
