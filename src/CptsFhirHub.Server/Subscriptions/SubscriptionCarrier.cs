using System.Globalization;
using System.Text;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Outbound;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>
/// Makes calls of the outbox entries of subscriptions. What is sent is decided here, when it is sent: by the rights that the client has
/// now and the endpoints that are registered now.
/// </summary>
internal sealed class SubscriptionCarrier(
    ResourceStore store, EventSight sight, Endpoints endpoints, SubscriptionStates states, HeaderSeal seal, SubscriptionPulse pulse,
    HubAddress address, TimeProvider time) : IOutgoing
{
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(5);

    public bool Carries(OutboxEntry entry) => entry.Kind.StartsWith(SubscriptionKinds.Prefix, StringComparison.Ordinal);

    public async Task<Errand> PlanAsync(OutboxItem item, CancellationToken cancellationToken)
    {
        var (entry, id) = (item.Entry, IdOf(item));
        if (await store.ReadAsync(entry.Tenant, "Subscription", id, cancellationToken) is not { IsDeleted: false } stored)
            return new Errand.Nothing();
        var wish = SubscriptionWish.Read(stored.Resource);
        if (wish.Status == "off" || wish.End <= time.GetUtcNow() || sight.CallerOf(entry.Tenant, wish.Owner) is not { } caller)
            return new Errand.Nothing();
        if (endpoints.Find(caller.ClientId, wish.Endpoint) is not { } target)
            return new Errand.Hopeless("The endpoint is no longer registered for this client.");

        switch (entry.Kind)
        {
            case SubscriptionKinds.Handshake when Number(entry) != stored.Version || wish.Status != "requested":
                return new Errand.Nothing();
            case SubscriptionKinds.Handshake when !wish.IsTopic:
                // A plain R4 subscription knows no handshake: the check of its endpoint is all.
                await states.MoveAsync(entry.Tenant, id, ["requested"], "active", error: null, cancellationToken);
                return new Errand.Nothing();
            case SubscriptionKinds.Event:
                return await PlanEventAsync(entry, id, stored, wish, caller, target, cancellationToken);
            default:
                var type = entry.Kind == SubscriptionKinds.Handshake ? Notification.Handshake : Notification.Heartbeat;
                return Call(target, wish, Notification.Write(
                    type, State(stored, wish, sight.LastNumber(entry.Tenant, id)), [], SubscriptionWish.Empty, address.Fhir, time.GetUtcNow()));
        }
    }

    public async Task EndedAsync(OutboxItem item, Ending ending, CancellationToken cancellationToken)
    {
        var (entry, id) = (item.Entry, IdOf(item));
        switch (ending.Fate)
        {
            case Fate.Delivered:
                pulse.Sent(entry);
                await states.MoveAsync(
                    entry.Tenant, id, entry.Kind == SubscriptionKinds.Handshake ? ["requested", "error"] : ["error"], "active", error: null, cancellationToken);
                break;
            case Fate.Gone:
                pulse.Sent(entry);
                await states.MoveAsync(
                    entry.Tenant, id, ["requested", "active", "error"], "off", "The endpoint wants no more (HTTP 410).", cancellationToken);
                break;
            case Fate.Dead:
                pulse.Sent(entry);
                await states.MoveAsync(entry.Tenant, id, ["requested", "active"], "error", ending.Reason, cancellationToken);
                break;
        }
    }

    public static SubscriptionState State(Stored stored, SubscriptionWish wish, long lastNumber) =>
        new(stored.Id, wish.IsTopic ? wish.Criteria : null, wish.Status, stored.Resource.Root.Text("error"), lastNumber);

    private async Task<Errand> PlanEventAsync(
        OutboxEntry entry, string id, Stored stored, SubscriptionWish wish, Caller caller, OutboundTarget target, CancellationToken cancellationToken)
    {
        var number = Number(entry);
        var isWhole = wish.IsTopic ? wish.Content == SubscriptionWish.FullResource : wish.Payload.Length > 0;
        if (await sight.ReadAsync(caller, id, number, number, isWhole, countMax: 1, cancellationToken) is not [var told])
            return new Errand.Nothing();
        if (wish.IsTopic)
            return Call(target, wish, Notification.Write(
                Notification.EventNotification, State(stored, wish, number), [told], wish.Content, address.Fhir, time.GetUtcNow()));

        // Plain R4 has no way to say "something happened that you may no longer see".
        if (!told.IsSeen)
            return new Errand.Nothing();
        if (wish.Payload.Length == 0)
            return new Errand.Call(new(LaneOf(target), HttpMethod.Post, target) { Headers = Headers(wish), Patience = Patience(wish) });
        if (told.Resource is not { IsDeleted: false } resource)
            return new Errand.Nothing();

        // With a payload the endpoint is a FHIR base, and the resource is put there. https://hl7.org/fhir/R4/valueset-subscription-channel-type.html
        var place = target with { Url = Below(target.Url, resource.Reference) };
        return new Errand.Call(new(LaneOf(target), HttpMethod.Put, place)
        {
            Body = Notification.In(wish.Payload, resource.Json),
            ContentType = wish.Payload,
            Headers = Headers(wish),
            Patience = Patience(wish),
        });
    }

    private Errand.Call Call(OutboundTarget target, SubscriptionWish wish, byte[] bundle)
    {
        var mediaType = wish.Payload.Length > 0 ? wish.Payload : "application/fhir+json";
        return new(new(LaneOf(target), HttpMethod.Post, target)
        {
            Body = Notification.In(mediaType, bundle),
            ContentType = mediaType,
            Headers = Headers(wish),
            Patience = Patience(wish),
        });
    }

    private static Uri Below(Uri endpoint, string reference) =>
        new UriBuilder(endpoint) { Path = $"{endpoint.AbsolutePath.TrimEnd('/')}/{reference}" }.Uri;

    /// <summary>One place of the network is one lane, whoever calls it: a slow machine is slow for all its addresses.</summary>
    private static string LaneOf(OutboundTarget target) => target.Url.GetLeftPart(UriPartial.Authority);

    private List<(string Name, string Value)> Headers(SubscriptionWish wish) =>
        [.. wish.Headers.Select(header => seal.Open(header, wish.Owner!)).OfType<string>().Select(header => (HeaderSeal.NameOf(header), HeaderSeal.ValueOf(header)))];

    private static TimeSpan Patience(SubscriptionWish wish) => wish.Timeout < PatienceMax ? wish.Timeout.Value : PatienceMax;

    private static string IdOf(OutboxItem item) => item.Entry.Subject["Subscription/".Length..];

    private static long Number(OutboxEntry entry) =>
        long.TryParse(Encoding.ASCII.GetString(entry.Payload.Span), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
