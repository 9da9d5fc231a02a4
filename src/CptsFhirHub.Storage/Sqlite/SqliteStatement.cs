using CptsFhirHub.Storage.Sql;
using SQLitePCL;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>A command of a <see cref="SqliteSession"/>: bound, stepped and read where SQLite keeps it, without a copy in between.</summary>
/// <param name="rows">Where the row of this INSERT waits for others; null when it is no such command, or nothing is written here.</param>
internal sealed class SqliteStatement(SqliteSession session, sqlite3_stmt handle, RowInsert? rows) : Statement, IDisposable
{
    private readonly List<SqliteValue> _row = [];
    private int _next = 1;
    private bool _isStepping;

    public override Statement Add(long value)
    {
        if (rows is not null)
            return Keep(SqliteValue.Of(value));
        session.Check(raw.sqlite3_bind_int64(handle, _next++, value));
        return this;
    }

    public override Statement Add(double value)
    {
        if (rows is not null)
            return Keep(SqliteValue.Of(value));
        session.Check(raw.sqlite3_bind_double(handle, _next++, value));
        return this;
    }

    public override Statement Add(long? value) => value is { } known ? Add(known) : AddNull();

    public override Statement AddBytes(byte[]? value) => value is null ? AddNull() : rows is not null ? Keep(SqliteValue.Of(value)) : Add(value);

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
            return Keep(SqliteValue.Of(value.ToArray()));
        session.Check(SqliteValue.Bind(handle, _next++, value));
        return this;
    }

    public override int Run()
    {
        try
        {
            Begin();
            session.Check(raw.sqlite3_step(handle));
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

        session.Send(rows, _row);
        _row.Clear();
    }

    public override bool Next()
    {
        int code;
        try
        {
            if (!_isStepping)
                Begin();
            code = raw.sqlite3_step(handle);
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
        _ = raw.sqlite3_reset(handle);
        _next = 1;
        _isStepping = false;
        _row.Clear();
    }

    public override long Long(int column) => raw.sqlite3_column_int64(handle, column);

    public override int Int(int column) => raw.sqlite3_column_int(handle, column);

    public override double Double(int column) => raw.sqlite3_column_double(handle, column);

    public override bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    public override string Text(int column) => raw.sqlite3_column_text(handle, column).utf8_to_string();

    public override byte[] Blob(int column) => raw.sqlite3_column_blob(handle, column).ToArray();

    public override object? Any(int column) => raw.sqlite3_column_type(handle, column) switch
    {
        raw.SQLITE_INTEGER => Long(column),
        raw.SQLITE_FLOAT => Double(column),
        raw.SQLITE_TEXT => Text(column),
        _ => null,
    };

    public void Dispose()
    {
        rows?.Dispose();
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

    private SqliteStatement Keep(SqliteValue value)
    {
        _row.Add(value);
        return this;
    }

    private SqliteStatement AddNull()
    {
        if (rows is not null)
            return Keep(SqliteValue.Null);
        session.Check(raw.sqlite3_bind_null(handle, _next++));
        return this;
    }
}
