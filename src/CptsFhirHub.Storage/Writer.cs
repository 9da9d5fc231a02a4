using System.Diagnostics;
using System.Globalization;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>
/// The one place that changes the database. Requests that wait share the next transaction and its fsync; nobody is answered before it.
/// Background work (<see cref="BackgroundTurns"/>) has its turn after them, the hub's own books hold nothing back (<see cref="Turn"/>).
/// </summary>
/// <remarks>
/// Invariant: the outcome of one piece of work never depends on who shares its transaction. When a piece stops half-way, all of them are
/// undone and run again, each in a savepoint of its own; if the transaction itself fails, each piece is run again alone.
/// </remarks>
internal sealed class Writer : IAsyncDisposable
{
    /// <summary>Work that may wait before senders are refused.</summary>
    private const int WaitingMax = 4_096;

    /// <summary>Flights of questions before the work.</summary>
    private const int ForesightMax = 2;

    private readonly TurnQueue<Work> _queue = new(WaitingMax);
    private readonly PackedWork _packed = new();

    private readonly Database _database;
    private readonly Symbols _symbols;
    private readonly TimeProvider _time;
    private readonly RowKeys _keys = new();
    private readonly Task _loop;
    private Session _session;

    /// <summary>False when another process has written since our last transaction: what is packed would rest on keys that it may take.</summary>
    private bool _isAlone = true;

    public Writer(Database database, Symbols symbols, TimeProvider time)
    {
        _database = database;
        _symbols = symbols;
        _time = time;
        _session = database.Open(isReader: false);
        _keys.Read(_session);
        _session.Fresh?.Read(_session);
        OpenPacking();
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Told of each journal message whose settlement is durable.</summary>
    public Action<string> OnSettled { get; set; } = static _ => { };

    /// <summary>Told after a commit that put something in the outbox.</summary>
    public Action OnQueued { get; set; } = static () => { };

    /// <summary>
    /// Runs <paramref name="work"/> in the next transaction and answers when that is durable. Without <paramref name="canStop"/> the work
    /// promises to change nothing before it knows that it goes through.
    /// </summary>
    /// <param name="foresee">Asks what the work will ask, see <see cref="Session.Foresee"/>; true when the answers may lead to more.</param>
    /// <param name="isOwn">True when only the hub itself waits for it.</param>
    /// <param name="asksNothing">True when the work creates resources and most likely asks the database nothing.</param>
    public async Task<T> RunAsync<T>(
        Func<WriteScope, T> work, bool canStop, CancellationToken cancellationToken, Func<Session, Symbols, bool>? foresee = null, bool isOwn = false,
        bool asksNothing = false)
    {
        var item = new Work<T>(work, canStop, cancellationToken) { Foresee = foresee };
        if (asksNothing && !BackgroundTurns.IsCurrent && TryPack(item))
            return await item.Done;
        if (!_queue.TryAdd(item, BackgroundTurns.IsCurrent ? Turn.Background : isOwn ? Turn.Hub : Turn.Sender))
        {
            ObjectDisposedException.ThrowIf(_queue.IsCompleted, this);
            throw new StoreBusyException();
        }

        return await item.Done;
    }

    /// <summary>Finishes what waits, moves the log into the database and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _packed.End();
        if (!_queue.TryComplete())
            return;
        await _loop;
        SettleKeys();
        _session.TidyUp();
        _session.Dispose();
    }

    private async Task RunAsync()
    {
        var group = new List<Work>(TurnQueue<Work>.GroupMax);
        while (true)
        {
            if (!Fly(_packed.Take()))
                OpenPacking();
            if (_queue.IsEmpty && !_packed.IsWaitedFor())
                continue;
            if (!await _queue.TakeAsync(group))
                break;
            group.RemoveAll(static work => work.IsCancelled());
            if (group.Count > 0)
                RunGroup(group);
        }

        Fly(_packed.Take());
    }

    /// <summary>Writes the work down for the next flight, on the thread of whoever brings it; false when it must wait for its turn.</summary>
    private bool TryPack(Work work)
    {
        switch (_packed.TryAdd(work, out var spoilt))
        {
            case Packed.Refused:
                return false;
            case Packed.First:
                _queue.TryAdd(Work.Wake, Turn.Sender);
                return true;
            case Packed.Spoilt:
                // It asks after all, so that all of them take the way of those that ask.
                foreach (var one in spoilt)
                    if (!_queue.TryAdd(one, Turn.Sender))
                        one.Fail(new StoreBusyException());
                return true;
            default:
                return true;
        }
    }

