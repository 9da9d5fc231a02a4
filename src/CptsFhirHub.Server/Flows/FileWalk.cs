using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// The rows of a file: each is a message of its own, and one that fails does not stop the others. Rows about different people are decided
/// side by side and share their commits; rows about one person follow each other as in the file. A walk that was cut off goes on
/// where the journal says it stopped.
/// </summary>
internal sealed class FileWalk(Journal journal, MessageWalk walks, CohortFile cohorts, SnapshotFile snapshots, RunningWalks running)
{
    /// <summary>Rows that are received in one commit.</summary>
    private const int PortionSize = 64;

    /// <summary>Rows that are decided at once: enough to share commits, few enough to leave room for other senders.</summary>
    private const int DecidedAtOnce = 8;

    public async Task<Reception> HandleAsync(JournalMessage file, Source source, SourceFile lines)
    {
        var cancellationToken = CancellationToken.None;
        var done = (await journal.RowsAsync(file, cancellationToken)).ToDictionary(row => row.Line ?? 0);
        var count = new RowCount(lines.Lines.Count) { Layout = lines.Layout };
        using var progress = running.CountRows(file.Id, lines.Lines.Count);
        foreach (var portion in lines.Lines.Chunk(PortionSize))
        {
            foreach (var line in portion)
                if (done.TryGetValue(line.Number, out var before) && before.State != MessageState.Received)
                    count.Add(before.State);
            var open = portion.Where(line => !done.TryGetValue(line.Number, out var before) || before.State == MessageState.Received).ToList();
            await PortionAsync(file, source, await ReceiveAsync(file, open, done, cancellationToken), count);
        }

        var reception = count.ToReception(file.Id, lines.Issues);
        if (source.Cohort is { } columns)
            reception = await cohorts.HandleAsync(file, source, columns, lines, reception, cancellationToken);
        if (source.Snapshot is { } fields && reception.Kind == ReceptionKind.Created)
            reception = await snapshots.HandleAsync(file, source, fields, lines, reception, cancellationToken);
        await journal.SettleAsync(file.Tenant, reception.ToOutcome(map: null, []), cancellationToken);
        return reception;
    }

    private async Task<List<(SourceRow Line, JournalMessage? Row)>> ReceiveAsync(
        JournalMessage file, List<SourceRow> open, Dictionary<int, JournalMessage> done, CancellationToken cancellationToken)
    {
        var fresh = open.Where(line => !done.ContainsKey(line.Number)).ToList();
        var receipts = fresh.Count == 0 ? [] : await journal.ReceiveAsync(
            [.. fresh.Select(line => new Arrival(
                file.Tenant, file.Source, file.Channel, file.ClientId, file.ContentType, line.Reading.BusinessKey, line.Bytes)
            {
                ParentId = file.Id,
                Line = line.Number,
            })],
            cancellationToken);
        var rows = fresh.Zip(receipts).ToDictionary(pair => pair.First.Number, pair => pair.Second);
        return [.. open.Select(line => (line, rows.TryGetValue(line.Number, out var receipt)
            ? receipt.First is null ? receipt.Message : null
            : done[line.Number]))];
    }

    private async Task PortionAsync(
        JournalMessage file, Source source, List<(SourceRow Line, JournalMessage? Row)> rows, RowCount count)
    {
        using var places = new SemaphoreSlim(DecidedAtOnce);
        var last = new Dictionary<string, Task>(StringComparer.Ordinal);
        var walking = new List<Task<Reception>>();
        foreach (var (line, row) in rows)
        {
            if (row is null)
            {
                count.Add(MessageState.Duplicate);
                continue;
            }

            var understood = MessageWalk.Understand(row, source, line.Reading, []);
            var keys = understood.Keys.ToList();
            var before = keys.Select(key => last.GetValueOrDefault(key)).OfType<Task>().Distinct().ToList();
            var walk = DecideAsync(understood, before, places);
            foreach (var key in keys)
                last[key] = walk;
            walking.Add(walk);
        }

        foreach (var reception in await Task.WhenAll(walking))
            count.Add(reception.State);
    }

    private async Task<Reception> DecideAsync(UnderstoodMessage understood, List<Task> before, SemaphoreSlim places)
    {
        await Task.WhenAll(before);
        await places.WaitAsync();
        try
        {
            return await walks.DecideAsync(understood);
        }
        finally
        {
            places.Release();
        }
    }
}
