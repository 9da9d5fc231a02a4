using System.Globalization;
using System.Text;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Rest;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>
/// Says of each commit who is to be told of it: on the writer's thread, in its transaction, so that an event stands with its change. Only
/// the ids are kept; what may be sent is decided again when it is sent.
/// </summary>
internal sealed class ChangeTelling(SubscriptionBook book, ClientRegistry clients, OwnParameters own, HubSettings settings)
{
    private (object State, SearchExtraction Extraction)? _extraction;

    public ChangeWatch Watch => new((tenant, type) => type == "Subscription" || book.Of(tenant, type) is not null, Tell);

    private List<Telling> Tell(CommitChanges changes)
    {
        var tellings = new List<Telling>();
        foreach (var change in changes.All)
        {
            if (change.Current.Type == "Subscription")
                OnSubscription(change.Current, changes, tellings);
            if (book.Of(changes.Tenant, change.Current.Type) is { } followers)
                OnChange(change, followers, changes, tellings);
        }

        return tellings;
    }

    private void OnSubscription(Stored current, CommitChanges changes, List<Telling> tellings)
    {
        changes.AfterCommit(() => book.Put(current));
        if (current.IsDeleted)
            tellings.Add(new Telling.Close(current.Id));
        else if (SubscriptionWish.Read(current.Resource).Status == "requested")
            tellings.Add(new Telling.Send(Entry(SubscriptionKinds.Handshake, current.Tenant, current.Id, changes.Now) with
            {
                // A handshake is for that version: a newer one has its own.
                Payload = Encoding.ASCII.GetBytes(current.Version.ToString(CultureInfo.InvariantCulture)),
            }));
    }

    private void OnChange(Change change, FollowersOfType followers, CommitChanges changes, List<Telling> tellings)
    {
        // A deletion has no values left: what was followed is told from the version before.
        var values = change.Current.IsDeleted ? change.Previous is { } gone ? Extraction().Extract(gone.Resource) : [] : change.Values;
        foreach (var follower in followers.Candidates(values))
        {
            if (follower.Wish.End <= changes.Now || clients.Find(follower.Wish.Owner!) is null)
                continue;
            if (IsFollowed(change, follower, values, changes))
                tellings.Add(new Telling.Event(follower.Id, change, Entry(SubscriptionKinds.Event, changes.Tenant, follower.Id, changes.Now)));
        }
    }

    /// <summary>By the search parameters in force, those taken in at run time included. Asked on the writer's thread alone.</summary>
    private SearchExtraction Extraction()
    {
        var state = own.State;
        if (_extraction is { } known && ReferenceEquals(known.State, state))
            return known.Extraction;
        var extraction = new SearchExtraction(own.Definitions, settings.PublicBaseUrl is { } url ? url + "/fhir" : null);
        _extraction = (state, extraction);
        return extraction;
    }

    private static bool IsFollowed(Change change, Followed follower, IReadOnlyList<IndexValue> values, CommitChanges changes)
    {
        var open = new List<Criterion>();
        if (!Matching.Test(follower.Query.Criteria, change.Current.Id, values, open))
            return false;
        if (follower.Topic is { } topic)
        {
            if (!topic.IsTriggeredBy(change.Previous?.Resource, change.Current.IsDeleted ? null : change.Current.Resource))
                return false;
        }
        else if (change.Current.IsDeleted)
        {
            // R4: the criteria look at the new value, and a deletion has none.
            return false;
        }

        return open.Count == 0 || changes.Meets(change, ById(change.Current), new Criterion.Any([open]));
    }

    private static Criterion.Match ById(Stored stored) =>
        new(R4.Definitions.SearchParameter(stored.Type, "_id")!, null, [new SearchValue.Token(null, stored.Id)]);

    private static OutboxEntry Entry(string kind, string tenant, string id, DateTimeOffset now) =>
        SubscriptionKinds.Entry(kind, tenant, id, now);
}

/// <summary>The entries of the outbox that belong to subscriptions. Those of one subscription leave in order.</summary>
internal static class SubscriptionKinds
{
    public const string Prefix = "subscription-";
    public const string Event = Prefix + "event";
    public const string Handshake = Prefix + "handshake";
    public const string Heartbeat = Prefix + "heartbeat";

    public static OutboxEntry Entry(string kind, string tenant, string id, DateTimeOffset now) =>
        new(Guid.CreateVersion7(now).ToString(), tenant, kind, $"Subscription/{id}", $"Subscription/{id}", ReadOnlyMemory<byte>.Empty);
}