    private void OpenPacking()
    {
        if (_session.CanFly && _isAlone && !_session.IsBroken)
            _packed.Open(_session, _keys, () => new(_session, _symbols, _keys, NextTicks()) { Settled = OnSettled, Queued = OnQueued });
    }

    /// <summary>Sends what was packed. When that fails, another process having written meanwhile, it is run as if it asked; none is packed then.</summary>
    private bool Fly(List<Work> group)
    {
        if (group.Count == 0)
            return true;
        try
        {
            _session.Fly();
        }
        catch (Exception failure)
        {
            var later = _packed.Close();
            RollBack();
            if (IsUncertain(failure))
                Fail(group, failure);
            else
                Run(group);
            if (later.Count > 0)
                Run(later);
            return false;
        }

        foreach (var work in group)
            work.Complete();
        return true;
    }

    private void RunGroup(List<Work> group)
    {
        // What was packed stands before it, on the same connection.
        Fly(_packed.TakeAndClose());
        Run(group);
        OpenPacking();
    }

    private void Run(List<Work> group)
    {
        if (TryRepeatedly(group) is not { } failure)
            return;

        // The database cannot be reached: trying each by itself would only keep all of them waiting. What may have been committed is not written again.
        if (group.Count == 1 || MayBeTriedAgain(failure) || IsUncertain(failure))
        {
            Fail(group, failure);
            return;
        }

        // One of them broke the transaction, or the disk did: alone, each gets the outcome it deserves.
        foreach (var work in group)
            if (TryRepeatedly([work]) is { } own)
                work.Fail(own);
    }

    private Exception? TryRepeatedly(List<Work> group)
    {
        for (var tries = 1; ; tries++)
        {
            if (TryTransaction(group) is not { } failure)
                return null;
            if (!MayBeTriedAgain(failure) || tries > Retry.Max)
                return failure;
            Retry.Pause(tries);
        }
    }

    private static void Fail(List<Work> group, Exception failure)
    {
        foreach (var work in group)
            work.Fail(failure);
    }

    private static bool IsUncertain(Exception failure) => failure is StoreUnavailableException { Code: StoreUnavailableException.Uncertain };

    private static bool MayBeTriedAgain(Exception failure) => failure is StoreUnavailableException { MayBeTriedAgain: true };

    private Exception? TryTransaction(List<Work> group)
    {
        try
        {
            if (_session.IsBroken)
                Reopen();
            _session.Trim();

            // In a savepoint every page that is touched is copied first. Most pieces go through: the savepoints come when one did not.
            if (!RunAll(group, withSavepoints: false))
            {
                RollBack();
                RunAll(group, withSavepoints: true);
            }

            _session.Fresh?.Settle(_session, isAll: false);
            _session.Commit();
        }
        catch (Exception failure)
        {
            RollBack();
            return failure;
        }

        _symbols.Committed();
        _session.Fresh?.Committed();
        foreach (var work in group)
            work.Complete();
        return null;
    }

    private void RollBack()
    {
        _symbols.RolledBack();
        _session.RollBack();
        _session.Fresh?.RolledBack();
    }

    /// <summary>Puts all keys in their tree, so that a store that was closed is whole to whoever opens it. What cannot be put there is noted all the same.</summary>
    private void SettleKeys()
    {
        if (_session.Fresh is not { } fresh)
            return;
        try
        {
            // What settles already, then what came after it.
            for (var round = 0; round < 2 && fresh.HasOwn; round++)
            {
                _session.BeginWriting();
                fresh.Settle(_session, isAll: true);
                _session.Commit();
                fresh.Committed();
            }
        }
        catch (StoreUnavailableException)
        {
            RollBack();
        }
    }

    /// <summary>Begins a transaction and runs them all in it; false when one stopped half-way and there was no savepoint to go back to.</summary>
    private bool RunAll(List<Work> group, bool withSavepoints)
    {
        _session.BeginWriting();
        if (_session.CanForesee)
            Foresee(group);
        if (_session.OthersMayWrite)
            _isAlone = _keys.Read(_session);
        var scope = new WriteScope(_session, _symbols, _keys, NextTicks()) { Settled = OnSettled, Queued = OnQueued };
        foreach (var work in group)
        {
            scope.Begin();
            if (withSavepoints && work.CanStop)
                RunInSavepoint(work, scope);
            else
                work.Run(scope);
            if (scope.IsStoppedHalfway && !withSavepoints)
                return false;
        }

        return true;
    }

