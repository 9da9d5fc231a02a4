using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SQLitePCL;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>
/// The write-ahead log of a connection that writes. SQLite adds a page to it by two writes of its own, and forces it to the disk with the times that its folder
/// tells; here the pages of a commit go to the system in one piece, and what is forced is what reading them back needs.
/// https://www.sqlite.org/vfs.html, https://www.sqlite.org/fileformat2.html#the_write_ahead_log
/// </summary>
/// <remarks>
/// Invariant: whoever may look at the log finds in it all that this connection was told is written. Other connections look no further than the last commit, and a
/// commit forces the log to the disk before it is told to anybody; this one's own reads, sizes and cuts have what waits written first. What waits when a
/// transaction is rolled back is forgotten then: in its place others may write theirs.
/// </remarks>
internal sealed class GatheredLog
{
    /// <summary>The name under which a connection asks for it.</summary>
    private const string WayName = "gathered-log";

    /// <summary>What the newest version of the way to the files has more cannot be known.</summary>
    private const int KnownVersion = 3;

    /// <summary>The bytes of one write: the system's way takes no more at once, of a longer one it would write the rest of a division by 128 KiB.</summary>
    private const int GatheredMax = 0x1ffff;

    // SQLite keeps the addresses: nothing of it may be collected.
    private static readonly OpenCall OnOpen = Open;
    private static readonly FileCall OnClose = static file => Of(file).Close(file);
    private static readonly BytesCall OnRead = static (file, bytes, length, at) => Of(file).Read(file, bytes, length, at);
    private static readonly BytesCall OnWrite = static (file, bytes, length, at) => Of(file).Write(file, bytes, length, at);
    private static readonly SizeCall OnTruncate = static (file, size) => Of(file).Truncate(file, size);
    private static readonly NumberCall OnSync = static (file, how) => Of(file).Sync(file, how);
    private static readonly PlaceCall OnFileSize = static (file, size) => Of(file).FileSize(file, size);
    private static readonly ControlCall OnFileControl = static (file, what, about) => Of(file).FileControl(file, what, about);

    private static readonly nint OnWritePlace = Marshal.GetFunctionPointerForDelegate(OnWrite);

    private static Vfs _system;
    private static nint _systemPlace;
    private static OpenCall? _systemOpen;

    private readonly nint _systemMethods;
    private readonly nint _methods;
    private readonly FileCall _close;
    private readonly BytesCall _read;
    private readonly BytesCall _write;
    private readonly SizeCall _truncate;
    private readonly NumberCall _sync;
    private readonly PlaceCall _fileSize;
    private readonly ControlCall _fileControl;
    private readonly SafeFileHandle? _forced;
    private readonly byte[] _waiting = GC.AllocateUninitializedArray<byte>(GatheredMax, pinned: true);
    private int _length;
    private long _at;
    private long _end;
    private bool _isNamed;

    private GatheredLog(nint file, nint name)
    {
        _systemMethods = Marshal.ReadIntPtr(file);
        var methods = Marshal.PtrToStructure<Methods>(_systemMethods);
        _close = Marshal.GetDelegateForFunctionPointer<FileCall>(methods.Close);
        _read = Marshal.GetDelegateForFunctionPointer<BytesCall>(methods.Read);
        _write = Marshal.GetDelegateForFunctionPointer<BytesCall>(methods.Write);
        _truncate = Marshal.GetDelegateForFunctionPointer<SizeCall>(methods.Truncate);
        _sync = Marshal.GetDelegateForFunctionPointer<NumberCall>(methods.Sync);
        _fileSize = Marshal.GetDelegateForFunctionPointer<PlaceCall>(methods.FileSize);
        _fileControl = Marshal.GetDelegateForFunctionPointer<ControlCall>(methods.FileControl);
        _methods = Marshal.AllocHGlobal(Marshal.SizeOf<Methods>());
        Marshal.StructureToPtr(
            methods with
            {
                // A log has no shared memory and is not mapped: that is the database's own file.
                Version = 1,
                Close = Marshal.GetFunctionPointerForDelegate(OnClose),
                Read = Marshal.GetFunctionPointerForDelegate(OnRead),
                Write = OnWritePlace,
                Truncate = Marshal.GetFunctionPointerForDelegate(OnTruncate),
                Sync = Marshal.GetFunctionPointerForDelegate(OnSync),
                FileSize = Marshal.GetFunctionPointerForDelegate(OnFileSize),
                FileControl = Marshal.GetFunctionPointerForDelegate(OnFileControl),
            },
            _methods,
            fDeleteOld: false);
        _forced = OpenForced(name);
        Marshal.WriteIntPtr(file + _system.FileBytes, GCHandle.ToIntPtr(GCHandle.Alloc(this)));
        Marshal.WriteIntPtr(file, _methods);
    }

