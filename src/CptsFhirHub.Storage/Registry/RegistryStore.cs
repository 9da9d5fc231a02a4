using CptsFhirHub.Storage.Registry;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>Clients, tokens, sessions, settings, job runs and sequences.</summary>
public sealed class RegistryStore : IDisposable
{
    /// <summary>Numbers taken from the database at once; those not given out before a stop are never used.</summary>
    private const int SequenceBlock = 32;

    private readonly Writer _writer;
    private readonly ReaderPool _readers;
    private readonly Dictionary<(string Tenant, string Name), (long Next, long End)> _blocks = [];
    private readonly SemaphoreSlim _blocksGate = new(1, 1);

    internal RegistryStore(Writer writer, ReaderPool readers)
    {
        _writer = writer;
        _readers = readers;
    }

    /// <summary>The next number of a sequence: no two calls ever get the same, numbers may be skipped.</summary>
    public async Task<long> NextNumberAsync(string tenant, string name, CancellationToken cancellationToken)
    {
        await _blocksGate.WaitAsync(cancellationToken);
        try
        {
            if (!_blocks.TryGetValue((tenant, name), out var block) || block.Next > block.End)
            {
                var end = await WriteAsync(
                    session => session.Get(
                        """
                        INSERT INTO sequence (Tenant, Name, Value) VALUES (?, ?, ?)
                        ON CONFLICT (Tenant, Name) DO UPDATE SET Value = sequence.Value + excluded.Value RETURNING Value
                        """).Add(tenant).Add(name).Add(SequenceBlock).Scalar()!.Value,
                    cancellationToken);
                block = (end - SequenceBlock + 1, end);
            }

            _blocks[(tenant, name)] = (block.Next + 1, block.End);
            return block.Next;
        }
        finally
        {
            _blocksGate.Release();
        }
    }

    /// <summary>Clients registered at run time, disabled ones included.</summary>
    public IReadOnlyList<ClientRow> Clients() => _readers.Read(0, static (session, _) =>
        List(session.Get("SELECT Id, Tenant, IsEnabled, Json, ChangedAt FROM client ORDER BY Id"),
            static row => new ClientRow(row.Text(0), row.Text(1), row.Int(2) != 0, row.Text(3), Instant(row, 4))));

    public Task PutClientAsync(ClientRow client, CancellationToken cancellationToken) => WriteAsync(
        session => session.Get(
            """
            INSERT INTO client (Id, Tenant, IsEnabled, Json, ChangedAt) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (Id) DO UPDATE SET
                Tenant = excluded.Tenant, IsEnabled = excluded.IsEnabled, Json = excluded.Json, ChangedAt = excluded.ChangedAt
            """)
            .Add(client.Id).Add(client.Tenant).Add(client.IsEnabled ? 1 : 0).Add(client.Json).Add(client.ChangedAt.UtcTicks).Run(),
        cancellationToken);

    /// <summary>Keeps a new token; those that have expired by its issue are dropped on the way.</summary>
    public Task AddTokenAsync(TokenRow token, CancellationToken cancellationToken) => WriteAsync(
        session =>
        {
            session.Get("DELETE FROM token WHERE ExpiresAt < ?").Add(token.IssuedAt.UtcTicks).Run();
            return session.Get("INSERT INTO token (Hash, ClientId, Tenant, Scope, IssuedAt, ExpiresAt) VALUES (?, ?, ?, ?, ?, ?)")
                .Add(token.Hash).Add(token.ClientId).Add(token.Tenant).Add(token.Scope)
                .Add(token.IssuedAt.UtcTicks).Add(token.ExpiresAt.UtcTicks).Run();
        },
        cancellationToken);

    /// <summary>The token under that hash, expired or not; null when there is none.</summary>
    public TokenRow? FindToken(string hash) => _readers.Read(hash, static (session, wanted) =>
        List(session.Get("SELECT Hash, ClientId, Tenant, Scope, IssuedAt, ExpiresAt FROM token WHERE Hash = ?").Add(wanted),
            static row => new TokenRow(row.Text(0), row.Text(1), row.Text(2), row.Text(3), Instant(row, 4), Instant(row, 5)))
            .FirstOrDefault());

    public Task RevokeTokensAsync(string clientId, CancellationToken cancellationToken) =>
        WriteAsync(session => session.Get("DELETE FROM token WHERE ClientId = ?").Add(clientId).Run(), cancellationToken);

