using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Intake;
using CptsFhirHub.Server.Subscriptions;

namespace CptsFhirHub.Tests.Subscriptions;

/// <summary>What tests of subscriptions say again and again.</summary>
internal static class SubscriptionCalls
{
    public const string TaskChanged = Topics.Base + "/task-changed";

    private const string Backport = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/";

    /// <summary>A hub that sends at once and tries again soon.</summary>
    public static Task<HubHost> HubAsync(params (string, string)[] settings) => HubHost.StartAsync(
    [
        ("Hub:DemoTerritory", "false"), ("Hub:Outbox:Pause", "00:00:00.100"), ("Hub:Outbox:Delays:0", "00:00:00.100"),
        ("Hub:Outbox:Delays:1", "00:00:00.200"), ("Hub:Outbox:Delays:2", "00:00:00.400"), .. settings,
    ]);

    /// <summary>A topic subscription, as text.</summary>
    public static string OfTopic(
        string endpoint, string? filter = null, string? content = null, string topic = TaskChanged, string status = "requested", string? header = null,
        int? heartbeat = null, string? id = null, string payload = "application/fhir+json") =>
        $$"""
        {
          "resourceType": "Subscription", {{(id is null ? "" : $"\"id\": \"{id}\",")}} "status": "{{status}}", "reason": "test", "criteria": "{{topic}}",
          {{(filter is null ? "" : $$"""
            "_criteria": {"extension": [{"url": "{{Backport}}backport-filter-criteria", "valueString": "{{filter}}"}]},
            """)}}
          "channel": {
            {{(heartbeat is null ? "" : $$"""
              "extension": [{"url": "{{Backport}}backport-heartbeat-period", "valueUnsignedInt": {{heartbeat.Value.ToString(CultureInfo.InvariantCulture)}}}],
              """)}}
            "type": "rest-hook", "endpoint": "{{endpoint}}", "payload": "{{payload}}"
            {{(content is null ? "" : $$"""
              , "_payload": {"extension": [{"url": "{{Backport}}backport-payload-content", "valueCode": "{{content}}"}]}
              """)}}
            {{(header is null ? "" : $", \"header\": [\"{header}\"]")}}
          }
        }
        """;

    /// <summary>A plain R4 subscription, as text.</summary>
    public static string OfSearch(string endpoint, string criteria, string? payload) =>
        $$"""
        {
          "resourceType": "Subscription", "status": "requested", "reason": "test", "criteria": "{{criteria}}",
          "channel": {"type": "rest-hook", "endpoint": "{{endpoint}}" {{(payload is null ? "" : $", \"payload\": \"{payload}\"")}} }
        }
        """;

    public static string Task(string owner, string status = "requested", string? id = null, string? patient = null) =>
        $$"""
        {
          "resourceType": "Task", {{(id is null ? "" : $"\"id\": \"{id}\",")}} "status": "{{status}}", "intent": "order",
          "owner": {"reference": "{{owner}}"} {{(patient is null ? "" : $$""", "for": {"reference": "{{patient}}"} """)}}
        }
        """;

    /// <summary>Creates it and waits until the hub has made it active.</summary>
    public static async Task<string> SubscribeAsync(this HttpClient client, string subscription)
    {
        var id = await client.CreateAsync("Subscription", subscription);
        await client.WaitForStatusAsync(id, "active");
        return id;
    }

    public static async Task<Element> WaitForStatusAsync(this HttpClient client, string id, string status)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (true)
        {
            var now = (await client.GetFhirAsync($"Subscription/{id}")).Resource;
            if (now.Text("status") == status)
                return now;
            Assert.True(DateTime.UtcNow < deadline, $"The subscription is {now.Text("status")}, not {status}.");
            await System.Threading.Tasks.Task.Delay(20);
        }
    }

    /// <summary>The first entry's Parameters of a notification.</summary>
    public static Element StatusOf(this Element bundle) => bundle.At("entry", "resource")!;

    public static Element? Parameter(this Element parameters, string name) =>
        parameters.All("parameter").ToArray().FirstOrDefault(parameter => parameter.Text("name") == name);

    public static Element? Part(this Element parameter, string name) =>
        parameter.All("part").ToArray().FirstOrDefault(part => part.Text("name") == name);

    public static string? TypeOf(this SeenCall call) =>
        call.Body.Length == 0 ? null : call.Resource.StatusOf().Parameter("type")?.Text("valueCode");

    public static bool IsEvent(this SeenCall call) => call.TypeOf() == "event-notification";

    public static IEnumerable<int> Numbers(this SeenCall call) => call.Resource.StatusOf().All("parameter").ToArray()
        .Where(parameter => parameter.Text("name") == "notification-event")
        .Select(told => int.Parse(told.Part("event-number")!.Text("valueString")!, CultureInfo.InvariantCulture));

    public static string? FocusOf(this SeenCall call) =>
        call.Resource.StatusOf().Parameter("notification-event")?.Part("focus")?.At("valueReference", "reference")?.Value;

    public static bool IsSignedFor(this SeenCall call, string client) =>
        WebhookSignature.Of(call.Headers)!.Fits(call.Body, [Endpoints.DemoSecret(client)], DateTimeOffset.UtcNow);
}

/// <summary>A hub in which nothing changes but what the tests of one class change: one that listens to all tasks hears no other test.</summary>
public sealed class SubscriptionHub : IAsyncLifetime
{
    private HubHost? _hub;

    public HubHost Hub
    {
        get
        {
            StorePlace.SkipWhenMissing();
            return _hub!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (!StorePlace.IsMissing)
            _hub = await SubscriptionCalls.HubAsync();
    }

    public ValueTask DisposeAsync() => _hub?.DisposeAsync() ?? ValueTask.CompletedTask;
}