    /// <summary>What a connection that writes is opened with; null where SQLite's own way must do.</summary>
    public static string? Way { get; } = Register() ? WayName : null;

    /// <summary>Forgets what a transaction of this connection that was rolled back would still have written to the log.</summary>
    public static void Forget(sqlite3 connection)
    {
        if (Find(connection) is { } log)
            log._length = 0;
    }

    /// <summary>The bytes that a connection has written to its log since that was begun anew.</summary>
    public static long LengthOf(sqlite3 connection) => Find(connection)?._end ?? 0;

    private static GatheredLog? Find(sqlite3 connection)
    {
        // The log is opened when it is first needed.
        if (SqliteNative.FileControl(connection.DangerousGetHandle(), null, SqliteNative.LogPointer, out var file) != raw.SQLITE_OK || file == 0)
            return null;
        var methods = Marshal.ReadIntPtr(file);
        return methods != 0 && Marshal.PtrToStructure<Methods>(methods).Write == OnWritePlace ? Of(file) : null;
    }

    private static bool Register()
    {
        Batteries_V2.Init();
        _systemPlace = SqliteNative.FindVfs(null);
        if (_systemPlace == 0)
            return false;
        _system = Marshal.PtrToStructure<Vfs>(_systemPlace);
        if (_system.Version != KnownVersion)
            return false;
        _systemOpen = Marshal.GetDelegateForFunctionPointer<OpenCall>(_system.Open);

        // Both stay as long as the process.
        var place = Marshal.AllocHGlobal(Marshal.SizeOf<Vfs>());
        Marshal.StructureToPtr(
            _system with
            {
                FileBytes = _system.FileBytes + nint.Size,
                Next = 0,
                Name = Marshal.StringToCoTaskMemUTF8(WayName),
                Open = Marshal.GetFunctionPointerForDelegate(OnOpen),
            },
            place,
            fDeleteOld: false);
        return SqliteNative.RegisterVfs(place, isDefault: 0) == raw.SQLITE_OK;
    }

    private static int Open(nint vfs, nint name, nint file, int flags, nint flagsOut)
    {
        var code = _systemOpen!(_systemPlace, name, file, flags, flagsOut);
        if (code == raw.SQLITE_OK && (flags & raw.SQLITE_OPEN_WAL) != 0)
            _ = new GatheredLog(file, name);
        return code;
    }

    private static GatheredLog Of(nint file) =>
        (GatheredLog)GCHandle.FromIntPtr(Marshal.ReadIntPtr(file + _system.FileBytes)).Target!;

