using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>A request that is answered later. <paramref name="Answer"/> is empty until it has ended.</summary>
/// <param name="Owner">Who asked and may ask for the answer.</param>
public sealed record DeferredRow(string Id, string Owner, DateTimeOffset CreatedAt, DateTimeOffset? EndedAt, byte[] Request, byte[] Answer);

/// <summary>Requests that are answered later, and their answers: they outlive the process that took them.</summary>
public sealed class DeferredRequests
{
    private const string Columns = "id, owner, created_at, ended_at, request, answer";
    private readonly Writer _writer;
    private readonly ReaderPool _readers;

    internal DeferredRequests(Writer writer, ReaderPool readers) => (_writer, _readers) = (writer, readers);

    public Task AddAsync(DeferredRow row, CancellationToken cancellationToken) => _writer.RunAsync(
        scope => scope.Session.Get("INSERT INTO deferred_request (id, owner, created_at, ended_at, request, answer) VALUES (?, ?, ?, ?, ?, ?)")
            .Add(row.Id).Add(row.Owner).Add(row.CreatedAt.UtcTicks).Add(row.EndedAt?.UtcTicks).Add(row.Request).Add(row.Answer).Run(),
        canStop: false, cancellationToken);

    /// <summary>Keeps the answer, for a request that is still there; what was asked is forgotten with it.</summary>
    public Task EndAsync(string id, DateTimeOffset endedAt, byte[] answer, CancellationToken cancellationToken) => _writer.RunAsync(
        scope => scope.Session.Get("UPDATE deferred_request SET ended_at = ?, answer = ?, request = ? WHERE id = ?")
            .Add(endedAt.UtcTicks).Add(answer).AddBytes([]).Add(id).Run(),
        canStop: false, cancellationToken);

    public Task RemoveAsync(string id, CancellationToken cancellationToken) => _writer.RunAsync(
        scope => scope.Session.Get("DELETE FROM deferred_request WHERE id = ?").Add(id).Run(), canStop: false, cancellationToken);

    /// <summary>Forgets what was asked before that instant and has ended.</summary>
    public Task ForgetAsync(DateTimeOffset before, CancellationToken cancellationToken) => _writer.RunAsync(
        scope => scope.Session.Get("DELETE FROM deferred_request WHERE created_at < ? AND ended_at IS NOT NULL").Add(before.UtcTicks).Run(),
        canStop: false, cancellationToken);

    public DeferredRow? Find(string id) => _readers.Read(id, static (session, wanted) =>
        All(session.Get($"SELECT {Columns} FROM deferred_request WHERE id = ?").Add(wanted)).FirstOrDefault());

    /// <summary>How many are kept, and how many of them are that owner's.</summary>
    public (int All, int Own) Count(string owner) => _readers.Read(owner, static (session, wanted) =>
        ((int)session.Get("SELECT count(*) FROM deferred_request").Scalar()!.Value,
            (int)session.Get("SELECT count(*) FROM deferred_request WHERE owner = ?").Add(wanted).Scalar()!.Value));

    /// <summary>What has not ended, the oldest first: what a start after a crash takes up again.</summary>
    public IReadOnlyList<DeferredRow> Open(int countMax) => _readers.Read(countMax, static (session, count) =>
        All(session.Get($"SELECT {Columns} FROM deferred_request WHERE ended_at IS NULL ORDER BY created_at, id LIMIT ?").Add(count)));

    private static List<DeferredRow> All(Statement statement)
    {
        var rows = new List<DeferredRow>();
        while (statement.Next())
            rows.Add(new(
                statement.Text(0), statement.Text(1), new(statement.Long(2), TimeSpan.Zero),
                statement.IsNull(3) ? null : new DateTimeOffset(statement.Long(3), TimeSpan.Zero), statement.Blob(4), statement.Blob(5)));
        return rows;
    }
}
