using System.Diagnostics;
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
}

/// <param name="File">The file as it was read: its layout, columns and faults.</param>
/// <param name="Rows">The rows looked at, in the order of the file.</param>
/// <param name="Remaining">Rows after them: the next call begins behind the last line.</param>
internal sealed record FilePreview(SourceFile File, IReadOnlyList<RowPreview> Rows, int Remaining);

/// <summary>
/// Says what a message or a file would do, and does none of it: nothing is journalled, nothing written, nothing sent. A row is judged as if it came
/// alone, now; one that follows another about the same person names that line. The coordination is told what each row would change. Another sender is
/// told what the file says by itself: whom the hub knows is found out by nobody who leaves no trace.
/// </summary>
internal sealed class PreviewFile(Sources sources, MapsInForce maps, MessageWalk walks, Journal journal, TimeProvider time)
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

        return new(file, rows, remaining);
    }

    /// <summary>What the row says by itself.</summary>
    private static string Judged(UnderstoodMessage understood) => understood.Fault is not null ? MessageState.Waiting
        : understood.Case is not null || understood.Records.Count > 0 || understood.AsksNothing ? MessageState.Processed
        : MessageState.Rejected;

    private async Task<RowPreview> PlannedAsync(
        string tenant, string source, SourceRow row, UnderstoodMessage understood, int? after, CancellationToken cancellationToken)
    {
        if (await StandsAsync(tenant, source, row, cancellationToken))
            return new(row.Number, MessageState.Duplicate, after, []) { Changes = [] };
        var plan = await walks.PlanAsync(understood, cancellationToken);
        return new(row.Number, plan.Reception.State, after, plan.Reception.Issues)
        {
            Changes = [.. plan.Writes.Select(ReplayMessages.ChangeOf).OfType<(string, string)>()],
            Outgoing = [.. plan.Writes.OfType<Write.Enqueue>().Select(write => (write.Entry.Kind, write.Entry.Target))],
        };
    }

    /// <summary>True when the same message came before and was not refused then.</summary>
    private async Task<bool> StandsAsync(string tenant, string source, SourceRow row, CancellationToken cancellationToken)
    {
        const int Looked = 20;
        if (row.Reading.BusinessKey is not { } key)
            return false;
        foreach (var earlier in await journal.FindAsync(new(tenant) { Source = source, Key = key, Count = Looked }, cancellationToken))
            if (earlier is { DuplicateOf: null, State: not MessageState.Rejected }
                && await journal.RawAsync(tenant, earlier.Id, cancellationToken) is { } raw && row.Bytes.Span.SequenceEqual(raw))
                return true;
        return false;
    }
}
