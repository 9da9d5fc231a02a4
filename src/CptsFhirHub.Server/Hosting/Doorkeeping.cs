using System.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace CptsFhirHub.Server.Hosting;

/// <summary>
/// The outermost layer: correlation ids, security headers, the last-resort handler, and an OperationOutcome under every
/// refusal that would otherwise have no body.
/// </summary>
internal sealed class Doorkeeping(RequestDelegate next, HubSettings settings, Meters meters, ILogger<Doorkeeping> log)
{
    private const int IdLengthMax = 64;

    public async Task InvokeAsync(HttpContext context)
    {
        var correlation = Correlation(context);
        var response = context.Response;
        response.Headers["X-Request-Id"] = correlation;
        if (context.Request.Headers["X-Correlation-Id"] is [{ } given] && IsPlain(given))
            response.Headers["X-Correlation-Id"] = given;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Referrer-Policy"] = "no-referrer";
        if (context.Request.IsHttps)
            response.Headers.StrictTransportSecurity = "max-age=31536000";

        // What is no page shows nothing in a browser; a page names what it needs.
        response.Headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";

        var begun = Stopwatch.GetTimestamp();
        try
        {
            if (LineBytes(context) > settings.Limits.RequestLineBytes)
                await Outcome.AnswerAsync(
                    context, 414, "too-long", $"A request line has at most {settings.Limits.RequestLineBytes} bytes (RequestLineBytes): send a long search by POST _search.");
            else if (IsSmuggling(context.Request))
                await Outcome.AnswerAsync(context, 400, "security", "A request has a length or a transfer coding, not both.");
            else if (context.Request.Headers.ContentEncoding.Count > 0 && PackedBody.CodingOf(context.Request).Length > 0 && !IsUnpacked(context.Request))
                await RefuseCodingAsync(context);
            else
                await next(context);
            if (response is { StatusCode: >= 400, HasStarted: false, ContentLength: null or 0, ContentType: null })
                await AnswerBareAsync(context);
        }
        catch (Exception fault)
        {
            await CatchAsync(context, fault, correlation);
        }
        finally
        {
            meters.Count(context, Stopwatch.GetElapsedTime(begun));
        }
    }

    private async Task CatchAsync(HttpContext context, Exception fault, string correlation)
    {
        if (context.RequestAborted.IsCancellationRequested && fault is OperationCanceledException or ConnectionResetException)
            return;
        if (context.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            context.Abort();
            if (fault is not OperationCanceledException)
                Note(context, fault, correlation);
            return;
        }

        switch (fault)
        {
            case BadHttpRequestException { StatusCode: 413 }:
                await BodyLimit.RefuseAsync(context, settings);
                break;
            case BadHttpRequestException bad:
                await Outcome.AnswerAsync(context, bad.StatusCode, "structure", "The HTTP request is malformed.");
                break;
            case Storage.StoreUnavailableException or Storage.StoreBusyException:
                context.Response.Headers.RetryAfter = "5";
                await Outcome.AnswerAsync(context, 503, "transient", "The store cannot take this now; nothing was kept. Try again.");
                break;
            case OperationCanceledException:
                context.Response.Headers.RetryAfter = "5";
                await Outcome.AnswerAsync(context, 503, "timeout", "The request took too long and was given up.");
                break;
            case IOException when context.Request.Headers.TransferEncoding.Count > 0 && fault is not FileNotFoundException:
                await Outcome.AnswerAsync(context, 400, "structure", "The HTTP request is malformed.");
                break;
            default:
                Note(context, fault, correlation);
                await Outcome.AnswerAsync(context, 500, "exception", $"The hub failed. Tell its operator this id: {correlation}.");
                break;
        }
    }

    private void Note(HttpContext context, Exception fault, string correlation)
    {
        if (context.RequestAborted.IsCancellationRequested)
            return;
        meters.CountUnhandled();

        // The message of an exception may quote data: type and place are enough to find the fault.
        DoorLog.Unhandled(log, correlation, fault.GetType().FullName!, Place(fault));
    }

    private static string Place(Exception fault) => (fault.InnerException is { } inner ? inner.GetType() + " " + inner.StackTrace + "\n" : "")
        + fault.StackTrace;

    private Task AnswerBareAsync(HttpContext context) => context.Response.StatusCode switch
    {
        404 => Outcome.AnswerAsync(context, 404, "not-found", "There is nothing at this address."),
        405 => Outcome.AnswerAsync(context, 405, "not-supported", "This address does not know this method; see Allow."),
        413 => BodyLimit.RefuseAsync(context, settings),
        415 => Outcome.AnswerAsync(context, 415, "not-supported", "This content type is not taken here."),
        var status => Outcome.AnswerAsync(context, status, "processing", "The request is refused."),
    };

    /// <summary>Method, target and version as they came.</summary>
    private static int LineBytes(HttpContext context) =>
        context.Request.Method.Length + (context.Features.Get<IHttpRequestFeature>()?.RawTarget.Length ?? 0) + " HTTP/1.1\r\n ".Length;

    private static bool IsUnpacked(HttpRequest request) => Unpacking.Takes(request) || request.Path.StartsWithSegments("/intake");

    private static Task RefuseCodingAsync(HttpContext context)
    {
        var takesGzip = context.Request.Path.StartsWithSegments("/fhir");
        context.Response.Headers.AcceptEncoding = takesGzip ? PackedBody.Gzip : "identity";
        return Outcome.AnswerAsync(
            context, 415, "not-supported", takesGzip ? "A body is sent as it is, or with the content coding gzip." : "A body is sent without content coding.");
    }

    private static bool IsSmuggling(HttpRequest request) =>
        request.Headers.TransferEncoding.Count > 0 && (request.Headers.ContentLength is not null || request.Headers.ContainsKey("X-Content-Length"));

    /// <summary>The caller's X-Request-Id when it is a plain word, else our own.</summary>
    private static string Correlation(HttpContext context)
    {
        if (context.Request.Headers["X-Request-Id"] is [{ } given] && IsPlain(given))
            context.TraceIdentifier = given;
        return context.TraceIdentifier;
    }

    private static bool IsPlain(string id) =>
        id.Length is > 0 and <= IdLengthMax && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':');
}

internal static partial class DoorLog
{
    [LoggerMessage(1, LogLevel.Error, "Unhandled {Type}, request {Correlation}, at {Place}")]
    public static partial void Unhandled(ILogger log, string correlation, string type, string place);
}
