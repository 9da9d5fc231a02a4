using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>An entry of the outbox and how far it has got.</summary>
/// <param name="State">due, done or dead.</param>
/// <param name="Attempts">Tries before this one.</param>
public sealed record OutboxItem(
    OutboxEntry Entry, string State, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset DueAt, string? LastError);

/// <summary>How many entries stand where.</summary>
public sealed record OutboxCounts(long Due, long Done, long Dead);

/// <summary>
/// What must go out. An entry is lent to a sender for a while and marked when it has arrived: it leaves at least once, and entries of one
/// subject to one target leave in the order in which they were written.
/// </summary>
public sealed class Outbox
{
    private readonly Writer _writer;
    private readonly ReaderPool _readers;
    private readonly Symbols _symbols;

    internal Outbox(Writer writer, ReaderPool readers, Symbols symbols)
    {
        _writer = writer;
        _readers = readers;
        _symbols = symbols;
    }

    /// <summary>Entries that are due, lent to <paramref name="owner"/> until that instant; what another holds is not among them.</summary>
    public async Task<IReadOnlyList<OutboxItem>> LeaseAsync(
        string owner, DateTimeOffset until, int countMax, CancellationToken cancellationToken)
    {
        // Most often there is nothing: that is found without the writer.
        if (_readers.Read(0, static (session, _) => session.Scalar("SELECT 1 FROM outbox WHERE state = 'due' LIMIT 1")) is null)
            return [];
        return await _writer.RunAsync(scope => OutboxRows.Lease(scope, owner, until, countMax), canStop: false, cancellationToken);
    }

    /// <summary>It has arrived. False when the lease had run out and is another's.</summary>
    public Task<bool> DoneAsync(string id, string owner, CancellationToken cancellationToken) =>
        _writer.RunAsync(
            scope => OutboxRows.Finish(scope, id, owner, OutboxRows.Sent, nextTry: null, error: null), canStop: false, cancellationToken);

    /// <summary>It has not arrived: again at <paramref name="nextTry"/>, or never when that is null.</summary>
    public Task<bool> FailedAsync(string id, string owner, DateTimeOffset? nextTry, string error, CancellationToken cancellationToken) =>
        _writer.RunAsync(
            scope => OutboxRows.Finish(scope, id, owner, nextTry is null ? OutboxRows.Dead : OutboxRows.Due, nextTry, error),
            canStop: false,
            cancellationToken);

    /// <summary>Puts a dead entry back among those that are due.</summary>
    public Task<bool> ReviveAsync(string tenant, string id, CancellationToken cancellationToken) =>
        _writer.RunAsync(
            scope => scope.Session.Get(
                "UPDATE outbox SET state = 'due', due_at = ?, done_at = NULL WHERE tenant = ? AND id = ? AND state = 'dead'")
                .Add(scope.Ticks).Add(scope.Intern(SymbolKind.Tenant, tenant)).Add(id).Run() > 0,
            canStop: false,
            cancellationToken);

    /// <summary>Entries in a state, newest first.</summary>
    public Task<IReadOnlyList<OutboxItem>> FindAsync(string tenant, string state, int countMax, CancellationToken cancellationToken)
    {
        var found = _readers.ReadAtOnce(
            (tenant, state, countMax),
            (session, wanted) =>
            {
                var items = new List<OutboxItem>();
                if (_symbols.Find(session, SymbolKind.Tenant, wanted.tenant) is not { } number)
                    return items;
                var statement = session.Get(
                    $"SELECT {OutboxRows.Columns} FROM outbox o WHERE o.tenant = ? AND o.state = ? ORDER BY o.seq DESC LIMIT ?")
                    .Add(number).Add(wanted.state).Add(wanted.countMax);
                while (statement.Next())
                    items.Add(OutboxRows.Read(session, _symbols, statement));
                return items;
            },
            cancellationToken);
        return Task.FromResult<IReadOnlyList<OutboxItem>>(found);
    }

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
