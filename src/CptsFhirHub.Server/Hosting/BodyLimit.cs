using System.Globalization;
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
        if (context.Request.ContentLength is not { } length || length <= Of(context, settings))
        {
            await next(context);
            return;
        }

        context.Response.Headers.Connection = "close";
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = RunPastBytesMax;
        await RefuseAsync(context, settings);
        await context.Response.CompleteAsync();
        if (length <= RunPastBytesMax)
            await RunPastAsync(context);
    }

    /// <summary>The bytes that the address takes: one that takes more than others says so itself.</summary>
    public static long Of(HttpContext context, HubSettings settings) =>
        context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize ?? settings.Limits.BodyBytes;

    public static Task RefuseAsync(HttpContext context, HubSettings settings) => Outcome.AnswerAsync(
        context, 413, "too-long", string.Create(CultureInfo.InvariantCulture, $"The body is larger than this address takes: {Of(context, settings)} bytes at most."));

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
