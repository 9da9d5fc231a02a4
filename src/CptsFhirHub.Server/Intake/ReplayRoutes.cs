using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Intake;

/// <summary>
/// <c>POST /intake/messages/{id}/replay</c> and <c>/intake/messages/replay</c>, for the coordination: with <c>preview=true</c> they only say
/// what would happen; with <c>mapVersion</c> the messages are read with that version of their source's map.
/// </summary>
internal sealed class ReplayRoutes(Journal journal, JournalRoutes messages, ReplayMessages replays)
{
    /// <summary>Messages looked at by one call.</summary>
    private const int ReplaysMax = 1_000;

    /// <summary>One call ends before the request would: the answer says how many are left for the next.</summary>
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(20);

    public async Task<IResult> One(HttpContext context, string id, CancellationToken cancellationToken)
    {
        if (await messages.FindAsync(context, id, cancellationToken) is not { } message)
            return JournalRoutes.Missing(context);
        if (Refusal(context) is { } refusal)
            return refusal;
        var version = VersionOf(context.Request);
        if (await replays.SourceOfAsync(message, version, cancellationToken) is not { } source)
            return version is null ? IntakeResult.Of(context, Reception.OfJournal(message)) : NoSuchMap(context);
        if (!IsPreview(context.Request))
            return IntakeResult.Of(context, await replays.RunAsync(message, source, cancellationToken));
        var preview = await replays.PreviewAsync(message, source, cancellationToken);
        return JournalRoutes.Json(json => WriteMembers(json, preview));
    }

    /// <summary>Replays what a mended map or profile may now take, oldest first. Those that had their effect are not touched.</summary>
    public async Task<IResult> Many(HttpContext context, CancellationToken cancellationToken)
    {
        if (Refusal(context) is { } refusal)
            return refusal;
        var (caller, query) = (context.Caller(), context.Request.Query);
        var state = Text("state") ?? MessageState.Rejected;
        if (state is not (MessageState.Rejected or MessageState.Waiting or MessageState.Received))
            return IntakeResult.Refused(context, 400, "invalid", "state is rejected, waiting or received.");
        if (!JournalRoutes.TryInstant(Text("from"), out var from) || !JournalRoutes.TryInstant(Text("to"), out var to))
            return IntakeResult.Refused(context, 400, "invalid", "from and to are dates or instants.");
        var version = VersionOf(context.Request);
        if (version is not null && Text("source") is null)
            return IntakeResult.Refused(context, 400, "required", "A version of a map is one source's: source is needed.");

        var found = await journal.FindAsync(
            new(caller.Tenant) { Source = Text("source"), State = state, Key = Text("key"), ClientId = Text("client"), From = from, To = to, Count = ReplaysMax },
            cancellationToken);
        var open = found.Where(ReplayMessages.IsOpen).Reverse().ToList();
        var (outcome, previews, done, started) = (new SortedDictionary<string, int>(StringComparer.Ordinal), new List<ReplayPreview>(), 0, Stopwatch.GetTimestamp());
        foreach (var message in open)
        {
            if (Stopwatch.GetElapsedTime(started) > Budget)
                break;
            if (await replays.SourceOfAsync(message, version, cancellationToken) is not { } source)
            {
                if (version is not null)
                    return NoSuchMap(context);
                continue;
            }

            done++;
            string after;
            if (IsPreview(context.Request))
            {
                previews.Add(await replays.PreviewAsync(message, source, cancellationToken));
                after = previews[^1].Would ?? message.State;
            }
            else
            {
                // A file that an earlier row has settled anew answers as it stands.
                var now = await journal.ReadAsync(message.Tenant, message.Id, cancellationToken) ?? message;
                after = (await replays.RunAsync(now, source, cancellationToken)).State;
            }

            outcome[after] = outcome.GetValueOrDefault(after) + 1;
        }

        return JournalRoutes.Json(json =>
        {
            json.WriteNumber(IsPreview(context.Request) ? "previewed" : "replayed", done);
            json.WriteNumber("remaining", open.Count - done + (found.Count == ReplaysMax ? 1 : 0));
            json.WriteStartObject("states");
            foreach (var (name, count) in outcome)
                json.WriteNumber(name, count);
            json.WriteEndObject();
            if (!IsPreview(context.Request))
                return;
            json.WriteStartArray("messages");
            foreach (var preview in previews)
            {
                json.WriteStartObject();
                WriteMembers(json, preview);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });

        string? Text(string name) => query[name].FirstOrDefault() is { Length: > 0 } text ? text : null;
    }

    private static IResult? Refusal(HttpContext context) => !context.Caller().IsCoordination
        ? IntakeResult.Refused(context, 403, "forbidden", "Messages are replayed by the coordination team.")
        : context.Request.Query["mapVersion"].FirstOrDefault() is { Length: > 0 } && VersionOf(context.Request) is null
            ? IntakeResult.Refused(context, 400, "invalid", "mapVersion is a number: a version of the source's StructureMap.")
            : null;

    private static IResult NoSuchMap(HttpContext context) =>
        IntakeResult.Refused(context, 404, "not-found", "This source's map has no such version that can be used.");

    private static bool IsPreview(HttpRequest request) => request.Query["preview"].FirstOrDefault() is "true";

    private static long? VersionOf(HttpRequest request) =>
        long.TryParse(request.Query["mapVersion"].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null;

    private static void WriteMembers(Utf8JsonWriter json, ReplayPreview preview)
    {
        json.WriteString("id", preview.Message.Id);
        json.WriteString("state", preview.Message.State);
        json.WriteString("would", preview.Would ?? "nothing");
        if (preview.Map is { } map)
            json.WriteString("map", map);
        WritePairs(json, "changes", "action", "resource", preview.Changes);
        WritePairs(json, "outgoing", "kind", "target", preview.Outgoing);
        json.WriteStartArray("delivered");
        foreach (var item in preview.Sent)
        {
            json.WriteStartObject();
            json.WriteString("entry", $"/outbox/{item.Entry.Id}");
            json.WriteString("kind", item.Entry.Kind);
            json.WriteString("target", item.Entry.Target);
            json.WriteString("state", item.State);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Reception.WriteIssues(json, preview.Issues);
    }

    /// <summary>A list of objects of two texts each.</summary>
    internal static void WritePairs(Utf8JsonWriter json, string name, string first, string second, IReadOnlyList<(string First, string Second)> pairs)
    {
        json.WriteStartArray(name);
        foreach (var pair in pairs)
        {
            json.WriteStartObject();
            json.WriteString(first, pair.First);
            json.WriteString(second, pair.Second);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
