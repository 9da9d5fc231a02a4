using System.Threading.RateLimiting;
using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Hosting;

/// <summary>
/// Lets in as many requests as the machine can carry: a rate a client, a number at once, a short queue, and 429 with
/// Retry-After past it. Health checks never wait.
/// </summary>
internal sealed class Admission : IDisposable
{
    private const int AnonymousSlots = 8;
    private readonly RequestDelegate _next;
    private readonly Limits _limits;
    private readonly ConcurrencyLimiter _slots;
    private readonly ConcurrencyLimiter _anonymousSlots;
    private readonly PartitionedRateLimiter<string>? _rates;

    public Admission(RequestDelegate next, HubSettings settings)
    {
        _next = next;
        _limits = settings.Limits;
        _slots = Slots(_limits.ConcurrentRequests);
        _anonymousSlots = Slots(AnonymousSlots);
        if (_limits.RatePerSecond > 0)
            _rates = PartitionedRateLimiter.Create<string, string>(client => RateLimitPartition.GetTokenBucketLimiter(client, _ => new()
            {
                TokenLimit = _limits.RateBurst,
                TokensPerPeriod = _limits.RatePerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                QueueLimit = 0,
            }));
    }

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/health"))
        {
            await _next(context);
            return;
        }

        var caller = context.CallerOrNull();
        if (caller is not null && _rates is not null)
        {
            using var rate = _rates.AttemptAcquire(caller.ClientId);
            if (!rate.IsAcquired)
            {
                await RefuseAsync(context, "This client sends more requests a second than agreed.");
                return;
            }
        }

        var slots = caller is null ? _anonymousSlots : _slots;
        using var lease = await AcquireAsync(slots, context.RequestAborted);
        if (lease is not { IsAcquired: true })
        {
            await RefuseAsync(context, "The hub is at its limit of requests at once.");
            return;
        }

        await _next(context);
    }

    public void Dispose()
    {
        _slots.Dispose();
        _anonymousSlots.Dispose();
        _rates?.Dispose();
    }

    private async ValueTask<RateLimitLease?> AcquireAsync(ConcurrencyLimiter slots, CancellationToken cancellationToken)
    {
        var lease = slots.AttemptAcquire();
        if (lease.IsAcquired)
            return lease;
        lease.Dispose();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_limits.QueueMilliseconds);
        try
        {
            return await slots.AcquireAsync(1, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private ConcurrencyLimiter Slots(int permits) => new(new()
    {
        PermitLimit = permits,
        QueueLimit = _limits.QueuedRequests,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    private static Task RefuseAsync(HttpContext context, string text)
    {
        context.Response.Headers.RetryAfter = "1";
        return Outcome.AnswerAsync(context, 429, "throttled", text);
    }
}
