using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using CptsFhirHub.Storage;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace CptsFhirHub.Server.Outbound;

/// <summary>
/// Carries the outbox out: takes what is due by lease, sends it signed, and marks it. It sends at least once; the receiver knows a
/// repetition by <c>webhook-id</c>, which is the row's id on each try.
/// </summary>
/// <remarks>
/// The loop never waits for a receiver: calls run in the lanes of their endpoints, and targets whose lane is full or broken are left out
/// of the next lease.
/// </remarks>
internal sealed class Dispatcher(
    Outbox outbox, OutboundHttp http, IEnumerable<IOutgoing> carriers, OutboxSchedule schedule, TimeProvider time, ILogger<Dispatcher> logger)
    : BackgroundService
{
    private const int UnderWayMax = 64;
    private const int PerTarget = 2;
    private static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(24);

    private readonly string _owner = $"{Environment.MachineName}:{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}:{Guid.NewGuid():N}";
    private readonly ConcurrentDictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _laneOfTarget = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task> _underWay = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _wake = new(0, 1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        outbox.OnQueued = Wake;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await LeaseAsync(stoppingToken) == 0)
                    await _wake.WaitAsync(schedule.Pause, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                OutboundLog.Failed(logger, fault.GetType().Name);
                await Task.Delay(schedule.Pause, time, CancellationToken.None);
            }
        }

        await Task.WhenAll(_underWay.Values);
    }

    public override void Dispose()
    {
        foreach (var lane in _lanes.Values)
            lane.Dispose();
        _wake.Dispose();
        base.Dispose();
    }

    /// <summary>Takes what is due and starts it; how many entries were taken.</summary>
    private async Task<int> LeaseAsync(CancellationToken cancellationToken)
    {
        if (_underWay.Count >= UnderWayMax)
            return 0;
        var leaseEnds = time.GetUtcNow() + schedule.Lease;
        var wish = new LeaseWish(UnderWayMax - _underWay.Count, PerTarget, Busy());
        var items = await outbox.LeaseAsync(_owner, leaseEnds, wish, cancellationToken);
        foreach (var item in items)
        {
            _running.AddOrUpdate(item.Entry.Target, 1, static (_, count) => count + 1);

            // Kept by row: a row is lent to one at a time, so no other task stands under its id.
            _underWay[item.Entry.Id] = Task.Run(() => RunAsync(item, leaseEnds, cancellationToken), CancellationToken.None);
        }

        return items.Count;
    }

    private List<string> Busy() =>
    [
        .. _running.Where(target => target.Value >= PerTarget).Select(target => target.Key),
        .. _laneOfTarget.Where(target => _lanes.TryGetValue(target.Value, out var lane) && lane.IsBroken).Select(target => target.Key),
    ];

    private async Task RunAsync(OutboxItem item, DateTimeOffset leaseEnds, CancellationToken cancellationToken)
    {
        try
        {
            await CarryAsync(item, leaseEnds, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The hub stops: the next start need not wait for the lease to end.
            await ReturnQuietlyAsync(item);
        }
        catch (Exception fault)
        {
            // The lease ends by itself; then it is tried again.
            OutboundLog.Failed(logger, fault.GetType().Name);
        }
        finally
        {
            _running.AddOrUpdate(item.Entry.Target, 0, static (_, count) => count - 1);
            _underWay.TryRemove(item.Entry.Id, out _);
            Wake();
        }
    }

    private async Task CarryAsync(OutboxItem item, DateTimeOffset leaseEnds, CancellationToken cancellationToken)
    {
        var entry = item.Entry;
        var carrier = carriers.First(carrier => carrier.Carries(entry));
        var errand = await carrier.PlanAsync(item, cancellationToken);
        if (errand is not Errand.Call { Outgoing: var call })
        {
            if (errand is Errand.Hopeless { Reason: var reason })
                await EndAsync(carrier, item, new(Fate.Dead, reason), nextTry: null, cancellationToken);
            else
                await outbox.DoneAsync(entry.Id, _owner, cancellationToken);
            return;
        }

        _laneOfTarget[entry.Target] = call.Lane;
        var lane = _lanes.GetOrAdd(call.Lane, _ => new(http, time));
        try
        {
            if (await lane.SendAsync(call, entry.Id, leaseEnds, cancellationToken) is not { } reply)
                await outbox.ReturnAsync(entry.Id, _owner, time.GetUtcNow(), cancellationToken);
            else
                await JudgeAsync(carrier, item, reply, cancellationToken);
        }
        catch (BrokenCircuitException)
        {
            await outbox.ReturnAsync(entry.Id, _owner, time.GetUtcNow() + Lane.BreakTime, cancellationToken);
        }
        catch (Exception fault) when (fault is HttpRequestException or TimeoutRejectedException or IOException)
        {
            await FailAsync(carrier, item, fault is TimeoutRejectedException ? "no answer in time" : "no connection", null, cancellationToken);
        }
    }

    private Task JudgeAsync(IOutgoing carrier, OutboxItem item, PeerReply reply, CancellationToken cancellationToken)
    {
        if (reply.IsSuccess)
            return EndAsync(carrier, item, new(Fate.Delivered, null), nextTry: null, cancellationToken);
        var reason = string.Create(CultureInfo.InvariantCulture, $"HTTP {(int)reply.Status}");
        if (reply.IsWorthAnotherTry)
            return FailAsync(carrier, item, reason, reply.RetryAfter, cancellationToken);
        var fate = reply.Status == HttpStatusCode.Gone ? Fate.Gone : Fate.Dead;
        return EndAsync(carrier, item, new(fate, reason), nextTry: null, cancellationToken);
    }

    private Task FailAsync(IOutgoing carrier, OutboxItem item, string reason, TimeSpan? retryAfter, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (schedule.DelayAfter(item.Attempts, now - item.CreatedAt, Random.Shared.NextDouble()) is not { } delay)
            return EndAsync(carrier, item, new(Fate.Dead, reason), nextTry: null, cancellationToken);
        if (retryAfter > delay)
            delay = retryAfter.Value < RetryAfterMax ? retryAfter.Value : RetryAfterMax;
        return EndAsync(carrier, item, new(Fate.Failed, reason), now + delay, cancellationToken);
    }

    private async Task EndAsync(
        IOutgoing carrier, OutboxItem item, Ending ending, DateTimeOffset? nextTry, CancellationToken cancellationToken)
    {
        var id = item.Entry.Id;
        await carrier.EndedAsync(item, ending, cancellationToken);
        if (ending.Fate == Fate.Delivered)
        {
            await outbox.DoneAsync(id, _owner, cancellationToken);
            return;
        }

        OutboundLog.NotDelivered(logger, id, ending.Reason ?? "", nextTry is not null);
        await outbox.FailedAsync(id, _owner, nextTry, ending.Reason ?? "", cancellationToken);
    }

    private async Task ReturnQuietlyAsync(OutboxItem item)
    {
        try
        {
            await outbox.ReturnAsync(item.Entry.Id, _owner, time.GetUtcNow(), CancellationToken.None);
        }
        catch (Exception fault) when (fault is ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The store has closed before us: the lease ends by itself.
        }
    }

    private void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (Exception fault) when (fault is SemaphoreFullException or ObjectDisposedException)
        {
            // Another has woken it, or there is nothing left to wake.
        }
    }
}

