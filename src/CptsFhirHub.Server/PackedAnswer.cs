using System.IO.Compression;

namespace CptsFhirHub.Server;

/// <summary>
/// Answers of the FHIR interface, packed for a client that says it takes gzip. A token is never sent by a browser of itself, so nobody who has none can
/// have answers made beside a text of his own and learn from their length; the pages for people, which have cookies, are not packed.
/// </summary>
internal static class PackedAnswer
{
    /// <summary>What is smaller travels in TCP's first window anyway, one way and nothing to wait for. https://www.rfc-editor.org/rfc/rfc6928</summary>
    private const int FromBytes = 16 * 1024;

    /// <summary>The body and the headers that tell of it; the headers alone for HEAD.</summary>
    public static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> body, bool isDense)
    {
        if (!isDense && body.Length >= FromBytes && IsWanted(context))
            body = Pack(body.Span);
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);

        ReadOnlyMemory<byte> Pack(ReadOnlySpan<byte> plain)
        {
            Announce(context.Response);
            var packed = new MemoryStream(plain.Length / 4);
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                gzip.Write(plain);
            return packed.GetBuffer().AsMemory(0, (int)packed.Length);
        }
    }

    /// <summary>The stream as the body, packed.</summary>
    public static async Task SendAsync(HttpContext context, Stream content)
    {
        Announce(context.Response);
        await using var gzip = new GZipStream(context.Response.Body, CompressionLevel.Fastest);
        await content.CopyToAsync(gzip, context.RequestAborted);
    }

    /// <summary>True when the client takes gzip. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3</summary>
    public static bool IsWanted(HttpContext context)
    {
        if (context.Request.Headers.AcceptEncoding.Count == 0)
            return false;
        var codings = context.Request.GetTypedHeaders().AcceptEncoding;
        var named = codings.FirstOrDefault(coding => coding.Value.Equals(PackedBody.Gzip, StringComparison.OrdinalIgnoreCase))
            ?? codings.FirstOrDefault(coding => coding.Value == "*");
        return named is not null && named.Quality is not 0;
    }

    private static void Announce(HttpResponse response)
    {
        response.Headers.ContentEncoding = PackedBody.Gzip;
        response.Headers.Append("Vary", "Accept-Encoding");
    }
}
