using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Rest;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>
/// <c>Subscription/$status</c> and <c>Subscription/{id}/$events</c> of the backport.
/// https://hl7.org/fhir/uv/subscriptions-backport/operations.html
/// </summary>
internal sealed class SubscriptionOperations(EventSight sight)
{
    private const int EventsMax = 100;
    private const int StatusesMax = 500;

    public async Task<Answer> Status(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var now = hub.Time.GetUtcNow();
        if (request.Id.Length > 0)
        {
            return await hub.Sight.ReadAsync(request.Caller, "Subscription", request.Id, cancellationToken) is { IsDeleted: false } stored
                ? Answer.Ok(Notification.WriteStatuses([StateOf(stored)], hub.Url.Fhir, now))
                : Answer.Missing("Subscription", request.Id);
        }

        var criteria = new List<Criterion>();
        if (Values(request, "id") is { Count: > 0 } ids)
            criteria.Add(OneOf("_id", ids));
        criteria.Add(OneOf("status", Values(request, "status") is { Count: > 0 } wanted ? wanted : ["requested", "active", "error", "off"]));
        var query = new SearchQuery("Subscription", criteria) { Count = StatusesMax, WantsTotal = false };
        var page = await hub.Sight.SearchAsync(request.Caller, query, cancellationToken);
        return Answer.Ok(Notification.WriteStatuses([.. page.Matches.Select(StateOf)], hub.Url.Fhir, now));
    }

    public async Task<Answer> Events(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        if (await hub.Sight.ReadAsync(request.Caller, "Subscription", request.Id, cancellationToken) is not { IsDeleted: false } stored)
            return Answer.Missing("Subscription", request.Id);
        var wish = SubscriptionWish.Read(stored.Resource);
        var from = Number(request, "eventsSinceNumber") ?? 1;
        var until = Number(request, "eventsUntilNumber") ?? long.MaxValue;
        var content = Values(request, "content") switch
        {
            [] => wish.Content,
            [SubscriptionWish.Empty or SubscriptionWish.IdOnly or SubscriptionWish.FullResource] and [var one] => one,
            _ => throw new Refusal(400, "value", "content is empty, id-only or full-resource."),
        };

        // Whoever asks sees by the right of the subscription, and by its own.
        if (sight.CallerOf(request.Caller.Tenant, wish.Owner) is not { } owner)
            return Answer.Refused(409, "conflict", "The client of this subscription may no longer come in.");
        var told = await sight.ReadAsync(
            owner, stored.Id, from, until, content == SubscriptionWish.FullResource, EventsMax, cancellationToken);
        var isOwner = owner.ClientId == request.Caller.ClientId;
        var seen = new List<ToldEvent>(told.Count);
        foreach (var one in told)
            seen.Add(isOwner ? await NarrowedAsync(one, request, hub, cancellationToken) : one with { IsSeen = one.IsSeen && request.Caller.IsCoordination });
        return Answer.Ok(Notification.Write(Notification.QueryEvent, StateOf(stored), seen, content, hub.Url.Fhir, hub.Time.GetUtcNow()));
    }

    /// <summary>A token may say less than its client: then less is shown.</summary>
    private static async Task<ToldEvent> NarrowedAsync(ToldEvent told, FhirRequest request, Collaborators hub, CancellationToken cancellationToken) =>
        told.IsSeen && request.Caller.Policy.Allows(told.Event.Type, Access.Deeds.Read)
            && await hub.Sight.ReadAsync(request.Caller, told.Event.Type, told.Event.Id, cancellationToken) is not null
            ? told
            : told with { IsSeen = false, Resource = null };

    private SubscriptionState StateOf(Stored stored) => SubscriptionCarrier.State(
        stored, SubscriptionWish.Read(stored.Resource), sight.LastNumber(stored.Tenant, stored.Id));

    private static Criterion.Match OneOf(string parameter, IEnumerable<string> codes) => new(
        R4.Definitions.SearchParameter("Subscription", parameter)!, null, [.. codes.Select(code => new SearchValue.Token(null, code))]);

    /// <summary>A parameter from the URL, or from Parameters in the body.</summary>
    private static List<string> Values(FhirRequest request, string name)
    {
        var values = request.Parameters.Where(pair => pair.Key == name).SelectMany(pair => pair.Value.Split(',')).ToList();
        if (request.Body is { Type: "Parameters" } body)
            foreach (var parameter in body.Root.All("parameter"))
                if (parameter.Text("name") == name)
                    foreach (var child in parameter.Children)
                        if (child.Name.StartsWith("value", StringComparison.Ordinal) && child.Value is { } value)
                            values.Add(value);
        return values;
    }

    private static long? Number(FhirRequest request, string name) => Values(request, name) switch
    {
        [] => null,
        [var one] when long.TryParse(one, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw new Refusal(400, "value", $"{name} is a number of an event."),
    };
}
