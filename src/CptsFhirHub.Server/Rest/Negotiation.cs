using System.Text;
using System.Text.Unicode;
using CptsFhirHub.Fhir.Model;
using Microsoft.Net.Http.Headers;

namespace CptsFhirHub.Server.Rest;

/// <summary>Which representation comes in and goes out. https://hl7.org/fhir/R4/http.html#mime-type</summary>
internal static class Negotiation
{
    /// <summary>The media type of JSON Patch.</summary>
    public const string JsonPatch = "application/json-patch+json";

    private const string Json = "application/json; charset=utf-8";

    // A sender who announces more gets memory only as bytes arrive.
    private const int TrustedLengthMax = 256 * 1024;

    private static readonly string[] FhirTypes = ["application/fhir+json", "application/json+fhir"];

    /// <summary>Refuses with 406 a client that would take none of what the hub can write.</summary>
    public static void CheckAccept(HttpRequest request)
    {
        if (request.QueryString.Value?.Contains("_format=", StringComparison.Ordinal) == true
            && request.Query.TryGetValue("_format", out var formats) && formats is [{ Length: > 0 } format])
        {
            if (!IsJson(format))
                throw new Refusal(406, "not-supported", "Resources are written as application/fhir+json.");
            return;
        }

        var accept = request.Headers.Accept;
        if (accept.Count == 0)
            return;
        foreach (var header in accept)
            foreach (var part in (header ?? "").Split(',', StringSplitOptions.TrimEntries))
                if (IsJson(part) || part.StartsWith("*/*", StringComparison.Ordinal) || part.StartsWith("application/*", StringComparison.Ordinal))
                    return;
        throw new Refusal(406, "not-supported", "Resources are written as application/fhir+json.");
    }

    /// <summary>FHIR JSON, unless the client names plain JSON alone.</summary>
    public static string ContentTypeOf(HttpRequest request)
    {
        var accept = request.Headers.Accept.ToString();
        return accept.Contains("application/json", StringComparison.OrdinalIgnoreCase)
            && !accept.Contains("fhir+json", StringComparison.OrdinalIgnoreCase) && !accept.Contains("json+fhir", StringComparison.OrdinalIgnoreCase)
            ? Json
            : Outcome.ContentType;
    }

    /// <summary>The whole body; empty only when it is not required.</summary>
    public static async Task<byte[]> ReadBodyAsync(HttpRequest request, bool isRequired, CancellationToken cancellationToken)
    {
        if (request.ContentLength is null or 0 && string.IsNullOrEmpty(request.ContentType) && !isRequired)
            return [];
        CheckContentType(request);
        var bytes = await ReadAllAsync(request, cancellationToken);
        if (bytes.Length == 0 && isRequired)
            throw new Refusal(400, "required", "The body is empty.");
        return bytes;
    }

    /// <summary>True when the body is a JSON Patch; a FHIRPath Patch comes as any resource.</summary>
    public static bool IsJsonPatch(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals(JsonPatch, StringComparison.OrdinalIgnoreCase);

    /// <summary>The bytes of a JSON Patch.</summary>
    public static async Task<byte[]> ReadPatchAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var bytes = await ReadAllAsync(request, cancellationToken);
        return bytes.Length > 0 ? bytes : throw new Refusal(400, "required", "The body is empty.");
    }

    /// <summary>The parameters of <c>_search</c>.</summary>
    public static async Task<List<KeyValuePair<string, string>>> ReadFormAsync(
        HttpRequest request, Limits limits, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.ContentType) && request.ContentLength is null or 0)
            return [];
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || type.MediaType != "application/x-www-form-urlencoded")
            throw new Refusal(415, "not-supported", "A search by POST sends application/x-www-form-urlencoded.");
        if (request.ContentLength > limits.SearchFormBytes)
            throw new Refusal(413, "too-long", "The search form is too large.");
        var bytes = await ReadAllAsync(request, cancellationToken);
        if (bytes.Length > limits.SearchFormBytes)
            throw new Refusal(413, "too-long", "The search form is too large.");
        if (!Utf8.IsValid(bytes))
            throw new Refusal(400, "structure", "The search form is not UTF-8.");
        var form = QueryText.Read(Encoding.UTF8.GetString(bytes));
        return form.Count <= limits.SearchParameters
            ? form
            : throw new Refusal(400, "too-costly", $"A search has at most {limits.SearchParameters} parameters.");
    }

    /// <summary>400 for what is no JSON, 422 for JSON that is no such resource.</summary>
    public static int StatusOf(Parsed parsed) =>
        parsed.Resource is null || parsed.Issues.Any(issue => issue.Severity == Severity.Fatal) ? 400 : 422;

    private static void CheckContentType(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !IsJson(type.MediaType.Value ?? ""))
            throw new Refusal(415, "not-supported", "Send application/fhir+json.");
        if (type.Charset.HasValue && !type.Charset.Value.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            throw new Refusal(415, "not-supported", "JSON is sent as UTF-8.");
    }

    private static async Task<byte[]> ReadAllAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength is { } length and > 0 and <= TrustedLengthMax)
        {
            var exact = new byte[length];
            var read = await request.Body.ReadAtLeastAsync(exact, exact.Length, throwOnEndOfStream: false, cancellationToken);
            return read == exact.Length ? exact : exact[..read];
        }

        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, cancellationToken);
        return buffer.ToArray();
    }

    private static bool IsJson(string mediaType)
    {
        var plain = mediaType.Split(';')[0].Trim();
        return plain is "json" or "application/json" or "text/json"
            || FhirTypes.Contains(plain.Replace(' ', '+'), StringComparer.OrdinalIgnoreCase)
            || plain.Equals("application/json", StringComparison.OrdinalIgnoreCase);
    }
}
