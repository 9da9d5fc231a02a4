using System.Buffers;
using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>
/// What a client may ask for with a Subscription, and what the hub adds to it: whose it is, its status, its headers sealed.
/// </summary>
internal sealed class SubscriptionRule(
    CriteriaReading reading, SubscriptionBook book, Endpoints endpoints, HeaderSeal seal, TimeProvider time, IConfiguration configuration)
{
    private const int HeadersMax = 10;
    private const int HeaderLengthMax = 4_096;
    private const int FiltersMax = 10;
    private readonly int _perClientMax = configuration.GetValue("Hub:Limits:SubscriptionsPerClient", 20);

    /// <summary>What frames the call is the hub's: length, host, connection, and the signature.</summary>
    private static readonly string[] ReservedHeaders =
        ["host", "connection", "upgrade", "te", "trailer", "transfer-encoding", "expect", "date", "webhook-id", "webhook-timestamp", "webhook-signature"];

    private static readonly SearchValues<char> HeaderNameCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public ValueTask<WriteVerdict> Judge(Stored? current, Resource next, Caller caller, CancellationToken cancellationToken)
    {
        if (next.Type != "Subscription")
            return ValueTask.FromResult(WriteVerdict.Fine);
        var wish = SubscriptionWish.Read(next);
        var owner = OwnerOf(current, caller);
        var issues = new List<Issue>();
        CheckChannel(wish, owner, issues);
        var read = reading.Read(wish);
        issues.AddRange(read.Issues);
        if (read.Query is { } query)
        {
            if (!caller.Policy.Allows(query.ResourceType, Deeds.Read | Deeds.Search))
                throw new Refusal(403, "forbidden", $"This client may not follow {query.ResourceType}.", "Subscription.criteria");

            // Refuses a chain over a type outside the right, as a search would.
            Sight.Narrow(query, caller.Policy);
        }

        if (wish.End <= time.GetUtcNow() && wish.Status != "off")
            issues.Add(Issue.Error("business-rule", "Subscription.end", "The end of a subscription lies ahead."));
        if (wish.Status != "off" && book.CountOf(caller.Tenant, owner, current?.Id ?? "") >= _perClientMax)
            issues.Add(Issue.Error("too-costly", "", $"A client has at most {Digits(_perClientMax)} subscriptions."));
        return ValueTask.FromResult(issues.Count == 0 ? WriteVerdict.Fine : new(issues, []));
    }

    /// <summary>The Subscription as it is kept.</summary>
    public Resource Complete(Stored? current, Resource next, Caller caller)
    {
        if (next.Type != "Subscription")
            return next;
        var owner = OwnerOf(current, caller);
        var before = current is null ? null : SubscriptionWish.Read(current.Resource);
        var root = next.Root.Copy();
        SealHeaders(root, before, owner);
        SetOwner(root, owner);

        // A client asks for "requested" or "off"; the two others are what the hub found, as long as the same is asked.
        var wish = SubscriptionWish.Read(new(root));
        var stays = before is not null && before.Status is "active" or "error" && wish.Status is "active" or "error" && wish.AsksTheSameAs(before!);
        root.Put("status", wish.Status == "off" ? "off" : stays ? before!.Status : "requested");
        root.Remove("error");
        if (stays && current!.Resource.Root.Text("error") is { } error)
            root.Put("error", error);
        return new(root);
    }

    private void CheckChannel(SubscriptionWish wish, string owner, List<Issue> issues)
    {
        if (wish.ChannelType != "rest-hook")
            issues.Add(Issue.Error("not-supported", "Subscription.channel.type", "The channel offered here is rest-hook."));
        if (endpoints.Find(owner, wish.Endpoint) is null)
            issues.Add(Issue.Error("business-rule", "Subscription.channel.endpoint", "This endpoint is not among those registered for the client."));
        if (wish.Payload is not ("" or "application/fhir+json" or "application/fhir+xml" or "application/json" or "application/xml"))
            issues.Add(Issue.Error("not-supported", "Subscription.channel.payload", "The payload is application/fhir+json, application/fhir+xml or absent."));
        if (wish.Content is not (SubscriptionWish.Empty or SubscriptionWish.IdOnly or SubscriptionWish.FullResource))
            issues.Add(Issue.Error("value", "Subscription.channel.payload.extension", "The content is empty, id-only or full-resource."));
        if (wish.Headers.Count > HeadersMax)
            issues.Add(Issue.Error("too-costly", "Subscription.channel.header", $"A subscription has at most {Digits(HeadersMax)} headers."));
        if (wish.Filters.Count > FiltersMax)
            issues.Add(Issue.Error("too-costly", "Subscription.criteria.extension", $"A subscription has at most {Digits(FiltersMax)} filters."));
        for (var index = 0; index < wish.Headers.Count; index++)
            if (!IsHeader(wish.Headers[index], owner))
                issues.Add(Issue.Error("value", $"Subscription.channel.header[{Digits(index)}]", "A header is written 'Name: value' and is not one the hub sets itself."));
    }

    private bool IsHeader(string header, string owner)
    {
        var name = HeaderSeal.NameOf(header);
        return header.Length <= HeaderLengthMax && name.Length > 0 && !name.AsSpan().ContainsAnyExcept(HeaderNameCharacters)
            && !header.AsSpan().ContainsAnyInRange('\0', '\x1f')
            && !name.StartsWith("content-", StringComparison.OrdinalIgnoreCase)
            && !ReservedHeaders.Contains(name, StringComparer.OrdinalIgnoreCase)
            && seal.Open(header, owner) is not null;
    }

    private void SealHeaders(Element root, SubscriptionWish? before, string owner)
    {
        if (root.Child("channel") is not { } channel)
            return;
        foreach (var header in channel.All("header"))
        {
            // The same value keeps its seal, so that sending a subscription again changes nothing.
            var written = header.Value ?? "";
            var kept = before?.Headers.FirstOrDefault(known => seal.Open(known, owner) == $"{HeaderSeal.NameOf(written)}: {HeaderSeal.ValueOf(written)}");
            header.SetValue(ElementKind.String, kept ?? seal.Seal(written, owner));
        }
    }

    private static string OwnerOf(Stored? current, Caller caller) =>
        current is null ? caller.ClientId : SubscriptionWish.Read(current.Resource).Owner ?? caller.ClientId;

    private static void SetOwner(Element root, string owner)
    {
        var meta = root.Child("meta") ?? root.Add("meta");
        foreach (var tag in meta.All("tag").ToArray())
            if (tag.Text("system") == SubscriptionWish.OwnerSystem)
                meta.Remove(tag);
        meta.AddItem("tag").With("system", SubscriptionWish.OwnerSystem).With("code", owner);
    }

    private static string Digits(int number) => number.ToString(CultureInfo.InvariantCulture);
}
