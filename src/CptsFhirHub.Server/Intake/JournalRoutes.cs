using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Coordination.Notices;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Server.Intake.Drop;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Intake;

/// <summary>
/// What came in, for those who may see it: the coordination team sees the tenant's journal, a sender sees its own messages and no others.
/// </summary>
internal sealed class JournalRoutes(
    Journal journal, ResourceStore store, RunningWalks running, SenderFeedback feedback, MessageStories stories)
{
    private const int CountDefault = 50;
    private const int CountMax = 500;

    /// <summary>Persons looked up for one name and birth date: namesakes of one day are few.</summary>
    private const int PersonsMax = 20;

    public async Task<IResult> List(HttpContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        var query = context.Request.Query;
        if (FilterOf(query, caller) is not { } filter)
            return IntakeResult.Refused(context, 400, "invalid", "from and to are dates or instants; _count is a number from 1.");

        IReadOnlyList<JournalMessage> messages;
        if (query["name"].FirstOrDefault() is { Length: > 0 } || query["birthdate"].FirstOrDefault() is { Length: > 0 })
        {
            if (!caller.IsCoordination)
                return IntakeResult.Refused(context, 403, "forbidden", "Persons are looked up by the coordination team.");
            if (await PersonsAsync(query, caller.Tenant, cancellationToken) is not { } persons)
                return IntakeResult.Refused(context, 400, "invalid", "birthdate is a date such as 1947-03-09.");
            var found = new List<JournalMessage>();
            foreach (var person in persons)
                found.AddRange(await journal.FindAsync(filter with { Patient = person }, cancellationToken));
            messages = [.. found.DistinctBy(message => message.Id).OrderByDescending(message => message.Sequence).Take(filter.Count)];
        }
        else
            messages = await journal.FindAsync(filter, cancellationToken);

        // One question, from the bytes to the GP who accepts: each message with all that became of it.
        var told = new Dictionary<string, MessageStory>(StringComparer.Ordinal);
        if (query["story"].FirstOrDefault() == "true")
        {
            if (!caller.IsCoordination)
                return IntakeResult.Refused(context, 403, "forbidden", "What became of a message is told to the coordination team.");
            foreach (var message in messages)
                told[message.Id] = await stories.OfAsync(message, cancellationToken);
        }

        return Json(json =>
        {
            json.WriteNumber("count", messages.Count);
            json.WriteStartArray("messages");
            foreach (var message in messages)
                WriteMessage(json, message, told.GetValueOrDefault(message.Id));
            json.WriteEndArray();
            json.WriteStartArray("link");
            WriteLink(json, "self", context.Request.Path + context.Request.QueryString);
            if (messages.Count == filter.Count)
                WriteLink(json, "next", NextLink(context.Request, messages[^1].Sequence));
            json.WriteEndArray();
        });
    }

    public async Task<IResult> One(HttpContext context, string id, CancellationToken cancellationToken)
    {
        if (await FindAsync(context, id, cancellationToken) is not { } message)
            return Missing(context);
        var story = context.Caller().IsCoordination ? await stories.OfAsync(message, cancellationToken) : MessageStory.None;
        return Json(json => WriteMembers(json, message, story));
    }

    public async Task<IResult> Raw(HttpContext context, string id, CancellationToken cancellationToken)
    {
        if (await FindAsync(context, id, cancellationToken) is not { } message
            || await journal.RawAsync(message.Tenant, id, cancellationToken) is not { } bytes)
            return Missing(context);

        // Foreign bytes are handed back as a file, never shown as a page of ours.
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{message.Id}\"";
        context.Response.Headers["X-Original-Content-Type"] = Header(message.ContentType);
        return Results.Bytes(bytes, MediaOf(message.ContentType));
    }

    public async Task<IResult> Rows(HttpContext context, string id, CancellationToken cancellationToken)
    {
        if (await FindAsync(context, id, cancellationToken) is not { } file)
            return Missing(context);
        var rows = await journal.RowsAsync(file, cancellationToken);
        if (context.Request.Query["format"].FirstOrDefault() is "csv" || context.Request.Headers.Accept.ToString().StartsWith("text/csv", StringComparison.OrdinalIgnoreCase))
        {
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{file.Id}.report.csv\"";
            return new BytesAnswer(DropReport.Bytes(Reception.OfJournal(file), rows, Languages.Choose(context.Request.Headers.AcceptLanguage)), "text/csv; charset=utf-8", StatusCodes.Status200OK);
        }

        return Json(json =>
        {
            json.WriteString("messageId", file.Id);
            json.WriteString("state", file.State);
            json.WriteStartObject("progress");
            json.WriteNumber("total", running.TotalOf(file.Id) ?? rows.Count);
            json.WriteNumber("received", rows.Count);
            json.WriteNumber("settled", rows.Count(row => row.State != MessageState.Received));
            foreach (var state in rows.GroupBy(row => row.State, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
                if (state.Key != MessageState.Received)
                    json.WriteNumber(state.Key, state.Count());
            json.WriteEndObject();
            json.WriteStartArray("rows");
            foreach (var row in rows)
            {
                json.WriteStartObject();
                json.WriteNumber("line", row.Line ?? 0);
                WriteMembers(json, row, story: null);
                json.WriteStartArray("resources");
                foreach (var reference in new[] { row.Patient, row.Signalement }.OfType<string>())
                    json.WriteStringValue(reference);
                json.WriteEndArray();
                Reception.WriteIssues(json, IntakeResult.Told(context.Request, Reception.OfJournal(row).Issues));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    /// <summary>For whoever holds the number: how far the request is, as far as its role may know, and nothing else.</summary>
    public async Task<IResult> Tracking(HttpContext context, string number, CancellationToken cancellationToken)
    {
        var files = await store.FindAllAsync(context.Caller().Tenant, Queries.By("Task",
            Queries.Token("Task", "identifier", Vocabulary.Tracking, number.Trim().ToUpperInvariant()),
            Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask)), cancellationToken);
        if (files.Count != 1)
            return IntakeResult.Refused(context, 404, "not-found", "There is no such number.");

        var file = files[0].Resource.Root;
        var (state, caller) = (KnownPerson.StateOf(file) ?? "", context.Caller());
        var visit = await feedback.FirstVisitAsync(caller.Tenant, file.Child("focus")?.Text("reference"), cancellationToken);
        var told = SenderFeedback.DetailOf(caller.Role) is { } detail
            ? Feedback.Of(detail, state, visit)
            : new Feedback(state, FileSteps.DisplayOf(state), visit);
        return Json(json =>
        {
            json.WriteString("tracking", file.IdentifierOf(Vocabulary.Tracking));
            json.WriteString("state", told.State);
            json.WriteString("display", told.French);
            json.WriteString("since", file.Text("lastModified") ?? files[0].LastUpdated.Instant());
            if (told.FirstVisit is { } first)
                json.WriteString("firstVisit", first.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture));
        });
    }

    internal async Task<JournalMessage?> FindAsync(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        var message = await journal.ReadAsync(caller.Tenant, id, cancellationToken);
        return message is not null && (caller.IsCoordination || message.ClientId == caller.ClientId) ? message : null;
    }

    private static JournalFilter? FilterOf(IQueryCollection query, Caller caller)
    {
        var count = CountDefault;
        if (Text("_count") is { } wanted && (!int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count < 1))
            return null;
        if (!TryInstant(Text("from"), out var from) || !TryInstant(Text("to"), out var to))
            return null;
        long? before = null;
        if (Text("before") is { } cursor)
        {
            if (!long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
                return null;
            before = sequence;
        }

        return new(caller.Tenant)
        {
            Source = Text("source"),
            State = Text("state"),
            Key = Text("key"),
            Patient = Text("patient") is { } patient ? (patient.Contains('/', StringComparison.Ordinal) ? patient : $"Patient/{patient}") : null,
            ClientId = caller.IsCoordination ? Text("client") : caller.ClientId,
            From = from,
            To = to,
            Before = before,
            Count = Math.Min(count, CountMax),
        };

        string? Text(string name) => query[name].FirstOrDefault() is { Length: > 0 } text ? text : null;
    }

    internal static bool TryInstant(string? text, out DateTimeOffset? instant)
    {
        instant = null;
        if (text is null)
            return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read))
            return false;
        instant = read;
        return true;
    }

    private async Task<IReadOnlyList<string>?> PersonsAsync(IQueryCollection query, string tenant, CancellationToken cancellationToken)
    {
        var criteria = new List<Fhir.Search.Criterion>();
        if (query["birthdate"].FirstOrDefault() is { Length: > 0 } born)
        {
            if (Queries.Within("Patient", "birthdate", born) is not { } bornThen)
                return null;
            criteria.Add(bornThen);
        }

        foreach (var word in (query["name"].FirstOrDefault() ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            criteria.Add(Queries.Text("Patient", "name", word));
        var persons = await store.FindAllAsync(tenant, Queries.By("Patient", [.. criteria]), cancellationToken);
        return [.. persons.Take(PersonsMax).Select(person => person.Reference)];
    }

    internal static IResult Missing(HttpContext context) => IntakeResult.Refused(context, 404, "not-found", "There is no such message.");

    private static string NextLink(HttpRequest request, long before)
    {
        var pairs = request.Query.Where(pair => pair.Key != "before")
            .SelectMany(pair => pair.Value.Select(value => $"{Uri.EscapeDataString(pair.Key)}={Uri.EscapeDataString(value ?? "")}"))
            .Append($"before={before}");
        return $"{request.Path}?{string.Join('&', pairs)}";
    }

    private static void WriteMessage(Utf8JsonWriter json, JournalMessage message, MessageStory? story)
    {
        json.WriteStartObject();
        WriteMembers(json, message, story);
        json.WriteEndObject();
    }

    /// <summary>A line of the journal; with a story all that is known of it, without one what a list shows.</summary>
    private static void WriteMembers(Utf8JsonWriter json, JournalMessage message, MessageStory? story)
    {
        json.WriteString("id", message.Id);
        json.WriteString("source", message.Source);
        json.WriteString("channel", message.Channel);
        json.WriteString("client", message.ClientId);
        json.WriteString("state", message.State);
        Write("key", message.Key);
        json.WriteString("receivedAt", message.ReceivedAt.Instant());
        if (message.SettledAt is { } settled)
            json.WriteString("settledAt", settled.Instant());
        Write("patient", message.Patient);
        Write("signalement", message.Signalement);
        Write("tracking", message.Tracking);
        Write("duplicateOf", message.DuplicateOf);
        Write("parent", message.ParentId);
        json.WriteStartArray("link");
        WriteLink(json, "self", $"/intake/messages/{message.Id}");
        WriteLink(json, "raw", $"/intake/messages/{message.Id}/raw");
        json.WriteEndArray();
        if (story is null)
            return;

        json.WriteString("contentType", message.ContentType);
        json.WriteNumber("size", message.Size);
        json.WriteNumber("attempts", message.Attempts);
        Write("map", message.Map);
        if (!message.Answer.IsEmpty)
        {
            json.WritePropertyName("answer");
            json.WriteRawValue(message.Answer.Span);
        }

        if (story.Resources.Count + story.Queued.Count > 0)
        {
            json.WriteStartArray("resources");
            foreach (var reference in story.Resources)
                json.WriteStringValue(reference);
            json.WriteEndArray();
            json.WriteStartArray("outgoing");
            foreach (var entry in story.Queued)
                json.WriteStringValue($"/outbox/{entry}");
            json.WriteEndArray();
        }

        WriteStory(json, story);

        void Write(string name, string? value)
        {
            if (value is not null)
                json.WriteString(name, value);
        }
    }

    private static void WriteStory(Utf8JsonWriter json, MessageStory story)
    {
        if (story.Outgoing.Count > 0)
        {
            json.WriteStartArray("deliveries");
            foreach (var item in story.Outgoing)
            {
                json.WriteStartObject();
                json.WriteString("entry", $"/outbox/{item.Entry.Id}");
                json.WriteString("kind", item.Entry.Kind);
                json.WriteString("target", item.Entry.Target);
                json.WriteString("state", item.State);
                json.WriteNumber("attempts", item.Attempts);
                json.WriteString("createdAt", item.CreatedAt.Instant());
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        if (story.Steps.Count == 0)
            return;
        json.WriteStartArray("steps");
        foreach (var step in story.Steps)
        {
            json.WriteStartObject();
            json.WriteString("state", step.State);
            json.WriteString("display", step.French);
            json.WriteString("at", step.At.Instant());
            if (step.Owner is { } owner)
                json.WriteString("owner", owner);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLink(Utf8JsonWriter json, string relation, string url)
    {
        json.WriteStartObject();
        json.WriteString("relation", relation);
        json.WriteString("url", url);
        json.WriteEndObject();
    }

    private static string MediaOf(string contentType) =>
        contentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) ? "application/json" : "application/octet-stream";

    private static string Header(string text) => new([.. text.Where(letter => letter is >= ' ' and <= '~').Take(200)]);

    internal static IResult Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Readable }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Results.Bytes(buffer.WrittenMemory, "application/json");
    }
}
