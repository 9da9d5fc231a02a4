using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests;

/// <summary>An answer as tests look at it.</summary>
internal sealed record Reply(int Status, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders, byte[] Bytes)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>The body as a resource.</summary>
    public Element Resource => FhirJson.Parse(Bytes, JsonLimits.AsKept).Resource?.Root ?? throw new InvalidDataException($"No resource but: {Text}");

    public string ETag => Headers.ETag?.ToString() ?? "";

    /// <summary>The code of the first issue of an OperationOutcome.</summary>
    public string? IssueCode => Resource is { ResourceType: "OperationOutcome" } outcome ? outcome.At("issue", "code")?.Value : null;

    /// <summary>The ids of a searchset's matches, in order.</summary>
    public IReadOnlyList<string> Ids(string mode = "match") =>
        [.. Resource.All("entry").ToArray().Where(entry => entry.At("search", "mode")?.Value == mode).Select(entry => entry.At("resource", "id")!.Value!)];
}

internal static class FhirCalls
{
    public static async Task<Reply> SendAsync(
        this HttpClient client, HttpMethod method, string url, string? body = null, string contentType = "application/fhir+json",
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, url);
        if (body is not null)
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { { "Content-Type", contentType } } };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return new(
            (int)response.StatusCode, response.Headers, response.Content.Headers,
            await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    public static Task<Reply> GetFhirAsync(this HttpClient client, string path, params (string, string)[] headers) =>
        client.SendAsync(HttpMethod.Get, "/fhir/" + path, headers: headers);

    public static Task<Reply> PostFhirAsync(this HttpClient client, string path, string body, params (string, string)[] headers) =>
        client.SendAsync(HttpMethod.Post, "/fhir/" + path, body, headers: headers);

    public static Task<Reply> PutFhirAsync(this HttpClient client, string path, string body, params (string, string)[] headers) =>
        client.SendAsync(HttpMethod.Put, "/fhir/" + path, body, headers: headers);

    public static Task<Reply> DeleteFhirAsync(this HttpClient client, string path, params (string, string)[] headers) =>
        client.SendAsync(HttpMethod.Delete, "/fhir/" + path, headers: headers);

    /// <summary>Creates a resource and gives its id.</summary>
    public static async Task<string> CreateAsync(this HttpClient client, string type, string body)
    {
        var reply = await client.PostFhirAsync(type, body);
        Assert.True(reply.Status == (int)HttpStatusCode.Created, $"Creating a {type} gave {reply.Status}: {reply.Text}");
        return reply.Resource.Text("id")!;
    }
}
