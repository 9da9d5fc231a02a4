using System.Data;
using System.Numerics;
using CptsFhirHub.Storage.Sql;
using Npgsql;

namespace CptsFhirHub.Storage.Postgres;

/// <summary>
/// A connection to PostgreSQL. Commands whose outcome nobody asks for wait and travel with the next that is asked: a group of commits
/// costs a few round trips, however many rows it writes.
/// </summary>
internal sealed partial class PostgresSession : Session
{
    /// <summary>Commands kept; search shapes beyond it are dropped all at once, which is rare.</summary>
    private const int StatementsMax = 512;

    /// <summary>
    /// Questions of one kind that a reader asks as one. Its plans follow the values for as long as that looks cheaper, and for fewer than the ten that a
    /// general plan reckons with it always would: each time planned anew.
    /// </summary>
    private const int ReadTogetherFrom = 8;

    /// <summary>Rows and commands that wait before they are sent without being asked for: memory stays bounded.</summary>
    private const int WaitingMax = 20_000;

    /// <summary>Writing transactions after which small tables are counted first; then each time their number has doubled.</summary>
    private const int CountedFrom = 8;

    /// <summary>
    /// Counts small tables that have grown by half. The server does so by itself a minute later: until then it takes any index for as good as any
    /// other, and the plans that the writer keeps read a table that fills quickly from end to end for each row that is sought.
    /// </summary>
    private const string CountSmall =
        """
        DO $$
        DECLARE tables text;
        BEGIN
            SELECT string_agg(quote_ident(relname), ', ') INTO tables FROM pg_class
            WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND pg_relation_size(oid) BETWEEN 1 AND 4194304
                AND (reltuples <= 0 OR pg_relation_size(oid) > 12288 * relpages);
            IF tables IS NOT NULL THEN
                EXECUTE 'ANALYZE (SKIP_LOCKED) ' || tables;
            END IF;
        END $$
        """;

    private const string TakeTurn = "LOCK TABLE writer_turn IN EXCLUSIVE MODE";

    private readonly PostgresDatabase _database;
    private readonly NpgsqlConnection _connection;
    private readonly Dictionary<string, PostgresStatement> _statements = new(SqlTexts.Instance);
    private readonly NpgsqlBatch _batch;
    private readonly List<NpgsqlBatchCommand> _queue = [];
    private readonly List<IWaitingRows> _rows = [];
    private readonly Dictionary<RowRemoval, RemovalBatch> _removals = [];
    private readonly ForeseenAnswers _foreseen;
    private int _waiting;
    private int _flights;
    private PostgresStatement? _open;
    private volatile object? _running;
    private volatile bool _wasInterrupted;
    private bool _isInTransaction;
    private bool _endsWithNext;
    private bool _isEnding;
    private bool _hasFailed;
    private long _transaction;
    private long _transactions;
    private bool _isNumberAsked;

    public PostgresSession(PostgresDatabase database, NpgsqlConnection connection, bool isWriter)
    {
        _database = database;
        _connection = connection;
        _batch = new(connection);
        IsWriter = isWriter;
        _foreseen = new(isWriter ? 2 : ReadTogetherFrom);
    }

    public override bool IsWriter { get; }

    // A cancellation may reach the server after the command it was meant for: the connection is not used again.
    public override bool IsBroken => _wasInterrupted || IsLost;

    public override bool OthersMayWrite => true;

    public override int Flights => _flights;

    public override bool CanForesee => true;

    private bool IsLost => _connection.FullState is ConnectionState.Closed or ConnectionState.Broken;

    public override Statement Get(string sql)
    {
        if (_statements.TryGetValue(sql, out var known))
        {
            known.Reset();
            return known;
        }

        return _statements[sql] = new(this, sql);
    }

    public override void Execute(string sql)
    {
        Flush();
        using var command = new NpgsqlCommand(sql, _connection);
        Guarded(command, static command => command.ExecuteNonQuery());
        _running = null;
    }

    /// <summary>
    /// One process writes at a time: what it decides on (nobody has this identifier, this is the next key) stays true until its commit.
    /// The lock goes with the transaction, however that ends.
    /// </summary>
    public override void BeginWriting()
    {
        CountTables();
        Begin("BEGIN");
        _queue.Add(new(TakeTurn));

        // Its number is wanted when the connection is lost at the commit; it comes with the answer to the first question.
        _queue.Add(new("SELECT pg_current_xact_id()::text::bigint"));
        _isNumberAsked = true;
    }