/// <summary>When a failed entry is tried again; past the last delay, or three days, it is dead and a person looks.</summary>
/// <param name="Pause">How long the dispatcher rests when nothing is due and nothing is queued.</param>
/// <param name="Lease">How long an entry is lent: after a crash it waits so long.</param>
internal sealed record OutboxSchedule(TimeSpan Pause, IReadOnlyList<TimeSpan> Delays, TimeSpan Lease)
{
    private static readonly TimeSpan LeaseMin = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan AgeMax = TimeSpan.FromDays(3);

    private static readonly TimeSpan[] Standard =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10),
        TimeSpan.FromHours(1), TimeSpan.FromHours(4), TimeSpan.FromHours(12), TimeSpan.FromHours(24),
    ];

    public static OutboxSchedule Read(IConfiguration configuration)
    {
        var delays = configuration.GetSection("Hub:Outbox:Delays").Get<TimeSpan[]>() is { Length: > 0 } given ? given : Standard;
        if (delays.Any(delay => delay < TimeSpan.Zero))
            throw new InvalidDataException("Hub:Outbox:Delays are not below zero.");
        var lease = configuration.GetValue("Hub:Outbox:Lease", TimeSpan.FromSeconds(60));
        if (lease < LeaseMin)
            throw new InvalidDataException("Hub:Outbox:Lease is longer than one try: 6 seconds at least.");
        return new(configuration.GetValue("Hub:Outbox:Pause", TimeSpan.FromSeconds(2)), delays, lease);
    }

    /// <summary>The pause before the next try, one fifth more or less; null when there is none.</summary>
    /// <param name="attempts">Tries before the one that failed.</param>
    /// <param name="age">How long ago the entry was written.</param>
    /// <param name="chance">From 0 to 1: so that those who failed together do not come back together.</param>
    public TimeSpan? DelayAfter(int attempts, TimeSpan age, double chance) =>
        attempts < Delays.Count && (age < AgeMax || attempts == 0) ? Delays[attempts] * (0.8 + chance * 0.4) : null;
}

internal static partial class OutboundLog
{
    [LoggerMessage(EventId = 3201, Level = LogLevel.Warning, Message = "Outbox entry {EntryId} was not delivered ({Error}); tried again: {Again}.")]
    public static partial void NotDelivered(ILogger logger, string entryId, string error, bool again);

    [LoggerMessage(EventId = 3202, Level = LogLevel.Error, Message = "A round of the outbox failed with {Fault}.")]
    public static partial void Failed(ILogger logger, string fault);

    [LoggerMessage(EventId = 3203, Level = LogLevel.Information, Message = "{ClientId} put {Count} dead outbox entries back.")]
    public static partial void Replayed(ILogger logger, string clientId, int count);
}
