using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Coordination.Notices;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Tells who reported a person what became of it, as far as each may know: by the tracking number when it asks, and by a signed call in
/// the commit of each step when it has an address (<c>Hub:Outbound:N:For</c> with its client id).
/// </summary>
internal sealed class SenderFeedback(ResourceStore store, ClientRegistry clients, HasAddress hasAddress, TimeProvider time)
{
    public const string Kind = "signalement-status";

    /// <summary>Visits of one request that are looked at: the first is among the first few.</summary>
    private const int VisitsMax = 20;

    /// <summary>What a client of that role may know; null for the team, which knows all.</summary>
    public static FeedbackDetail? DetailOf(string role) => role switch
    {
        Roles.Admin or Roles.Coordination => null,
        Roles.Hospital or Roles.Prado or Roles.Dac or Roles.Medecin => FeedbackDetail.Care,
        Roles.Mairie => FeedbackDetail.Charge,
        _ => FeedbackDetail.Status,
    };

    /// <summary>The calls that a step of a file makes: one to each sender with an address to whom the step tells something new.</summary>
    public async Task<IReadOnlyList<Write>> OnStepAsync(string tenant, Element file, string from, string to, CancellationToken cancellationToken)
    {
        var told = Listeners(file).ToList();
        if (told.Count == 0)
            return [];
        var visit = await FirstVisitAsync(tenant, file.Child("focus")?.Text("reference"), cancellationToken);
        return [.. Calls(tenant, file, from, to, visit).Select(entry => new Write.Enqueue(entry))];
    }

    /// <summary>The same for a step before any visit: it reads nothing.</summary>
    public IReadOnlyList<OutboxEntry> Calls(string tenant, Element file, string from, string to, DateTimeOffset? visit)
    {
        var calls = new List<OutboxEntry>();
        var now = time.GetUtcNow();
        foreach (var client in Listeners(file))
        {
            var detail = DetailOf(client.Role) ?? FeedbackDetail.Care;
            var (before, after) = (Feedback.Of(detail, from, null), Feedback.Of(detail, to, visit));
            if (before == after)
                continue;
            var payload = new Dictionary<string, string?>
            {
                ["event"] = Kind,
                ["tracking"] = file.IdentifierOf(Vocabulary.Tracking),
                ["state"] = after.State,
                ["display"] = after.French,
                ["occurredAt"] = now.Instant(),
            };
            if (after.FirstVisit is { } first)
                payload["firstVisit"] = first.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
            calls.Add(new(Guid.CreateVersion7(now).ToString(), tenant, Kind, file.Child("focus")?.Text("reference") ?? "", client.Id,
                JsonSerializer.SerializeToUtf8Bytes(payload, Words)));
        }

        return calls;
    }

    /// <summary>When the first visit that was booked for a request is, on the wall of the territory; null while none is.</summary>
    public async Task<DateTimeOffset?> FirstVisitAsync(string tenant, string? request, CancellationToken cancellationToken)
    {
        if (request is null)
            return null;
        var booked = await store.FindAllAsync(
            tenant, Queries.By("Appointment", Queries.Refers("Appointment", "based-on", request)) with { Count = VisitsMax }, cancellationToken);
        DateTimeOffset? first = null;
        foreach (var appointment in booked)
            if (appointment.Resource.Root is var root && root.Text("status") is "booked" or "arrived" or "checked-in" or "fulfilled"
                && DateTimeOffset.TryParse(root.Text("start"), CultureInfo.InvariantCulture, DateTimeStyles.None, out var start)
                && (first is null || start < first))
                first = start;
        return first;
    }

    private static JsonSerializerOptions Words { get; } = new() { Encoder = JsonText.Readable };

    private IEnumerable<Client> Listeners(Element file) =>
        SentBy.Senders(file).Where(id => hasAddress(id)).Select(clients.Find).OfType<Client>();
}
