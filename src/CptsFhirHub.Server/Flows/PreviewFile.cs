using System.Diagnostics;
using CptsFhirHub.Coordination;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>What a row of a file would become.</summary>
/// <param name="Would">The state it would have: <c>processed</c>, <c>waiting</c>, <c>rejected</c> or <c>duplicate</c>.</param>
/// <param name="After">The earlier line of this call about the same person or thing; null for none.</param>
internal sealed record RowPreview(int Line, string Would, int? After, IReadOnlyList<Issue> Issues)
{
    /// <summary>What would be written, for who may know whom the hub knows; null for others.</summary>
    public IReadOnlyList<(string Action, string Resource)>? Changes { get; init; }

    /// <summary>What would go out: the kind and whom it is for.</summary>
    public IReadOnlyList<(string Kind, string Target)> Outgoing { get; init; } = [];

    /// <summary>Who the row is about: the Patient that stands already, else what tells a new one from others. Null for nobody, and for who may not know.</summary>
    public string? Person { get; init; }
}

/// <summary>What a file does beside what each of its rows does.</summary>
/// <param name="Control">What its control file says: <c>agrees</c>, <c>contradicts</c>, <c>absent</c>; null for a source without one.</param>
internal sealed record FileEffect(string? Control, IReadOnlyList<CohortEffect> Cohorts)
{
    /// <summary>What it would end and begin again; null for a source whose files do not say all there is, and for who may not know.</summary>
    public (string Type, SnapshotPlan Plan)? Snapshot { get; init; }
}

/// <param name="File">The file as it was read: its layout, columns and faults.</param>
/// <param name="Rows">The rows looked at, in the order of the file.</param>
/// <param name="Remaining">Rows after them: the next call begins behind the last line.</param>
/// <param name="Effect">What the whole file would do; null when it does nothing of its own.</param>
internal sealed record FilePreview(SourceFile File, IReadOnlyList<RowPreview> Rows, int Remaining, FileEffect? Effect);

/// <summary>
/// Says what a message or a file would do, and does none of it: nothing is journalled, nothing written, nothing sent. A row is judged as if it came
/// alone, now; one that follows another about the same person names that line. The coordination is told what each row would change. Another sender is
/// told what the file says by itself: whom the hub knows is found out by nobody who leaves no trace.
/// </summary>
internal sealed class PreviewFile(Sources sources, MapsInForce maps, MessageWalk walks, CohortFile cohorts, SnapshotFile snapshots, Journal journal, TimeProvider time)
{
    /// <summary>Rows of one call.</summary>
    private const int RowsMax = 1_000;

    /// <summary>One call ends before the request would.</summary>
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(20);

    /// <param name="afterLine">Lines up to this one were looked at before.</param>
    public async Task<FilePreview> RunAsync(
        Caller caller, string name, string contentType, ReadOnlyMemory<byte> bytes, int afterLine, CancellationToken cancellationToken)
    {
        var source = await maps.OfAsync(
            caller.Tenant, sources.Find(name) ?? throw new InvalidOperationException("The door lets known sources in only."), cancellationToken);
        var file = source.Read(source.Cleaned(bytes), contentType, caller.ClientId);
        var (rows, seen, keys, started) = (
            new List<RowPreview>(), new HashSet<string>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal), Stopwatch.GetTimestamp());
        var remaining = 0;
        foreach (var row in file.Lines)
        {
            var isRepeated = row.Reading.BusinessKey is { } key && !seen.Add($"{key}\0{Convert.ToBase64String(row.Bytes.Span)}");
            if (row.Number <= afterLine)
                continue;
            var message = new JournalMessage(
                Guid.CreateVersion7(time.GetUtcNow()).ToString(), 0, caller.Tenant, name, "http", caller.ClientId, contentType, Key: null, MessageState.Received,
                time.GetUtcNow(), SettledAt: null, Attempts: 0)
            { Line = row.Number };
            if (rows.Count == RowsMax || Stopwatch.GetElapsedTime(started) > Budget)
            {
                remaining++;
                continue;
            }

            var understood = await walks.UnderstandAsync(message, source, row.Reading, [], cancellationToken);
            int? after = null;
            foreach (var shared in understood.Keys)
                if (!keys.TryAdd(shared, row.Number))
                    after = Math.Max(after ?? 0, keys[shared]);
            rows.Add(isRepeated ? new(row.Number, MessageState.Duplicate, after, [])
                : caller.IsCoordination ? await PlannedAsync(caller.Tenant, name, row, understood, after, cancellationToken)
                : new(row.Number, Judged(understood), after, understood.Issues));
        }

