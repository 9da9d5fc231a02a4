using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>An entry of the outbox and how far it has got.</summary>
/// <param name="State">due, done or dead.</param>
/// <param name="Attempts">Tries before this one.</param>
public sealed record OutboxItem(
    OutboxEntry Entry, string State, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset DueAt, string? LastError);

/// <summary>How many entries stand where.</summary>
public sealed record OutboxCounts(long Due, long Done, long Dead);

/// <summary>Which entries a sender wants now.</summary>
/// <param name="CountMax">At most so many.</param>
/// <param name="PerTarget">At most so many of one target.</param>
/// <param name="BusyTargets">None of these targets.</param>
public sealed record LeaseWish(int CountMax, int PerTarget, IReadOnlyCollection<string> BusyTargets)
{
    /// <summary>So many, whatever their target.</summary>
    public static LeaseWish OfAny(int countMax) => new(countMax, countMax, []);
}

/// <summary>
/// What must go out. An entry is lent to a sender for a while and marked when it has arrived: it leaves at least once, and entries of one
/// subject to one target leave in the order in which they were written.
/// </summary>
public sealed class Outbox
{
    private readonly Writer _writer;
    private readonly ReaderPool _readers;
    private readonly Symbols _symbols;

    private readonly TimeProvider _time;

    /// <summary>Where the last lease ended; the writer's own.</summary>
    private OutboxPlace _last = OutboxPlace.Start;

    internal Outbox(Writer writer, ReaderPool readers, Symbols symbols, TimeProvider time)
    {
        _time = time;
        _writer = writer;
        _readers = readers;
        _symbols = symbols;
    }

    /// <summary>Entries that are due, lent to <paramref name="owner"/> until that instant; what another holds is not among them.</summary>
    public async Task<IReadOnlyList<OutboxItem>> LeaseAsync(
        string owner, DateTimeOffset until, LeaseWish wish, CancellationToken cancellationToken)
    {
        // Most often there is nothing: that is found without the writer.
        var now = _time.GetUtcNow().UtcTicks;
        if (!_readers.Read((now, wish), static (session, key) => OutboxRows.IsAnyDue(session, key.now, key.wish)))
            return [];
        return await _writer.RunAsync(
            scope =>
            {
                (var leased, _last) = OutboxRows.Lease(scope, owner, until, wish, _last);
                return leased;
            },
            canStop: false,
            cancellationToken,
            isOwn: true);
    }

    /// <summary>Told after each commit that queued something.</summary>
    public Action OnQueued { get; set; } = static () => { };

    /// <summary>It has arrived. False when the lease had run out and is another's.</summary>
    public Task<bool> DoneAsync(string id, string owner, CancellationToken cancellationToken) =>
        _writer.RunAsync(
            scope => OutboxRows.Finish(scope, id, owner, OutboxRows.Sent, nextTry: null, error: null), canStop: false, cancellationToken, Lent(id, owner), isOwn: true);

    /// <summary>It has not arrived: again at <paramref name="nextTry"/>, or never when that is null.</summary>
    public Task<bool> FailedAsync(string id, string owner, DateTimeOffset? nextTry, string error, CancellationToken cancellationToken) =>
        _writer.RunAsync(
            scope => OutboxRows.Finish(scope, id, owner, nextTry is null ? OutboxRows.Dead : OutboxRows.Due, nextTry, error),
            canStop: false,
            cancellationToken,
            Lent(id, owner),
            isOwn: true);

    /// <summary>It was not tried at all: again at that instant, and it counts as no try.</summary>
    public Task<bool> ReturnAsync(string id, string owner, DateTimeOffset dueAt, CancellationToken cancellationToken) =>
        _writer.RunAsync(scope => OutboxRows.Return(scope, id, owner, dueAt), canStop: false, cancellationToken, Lent(id, owner), isOwn: true);

    private static Func<Session, Symbols, bool> Lent(string id, string owner) => (session, _) =>
    {
        OutboxRows.AskLent(session, id, owner);
        return false;
    };

    /// <summary>Removes entries that arrived before that instant, of every tenant; the number removed, <paramref name="countMax"/> at most.</summary>
    public Task<int> ForgetSentAsync(DateTimeOffset sentBefore, int countMax, CancellationToken cancellationToken) => _writer.RunAsync(
        scope => scope.Session.Get(
            "DELETE FROM outbox WHERE seq IN (SELECT o.seq FROM outbox o WHERE o.state = 'done' AND o.done_at < ? ORDER BY o.seq LIMIT ?)")
            .Add(sentBefore.UtcTicks).Add(countMax).Run(),
        canStop: false,
        cancellationToken);

