using System.Buffers;
using System.Text;
using CptsFhirHub.Storage.Sql;
using SQLitePCL;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>A command of a <see cref="SqliteSession"/>: bound, stepped and read where SQLite keeps it, without a copy in between.</summary>
internal sealed class SqliteStatement(SqliteSession session, sqlite3_stmt handle) : Statement, IDisposable
{
    private const int StackBytes = 512;
    private int _next = 1;

    public override Statement Add(long value)
    {
        session.Check(raw.sqlite3_bind_int64(handle, _next++, value));
        return this;
    }

    public override Statement Add(double value)
    {
        session.Check(raw.sqlite3_bind_double(handle, _next++, value));
        return this;
    }

    public override Statement Add(long? value) => value is { } known ? Add(known) : AddNull();

    public override Statement AddBytes(byte[]? value) => value is null ? AddNull() : Add(value);

    private SqliteStatement AddNull()
    {
        session.Check(raw.sqlite3_bind_null(handle, _next++));
        return this;
    }

    public override Statement Add(string? value)
    {
        if (value is null)
            return AddNull();
        if (value.Length == 0)
        {
            // An empty span has no address, which SQLite takes for null.
            session.Check(raw.sqlite3_bind_text(handle, _next++, ""));
            return this;
        }

        var bytesMax = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (bytesMax <= StackBytes)
        {
            Span<byte> utf8 = stackalloc byte[StackBytes];
            var length = Encoding.UTF8.GetBytes(value, utf8);
            session.Check(raw.sqlite3_bind_text(handle, _next++, utf8[..length]));
            return this;
        }

        var rented = ArrayPool<byte>.Shared.Rent(bytesMax);
        var count = Encoding.UTF8.GetBytes(value, rented);
        session.Check(raw.sqlite3_bind_text(handle, _next++, rented.AsSpan(0, count)));
        ArrayPool<byte>.Shared.Return(rented);
        return this;
    }

    public override Statement Add(ReadOnlySpan<byte> value)
    {
        session.Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(handle, _next++, 0)
            : raw.sqlite3_bind_blob(handle, _next++, value));
        return this;
    }

    public override int Run()
    {
        try
        {
            session.Check(raw.sqlite3_step(handle));
            return raw.sqlite3_changes(session.Handle);
        }
        finally
        {
            Reset();
        }
    }

    public override void Send() => Run();

    public override bool Next()
    {
        int code;
        try
        {
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

    public void Dispose() => handle.Dispose();
}
