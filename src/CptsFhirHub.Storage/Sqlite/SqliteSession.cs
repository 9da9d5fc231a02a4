using System.Diagnostics;
using System.Globalization;
using CptsFhirHub.Storage.Sql;
using SQLitePCL;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>A connection to the file. https://www.sqlite.org/pragma.html</summary>
internal sealed class SqliteSession : Session
{
    /// <summary>Commands kept prepared; search shapes beyond it are dropped all at once, which is rare.</summary>
    private const int StatementsMax = 512;

    private const int BusyTimeoutMs = 5_000;

    /// <summary>Values that wait before they are sent without being asked for, and the bytes of what is large among them: memory stays bounded.</summary>
    private const int WaitingMax = 40_000;

    private const long WaitingBytesMax = 4 * 1024 * 1024;

    private const int TextBytes = 64 * 1024;

    private readonly Dictionary<string, SqliteStatement> _statements = new(SqlTexts.Instance);
    private readonly List<RowInsert> _rows = [];
    private readonly LogMoving? _moving;
    private byte[]? _texts;
    private int? _entered;
    private int _waiting;
    private long _waitingBytes;

    static SqliteSession()
    {
        Batteries_V2.Init();

        // Its count of bytes in use, which nobody asks for, is one lock around every allocation of all threads.
        _ = raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
    }

    private SqliteSession(sqlite3 handle, bool isWriter, FreshKeys? fresh, LogMoving? moving)
    {
        Handle = handle;
        IsWriter = isWriter;
        Fresh = fresh;
        _moving = moving;
    }

    public sqlite3 Handle { get; }

    public override bool IsWriter { get; }

    public override bool IsBroken => false;

    public override bool OthersMayWrite => false;

    public override FreshKeys? Fresh { get; }

    /// <summary>Room for the texts and bytes of one command, where they stay until the next is bound.</summary>
    public byte[] Texts => _texts ??= GC.AllocateUninitializedArray<byte>(TextBytes, pinned: true);

    private bool IsInTransaction => raw.sqlite3_get_autocommit(Handle) == 0;

    /// <summary>Opens a connection whose commits are on the disk when they return; refuses to go on when that cannot be had.</summary>
    public static SqliteSession Open(string file, bool isReader, FreshKeys? fresh = null) =>
        Open(file, isReader, fresh, isReader || GatheredLog.Way is null ? null : new(file));

    /// <summary>A connection that moves the log of another one.</summary>
    public static SqliteSession OpenBeside(string file) => Open(file, isReader: false, fresh: null, moving: null);

    private static SqliteSession Open(string file, bool isReader, FreshKeys? fresh, LogMoving? moving)
    {
        var flags = raw.SQLITE_OPEN_NOMUTEX | (isReader ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE);
        var code = raw.sqlite3_open_v2(file, out var handle, flags, isReader ? null : GatheredLog.Way);
        var session = new SqliteSession(handle, !isReader, fresh, moving);
        try
        {
            session.Check(code);
            if (!isReader && GatheredLog.Way is not null)
                raw.sqlite3_rollback_hook(handle, _ => GatheredLog.Forget(handle), null);
            session.Configure(isReader);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public override Statement Get(string sql)
    {
        if (_statements.TryGetValue(sql, out var known))
        {
            // An exception between two rows may have left it half read.
            known.Renew();
            return known;
        }

        return _statements[sql] = new(this, Prepare(sql), IsWriter ? RowInsert.Of(this, sql) : null);
    }

    public sqlite3_stmt Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(Handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var handle));
        return handle;
    }

    /// <summary>Keeps a row until something is asked of the database: rows of different tables may be written in any order.</summary>
    /// <param name="bytes">How long what is large in it is.</param>
    public void Send(RowInsert rows, List<SqliteValue> row, int bytes)
    {
        if (rows.Rows == 0)
            _rows.Add(rows);
        rows.Add(row);
        _waiting += row.Count;
        _waitingBytes += bytes;
        if (_waiting >= WaitingMax || _waitingBytes >= WaitingBytesMax)
            Flush();
    }

