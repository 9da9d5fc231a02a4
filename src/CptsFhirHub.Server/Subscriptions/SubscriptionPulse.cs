using System.Collections.Concurrent;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Outbound;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>
/// What subscriptions do by the clock: heartbeats when nothing else was sent, their end, and a look at what other processes have changed.
/// At start it reads the book, before the first request is answered.
/// </summary>
internal sealed class SubscriptionPulse(
    ResourceStore store, SubscriptionBook book, ChangeTelling telling, SubscriptionStates states, HubSettings settings, TimeProvider time,
    ILogger<SubscriptionPulse> logger) : BackgroundService
{
    private const int PageSize = 500;
    private const int TicksBetweenLooks = 30;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<(string Tenant, string Id), Beat> _beats = new();

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        store.Watch = telling.Watch;
        await LookAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Something of that subscription has been sent, or given up: the next heartbeat counts from here.</summary>
    public void Sent(OutboxEntry entry) => _beats[(entry.Tenant, entry.Subject["Subscription/".Length..])] = new(time.GetUtcNow(), IsWaiting: false);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, time);
        for (var tick = 1; await timer.WaitForNextTickAsync(stoppingToken); tick++)
        {
            try
            {
                // One process alone knows all it writes; beside others on one database, it looks.
                if (settings.StorageProvider != StoreOptions.Sqlite && tick % TicksBetweenLooks == 0)
                    await LookAsync(stoppingToken);
                await BeatAsync(stoppingToken);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                OutboundLog.Failed(logger, fault.GetType().Name);
            }
        }
    }

    /// <summary>Reads every Subscription of every tenant into the book; one that another process has deleted leaves it.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var byType = new SearchQuery("Subscription", [new Criterion.Match(
            R4.Definitions.SearchParameter("Subscription", "status")!, null,
            [.. ((string[])["requested", "active", "error", "off"]).Select(status => new SearchValue.Token(null, status))])])
        {
            Count = PageSize,
            WantsTotal = false,
        };
        foreach (var tenant in settings.Tenants)
        {
            var unseen = book.All().Where(followed => followed.Tenant == tenant).Select(followed => followed.Id).ToHashSet(StringComparer.Ordinal);
            string? cursor = null;
            do
            {
                var page = await store.SearchAsync(tenant, byType with { Cursor = cursor }, cancellationToken);
                foreach (var stored in page.Matches)
                {
                    book.Put(stored);
                    unseen.Remove(stored.Id);
                }

                cursor = page.NextCursor;
            }
            while (cursor is not null);
            foreach (var id in unseen)
                if (await store.ReadAsync(tenant, "Subscription", id, cancellationToken) is { IsDeleted: true } deleted)
                    book.Put(deleted);
        }
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var followed in book.All())
        {
            if (followed.Wish.End <= now)
            {
                await states.MoveAsync(followed.Tenant, followed.Id, ["requested", "active", "error"], "off", "The subscription has come to its end.", cancellationToken);
                continue;
            }

            if (followed.Wish is not { IsTopic: true, Status: "active", Heartbeat: { } period })
                continue;
            var beat = _beats.GetOrAdd((followed.Tenant, followed.Id), new Beat(now, IsWaiting: false));
            if (beat.IsWaiting || now - beat.Last < period)
                continue;
            var waiting = _beats[(followed.Tenant, followed.Id)] = beat with { IsWaiting = true };
            try
            {
                await store.CommitAsync(
                    followed.Tenant, [new Write.Enqueue(SubscriptionKinds.Entry(SubscriptionKinds.Heartbeat, followed.Tenant, followed.Id, now))], cancellationToken);
            }
            catch
            {
                // Nothing waits in the outbox, and nothing would ever say that it was sent.
                _beats.TryUpdate((followed.Tenant, followed.Id), beat, waiting);
                throw;
            }
        }
    }

    /// <param name="Last">When something was last sent.</param>
    /// <param name="IsWaiting">True while a heartbeat waits in the outbox.</param>
    private sealed record Beat(DateTimeOffset Last, bool IsWaiting);
}
