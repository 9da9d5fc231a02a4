using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Xml;
using CptsFhirHub.Server.Rest;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>An event as it may be told now.</summary>
/// <param name="IsSeen">True while the subscription's client may see the resource; else the number is all that is told.</param>
/// <param name="Resource">The version of the event, when it is to be sent whole.</param>
internal sealed record ToldEvent(FeedEvent Event, bool IsSeen, Stored? Resource);

/// <summary>How a subscription stands.</summary>
internal sealed record SubscriptionState(string Id, string? Topic, string Status, string? Error, long LastNumber);

/// <summary>
/// Writes notifications: a Bundle of type history whose first entry is the status, as Parameters.
/// https://hl7.org/fhir/uv/subscriptions-backport/notifications.html
/// </summary>
internal static class Notification
{
    public const string Handshake = "handshake";
    public const string Heartbeat = "heartbeat";
    public const string EventNotification = "event-notification";
    public const string QueryStatus = "query-status";
    public const string QueryEvent = "query-event";

    private const string StatusProfile = SubscriptionWish.Backport + "backport-subscription-status-r4";
    private const string NotificationProfile = SubscriptionWish.Backport + "backport-subscription-notification-r4";

    public static byte[] Write(
        string type, SubscriptionState state, IReadOnlyList<ToldEvent> events, string content, string fhirBase, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Wire, SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteString("resourceType", "Bundle");
            json.WriteString("id", Guid.CreateVersion7(now).ToString());
            WriteProfile(json, NotificationProfile);
            json.WriteString("type", "history");
            json.WriteString("timestamp", BundleBytes.Instant(now));
            json.WriteStartArray("entry");
            WriteStatusEntry(json, type, state, events, content, fhirBase, now);
            if (content == SubscriptionWish.FullResource)
                foreach (var told in events.Where(told => told.IsSeen))
                    WriteResource(json, told, fhirBase);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The answer to <c>$status</c>: a searchset of statuses.</summary>
    public static byte[] WriteStatuses(IReadOnlyList<SubscriptionState> states, string fhirBase, DateTimeOffset now)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Wire, SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteString("resourceType", "Bundle");
            json.WriteString("type", "searchset");
            json.WriteNumber("total", states.Count);
            if (states.Count > 0)
                json.WriteStartArray("entry");
            foreach (var state in states)
            {
                json.WriteStartObject();
                json.WriteString("fullUrl", $"urn:uuid:{Guid.CreateVersion7(now)}");
                json.WritePropertyName("resource");
                WriteStatus(json, QueryStatus, state, [], SubscriptionWish.Empty, fhirBase, now);
                json.WriteStartObject("search");
                json.WriteString("mode", "match");
                json.WriteEndObject();
                json.WriteEndObject();
            }

            if (states.Count > 0)
                json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The same content in the form that the subscriber asked for.</summary>
    public static byte[] In(string mediaType, ReadOnlyMemory<byte> json) =>
        mediaType.Contains("xml", StringComparison.Ordinal) && FhirJson.Parse(json, JsonLimits.AsKept).Resource is { } resource
            ? FhirXml.Write(resource.Root)
            : json.ToArray();

    private static void WriteStatusEntry(
        Utf8JsonWriter json, string type, SubscriptionState state, IReadOnlyList<ToldEvent> events, string content, string fhirBase, DateTimeOffset now)
    {
        json.WriteStartObject();
        json.WriteString("fullUrl", $"urn:uuid:{Guid.CreateVersion7(now)}");
        json.WritePropertyName("resource");
        WriteStatus(json, type, state, events, content, fhirBase, now);
        json.WriteStartObject("request");
        json.WriteString("method", "GET");
        json.WriteString("url", $"{fhirBase}/Subscription/{state.Id}/$status");
        json.WriteEndObject();
        json.WriteStartObject("response");
        json.WriteString("status", "200");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteStatus(
        Utf8JsonWriter json, string type, SubscriptionState state, IReadOnlyList<ToldEvent> events, string content, string fhirBase, DateTimeOffset now)
    {
        json.WriteStartObject();
        json.WriteString("resourceType", "Parameters");
        json.WriteString("id", Guid.CreateVersion7(now).ToString());
        WriteProfile(json, StatusProfile);
        json.WriteStartArray("parameter");
        WriteReference(json, "subscription", $"{fhirBase}/Subscription/{state.Id}");
        if (state.Topic is { } topic)
            Write(json, "topic", "valueCanonical", topic);
        Write(json, "status", "valueCode", state.Status);
        Write(json, "type", "valueCode", type);
        Write(json, "events-since-subscription-start", "valueString", Digits(state.LastNumber));
        foreach (var told in events)
            WriteEvent(json, told, content, fhirBase);
        if (state.Error is { } error)
            WriteError(json, error);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteEvent(Utf8JsonWriter json, ToldEvent told, string content, string fhirBase)
    {
        json.WriteStartObject();
        json.WriteString("name", "notification-event");
        json.WriteStartArray("part");
        Write(json, "event-number", "valueString", Digits(told.Event.Number));
        Write(json, "timestamp", "valueInstant", BundleBytes.Instant(told.Event.At));
        if (content != SubscriptionWish.Empty && told.IsSeen)
            WriteReference(json, "focus", $"{fhirBase}/{told.Event.Type}/{told.Event.Id}");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter json, ToldEvent told, string fhirBase)
    {
        var happened = told.Event;
        json.WriteStartObject();
        json.WriteString("fullUrl", $"{fhirBase}/{happened.Type}/{happened.Id}");
        if (told.Resource is { IsDeleted: false } resource)
        {
            json.WritePropertyName("resource");
            json.WriteRawValue(resource.Json.Span, skipInputValidation: true);
        }

        var isNew = happened.Version == 1;
        json.WriteStartObject("request");
        json.WriteString("method", happened.IsDeletion ? "DELETE" : isNew ? "POST" : "PUT");
        json.WriteString("url", isNew && !happened.IsDeletion ? happened.Type : $"{happened.Type}/{happened.Id}");
        json.WriteEndObject();
        json.WriteStartObject("response");
        json.WriteString("status", happened.IsDeletion ? "204" : isNew ? "201" : "200");
        json.WriteString("etag", $"W/\"{Digits(happened.Version)}\"");
        json.WriteString("lastModified", BundleBytes.Instant(happened.At));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("name", "error");
        json.WriteStartObject("valueCodeableConcept");
        json.WriteString("text", text);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteProfile(Utf8JsonWriter json, string url)
    {
        json.WriteStartObject("meta");
        json.WriteStartArray("profile");
        json.WriteStringValue(url);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteReference(Utf8JsonWriter json, string name, string reference)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteStartObject("valueReference");
        json.WriteString("reference", reference);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, string value, string text)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString(value, text);
        json.WriteEndObject();
    }

    private static string Digits(long number) => number.ToString(CultureInfo.InvariantCulture);
}
