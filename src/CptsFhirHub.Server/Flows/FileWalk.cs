using System.Collections.Concurrent;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// The rows of a file: each is a message of its own, and one that fails does not stop the others. Rows about different people are decided
/// side by side and share their commits; rows about one person follow each other as in the file. A walk that was cut off goes on
/// where the journal says it stopped.
/// </summary>
internal sealed class FileWalk(Journal journal, MessageWalk walks, CohortFile cohorts, SnapshotFile snapshots, RunningWalks running, BackgroundTurns background)
{
    /// <summary>Rows that are received in one commit.</summary>
    private const int PortionSize = 32;

    /// <summary>
    /// Portions that are received and understood ahead of those that are decided, and kept in memory meanwhile: one alone waits for its commit and is then
    /// understood by one processor, and those that decide would wait for it.
    /// </summary>
    private const int PortionsAhead = 3;

    /// <summary>
    /// Rows that are decided at once: twice as many as share a commit at most, so that the next are ready when the writer is. More are more to
    /// keep in memory, with all that was made of them.
    /// </summary>
    private const int DecidedAtOnce = 128;

    public async Task<Reception> HandleAsync(JournalMessage file, Source source, SourceFile lines)
    {
        var cancellationToken = CancellationToken.None;
        var done = (await journal.RowsAsync(file, cancellationToken)).ToDictionary(row => row.Line ?? 0);
        var count = new RowCount(lines.Lines.Count) { Layout = lines.Layout };
        using var progress = running.CountRows(file.Id, lines.Lines.Count);
        foreach (var line in lines.Lines)
            if (done.TryGetValue(line.Number, out var before) && before.State != MessageState.Received)
                count.Add(before.State);
        var open = lines.Lines.Where(line => !done.TryGetValue(line.Number, out var before) || before.State == MessageState.Received).Chunk(PortionSize);

        // What was overtaken each time, or failed by a fault of ours, has its turn once more, alone, before the file is called done.
        var unfinished = new ConcurrentQueue<UnderstoodMessage>();

        using var decided = new RowOrder(background, DecidedAtOnce);
        var ahead = new Queue<Task<UnderstoodMessage?[]>>();
        var received = Task.CompletedTask;
        try
        {
            foreach (var portion in open)
            {
                // A portion is received when the one before it has been: of two equal lines the first is the one that counts.
                var receiving = ReceiveAsync(file, portion, done, received, cancellationToken);
                received = receiving;
                ahead.Enqueue(background.RunAsync(async () => Understand(source, portion, done, await receiving)));
                if (ahead.Count > PortionsAhead)
                    await DecideAsync(await ahead.Dequeue(), decided, count, unfinished);
            }

            while (ahead.TryDequeue(out var next))
                await DecideAsync(await next, decided, count, unfinished);
        }
        finally
        {
            // Whatever stopped us, nothing of this file goes on behind our back: whoever takes it up next asks which rows are there.
            await received.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task)Task.WhenAll(ahead)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await decided.AllAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await decided.AllAsync();
        foreach (var row in unfinished)
            count.Add((await walks.DecideAsync(row)).State);

        var reception = count.ToReception(file.Id, lines.Issues);
        if (source.Cohort is { } columns)
            reception = await cohorts.HandleAsync(file, source, columns, lines, reception, cancellationToken);
        // When all its rows are settled and one at least could be used: at the first arrival, or resumed, or with a row that has gone on since.
        if (source.Snapshot is { } fields && reception.Kind == ReceptionKind.Created)
            reception = await snapshots.HandleAsync(file, source, fields, lines, reception, cancellationToken);
        await journal.SettleAsync(file.Tenant, reception.ToOutcome(map: null, [], attempts: null), cancellationToken);
        return reception;
    }