    /// <summary>True for the one call that uses this assertion first.</summary>
    public Task<bool> TryUseAssertionAsync(AssertionRow assertion, DateTimeOffset now, CancellationToken cancellationToken) => WriteAsync(
        session =>
        {
            session.Get("DELETE FROM assertion WHERE ExpiresAt < ?").Add(now.UtcTicks).Run();
            return session.Get("INSERT INTO assertion (Issuer, Jti, ExpiresAt) VALUES (?, ?, ?) ON CONFLICT DO NOTHING")
                .Add(assertion.Issuer).Add(assertion.Jti).Add(assertion.ExpiresAt.UtcTicks).Run() == 1;
        },
        cancellationToken);

    public Task AddSessionAsync(SessionRow person, CancellationToken cancellationToken) => WriteAsync(
        session =>
        {
            session.Get("DELETE FROM session WHERE ExpiresAt < ?").Add(person.CreatedAt.UtcTicks).Run();
            return session.Get(
                "INSERT INTO session (Hash, Tenant, Person, Role, Json, CreatedAt, SeenAt, ExpiresAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                .Add(person.Hash).Add(person.Tenant).Add(person.Person).Add(person.Role).Add(person.Json)
                .Add(person.CreatedAt.UtcTicks).Add(person.SeenAt.UtcTicks).Add(person.ExpiresAt.UtcTicks).Run();
        },
        cancellationToken);

    public SessionRow? FindSession(string hash) => _readers.Read(hash, static (session, wanted) =>
        List(session.Get("SELECT Hash, Tenant, Person, Role, Json, CreatedAt, SeenAt, ExpiresAt FROM session WHERE Hash = ?").Add(wanted),
            static row => new SessionRow(
                row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4), Instant(row, 5), Instant(row, 6), Instant(row, 7)))
            .FirstOrDefault());

    public Task TouchSessionAsync(string hash, DateTimeOffset seenAt, CancellationToken cancellationToken) => WriteAsync(
        session => session.Get("UPDATE session SET SeenAt = ? WHERE Hash = ?").Add(seenAt.UtcTicks).Add(hash).Run(), cancellationToken);

    public Task RemoveSessionAsync(string hash, CancellationToken cancellationToken) =>
        WriteAsync(session => session.Get("DELETE FROM session WHERE Hash = ?").Add(hash).Run(), cancellationToken);

    public string? FindSetting(string tenant, string name) => _readers.Read((tenant, name), static (session, key) =>
        List(session.Get("SELECT Json FROM setting WHERE Tenant = ? AND Name = ?").Add(key.tenant).Add(key.name), static row => row.Text(0))
            .FirstOrDefault());

    /// <summary>When a setting was last put; null when it never was.</summary>
    public DateTimeOffset? SettingChangedAt(string tenant, string name) => _readers.Read((tenant, name), static (session, key) =>
        List(session.Get("SELECT ChangedAt FROM setting WHERE Tenant = ? AND Name = ?").Add(key.tenant).Add(key.name), static row => (DateTimeOffset?)Instant(row, 0))
            .FirstOrDefault());

    public Task PutSettingAsync(SettingRow setting, CancellationToken cancellationToken) => WriteAsync(
        session => session.Get(
            """
            INSERT INTO setting (Tenant, Name, Json, ChangedAt) VALUES (?, ?, ?, ?)
            ON CONFLICT (Tenant, Name) DO UPDATE SET Json = excluded.Json, ChangedAt = excluded.ChangedAt
            """)
            .Add(setting.Tenant).Add(setting.Name).Add(setting.Json).Add(setting.ChangedAt.UtcTicks).Run(),
        cancellationToken);

    /// <summary>Notes a run of a job, or how it ended when it is known already.</summary>
    public Task PutJobRunAsync(JobRunRow run, CancellationToken cancellationToken) => WriteAsync(
        session => session.Get(
            """
            INSERT INTO job_run (Id, Tenant, Job, Subject, Outcome, Detail, StartedAt, FinishedAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (Id) DO UPDATE SET Outcome = excluded.Outcome, Detail = excluded.Detail, FinishedAt = excluded.FinishedAt
            """)
            .Add(run.Id).Add(run.Tenant).Add(run.Job).Add(run.Subject).Add(run.Outcome).Add(run.Detail)
            .Add(run.StartedAt.UtcTicks).Add(run.FinishedAt?.UtcTicks).Run(),
        cancellationToken);

