using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Server.Intake;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Outbound;

/// <summary>
/// What is to go out, for the coordination team: what waits, what arrived, and the dead letters with their reason, which a person puts
/// back one by one or all at once. What they carry is not shown.
/// </summary>
internal sealed class OutboxRoutes(Outbox outbox, ILogger<OutboxRoutes> logger)
{
    private const int CountDefault = 50;
    private const int CountMax = 500;
    private static readonly string[] States = ["due", "done", "dead"];

    public async Task<IResult> List(HttpContext context, CancellationToken cancellationToken)
    {
        if (Refusal(context) is { } refusal)
            return refusal;
        var query = context.Request.Query;
        var state = query["state"].FirstOrDefault() ?? "dead";
        if (!States.Contains(state))
            return IntakeResult.Refused(context, 400, "value", "state is due, done or dead.");
        if (CountOf(query["_count"].FirstOrDefault()) is not { } count)
            return IntakeResult.Refused(context, 400, "value", "_count is a number from 1.");
        var items = await outbox.FindAsync(context.Caller().Tenant, state, query["target"].FirstOrDefault(), count, cancellationToken);
        var counts = await outbox.CountsAsync(cancellationToken);
        return JournalRoutes.Json(json =>
        {
            json.WriteNumber("count", items.Count);
            json.WriteNumber("dead", counts.Dead);
            json.WriteNumber("due", counts.Due);
            json.WriteStartArray("entries");
            foreach (var item in items)
            {
                json.WriteStartObject();
                Write(json, item);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    public IResult One(HttpContext context, string id)
    {
        if (Refusal(context) is { } refusal)
            return refusal;
        return outbox.Find(context.Caller().Tenant, id) is { } item
            ? JournalRoutes.Json(json => Write(json, item))
            : IntakeResult.Refused(context, 404, "not-found", "There is no such entry.");
    }

    public async Task<IResult> Replay(HttpContext context, string id, CancellationToken cancellationToken)
    {
        if (Refusal(context) is { } refusal)
            return refusal;
        var caller = context.Caller();
        if (outbox.Find(caller.Tenant, id) is null)
            return IntakeResult.Refused(context, 404, "not-found", "There is no such entry.");
        if (!await outbox.ReviveAsync(caller.Tenant, id, cancellationToken))
            return IntakeResult.Refused(context, 409, "conflict", "Only a dead entry is put back.");
        return Replayed(caller, 1);
    }

    public async Task<IResult> ReplayAll(HttpContext context, CancellationToken cancellationToken)
    {
        if (Refusal(context) is { } refusal)
            return refusal;
        var caller = context.Caller();
        return Replayed(caller, await outbox.ReviveAllAsync(caller.Tenant, context.Request.Query["target"].FirstOrDefault(), cancellationToken));
    }

    private IResult Replayed(Caller caller, int count)
    {
        OutboundLog.Replayed(logger, caller.ClientId, count);
        outbox.OnQueued();
        return JournalRoutes.Json(json => json.WriteNumber("replayed", count));
    }

    private static IResult? Refusal(HttpContext context) => context.Caller().IsCoordination
        ? null
        : IntakeResult.Refused(context, 403, "forbidden", "The outbox belongs to the coordination team.");

    private static int? CountOf(string? text) =>
        text is null ? CountDefault
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? Math.Min(count, CountMax)
        : null;

    private static void Write(Utf8JsonWriter json, OutboxItem item)
    {
        json.WriteString("id", item.Entry.Id);
        json.WriteString("kind", item.Entry.Kind);
        json.WriteString("subject", item.Entry.Subject);
        json.WriteString("target", item.Entry.Target);
        json.WriteString("state", item.State);
        json.WriteNumber("attempts", item.Attempts);
        json.WriteString("createdAt", item.CreatedAt.Instant());
        json.WriteString("dueAt", item.DueAt.Instant());
        if (item.LastError is { } error)
            json.WriteString("lastError", error);
    }
}
