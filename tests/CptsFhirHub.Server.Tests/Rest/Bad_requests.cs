using System.Net.Sockets;
using System.Text;

namespace CptsFhirHub.Tests.Rest;

/// <summary>What is wrong gets its status and a reason; nothing wrong gets a 500.</summary>
public sealed class Bad_requests(HubHost hub)
{
    [Theory]
    [InlineData("GET", "Nothing/1", null, 404, "not-supported")]
    [InlineData("GET", "Account", null, 404, "not-supported")]
    [InlineData("GET", "Patient/none", null, 404, "not-found")]
    [InlineData("GET", "Patient/not_an_id", null, 404, "not-found")]
    [InlineData("GET", "Patient/1234567890123456789012345678901234567890123456789012345678901234x", null, 404, "not-found")]
    [InlineData("GET", "Patient/none/_history", null, 404, "not-found")]
    [InlineData("GET", "Patient/a/b/c/d", null, 404, "not-found")]
    [InlineData("POST", "Patient", "", 400, "required")]
    [InlineData("POST", "Patient", "{", 400, null)]
    [InlineData("POST", "Patient", "[]", 400, null)]
    [InlineData("POST", "Patient", "null", 400, null)]
    [InlineData("POST", "Patient", "\"text\"", 400, null)]
    [InlineData("POST", "Patient", "{}", 400, null)]
    [InlineData("POST", "Patient", """{"resourceType":"Organization","name":"x"}""", 400, "invalid")]
    [InlineData("POST", "Patient", """{"resourceType":"Patient","nonsense":1}""", 422, null)]
    [InlineData("POST", "Patient", """{"resourceType":"Patient","birthDate":"soon"}""", 422, null)]
    [InlineData("POST", "Patient", """{"resourceType":"Patient","gender":"X"}""", 422, null)]
    [InlineData("POST", "Patient", """{"resourceType":"Patient","name":{"family":"x"}}""", 422, null)]
    [InlineData("POST", "Patient", """{"resourceType":"Patient","contact":[{"gender":"male"}]}""", 422, null)]
    [InlineData("POST", "ServiceRequest", """{"resourceType":"ServiceRequest","status":"active"}""", 422, null)]
    [InlineData("PUT", "Patient/a", """{"resourceType":"Patient","id":"b"}""", 400, "invalid")]
    [InlineData("PUT", "Patient/a", """{"resourceType":"Patient"}""", 400, "invalid")]
    [InlineData("PUT", "Patient/a_b", """{"resourceType":"Patient","id":"a_b"}""", 404, "not-found")]
    [InlineData("POST", "AuditEvent", "{}", 403, "forbidden")]
    [InlineData("LOCK", "Patient/a", "{}", 405, "not-supported")]
    [InlineData("PUT", "_history", "{}", 404, "not-supported")]
    public async Task A_bad_request_gets_its_status_and_code(string method, string path, string? body, int status, string? code)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.SendAsync(new(method), "/fhir/" + path, body);
        Assert.Equal(status, reply.Status);
        Assert.NotNull(reply.IssueCode);
        if (code is not null)
            Assert.Equal(code, reply.IssueCode);
    }

    [Fact]
    public async Task An_unknown_method_is_told_which_are_allowed()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.SendAsync(new HttpMethod("LOCK"), "/fhir/Patient/a", "{}");
        Assert.Equal(405, reply.Status);
        Assert.Contains("GET", reply.ContentHeaders.Allow);
        Assert.Contains("PUT", reply.ContentHeaders.Allow);
    }

    [Theory]
    [InlineData("text/plain", 415)]
    [InlineData("application/fhir+xml", 400)]
    [InlineData("application/xml", 400)]
    [InlineData("text/turtle", 415)]
    [InlineData("application/fhir+json; fhirVersion=3.0", 415)]
    [InlineData("application/fhir+json; fhirVersion=4.0", 201)]
    [InlineData("text/json", 201)]
    [InlineData("multipart/form-data; boundary=x", 415)]
    [InlineData("application/fhir+json; charset=iso-8859-1", 415)]
    [InlineData("application/json", 201)]
    [InlineData("application/json+fhir", 201)]
    [InlineData("application/fhir+json; charset=UTF-8", 201)]
    public async Task The_content_type_must_be_right(string contentType, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Equal(status, (await client.SendAsync(HttpMethod.Post, "/fhir/Patient", """{"resourceType":"Patient"}""", contentType)).Status);
    }

    [Theory]
    [InlineData("application/fhir+turtle", 406)]
    [InlineData("text/html", 406)]
    [InlineData("application/fhir+json; fhirVersion=5.0", 406)]
    [InlineData("application/fhir+json;q=0", 406)]
    [InlineData("text/html, */*;q=0.1", 200)]
    [InlineData("application/json", 200)]
    [InlineData("application/fhir+json; fhirVersion=4.0", 200)]
    [InlineData("application/fhir+xml, application/fhir+json", 200)]
    public async Task The_client_must_take_JSON_or_XML(string accept, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Equal(status, (await client.GetFhirAsync("Patient?family=none", ("Accept", accept))).Status);
    }

    [Theory]
    [InlineData("json", 200)]
    [InlineData("application/fhir+json", 200)]
    [InlineData("xml", 200)]
    [InlineData("application/fhir%2Bxml", 200)]
    [InlineData("ttl", 406)]
    [InlineData("html", 406)]
    public async Task The_format_parameter_overrides_Accept(string format, int status)
    {
        using var client = await hub.ClientAsync("demo-cpts");
        Assert.Equal(status, (await client.GetFhirAsync($"Patient?family=none&_format={format}", ("Accept", "text/html"))).Status);
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_are_refused()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/fhir/Patient")
        {
            Content = new ByteArrayContent([.. """{"resourceType":"Patient","name":[{"family":"D"""u8, 0xE9, .. "\"}]}"u8])
            {
                Headers = { { "Content-Type", "application/fhir+json" } },
            },
        };
        using var response = await client.SendAsync(request);
        Assert.Equal(400, (int)response.StatusCode);
    }

    [Fact]
    public async Task A_body_of_the_limit_is_read_and_one_byte_more_is_413()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        static string Padded(int length)
        {
            const string start = """{"resourceType":"Nothing" """;
            return start + new string(' ', length - start.Length - 1) + "}";
        }

        Assert.NotEqual(413, (await client.PostFhirAsync("Patient", Padded(10 * 1024 * 1024))).Status);
        var reply = await client.PostFhirAsync("Patient", Padded(10 * 1024 * 1024 + 1));
        Assert.Equal((413, "too-long"), (reply.Status, reply.IssueCode));
        Assert.Contains("10485760 bytes", reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFFF\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nzz\r\n")]
    public async Task Framing_that_two_readers_could_read_differently_is_refused(string rest)
    {
        var answer = await RawAsync($"POST /fhir/Patient HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {await hub.TokenAsync("demo-cpts")}\r\n"
            + "Content-Type: application/fhir+json\r\n" + rest);
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(33_000, 1, "431")]
    [InlineData(10, 101, "431")]
    [InlineData(10, 90, "200")]
    public async Task Headers_have_a_size_and_a_number(int length, int count, string status)
    {
        var headers = string.Concat(Enumerable.Range(0, count).Select(i => $"X-{i}: {new string('x', length)}\r\n"));
        var answer = await RawAsync($"GET /fhir/metadata HTTP/1.1\r\nHost: h\r\n{headers}\r\n");
        Assert.StartsWith("HTTP/1.1 " + status, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_line_of_more_than_16_KiB_is_refused()
    {
        var answer = await RawAsync($"GET /fhir/metadata?{new string('x', 17_000)} HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 414", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_come_from_the_settings_whatever_the_caller_claims()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var reply = await client.GetFhirAsync("Patient?family=none", ("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"));
        Assert.DoesNotContain("evil", reply.Text, StringComparison.Ordinal);
        Assert.StartsWith(hub.Address.ToString(), Searches_over_HTTP.Link(reply.Resource, "self"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_credentials_are_one_too_many()
    {
        var token = await hub.TokenAsync("demo-cpts");
        var answer = await RawAsync($"GET /fhir/Patient HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
    }

    private async Task<string> RawAsync(string text)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", hub.Address.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
        var buffer = new byte[4096];
        var length = await stream.ReadAsync(buffer);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