    /// <summary>The last runs of a job, newest first.</summary>
    public IReadOnlyList<JobRunRow> JobRuns(string tenant, string job, int countMax) => _readers.Read(
        (tenant, job, countMax),
        static (session, key) => List(session.Get(
            """
            SELECT Id, Tenant, Job, Subject, Outcome, Detail, StartedAt, FinishedAt FROM job_run
            WHERE Tenant = ? AND Job = ? ORDER BY StartedAt DESC LIMIT ?
            """).Add(key.tenant).Add(key.job).Add(key.countMax),
            static row => new JobRunRow(
                row.Text(0), row.Text(1), row.Text(2), row.Text(3), row.Text(4), row.Text(5), Instant(row, 6),
                row.IsNull(7) ? null : Instant(row, 7))));

    /// <summary>
    /// Takes or prolongs a lease that at most one holder has: true when it is this one's until <paramref name="until"/>. It is free once it
    /// has run out; hubs that share a database agree by it on who does the work.
    /// </summary>
    public Task<bool> TryLeaseAsync(string name, string holder, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken) =>
        WriteAsync(
            session => session.Get(
                """
                INSERT INTO job_run (Id, Tenant, Job, Subject, Outcome, Detail, StartedAt, FinishedAt) VALUES (?, '', 'lease', ?, 'held', '', ?, ?)
                ON CONFLICT (Id) DO UPDATE SET Subject = excluded.Subject, StartedAt = excluded.StartedAt, FinishedAt = excluded.FinishedAt
                WHERE job_run.FinishedAt <= excluded.StartedAt OR job_run.Subject = excluded.Subject
                """)
                .Add("lease/" + name).Add(holder).Add(now.UtcTicks).Add(until.UtcTicks).Run() == 1,
            cancellationToken);

    /// <summary>Gives a lease back; nothing happens when another holds it.</summary>
    public Task EndLeaseAsync(string name, string holder, CancellationToken cancellationToken) => WriteAsync(
        session => session.Get("DELETE FROM job_run WHERE Id = ? AND Subject = ?").Add("lease/" + name).Add(holder).Run(), cancellationToken);

    /// <summary>True while somebody holds the lease.</summary>
    public bool IsLeased(string name, DateTimeOffset now) => _readers.Read((name, now), static (session, key) =>
        List(session.Get("SELECT FinishedAt FROM job_run WHERE Id = ?").Add("lease/" + key.name), static row => Instant(row, 0))
            .Exists(until => until > key.now));

    /// <summary>Notes of all unfinished runs of a job that they were cut off.</summary>
    public Task EndJobRunsAsync(string tenant, string job, string outcome, DateTimeOffset now, CancellationToken cancellationToken) => WriteAsync(
        session => session.Get("UPDATE job_run SET Outcome = ?, FinishedAt = ? WHERE Tenant = ? AND Job = ? AND FinishedAt IS NULL")
            .Add(outcome).Add(now.UtcTicks).Add(tenant).Add(job).Run(),
        cancellationToken);

    /// <summary>Forgets the runs of a job but for the newest.</summary>
    public Task ForgetJobRunsAsync(string tenant, string job, int kept, CancellationToken cancellationToken) => WriteAsync(
        session => session.Get(
            """
            DELETE FROM job_run WHERE Tenant = ? AND Job = ? AND Id NOT IN
                (SELECT Id FROM job_run WHERE Tenant = ? AND Job = ? ORDER BY StartedAt DESC LIMIT ?)
            """).Add(tenant).Add(job).Add(tenant).Add(job).Add(kept).Run(),
        cancellationToken);

    public void Dispose() => _blocksGate.Dispose();

    private static List<T> List<T>(Statement statement, Func<Statement, T> read)
    {
        var rows = new List<T>();
        while (statement.Next())
            rows.Add(read(statement));
        return rows;
    }

    private static DateTimeOffset Instant(Statement row, int column) => new(row.Long(column), TimeSpan.Zero);

    private Task<T> WriteAsync<T>(Func<Session, T> write, CancellationToken cancellationToken) =>
        _writer.RunAsync(scope => write(scope.Session), canStop: false, cancellationToken);
}
