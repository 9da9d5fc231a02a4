using System.Runtime.InteropServices;

namespace CptsFhirHub.Server.Intake.Drop;

/// <summary>
/// What the file system knows of a file beside its content: under how many names it stands, and whose it is. The base library tells neither;
/// Linux does, by statx(2). Links are not followed.
/// </summary>
internal static class FileFacts
{
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint NamesAndOwner = 0x4 | 0x8;
    private const int Bytes = 256;
    private const int NamesAt = 16;
    private const int OwnerAt = 20;

    /// <summary>Null where it cannot be told: another system, or the file is gone.</summary>
    public static (uint Names, uint Owner)? Of(string path)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        var facts = new byte[Bytes];
        try
        {
            return Ask(CurrentFolder, path, NoFollow, NamesAndOwner, facts) == 0
                ? (BitConverter.ToUInt32(facts, NamesAt), BitConverter.ToUInt32(facts, OwnerAt)) : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Ask(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, byte[] facts);
}
