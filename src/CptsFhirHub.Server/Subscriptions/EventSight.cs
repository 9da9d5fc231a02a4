using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>What of past events may be told now: the right is that of this moment, not that of the event.</summary>
internal sealed class EventSight(ResourceStore store, Sight sight, Feeds feeds, ClientRegistry clients)
{
    /// <summary>The client of a subscription as a caller with all its rights; null when it may no longer come in.</summary>
    public Caller? CallerOf(string tenant, string? owner) =>
        owner is not null && clients.Find(owner) is { } client && client.Tenant == tenant ? client.ToCaller(client.FullPolicy) : null;

    public long LastNumber(string tenant, string subscription) => feeds.LastNumber(tenant, subscription);

    public async Task<IReadOnlyList<ToldEvent>> ReadAsync(
        Caller caller, string subscription, long from, long until, bool isWhole, int countMax, CancellationToken cancellationToken)
    {
        var told = new List<ToldEvent>();
        foreach (var happened in feeds.Read(caller.Tenant, subscription, from, until, countMax))
            told.Add(await SeeAsync(caller, happened, isWhole, cancellationToken));
        return told;
    }

    private async Task<ToldEvent> SeeAsync(Caller caller, FeedEvent happened, bool isWhole, CancellationToken cancellationToken)
    {
        if (!caller.Policy.Allows(happened.Type, Deeds.Read)
            || await sight.ReadAsync(caller, happened.Type, happened.Id, cancellationToken) is not { } current)
            return new(happened, IsSeen: false, null);
        if (!isWhole || happened.IsDeletion)
            return new(happened, IsSeen: true, null);
        var version = current.Version == happened.Version
            ? current
            : await store.VReadAsync(caller.Tenant, happened.Type, happened.Id, happened.Version, cancellationToken);
        return new(happened, IsSeen: true, version is null ? null : version with { Json = QualifiedIns.For(caller, version.Json) });
    }
}
