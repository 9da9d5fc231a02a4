using System.Text;
using System.Text.Unicode;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Xml;
using Microsoft.Net.Http.Headers;

namespace CptsFhirHub.Server.Rest;

/// <summary>Which representation comes in and goes out. https://hl7.org/fhir/R4/http.html#mime-type</summary>
internal static class Negotiation
{
    /// <summary>The media type of JSON Patch.</summary>
    public const string JsonPatch = "application/json-patch+json";

    /// <summary>What a patch may be, as <c>Accept-Patch</c> has it.</summary>
    public const string PatchTypes = $"{JsonPatch}, application/fhir+json, application/fhir+xml";

    private const string Form = "application/x-www-form-urlencoded";

    // A sender who announces more gets memory only as bytes arrive.
    private const int TrustedLengthMax = 256 * 1024;

    /// <summary>The format that <c>_format</c> or <c>Accept</c> asks for. Refuses with 406 a client that would take none the hub can write.</summary>
    public static WireFormat Choose(HttpRequest request)
    {
        if (request.QueryString.Value?.Contains("_format=", StringComparison.Ordinal) == true
            && request.Query.TryGetValue("_format", out var formats) && formats is [{ Length: > 0 } format, ..])
            return OfParameter(format);
        return WireFormat.Accepted(request.Headers.Accept) ?? throw NoneFits();
    }

    /// <summary>The format that a value of <c>_format</c> names.</summary>
    public static WireFormat OfParameter(string format)
    {
        // A plus sign that was not escaped has become a space.
        if (!MediaTypeHeaderValue.TryParse(format.Trim().Replace(' ', '+'), out var type))
            return WireFormat.Named(format) ?? throw NoneFits();
        return WireFormat.SpeaksR4(type) && WireFormat.Named(type.MediaType.Value ?? "") is { } named ? named : throw NoneFits();
    }

    private static Refusal NoneFits() => new(406, "not-supported", "Resources are written as application/fhir+json and application/fhir+xml, FHIR version 4.0.");

    /// <summary>The resource in the body; null only when there is none and none is required.</summary>
    public static async Task<Resource?> ReadResourceAsync(
        HttpRequest request, bool isRequired, JsonLimits limits, CancellationToken cancellationToken)
    {
        if (!isRequired && request.ContentLength is null or 0 && string.IsNullOrEmpty(request.ContentType))
            return null;
        var format = FormatOf(request);
        var bytes = await ReadAllAsync(request, cancellationToken);
        if (bytes.Length == 0)
            return isRequired ? throw new Refusal(400, "required", "The body is empty.") : null;
        var parsed = format.IsXml ? FhirXml.Parse(bytes, limits) : FhirJson.Parse(bytes, limits);
        return parsed.IsSound ? parsed.Resource : throw new Refusal(StatusOf(parsed), parsed.Issues);
    }

    /// <summary>True when the body is a JSON Patch; a FHIRPath Patch comes as any resource.</summary>
    public static bool IsJsonPatch(HttpRequest request) => IsOfType(request, JsonPatch);

    /// <summary>True when the body is a form.</summary>
    public static bool IsForm(HttpRequest request) => IsOfType(request, Form);

    /// <summary>True when the body is named as FHIR or as JSON or XML at large; for Binary anything else is content of its own.</summary>
    public static bool IsResource(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && WireFormat.Named(type.MediaType.Value ?? "") is not null;

    /// <summary>The bytes of the body, which may not be empty.</summary>
    public static async Task<byte[]> ReadBytesAsync(HttpRequest request, CancellationToken cancellationToken)
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
        if (!IsForm(request))
            throw new Refusal(415, "not-supported", "A search by POST sends application/x-www-form-urlencoded.");
        if (request.ContentLength > limits.SearchFormBytes)
            throw TooLarge(limits);
        var bytes = await ReadAllAsync(request, cancellationToken);
        if (bytes.Length > limits.SearchFormBytes)
            throw TooLarge(limits);
        if (!Utf8.IsValid(bytes))
            throw new Refusal(400, "structure", "The search form is not UTF-8.");
        var form = QueryText.Read(Encoding.UTF8.GetString(bytes));
        return form.Count <= limits.SearchParameters
            ? form
            : throw new Refusal(400, "too-costly", $"A search has at most {limits.SearchParameters} parameters.");
    }

    /// <summary>400 for what is no JSON or XML, 422 for what is no such resource.</summary>
    public static int StatusOf(Parsed parsed) =>
        parsed.Resource is null || parsed.Issues.Any(issue => issue.Severity == Severity.Fatal) ? 400 : 422;

    private static Refusal TooLarge(Limits limits) =>
        new(413, "too-long", $"A search form has at most {limits.SearchFormBytes} bytes.");

    private static bool IsOfType(HttpRequest request, string mediaType) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase);

    private static WireFormat FormatOf(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || WireFormat.Named(type.MediaType.Value ?? "") is not { } format)
            throw new Refusal(415, "not-supported", "Send application/fhir+json or application/fhir+xml.");
        if (!WireFormat.SpeaksR4(type))
            throw new Refusal(415, "not-supported", "FHIR version 4.0 is spoken here.");
        if (type.Charset.HasValue && type.Charset.Value.Trim('"').ToLowerInvariant() is not ("utf-8" or "utf8"))
            throw new Refusal(415, "not-supported", "Resources are sent as UTF-8.");
        return format;
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
}