    /// <summary>Puts a dead entry back among those that are due, with all its tries before it.</summary>
    public Task<bool> ReviveAsync(string tenant, string id, CancellationToken cancellationToken) =>
        _writer.RunAsync(
            scope => scope.Session.Get(
                "UPDATE outbox SET state = 'due', due_at = ?, attempts = 0, done_at = NULL WHERE tenant = ? AND id = ? AND state = 'dead'")
                .Add(scope.Ticks).Add(scope.Intern(SymbolKind.Tenant, tenant)).Add(id).Run() > 0,
            canStop: false,
            cancellationToken);

    /// <summary>Puts all the dead entries of a target back, or of every target when it is null; how many they were.</summary>
    public Task<int> ReviveAllAsync(string tenant, string? target, CancellationToken cancellationToken) =>
        _writer.RunAsync(
            scope =>
            {
                var statement = scope.Session.Get(
                    "UPDATE outbox SET state = 'due', due_at = ?, attempts = 0, done_at = NULL WHERE tenant = ? AND state = 'dead'"
                    + (target is null ? "" : " AND target = ?"))
                    .Add(scope.Ticks).Add(scope.Intern(SymbolKind.Tenant, tenant));
                return (target is null ? statement : statement.Add(target)).Run();
            },
            canStop: false,
            cancellationToken);

    /// <summary>Entries in a state, newest first; of one target when it is given.</summary>
    public Task<IReadOnlyList<OutboxItem>> FindAsync(
        string tenant, string state, string? target, int countMax, CancellationToken cancellationToken)
    {
        var found = _readers.ReadAtOnce(
            (tenant, state, target, countMax),
            (session, wanted) =>
            {
                var items = new List<OutboxItem>();
                if (_symbols.Find(session, SymbolKind.Tenant, wanted.tenant) is not { } number)
                    return items;
                var statement = session.Get(
                    $"SELECT {OutboxRows.Columns} FROM outbox o WHERE o.tenant = ? AND o.state = ?{(wanted.target is null ? "" : " AND o.target = ?")} ORDER BY o.seq DESC LIMIT ?")
                    .Add(number).Add(wanted.state);
                if (wanted.target is not null)
                    statement.Add(wanted.target);
                statement.Add(wanted.countMax);
                while (statement.Next())
                    items.Add(OutboxRows.Read(session, _symbols, statement));
                return items;
            },
            cancellationToken);
        return Task.FromResult<IReadOnlyList<OutboxItem>>(found);
    }

    /// <summary>Entries about one resource, the newest first; whatever their state, until they are forgotten.</summary>
    public Task<IReadOnlyList<OutboxItem>> OfSubjectAsync(string tenant, string subject, int countMax, CancellationToken cancellationToken)
    {
        var found = _readers.ReadAtOnce(
            (tenant, subject, countMax),
            (session, wanted) =>
            {
                var items = new List<OutboxItem>();
                if (_symbols.Find(session, SymbolKind.Tenant, wanted.tenant) is not { } number)
                    return items;
                var statement = session.Get($"SELECT {OutboxRows.Columns} FROM outbox o WHERE o.tenant = ? AND o.subject = ? ORDER BY o.seq DESC LIMIT ?")
                    .Add(number).Add(wanted.subject).Add(wanted.countMax);
                while (statement.Next())
                    items.Add(OutboxRows.Read(session, _symbols, statement));
                return items;
            },
            cancellationToken);
        return Task.FromResult<IReadOnlyList<OutboxItem>>(found);
    }

    /// <summary>One entry; null when there is none of that id.</summary>
    public OutboxItem? Find(string tenant, string id) => _readers.Read((Outbox: this, tenant, id), static (session, key) =>
    {
        if (key.Outbox._symbols.Find(session, SymbolKind.Tenant, key.tenant) is not { } number)
            return null;
        var statement = session.Get($"SELECT {OutboxRows.Columns} FROM outbox o WHERE o.tenant = ? AND o.id = ?").Add(number).Add(key.id);
        if (!statement.Next())
            return null;
        var item = OutboxRows.Read(session, key.Outbox._symbols, statement);
        statement.Reset();
        return item;
    });

    public Task<OutboxCounts> CountsAsync(CancellationToken cancellationToken)
    {
        var counts = _readers.ReadAtOnce(
            0,
            static (session, _) => new OutboxCounts(Count(session, "due"), Count(session, "done"), Count(session, "dead")),
            cancellationToken);
        return Task.FromResult(counts);

        static long Count(Session session, string state) =>
            session.Get("SELECT count(*) FROM outbox WHERE state = ?").Add(state).Scalar()!.Value;
    }
}
