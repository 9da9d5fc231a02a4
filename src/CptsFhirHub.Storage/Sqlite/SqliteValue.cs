using System.Buffers;
using System.Text;
using SQLitePCL;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>The value of a parameter, not boxed.</summary>
/// <param name="Other">A text or bytes; null for a number, and for null.</param>
internal readonly record struct SqliteValue(SqliteValueKind Kind, long Number, double Real, object? Other)
{
    private const int StackBytes = 512;

    public static readonly SqliteValue Null = new(SqliteValueKind.Null, 0, 0, null);

    public static SqliteValue Of(long value) => new(SqliteValueKind.Number, value, 0, null);

    public static SqliteValue Of(double value) => new(SqliteValueKind.Real, 0, value, null);

    public static SqliteValue Of(string? value) => value is null ? Null : new(SqliteValueKind.Text, 0, 0, value);

    public static SqliteValue Of(byte[]? value) => value is null ? Null : new(SqliteValueKind.Bytes, 0, 0, value);

    /// <summary>Binds it; SQLite's code comes back.</summary>
    public int Bind(sqlite3_stmt command, int place) => Kind switch
    {
        SqliteValueKind.Number => raw.sqlite3_bind_int64(command, place, Number),
        SqliteValueKind.Real => raw.sqlite3_bind_double(command, place, Real),
        SqliteValueKind.Text => Bind(command, place, (string)Other!),
        SqliteValueKind.Bytes => Bind(command, place, ((byte[])Other!).AsSpan()),
        _ => raw.sqlite3_bind_null(command, place),
    };

    public static int Bind(sqlite3_stmt command, int place, ReadOnlySpan<byte> value) =>
        value.IsEmpty ? raw.sqlite3_bind_zeroblob(command, place, 0) : raw.sqlite3_bind_blob(command, place, value);

    public static int Bind(sqlite3_stmt command, int place, string value)
    {
        // An empty span has no address, which SQLite takes for null.
        if (value.Length == 0)
            return raw.sqlite3_bind_text(command, place, "");
        var bytesMax = Encoding.UTF8.GetMaxByteCount(value.Length);
        if (bytesMax <= StackBytes)
        {
            Span<byte> utf8 = stackalloc byte[StackBytes];
            return raw.sqlite3_bind_text(command, place, utf8[..Encoding.UTF8.GetBytes(value, utf8)]);
        }

        var rented = ArrayPool<byte>.Shared.Rent(bytesMax);
        var count = Encoding.UTF8.GetBytes(value, rented);
        var code = raw.sqlite3_bind_text(command, place, rented.AsSpan(0, count));
        ArrayPool<byte>.Shared.Return(rented);
        return code;
    }
}

internal enum SqliteValueKind
{
    Null,
    Number,
    Real,
    Text,
    Bytes,
}
