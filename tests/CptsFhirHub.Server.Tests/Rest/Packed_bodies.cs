using System.IO.Compression;
using System.Net;
using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.Rest;

/// <summary>Requests that come as gzip and answers that go out so. https://www.rfc-editor.org/rfc/rfc9110#section-8.4</summary>
public sealed class Packed_bodies(HubHost hub)
{
    private const string Fhir = "application/fhir+json";

    [Theory]
    [InlineData("Organization", Fhir, """{"resourceType":"Organization","name":"Cabinet"}""", 201)]
    [InlineData("Organization", "application/fhir+xml", """<Organization xmlns="http://hl7.org/fhir"><name value="Cabinet"/></Organization>""", 201)]
    [InlineData("Organization/_search", "application/x-www-form-urlencoded", "name=cabinet&_count=1", 200)]
    [InlineData("", Fhir, """{"resourceType":"Bundle","type":"batch","entry":[{"request":{"method":"GET","url":"Organization?_count=1"}}]}""", 200)]
    [InlineData("Binary", "text/plain", "Compte rendu", 201)]
    public async Task What_comes_packed_is_read_as_what_was_packed(string path, string type, string body, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        using var packed = await SendAsync(client, path, Gzip(Encoding.UTF8.GetBytes(body)), type);
        using var plain = await SendAsync(client, path, Encoding.UTF8.GetBytes(body), type, codings: []);
        Assert.Equal((status, status), ((int)packed.StatusCode, (int)plain.StatusCode));
        if (status == 201)
            Assert.Equal(await ContentAsync(plain), await ContentAsync(packed));
    }

    [Fact]
    public async Task What_is_no_gzip_or_cut_off_is_refused()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var whole = Gzip("""{"resourceType":"Organization","name":"Cabinet"}"""u8.ToArray());
        foreach (var body in new[] { [0x1F, 0x8B], "{}"u8.ToArray(), [], whole[..^1], whole[..^12], whole[..20] })
        {
            using var response = await SendAsync(client, "Organization", body, Fhir);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("/fhir/Organization", "br")]
    [InlineData("/fhir/Organization", "deflate")]
    [InlineData("/fhir/Organization", "gzip", "gzip")]
    [InlineData("/auth/token", "gzip")]
    public async Task Another_coding_is_refused_and_the_one_taken_is_told(string path, params string[] codings)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        using var response = await SendAsync(client, path, Gzip("{}"u8.ToArray()), Fhir, codings);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal(path.StartsWith("/fhir", StringComparison.Ordinal) ? "gzip" : "identity", response.Headers.GetValues("Accept-Encoding").Single());
    }

    [Fact]
    public async Task The_limit_of_a_body_is_one_of_what_it_unpacks_to()
    {
        await using var small = await HubHost.StartAsync(("Hub:Limits:BodyBytes", "20000"), ("Hub:DemoTerritory", "false"));
        using var client = await small.ClientAsync("demo-cpts");
        foreach (var (length, status) in new[] { (20_000, HttpStatusCode.Created), (20_001, HttpStatusCode.RequestEntityTooLarge), (4_000_000, HttpStatusCode.RequestEntityTooLarge) })
        {
            var body = Encoding.UTF8.GetBytes("""{"resourceType":"Organization","name":"Cabinet"}""".PadRight(length));
            using var response = await SendAsync(client, "Organization", Gzip(body), Fhir);
            Assert.Equal(status, response.StatusCode);
        }
    }

    [Fact]
    public async Task A_long_answer_is_packed_for_who_takes_it()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var id = await client.CreateAsync("Basic", $$"""{"resourceType":"Basic","code":{"text":"{{new string('a', 20_000)}}"} }""");
        foreach (var path in new[] { $"Basic/{id}", $"Basic/{id}?_format=xml", $"Basic?_id={id}", $"Basic/{id}/_history", "metadata" })
        {
            var plain = await client.GetFhirAsync(path);
            Assert.Empty(plain.ContentHeaders.ContentEncoding);
            var packed = await client.GetFhirAsync(path, ("Accept-Encoding", "br, gzip;q=0.8"));
            Assert.Equal((200, "gzip", "Accept-Encoding"), (packed.Status, packed.ContentHeaders.ContentEncoding.Single(), packed.Headers.Vary.Single()));
            Assert.Equal((plain.ETag, plain.ContentHeaders.ContentType), (packed.ETag, packed.ContentHeaders.ContentType));
            Assert.Equal(plain.Bytes, Unzip(packed.Bytes));
            var head = await client.SendAsync(HttpMethod.Head, "/fhir/" + path, headers: ("Accept-Encoding", "gzip"));
            Assert.Equal((packed.ContentHeaders.ContentLength, 0), (head.ContentHeaders.ContentLength, head.Bytes.Length));
        }
    }

    [Theory]
    [InlineData("gzip;q=0")]
    [InlineData("identity")]
    [InlineData("br, *;q=0")]
    [InlineData("")]
    [InlineData("gzip;q=x")]
    public async Task Who_does_not_take_it_gets_the_bytes_as_they_are(string accepted)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.GetFhirAsync("metadata", ("Accept-Encoding", accepted));
        Assert.Empty(reply.ContentHeaders.ContentEncoding);
        Assert.Equal("CapabilityStatement", reply.Resource.ResourceType);
    }

    [Fact]
    public async Task A_short_answer_and_the_content_of_a_Binary_go_out_as_they_are()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Empty((await client.GetFhirAsync("Organization?name=nobody", ("Accept-Encoding", "gzip"))).ContentHeaders.ContentEncoding);
        var id = await client.CreateAsync("Binary", $$"""{"resourceType":"Binary","contentType":"application/pdf","data":"{{Convert.ToBase64String(new byte[20_000])}}"}""");
        var content = await client.GetFhirAsync($"Binary/{id}", ("Accept", "application/pdf"), ("Accept-Encoding", "gzip"));
        Assert.Empty(content.ContentHeaders.ContentEncoding);
        Assert.Equal(20_000, content.Bytes.Length);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string path, byte[] body, string type, string[]? codings = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path.StartsWith('/') ? path : "/fhir/" + path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new(type);
        foreach (var coding in codings ?? ["gzip"])
            request.Content.Headers.ContentEncoding.Add(coding);
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>A resource without what is each one's own.</summary>
    private static async Task<string> ContentAsync(HttpResponseMessage response)
    {
        var root = FhirJson.Parse(await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Resource!.Root;
        root.Remove("id");
        root.Remove("meta");
        return Encoding.UTF8.GetString(FhirJson.Write(root));
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    private static byte[] Unzip(byte[] bytes)
    {
        using var plain = new MemoryStream();
        using var gzip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        gzip.CopyTo(plain);
        return plain.ToArray();
    }
}
