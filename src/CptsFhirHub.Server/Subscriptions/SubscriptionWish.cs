using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>What a Subscription asks for, read from the resource. https://hl7.org/fhir/R4/subscription.html</summary>
internal sealed record SubscriptionWish
{
    public const string Backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";

    /// <summary>The tag that says whose it is: only the hub writes it.</summary>
    public const string OwnerSystem = Vocabulary.Root + "/CodeSystem/abonne";

    public const string Empty = "empty";
    public const string IdOnly = "id-only";
    public const string FullResource = "full-resource";

    public required string Status { get; init; }

    /// <summary>The client that made it; its rights are those of the subscription.</summary>
    public string? Owner { get; init; }

    /// <summary>A search string, or the canonical URL of a topic.</summary>
    public required string Criteria { get; init; }

    /// <summary>Search strings that narrow a topic.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];

    public string ChannelType { get; init; } = "";

    public string Endpoint { get; init; } = "";

    /// <summary>The media type of what is sent; empty: nothing but the call.</summary>
    public string Payload { get; init; } = "";

    /// <summary>For a topic, how much is sent: empty, id-only, full-resource.</summary>
    public string Content { get; init; } = IdOnly;

    public IReadOnlyList<string> Headers { get; init; } = [];

    public TimeSpan? Heartbeat { get; init; }

    public TimeSpan? Timeout { get; init; }

    public DateTimeOffset? End { get; init; }

    public bool IsTopic => Topics.IsCanonical(Criteria);

    /// <summary>True while changes are followed: an endpoint in error may come back.</summary>
    public bool IsLive => Status is "active" or "error";

    public static SubscriptionWish Read(Resource subscription)
    {
        var root = subscription.Root;
        var channel = root.Child("channel");
        var criteria = root.Child("criteria");
        return new()
        {
            Status = root.Text("status") ?? "",
            Owner = Tags(root).FirstOrDefault(),
            Criteria = criteria?.Value ?? "",
            Filters = criteria is null ? [] : Extensions(criteria, "backport-filter-criteria").Select(filter => filter.Text("valueString") ?? "").ToList(),
            ChannelType = channel?.Text("type") ?? "",
            Endpoint = channel?.Text("endpoint") ?? "",
            Payload = channel?.Text("payload") ?? "",
            Content = channel?.Child("payload") is { } payload && Extensions(payload, "backport-payload-content") is [var content, ..]
                ? content.Text("valueCode") ?? IdOnly
                : IdOnly,
            Headers = channel is null ? [] : channel.All("header").ToArray().Select(header => header.Value ?? "").ToList(),
            Heartbeat = Seconds(channel, "backport-heartbeat-period"),
            Timeout = Seconds(channel, "backport-timeout"),
            End = DateTimeOffset.TryParse(root.Text("end"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var end) ? end : null,
        };
    }

    /// <summary>The owners that the tags name: one at most, unless somebody meddled.</summary>
    public static IEnumerable<string> Tags(Element root) => root.Child("meta") is not { } meta
        ? []
        : meta.All("tag").ToArray().Where(tag => tag.Text("system") == OwnerSystem).Select(tag => tag.Text("code")).OfType<string>();

    /// <summary>True when both ask for the same: then a subscription stays what it was.</summary>
    public bool AsksTheSameAs(SubscriptionWish other) =>
        Criteria == other.Criteria && ChannelType == other.ChannelType && Endpoint == other.Endpoint && Payload == other.Payload
        && Content == other.Content && Filters.SequenceEqual(other.Filters) && Headers.SequenceEqual(other.Headers);

    private static List<Element> Extensions(Element element, string name) =>
        [.. element.All("extension").ToArray().Where(extension => extension.Text("url") == Backport + name)];

    private static TimeSpan? Seconds(Element? channel, string name)
    {
        if (channel is null || Extensions(channel, name) is not [var extension, ..])
            return null;
        return int.TryParse(extension.Text("valueUnsignedInt"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(seconds)
            : null;
    }
}
