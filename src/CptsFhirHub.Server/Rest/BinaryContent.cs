using CptsFhirHub.Fhir.Model;
using Microsoft.Net.Http.Headers;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// A Binary as the content it carries: sent as that content unless the client asks for FHIR, and made of any content that is not
/// FHIR. https://hl7.org/fhir/R4/binary.html#rest
/// </summary>
internal static class BinaryContent
{
    private const string BinaryType = "Binary";
    private const string SecurityContext = "X-Security-Context";

    /// <summary>True for a read of a Binary: which format it takes is known only once its content type is.</summary>
    public static bool IsReadBy(Route route, HttpRequest http) =>
        route.Name is "read" or "vread" && http.RouteValues["type"] is BinaryType;

    /// <summary>True when the body of a create or update is the content itself.</summary>
    public static bool IsSentTo(Route route, HttpRequest http) =>
        route.Name is "create" or "update" && http.RouteValues["type"] is BinaryType && !string.IsNullOrEmpty(http.ContentType)
        && !Negotiation.IsResource(http);

    /// <summary>Content is one long string, and may be as long as the body; a cohort has many members.</summary>
    public static JsonLimits LimitsFor(string type, Limits limits) =>
        type == BinaryType ? JsonLimits.Default with { StringBytes = limits.BodyBytes } : type == "Group" ? limits.OfGroup() : JsonLimits.Default;

    /// <summary>The Binary that a body of that content type is.</summary>
    public static async Task<Resource> ReadAsync(FhirRequest request, HttpRequest http, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(http.ContentType, out var type))
            throw new Refusal(415, "not-supported", "The Content-Type is not readable.");
        var bytes = await Negotiation.ReadBytesAsync(http, cancellationToken);
        var root = Element.OfResource(BinaryType).With("id", request.Id).With("contentType", type.ToString());
        if (http.Headers[SecurityContext] is [{ Length: > 0 } context])
            root.Add("securityContext").With("reference", context);
        return new(root.With("data", Convert.ToBase64String(bytes)));
    }

    /// <summary>The answer to a read as the client wants it, and the format it takes when it stays a resource.</summary>
    public static (Answer Answer, WireFormat Format) Of(Answer answer, HttpRequest http)
    {
        if (http.Query.TryGetValue("_format", out var formats) && formats is [{ Length: > 0 } format, ..])
            return (answer, Negotiation.OfParameter(format));
        var accept = http.Headers.Accept;
        var asResource = WireFormat.Accepted(accept);
        if (answer.Status != 200 || answer.Stored is not { } stored)
            return (answer, asResource ?? WireFormat.Json);

        var root = stored.Resource.Root;
        var contentType = MediaTypeHeaderValue.TryParse(root.Text("contentType"), out var told) ? told : new("application/octet-stream");
        var asFhir = Best(range => WireFormat.IsFhirType(range.MediaType.Value ?? ""));
        if (asResource is not null && asFhir > 0 && asFhir >= Best(range => contentType.IsSubsetOf(Plain(range))))
            return (answer, asResource);
        var isTaken = accept.Count == 0 || WireFormat.Ranges(accept).Any(range => range.Quality > 0 && contentType.IsSubsetOf(Plain(range.Type)));
        if (!isTaken)
            return asResource is not null
                ? (answer, asResource)
                : throw new Refusal(406, "not-supported", "The content has another type; ask for application/fhir+json to see which.");

        var data = root.Text("data") ?? "";
        var bytes = new byte[data.Length];
        if (!Convert.TryFromBase64String(data, bytes, out var length))
            return (answer, asResource ?? WireFormat.Json);

        // Whatever it claims to be, a browser shall neither show nor run it.
        List<(string, string)> headers = [("Content-Disposition", "attachment"), ("Content-Security-Policy", "default-src 'none'; sandbox")];
        if (root.At("securityContext", "reference")?.Value is { } context && context.All(c => c is > ' ' and < '\x7F'))
            headers.Add((SecurityContext, context));
        return (answer with { Body = bytes.AsMemory(0, length), RawType = contentType.ToString(), Headers = headers }, WireFormat.Json);

        double Best(Func<MediaTypeHeaderValue, bool> takes) =>
            WireFormat.Ranges(accept).Where(range => takes(range.Type)).Select(range => range.Quality).DefaultIfEmpty().Max();
    }

    private static MediaTypeHeaderValue Plain(MediaTypeHeaderValue range) => new(range.MediaType);
}