        return new(file, rows, remaining, await EffectAsync(caller, source, file, rows, cancellationToken));
    }

    private async Task<FileEffect?> EffectAsync(
        Caller caller, Source source, SourceFile file, List<RowPreview> rows, CancellationToken cancellationToken)
    {
        if (source.Cohort is null && source.Snapshot is null)
            return null;
        var byLine = rows.ToDictionary(row => row.Line);
        var effects = source.Cohort is { } columns ? await cohorts.PlanAsync(caller.Tenant, columns, file, caller.IsCoordination, cancellationToken) : [];
        var control = source.Cohort is null ? null
            : file.IsKnownByKey ? "agrees"
            : file.Issues.Any(issue => issue.IsError && issue.Path.StartsWith("control", StringComparison.Ordinal)) ? "contradicts"
            : "absent";
        return new(control, [.. effects.Select(effect => caller.IsCoordination ? Counted(effect) : effect)])
        {
            Snapshot = source.Snapshot is { } fields && caller.IsCoordination && file.Lines.Count > 0
                ? (fields.Type, await snapshots.PlanAsync(caller.Tenant, fields, file, cancellationToken)) : null,
        };

        CohortEffect Counted(CohortEffect effect)
        {
            List<RowPreview> own = [.. effect.Rows.Where(byLine.ContainsKey).Select(line => byLine[line])
                .Where(row => row.Would != MessageState.Rejected && row.Person is not null).DistinctBy(row => row.Person, StringComparer.Ordinal)];
            var named = own.Select(row => row.Person!).ToHashSet(StringComparer.Ordinal);
            return effect with
            {
                Persons = own.Count,
                Added = named.Count(person => !effect.Standing.Contains(person)),
                Missing = effect.Rows.All(byLine.ContainsKey) ? effect.Standing.Count(person => !named.Contains(person)) : null,
            };
        }
    }

    /// <summary>What the row says by itself.</summary>
    private static string Judged(UnderstoodMessage understood) => understood.Fault is not null ? MessageState.Waiting
        : understood.Case is not null || understood.Records.Count > 0 || understood.AsksNothing ? MessageState.Processed
        : MessageState.Rejected;

    private async Task<RowPreview> PlannedAsync(
        string tenant, string source, SourceRow row, UnderstoodMessage understood, int? after, CancellationToken cancellationToken)
    {
        if (await StandingAsync(tenant, source, row, cancellationToken) is { } standing)
            return new(row.Number, MessageState.Duplicate, after, []) { Changes = [], Person = standing.Patient };
        var plan = await walks.PlanAsync(understood, cancellationToken);
        var changes = plan.Writes.Select(ReplayMessages.ChangeOf).OfType<(string, string)>().ToList();
        return new(row.Number, plan.Reception.State, after, plan.Reception.Issues)
        {
            Changes = changes,
            Person = changes.Contains(("create", "Patient")) ? TraitsOf(understood) : plan.Reception.Patient,
            Outgoing = [.. plan.Writes.OfType<Write.Enqueue>().Select(write => (write.Entry.Kind, write.Entry.Target))],
        };
    }

    /// <summary>A number that is the person's own, else the names and the birth date: two lines of a file that agree on it are one person.</summary>
    private static string? TraitsOf(UnderstoodMessage understood)
    {
        if (understood.Case?.Draft.Patient is not { } person)
            return null;
        var name = person.Child("name");
        return person.Child("identifier")?.Text("value")
            ?? $"{PlainText.Words(name?.Text("family") ?? "")}|{PlainText.Words(name?.Child("given")?.Value ?? "")}|{person.Text("birthDate")}";
    }

    /// <summary>The same message that came before and was not refused then; null when there is none.</summary>
    private async Task<JournalMessage?> StandingAsync(string tenant, string source, SourceRow row, CancellationToken cancellationToken)
    {
        const int Looked = 20;
        if (row.Reading.BusinessKey is not { } key)
            return null;
        foreach (var earlier in await journal.FindAsync(new(tenant) { Source = source, Key = key, Count = Looked }, cancellationToken))
            if (earlier is { DuplicateOf: null, State: not MessageState.Rejected }
                && await journal.RawAsync(tenant, earlier.Id, cancellationToken) is { } raw && row.Bytes.Span.SequenceEqual(raw))
                return earlier;
        return null;
    }
}