    private void CountTables()
    {
        if (++_transactions < CountedFrom || !BitOperations.IsPow2(_transactions))
            return;
        using var command = new NpgsqlCommand(CountSmall, _connection);
        Guarded(command, static command => command.ExecuteNonQuery());
        _running = null;
    }

    public override void Commit()
    {
        EndRows();
        _queue.Add(new("COMMIT"));
        try
        {
            Flush();
        }
        catch (StoreUnavailableException) when (IsLost)
        {
            // Committed or not: only the server knows. What was committed must neither be refused nor be written again.
            if (!_database.HasCommitted(_transaction))
                throw;
        }

        _isInTransaction = false;
    }

    public override void RollBack()
    {
        _open?.Reset();
        Forget();
        if (!_isInTransaction)
            return;
        _isInTransaction = false;
        if (IsLost)
            return;
        try
        {
            Execute("ROLLBACK");
        }
        catch (Exception failure) when (failure is StoreUnavailableException or OperationCanceledException)
        {
            // The server rolls back what it loses; this connection is not trusted any more.
            _wasInterrupted = true;
        }
    }

    public override void Trim()
    {
        if (_statements.Count > StatementsMax)
            ForgetStatements();
    }

    public override void Interrupt()
    {
        _wasInterrupted = true;
        if (_running is NpgsqlCommand command)
            command.Cancel();
        else if (_running is NpgsqlBatch batch)
            batch.Cancel();
    }

    public override void TidyUp()
    {
        // The server keeps statistics and log by itself.
    }

    public override void Dispose()
    {
        ForgetStatements();
        _batch.Dispose();
        _connection.Dispose();
    }

    /// <summary>Runs a command that gives no rows; the rows it changed.</summary>
    public int Run(PostgresStatement statement)
    {
        MayAsk();
        _open?.Keep();
        if (_isNumberAsked)
            Flush();
        int changed;
        if (HasNothingWaiting)
        {
            changed = Guarded(Prepared(statement), static command => command.ExecuteNonQuery());
        }
        else
        {
            var last = statement.BatchCommand();
            Guarded(Batch(last), static batch => batch.ExecuteNonQuery());
            changed = last.RecordsAffected;
        }

        _running = null;
        return changed;
    }

    /// <summary>Runs a command that gives rows. The statement owns the reader, and gives it up when another command runs.</summary>
    public NpgsqlDataReader Query(PostgresStatement statement)
    {
        MayAsk();
        _open?.Keep();
        if (_endsWithNext)
            return QueryLast(statement);
        var reader = HasNothingWaiting
            ? Guarded(Prepared(statement), static command => command.ExecuteReader())
            : Guarded(Batch(statement.BatchCommand()), static batch => batch.ExecuteReader());
        if (_isNumberAsked)
            Guarded(reader, TakeNumber);
        _open = statement;
        return reader;
    }

    /// <summary>Keeps a command until another is asked. Rows for one table are gathered, as long as nothing else is between them.</summary>
    public void Send(PostgresStatement statement, RowBatch? rows, List<BoundValue> values)
    {
        if (rows is not null)
        {
            if (rows.Rows == 0)
                _rows.Add(rows);
            rows.Add(values);
        }
        else
        {
            // Rows of different tables may be written in any order, but not before what was said earlier, nor after what is said later.
            EndRows();
            _queue.Add(statement.BatchCommand());
        }

        if (++_waiting >= WaitingMax)
            Flush();
    }

    public override void Foresee(Action ask)
    {
        _foreseen.Begin();
        ask();
        var questions = _foreseen.End();
        if (questions.Count == 0)
            return;
        _open?.Keep();
        EndRows();
        _queue.AddRange(questions);
        if (_endsWithNext)
        {
            (_endsWithNext, _isEnding) = (false, true);
            _queue.Add(new("COMMIT"));
        }

        var reader = Guarded(Batch(last: null), static batch => batch.ExecuteReader());
        Guarded(reader, ReadForeseen);
        _running = null;
    }

    public override void RestsOn(Touched what) => _foreseen.RestsOn(what);

    public override void Outdate(Touched what) => _foreseen.Outdate(what);

    public override void OutdateAll() => _foreseen.Clear();

    public override Statement? NextNumber(string table, long asker) => Get($"SELECT nextval('{table}_seq_seq') WHERE ? > 0").Add(asker);

