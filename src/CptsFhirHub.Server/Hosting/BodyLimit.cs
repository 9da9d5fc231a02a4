using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace CptsFhirHub.Server.Hosting;

/// <summary>
/// Refuses a body that announces itself as too large, and then lets it run past: a client that first sends everything and then
/// listens would otherwise see a broken connection instead of the 413.
/// </summary>
internal sealed class BodyLimit(RequestDelegate next, HubSettings settings)
{
    private const long RunPastBytesMax = 64 * 1024 * 1024;
    private static readonly TimeSpan RunPastTime = TimeSpan.FromSeconds(5);

    public async Task InvokeAsync(HttpContext context)
    {
        // An address that takes more says so itself.
        var most = context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize ?? settings.Limits.BodyBytes;
        if (context.Request.ContentLength is not { } length || length <= most)
        {
            await next(context);
            return;
        }

        context.Response.Headers.Connection = "close";
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = RunPastBytesMax;
        await Outcome.AnswerAsync(context, 413, "too-long", "The body is larger than this address takes.");
        await context.Response.CompleteAsync();
        if (length <= RunPastBytesMax)
            await RunPastAsync(context);
    }

    private static async Task RunPastAsync(HttpContext context)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(RunPastTime);
        try
        {
            await context.Request.Body.CopyToAsync(Stream.Null, patience.Token);
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException or BadHttpRequestException)
        {
            // The answer is given; how the rest of the body ends does not matter.
        }
    }
}