    /// <summary>
    /// The same file, to be forced without its times: SQLite's build here knows <c>fsync</c> alone, which makes the file system write its own journal each time.
    /// https://pubs.opengroup.org/onlinepubs/9699919799/functions/fdatasync.html
    /// </summary>
    private static SafeFileHandle? OpenForced(nint name)
    {
        if (!OperatingSystem.IsLinux() || Marshal.PtrToStringUTF8(name) is not { } path)
            return null;
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private int Close(nint file)
    {
        // What was committed has been forced; the rest is nobody's.
        _length = 0;
        _forced?.Dispose();
        GCHandle.FromIntPtr(Marshal.ReadIntPtr(file + _system.FileBytes)).Free();
        Marshal.WriteIntPtr(file, _systemMethods);
        Marshal.FreeHGlobal(_methods);
        return _close(file);
    }

    private int Read(nint file, nint bytes, int length, long at)
    {
        if (at < _at + _length && _at < at + length && Flush(file) is var code and not raw.SQLITE_OK)
            return code;
        return _read(file, bytes, length, at);
    }

    private int Write(nint file, nint bytes, int length, long at)
    {
        if (_length > 0 && (at != _at + _length || _length + length > GatheredMax) && Flush(file) is var code and not raw.SQLITE_OK)
            return code;

        // Its head is written when it is begun.
        _end = at == 0 ? length : Math.Max(_end, at + length);
        if (length > GatheredMax)
            return _write(file, bytes, length, at);
        if (_length == 0)
            _at = at;
        Marshal.Copy(bytes, _waiting, _length, length);
        _length += length;
        return raw.SQLITE_OK;
    }

    private int Truncate(nint file, long size) => Flush(file) is var code and not raw.SQLITE_OK ? code : _truncate(file, size);

    private int FileSize(nint file, nint size) => Flush(file) is var code and not raw.SQLITE_OK ? code : _fileSize(file, size);

    private int FileControl(nint file, int what, nint about) =>
        Flush(file) is var code and not raw.SQLITE_OK ? code : _fileControl(file, what, about);

    private int Sync(nint file, int how)
    {
        if (Flush(file) is var code and not raw.SQLITE_OK)
            return code;

        // The first makes the name of a new log durable too.
        if (_forced is null || !_isNamed)
        {
            code = _sync(file, how);
            _isNamed = code == raw.SQLITE_OK;
            return code;
        }

        return Force(_forced) == 0 ? raw.SQLITE_OK : raw.SQLITE_IOERR_FSYNC;
    }

    /// <summary>
    /// Writes what waits. When that fails the call that asked for it does, and with it the transaction: nothing of what waited is wanted any more.
    /// </summary>
    private int Flush(nint file)
    {
        if (_length == 0)
            return raw.SQLITE_OK;
        var length = _length;
        _length = 0;
        return _write(file, Marshal.UnsafeAddrOfPinnedArrayElement(_waiting, 0), length, _at);
    }

    [DllImport("libc", EntryPoint = "fdatasync", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Force(SafeFileHandle file);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int OpenCall(nint vfs, nint name, nint file, int flags, nint flagsOut);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int FileCall(nint file);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int BytesCall(nint file, nint bytes, int length, long at);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int SizeCall(nint file, long size);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int NumberCall(nint file, int number);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int PlaceCall(nint file, nint place);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int ControlCall(nint file, int what, nint about);

    /// <summary>https://www.sqlite.org/c3ref/vfs.html</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Vfs
    {
        public int Version { get; init; }

        public int FileBytes { get; init; }

        public int PathMax { get; init; }

        public nint Next { get; init; }

        public nint Name { get; init; }

        public nint AppData { get; init; }

        public nint Open { get; init; }

        public nint Delete { get; init; }

        public nint Access { get; init; }

        public nint FullPathname { get; init; }

        public nint DlOpen { get; init; }

        public nint DlError { get; init; }

        public nint DlSym { get; init; }

        public nint DlClose { get; init; }

        public nint Randomness { get; init; }

        public nint Sleep { get; init; }

        public nint CurrentTime { get; init; }

        public nint GetLastError { get; init; }

        public nint CurrentTimeInt64 { get; init; }

        public nint SetSystemCall { get; init; }

        public nint GetSystemCall { get; init; }

        public nint NextSystemCall { get; init; }
    }

    /// <summary>The first version of https://www.sqlite.org/c3ref/io_methods.html</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Methods
    {
        public int Version { get; init; }

        public nint Close { get; init; }

        public nint Read { get; init; }

        public nint Write { get; init; }

        public nint Truncate { get; init; }

        public nint Sync { get; init; }

        public nint FileSize { get; init; }

        public nint Lock { get; init; }

        public nint Unlock { get; init; }

        public nint CheckReservedLock { get; init; }

        public nint FileControl { get; init; }

        public nint SectorSize { get; init; }

        public nint DeviceCharacteristics { get; init; }
    }
}