    /// <summary>Asks together what all of them will ask, in the flight that begins the transaction; and once more what the answers lead to.</summary>
    private void Foresee(List<Work> group)
    {
        List<Work> asking = group;
        for (var round = 1; round <= ForesightMax && asking.Count > 0; round++)
        {
            List<Work> more = [];
            _session.Foresee(() =>
            {
                _session.RestsOn(new(TouchedKind.Beginning, 0));
                RowKeys.Ask(_session);
                foreach (var work in asking)
                    if (work.Foresee?.Invoke(_session, _symbols) is true)
                        more.Add(work);
            });
            asking = more;
        }
    }

    private void RunInSavepoint(Work work, WriteScope scope)
    {
        _session.Get("SAVEPOINT work").Send();
        var mark = _session.Fresh?.Mark() ?? 0;
        work.Run(scope);
        if (scope.IsStoppedHalfway)
        {
            _session.Get("ROLLBACK TO work").Send();
            _symbols.RolledBack();
            _session.Fresh?.UndoTo(mark);
        }

        _session.Get("RELEASE work").Send();
    }

    private void Reopen()
    {
        _session.Dispose();
        _session = _database.Open(isReader: false);
    }

    /// <summary>
    /// The instant of a transaction, in whole milliseconds: later ones never bear an earlier instant, even when the clock goes
    /// back.
    /// </summary>
    private long NextTicks()
    {
        var now = _time.GetUtcNow().UtcTicks;
        return _keys.LastTicks = Math.Max(now - now % TimeSpan.TicksPerMillisecond, _keys.LastTicks);
    }
}

/// <summary>What a piece of work gets from the <see cref="Writer"/>.</summary>
internal sealed class WriteScope(Session session, Symbols symbols, RowKeys keys, long ticks)
{
    private string? _nowText;

    public RowKeys Keys => keys;

    public Session Session => session;

    public Symbols Symbols => symbols;

    /// <summary>The instant of this transaction, UTC ticks.</summary>
    public long Ticks => ticks;

    public DateTimeOffset Now => new(ticks, TimeSpan.Zero);

    /// <summary>The same as resources tell it: one text for all that this transaction writes.</summary>
    public string NowText => _nowText ??= Instant(Now);

    /// <summary>Called after the commit with the message that was settled.</summary>
    public required Action<string> Settled { get; init; }

    /// <summary>Called after the commit when something is to go out.</summary>
    public required Action Queued { get; init; }

    /// <summary>True once the work has changed something and then said that nothing of it shall stay.</summary>
    public bool IsStoppedHalfway { get; private set; }

    /// <summary>An instant as resources tell it.</summary>
    public static string Instant(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>What to do once the transaction is durable.</summary>
    public Action? Afterwards { get; private set; }

    public void Begin()
    {
        IsStoppedHalfway = false;
        Afterwards = null;
    }

    /// <summary>Nothing of what this work has changed stays; its result is still the answer.</summary>
    public void UndoChanges() => IsStoppedHalfway = true;

    public void AfterCommit(Action action) => Afterwards += action;

    public long Intern(SymbolKind kind, string text) => symbols.Intern(session, kind, text);
}

/// <summary>
/// The next keys of resources and versions. They only rise; a rollback may leave a gap. Kept in memory while one process writes, and
/// read again at the beginning of each transaction where others do: only one of them writes at a time.
/// </summary>
internal sealed class RowKeys
{
    private const string Question =
        """
        SELECT (SELECT max(rid) FROM resource), (SELECT max(vid) FROM resource_version),
            (SELECT last_updated FROM resource_version ORDER BY vid DESC LIMIT 1)
        """;

    private long _resource;
    private long _version;

    /// <summary>The instant of the last version, UTC ticks.</summary>
    public long LastTicks { get; set; }

    /// <summary>The key that was given to a version last.</summary>
    public long LastVersion => _version;

    /// <summary>Asks for what <see cref="Read"/> reads, and does not read it.</summary>
    public static void Ask(Session session)
    {
        var statement = session.Get(Question);
        statement.Next();
        statement.Reset();
    }

    /// <summary>Reads them; true when they are those that were known.</summary>
    public bool Read(Session session)
    {
        var statement = session.Get(Question);
        if (!statement.Next())
            throw new UnreachableException();
        var known = _version;
        _resource = statement.LongOrNull(0) ?? 0;
        _version = statement.LongOrNull(1) ?? 0;
        LastTicks = Math.Max(LastTicks, statement.LongOrNull(2) ?? 0);
        statement.Reset();
        return _version == known;
    }

    public long NextResource() => ++_resource;

    public long NextVersion() => ++_version;
}
