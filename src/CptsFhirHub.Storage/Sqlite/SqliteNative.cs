using System.Runtime.InteropServices;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>
/// SQLite's own calls for what happens many times a command: a value bound, a column read. Through the wrapper each of them counts a handle up
/// and down and tells the runtime that it leaves, which takes several times as long as the call. https://www.sqlite.org/c3ref/funclist.html
/// </summary>
/// <remarks>
/// A command given as 0, one that was closed, is refused by SQLite. What may wait, for the disk or for another, keeps the runtime informed.
/// </remarks>
internal static class SqliteNative
{
    private const string Library = "e_sqlite3";

    /// <summary>The text stays where it is until the command is bound anew: SQLite makes no copy.</summary>
    private const nint Static = 0;

    [DllImport(Library, EntryPoint = "sqlite3_bind_int64", ExactSpelling = true)]
    [SuppressGCTransition]
    public static extern int Bind(nint command, int place, long value);

    [DllImport(Library, EntryPoint = "sqlite3_bind_double", ExactSpelling = true)]
    [SuppressGCTransition]
    public static extern int Bind(nint command, int place, double value);

    [DllImport(Library, EntryPoint = "sqlite3_bind_null", ExactSpelling = true)]
    [SuppressGCTransition]
    public static extern int BindNull(nint command, int place);

    [DllImport(Library, EntryPoint = "sqlite3_column_int64", ExactSpelling = true)]
    [SuppressGCTransition]
    public static extern long Long(nint command, int column);

    [DllImport(Library, EntryPoint = "sqlite3_column_int", ExactSpelling = true)]
    [SuppressGCTransition]
    public static extern int Int(nint command, int column);

    [DllImport(Library, EntryPoint = "sqlite3_column_double", ExactSpelling = true)]
    [SuppressGCTransition]
    public static extern double Double(nint command, int column);

    [DllImport(Library, EntryPoint = "sqlite3_column_type", ExactSpelling = true)]
    [SuppressGCTransition]
    public static extern int Type(nint command, int column);

    [DllImport(Library, EntryPoint = "sqlite3_step", ExactSpelling = true)]
    public static extern int Step(nint command);

    [DllImport(Library, EntryPoint = "sqlite3_reset", ExactSpelling = true)]
    public static extern int Reset(nint command);

    /// <summary>The way to the files of that name, of the system when it is null; 0 when there is none.</summary>
    [DllImport(Library, EntryPoint = "sqlite3_vfs_find", ExactSpelling = true)]
    public static extern nint FindVfs([MarshalAs(UnmanagedType.LPUTF8Str)] string? name);

    [DllImport(Library, EntryPoint = "sqlite3_vfs_register", ExactSpelling = true)]
    public static extern int RegisterVfs(nint vfs, int isDefault);

    /// <summary>Asks for the log's file, or the rollback journal's. https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html</summary>
    public const int LogPointer = 28;

    [DllImport(Library, EntryPoint = "sqlite3_file_control", ExactSpelling = true)]
    public static extern int FileControl(nint connection, [MarshalAs(UnmanagedType.LPUTF8Str)] string? database, int what, out nint answer);

    /// <summary>Binds a text that stands in bytes which do not move and are not changed before the command is bound anew.</summary>
    public static int BindWhereItIs(nint command, int place, byte[] pinned, int at, int length) =>
        BindText(command, place, Marshal.UnsafeAddrOfPinnedArrayElement(pinned, at), length, Static);

    /// <summary>The same for bytes.</summary>
    public static int BindBytesWhereTheyAre(nint command, int place, byte[] pinned, int at, int length) =>
        BindBlob(command, place, Marshal.UnsafeAddrOfPinnedArrayElement(pinned, at), length, Static);

    public static string Text(nint command, int column) =>
        ColumnText(command, column) is var text and not 0 ? Marshal.PtrToStringUTF8(text, ColumnBytes(command, column)) : "";

    public static byte[] Blob(nint command, int column)
    {
        if (ColumnBlob(command, column) is not (var from and not 0))
            return [];
        var bytes = GC.AllocateUninitializedArray<byte>(ColumnBytes(command, column));
        Marshal.Copy(from, bytes, 0, bytes.Length);
        return bytes;
    }

    [DllImport(Library, EntryPoint = "sqlite3_bind_text", ExactSpelling = true)]
    [SuppressGCTransition]
    private static extern int BindText(nint command, int place, nint text, int bytes, nint destructor);

    [DllImport(Library, EntryPoint = "sqlite3_bind_blob", ExactSpelling = true)]
    [SuppressGCTransition]
    private static extern int BindBlob(nint command, int place, nint bytes, int length, nint destructor);

    [DllImport(Library, EntryPoint = "sqlite3_column_text", ExactSpelling = true)]
    [SuppressGCTransition]
    private static extern nint ColumnText(nint command, int column);

    [DllImport(Library, EntryPoint = "sqlite3_column_blob", ExactSpelling = true)]
    [SuppressGCTransition]
    private static extern nint ColumnBlob(nint command, int column);

    [DllImport(Library, EntryPoint = "sqlite3_column_bytes", ExactSpelling = true)]
    [SuppressGCTransition]
    private static extern int ColumnBytes(nint command, int column);
}
