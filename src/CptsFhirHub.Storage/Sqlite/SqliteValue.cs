using System.Buffers;
using System.Diagnostics;
using System.Text;
using SQLitePCL;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>The value of a parameter, not boxed.</summary>
internal readonly struct SqliteValue
{
    private const int StackBytes = 512;

    private static readonly object IsNumber = new();
    private static readonly object IsReal = new();

    public static readonly SqliteValue Null;

    private readonly long _bits;

    private SqliteValue(object? other, long bits) => (Other, _bits) = (other, bits);

    /// <summary>A text or bytes; what tells that it is a number; null for null.</summary>
    public object? Other { get; }

    public bool IsLong => ReferenceEquals(Other, IsNumber);

    public long Long => _bits;

    public static SqliteValue Of(long value) => new(IsNumber, value);

    public static SqliteValue Of(double value) => new(IsReal, BitConverter.DoubleToInt64Bits(value));

    public static SqliteValue Of(string? value) => new(value, 0);

    public static SqliteValue Of(byte[]? value) => new(value, 0);

    /// <summary>Binds it; SQLite's code comes back.</summary>
    public int Bind(sqlite3_stmt command, int place) => Other switch
    {
        null => raw.sqlite3_bind_null(command, place),
        _ when IsLong => SqliteNative.Bind(command.DangerousGetHandle(), place, _bits),
        _ when ReferenceEquals(Other, IsReal) => SqliteNative.Bind(command.DangerousGetHandle(), place, BitConverter.Int64BitsToDouble(_bits)),
        string text => Bind(command, place, text),
        byte[] bytes => Bind(command, place, bytes.AsSpan()),
        _ => throw new UnreachableException(),
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
