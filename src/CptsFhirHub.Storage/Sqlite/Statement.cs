using System.Buffers;
using System.Text;
using SQLitePCL;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>
/// A prepared command. Parameters are bound in order from 1; after the last row has been read it is ready for the next use.
/// Belongs to one <see cref="Session"/> and, with it, to one thread at a time.
/// </summary>
internal sealed class Statement(Session session, sqlite3_stmt handle) : IDisposable
{
    private const int StackBytes = 512;
    private int _next = 1;

    public Statement Add(long value)
    {
        session.Check(raw.sqlite3_bind_int64(handle, _next++, value));
        return this;
    }

    public Statement Add(long? value) => value is { } known ? Add(known) : AddNull();

    public Statement Add(double value)
    {
        session.Check(raw.sqlite3_bind_double(handle, _next++, value));
        return this;
    }

    public Statement AddNull()
    {
        session.Check(raw.sqlite3_bind_null(handle, _next++));
        return this;
    }

    public Statement Add(string? value)
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

    public Statement Add(ReadOnlySpan<byte> value)
    {
        session.Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(handle, _next++, 0)
            : raw.sqlite3_bind_blob(handle, _next++, value));
        return this;
    }

    public Statement AddAny(object? value) => value switch
    {
        null => AddNull(),
        long number => Add(number),
        int number => Add(number),
        string text => Add(text),
        double real => Add(real),
        byte[] bytes => Add(bytes),
        _ => throw new ArgumentException($"A parameter cannot be a {value.GetType().Name}.", nameof(value)),
    };

    /// <summary>Runs a command that gives no rows; the rows it changed.</summary>
    public int Run()
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

    /// <summary>Moves to the next row; after the last the statement is reset and false comes back.</summary>
    public bool Next()
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

    /// <summary>Leaves the remaining rows unread.</summary>
    public void Reset()
    {
        // The code repeats what the last step said, which has been checked there.
        _ = raw.sqlite3_reset(handle);
        _next = 1;
    }

    public long Long(int column) => raw.sqlite3_column_int64(handle, column);

    public int Int(int column) => raw.sqlite3_column_int(handle, column);

    public double Double(int column) => raw.sqlite3_column_double(handle, column);

    public bool IsNull(int column) => raw.sqlite3_column_type(handle, column) == raw.SQLITE_NULL;

    public long? LongOrNull(int column) => IsNull(column) ? null : Long(column);

    public string Text(int column) => raw.sqlite3_column_text(handle, column).utf8_to_string();

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public byte[] Blob(int column) => raw.sqlite3_column_blob(handle, column).ToArray();

    /// <summary>The value as long, double, string or null: what <see cref="AddAny"/> takes back.</summary>
    public object? Any(int column) => raw.sqlite3_column_type(handle, column) switch
    {
        raw.SQLITE_INTEGER => Long(column),
        raw.SQLITE_FLOAT => Double(column),
        raw.SQLITE_TEXT => Text(column),
        _ => null,
    };

    /// <summary>The first column of the only row, or null when there is none.</summary>
    public long? Scalar()
    {
        if (!Next())
            return null;
        var value = LongOrNull(0);
        Reset();
        return value;
    }

    public void Dispose() => handle.Dispose();
}