    /// <summary>Writes the rows that wait.</summary>
    public void Flush()
    {
        if (_rows.Count == 0)
            return;
        foreach (var rows in _rows)
            rows.Flush();
        ForgetRows();
    }

    public override void BeginReading()
    {
        Leave();
        _entered = Fresh?.Enter();
        Get("BEGIN").Run();
    }

    public override void EndReading()
    {
        Get("ROLLBACK").Run();
        Leave();
    }

    public override void BeginWriting() => Get("BEGIN IMMEDIATE").Run();

    public override void Commit()
    {
        Get("COMMIT").Run();

        // What another connection's reader keeps from being moved is moved the next time.
        if (_moving?.IsWritersTurn(GatheredLog.LengthOf(Handle)) is true)
            _ = raw.sqlite3_wal_checkpoint_v2(Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _);
    }

    public override void RollBack()
    {
        foreach (var rows in _rows)
            rows.Clear();
        ForgetRows();
        try
        {
            if (IsInTransaction)
                Execute("ROLLBACK");
        }
        catch (StoreUnavailableException)
        {
            // The database has rolled back by itself.
        }
    }

    /// <summary>Statistics for the planner, and the log moved into the database.</summary>
    public override void TidyUp()
    {
        _moving?.Wait();
        Execute("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
    }

    public override void Trim()
    {
        if (_statements.Count > StatementsMax)
            Forget();
    }

    public override void Execute(string sql)
    {
        Flush();
        Check(raw.sqlite3_exec(Handle, sql));
    }

    public override void Interrupt() => raw.sqlite3_interrupt(Handle);

    public void Check(int code)
    {
        if (code is raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE)
            return;
        if (code == raw.SQLITE_INTERRUPT)
            throw new OperationCanceledException("The query was cancelled.");
        throw new StoreUnavailableException(raw.sqlite3_extended_errcode(Handle).ToString(CultureInfo.InvariantCulture), raw.sqlite3_errmsg(Handle).utf8_to_string());
    }

    public override void Dispose()
    {
        _moving?.Dispose();
        Leave();
        Forget();
        Handle.Dispose();
    }

    private void Leave()
    {
        if (_entered is { } parity)
            Fresh!.Leave(parity);
        _entered = null;
    }

    private void Configure(bool isReader)
    {
        Check(raw.sqlite3_busy_timeout(Handle, BusyTimeoutMs));

        // Without it a plan follows the value of LIMIT: a command is prepared anew each time that one is bound, which costs more than its run.
        Check(raw.sqlite3_db_config(Handle, raw.SQLITE_DBCONFIG_ENABLE_QPSG, 1, out _));
        if (isReader)
        {
            // No mmap: what is read through it counts as this process's memory, once for each reader. The system's cache holds it once.
            Execute("PRAGMA query_only = ON; PRAGMA cache_size = -1000; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;");
            return;
        }

        // Always secure_delete: a page that is split or rewritten leaves copies of its rows behind, which no later erasure finds.
        Execute("""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA foreign_keys = ON;
            PRAGMA secure_delete = ON;
            PRAGMA wal_autocheckpoint = 18000;
            PRAGMA cache_size = -32768;
            PRAGMA temp_store = MEMORY;
            """);

        // What we acknowledge must survive a power cut: a file system or build that ignores this is refused at start.
        const int full = 2;
        if (Scalar("PRAGMA synchronous") != full || Scalar("PRAGMA foreign_keys") != 1 || JournalMode() != "wal")
            throw new StoreUnavailableException("durability", "The database does not take WAL with synchronous=FULL.");
    }

    private string JournalMode()
    {
        var statement = Get("PRAGMA journal_mode");
        if (!statement.Next())
            throw new UnreachableException();
        var mode = statement.Text(0);
        statement.Reset();
        return mode;
    }

    private void ForgetRows()
    {
        _rows.Clear();
        (_waiting, _waitingBytes) = (0, 0);
    }

    private void Forget()
    {
        foreach (var statement in _statements.Values)
            statement.Dispose();
        _statements.Clear();
    }
}
