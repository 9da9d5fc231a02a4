using CptsFhirHub.Storage.Sql;
using SQLitePCL;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>A command of a <see cref="SqliteSession"/>: bound, stepped and read where SQLite keeps it, without a copy in between.</summary>
/// <param name="rows">Where the row of this INSERT waits for others; null when it is no such command, or nothing is written here.</param>
internal sealed class SqliteStatement(SqliteSession session, sqlite3_stmt handle, RowInsert? rows) : Statement, IDisposable
{
    private readonly List<SqliteValue> _row = [];
    private nint _command = handle.DangerousGetHandle();
    private int _next = 1;
    private int _bytes;
    private bool _isStepping;

    public override Statement Add(long value)
    {
        if (rows is not null)
            return Keep(SqliteValue.Of(value));
        session.Check(SqliteNative.Bind(_command, _next++, value));
        return this;
    }

    public override Statement Add(double value)
    {
        if (rows is not null)
            return Keep(SqliteValue.Of(value));
        session.Check(SqliteNative.Bind(_command, _next++, value));
        return this;
    }

    public override Statement Add(long? value) => value is { } known ? Add(known) : AddNull();

    public override Statement AddBytes(byte[]? value) => value is null ? AddNull() : rows is not null ? KeepBytes(value) : Add(value);

    public override Statement Add(string? value)
    {
        if (rows is not null)
            return Keep(SqliteValue.Of(value));
        if (value is null)
            return AddNull();
        session.Check(SqliteValue.Bind(handle, _next++, value));
        return this;
    }

    public override Statement Add(ReadOnlySpan<byte> value)
    {
        if (rows is not null)
            return KeepBytes(value.ToArray());
        session.Check(SqliteValue.Bind(handle, _next++, value));
        return this;
    }

    public override int Run()
    {
        try
        {
            Begin();
            session.Check(SqliteNative.Step(_command));
            return raw.sqlite3_changes(session.Handle);
        }
        finally
        {
            Reset();
        }
    }

    public override void Send()
    {
        if (rows is null)
        {
            Run();
            return;
        }

        session.Send(rows, _row, _bytes);
        _row.Clear();
        _bytes = 0;
    }

    public override bool Next()
    {
        int code;
        try
        {
            if (!_isStepping)
                Begin();
            code = SqliteNative.Step(_command);
            session.Check(code);
        }
        catch
        {
            Reset();
            throw;
        }

        if (code == raw.SQLITE_ROW)
            return true;
        Reset();
        return false;
    }

    public override void Reset()
    {
        // The code repeats what the last step said, which has been checked there.
        _ = SqliteNative.Reset(_command);
        Rewind();
    }

    /// <summary>Ready for its next use; a command whose rows wait for others is not reset, having never been run.</summary>
    public void Renew()
    {
        if (rows is not null && !_isStepping)
            Rewind();
        else
            Reset();
    }

    public override long Long(int column) => SqliteNative.Long(_command, column);

    public override int Int(int column) => SqliteNative.Int(_command, column);

    public override double Double(int column) => SqliteNative.Double(_command, column);

    public override bool IsNull(int column) => SqliteNative.Type(_command, column) == raw.SQLITE_NULL;

    public override string Text(int column) => SqliteNative.Text(_command, column);

    public override byte[] Blob(int column) => SqliteNative.Blob(_command, column);

    public override object? Any(int column) => SqliteNative.Type(_command, column) switch
    {
        raw.SQLITE_INTEGER => Long(column),
        raw.SQLITE_FLOAT => Double(column),
        raw.SQLITE_TEXT => Text(column),
        _ => null,
    };

    public void Dispose()
    {
        rows?.Dispose();
        _command = 0;
        handle.Dispose();
    }

    /// <summary>What was sent before is in the database before this command looks at it.</summary>
    private void Begin()
    {
        _isStepping = true;
        session.Flush();
        foreach (var value in _row)
            session.Check(value.Bind(handle, _next++));
    }

    private void Rewind()
    {
        _next = 1;
        _isStepping = false;
        _row.Clear();
        _bytes = 0;
    }

    private SqliteStatement KeepBytes(byte[] value)
    {
        _bytes += value.Length;
        return Keep(SqliteValue.Of(value));
    }

    private SqliteStatement Keep(SqliteValue value)
    {
        _row.Add(value);
        return this;
    }

    private SqliteStatement AddNull()
    {
        if (rows is not null)
            return Keep(SqliteValue.Null);
        session.Check(SqliteNative.BindNull(_command, _next++));
        return this;
    }
}