    /// <summary>Receives those rows of a portion that are not there yet, in one commit, after those before them.</summary>
    private Task<Dictionary<int, Receipt>> ReceiveAsync(
        JournalMessage file, SourceRow[] portion, Dictionary<int, JournalMessage> done, Task before, CancellationToken cancellationToken) => background.RunAsync(async () =>
    {
        await before;
        var fresh = portion.Where(line => !done.ContainsKey(line.Number)).ToList();
        var receipts = fresh.Count == 0 ? [] : await journal.ReceiveAsync(
            [.. fresh.Select(line => new Arrival(
                file.Tenant, file.Source, file.Channel, file.ClientId, file.ContentType, line.Reading.BusinessKey, line.Bytes)
            {
                ParentId = file.Id,
                Line = line.Number,
            })],
            cancellationToken);
        return fresh.Zip(receipts).ToDictionary(pair => pair.First.Number, pair => pair.Second);
    });

    /// <summary>The rows of a portion, read, mapped and checked; null for one that repeats an earlier message.</summary>
    private static UnderstoodMessage?[] Understand(
        Source source, SourceRow[] portion, Dictionary<int, JournalMessage> done, Dictionary<int, Receipt> receipts) =>
        [.. portion.Select(line => !receipts.TryGetValue(line.Number, out var receipt)
            ? MessageWalk.Understand(done[line.Number], source, line.Reading, [])
            : receipt.First is null ? MessageWalk.Understand(receipt.Message, source, line.Reading, []) : null)];

    private async Task DecideAsync(UnderstoodMessage?[] rows, RowOrder order, RowCount count, ConcurrentQueue<UnderstoodMessage> unfinished)
    {
        foreach (var row in rows)
        {
            if (row is null)
                count.Add(MessageState.Duplicate);
            else
                await order.StartAsync(row.Keys, () => DecideAsync(row, count, unfinished));
        }
    }

    private async Task DecideAsync(UnderstoodMessage row, RowCount count, ConcurrentQueue<UnderstoodMessage> unfinished)
    {
        if (await DecideAsync(row) is { } reception && !MessageWalk.IsUnfinished(reception))
            count.Add(reception.State);
        else
            unfinished.Enqueue(row);
    }

    /// <summary>Null when the store had no room for it just then.</summary>
    private async Task<Reception?> DecideAsync(UnderstoodMessage row)
    {
        try
        {
            return await walks.DecideAsync(row);
        }
        catch (StoreBusyException)
        {
            return null;
        }
    }
}

/// <summary>
/// Work on rows, so many at once, where rows that share a key follow each other in the order in which they were begun. What fails, fails
/// when all are awaited; the rows after it are worked on all the same.
/// </summary>
internal sealed class RowOrder(BackgroundTurns background, int atOnce) : IDisposable
{
    private readonly SemaphoreSlim _places = new(atOnce);
    private readonly Dictionary<string, Task> _last = new(StringComparer.Ordinal);
    private readonly List<Task> _working = [];

    /// <summary>Begins as soon as there is a place; it then waits for its predecessors, which have theirs.</summary>
    public async Task StartAsync(IEnumerable<string> keys, Func<Task> work)
    {
        await _places.WaitAsync();
        if (_working.Exists(task => task.IsFaulted))
            await AllAsync();
        _working.RemoveAll(task => task.IsCompletedSuccessfully);
        List<string> own = [.. keys];
        List<Task> before = [.. own.Select(key => _last.GetValueOrDefault(key)).OfType<Task>().Where(task => !task.IsCompleted).Distinct()];
        var task = background.RunAsync(() => RunAsync(before, work));
        foreach (var key in own)
            _last[key] = task;
        _working.Add(task);
    }

    public void Dispose() => _places.Dispose();

    public Task AllAsync() => Task.WhenAll(_working);

    private async Task RunAsync(List<Task> before, Func<Task> work)
    {
        try
        {
            await Task.WhenAll(before).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await work();
        }
        finally
        {
            _places.Release();
        }
    }
}