    /// <summary>The answer to a question that was asked before it was needed; null when it was not.</summary>
    public List<object?[]>? Foreseen(PostgresStatement statement, List<BoundValue> values) =>
        _foreseen.IsUsed ? _foreseen.Find(statement, values) : null;

    public override bool TryRemove(RowRemoval removal, long rid, List<IReadOnlyList<object?>> staying)
    {
        if (!_removals.TryGetValue(removal, out var rows))
            _removals[removal] = rows = new(removal);
        if (rows.IsEmpty)
            _rows.Add(rows);
        rows.Add(rid, staying);
        _waiting += 1 + staying.Count;
        if (_waiting >= WaitingMax)
            Flush();
        return true;
    }

    public void Close(PostgresStatement statement, NpgsqlDataReader reader)
    {
        if (_open == statement)
            (_open, _running) = (null, null);
        try
        {
            reader.Dispose();
        }
        catch (Exception failure) when (failure is NpgsqlException or IOException or InvalidOperationException)
        {
            // What was wanted has been read; a lost connection tells by itself at its next use.
            _hasFailed = true;
        }
    }

    public Exception Failure(Exception failure)
    {
        _hasFailed = true;
        return Told(failure);
    }

    private Exception Told(Exception failure) => failure switch
    {
        StoreUnavailableException told => told,
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } when _wasInterrupted =>
            new OperationCanceledException("The query was cancelled."),
        PostgresException refused => PostgresDatabase.Unavailable(refused),
        NpgsqlOperationInProgressException => failure,
        NpgsqlException or IOException or InvalidOperationException => PostgresDatabase.Lost(),
        _ => failure,
    };

    private void Begin(string command)
    {
        Forget();
        (_isInTransaction, _isEnding, _hasFailed) = (true, false, false);
        _queue.Add(new(command));
    }

    private bool HasNothingWaiting => _waiting == 0 && _queue.Count == 0;

    private void EndRows()
    {
        _flights++;
        foreach (var rows in _rows)
            _queue.Add(rows.Take());
        _rows.Clear();
    }

    private NpgsqlCommand Prepared(PostgresStatement statement)
    {
        var command = statement.Command();
        command.Connection = _connection;
        return command;
    }

    /// <summary>What waits, and a last command behind it.</summary>
    private NpgsqlBatch Batch(NpgsqlBatchCommand? last)
    {
        EndRows();
        _batch.BatchCommands.Clear();
        foreach (var command in _queue)
            _batch.BatchCommands.Add(command);
        if (last is not null)
            _batch.BatchCommands.Add(last);
        _queue.Clear();
        _waiting = 0;
        return _batch;
    }

    private void Flush()
    {
        MayAsk();
        _open?.Keep();
        if (HasNothingWaiting)
            return;
        if (_isNumberAsked)
        {
            using var reader = Guarded(Batch(last: null), static batch => batch.ExecuteReader());
            Guarded(reader, TakeNumber);
        }
        else
        {
            Guarded(Batch(last: null), static batch => batch.ExecuteNonQuery());
        }

        _running = null;
    }

    /// <summary>The number of the transaction is the first that a batch gives; what was asked follows.</summary>
    private bool TakeNumber(NpgsqlDataReader reader)
    {
        _isNumberAsked = false;
        try
        {
            reader.Read();
            _transaction = reader.GetInt64(0);
            return reader.NextResult();
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    private bool ReadForeseen(NpgsqlDataReader reader)
    {
        try
        {
            if (_isNumberAsked)
                TakeNumber(reader);
            _foreseen.Read(reader);
            return true;
        }
        finally
        {
            reader.Dispose();
        }
    }

    private void ForgetStatements()
    {
        foreach (var statement in _statements.Values)
            statement.Dispose();
        _statements.Clear();
    }

    /// <summary>What waits is not sent.</summary>
    private void Forget()
    {
        foreach (var rows in _rows)
            rows.Take();
        _rows.Clear();
        _queue.Clear();
        _waiting = 0;
        (_isPacking, _isNumberAsked) = (false, false);
        _endsWithNext = false;
        _foreseen.Clear();
    }

    private TResult Guarded<T, TResult>(T command, Func<T, TResult> run)
        where T : class
    {
        _running = command;
        if (_wasInterrupted)
            throw new OperationCanceledException("The query was cancelled.");
        try
        {
            return run(command);
        }
        catch (Exception failure) when (failure is NpgsqlException or IOException || (failure is InvalidOperationException && IsLost))
        {
            throw Failure(failure);
        }
    }
}
