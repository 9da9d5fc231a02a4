using System.Text;

namespace CptsFhirHub.Coordination.Intake.Hl7v2;

/// <summary>
/// The charset of a message, table 0211. It stands in MSH-18, inside the bytes it governs: the first segment is read as Latin 1 to find it,
/// which is sound because the names of charsets and MSH-1 are ASCII.
/// </summary>
internal static class Hl7v2Charset
{
    private const int MshBytesMax = 4096;

    /// <summary>What MSH-18 says, empty when it says nothing.</summary>
    public static string Declared(ReadOnlySpan<byte> message)
    {
        var msh = message[..Math.Min(message.Length, MshBytesMax)];
        if (msh.IndexOfAny((byte)'\r', (byte)'\n') is >= 0 and var end)
            msh = msh[..end];
        if (msh.Length < 4)
            return "";
        var fields = Encoding.Latin1.GetString(msh).Split((char)msh[3]);
        // MSH-1 is the separator itself, so that MSH-18 is the 18th text of the split.
        return fields.Length > 17 ? fields[17].Split('~')[0].Trim() : "";
    }

    /// <summary>The encoding of a name of table 0211, or null when it is not one we read.</summary>
    /// <remarks>Latin 1 is read as Windows-1252, which has letters (œ, Œ) where Latin 1 has controls that no text holds.</remarks>
    public static Encoding? Find(string name) => name.ToUpperInvariant().Replace("ISO", "", StringComparison.Ordinal).TrimStart(' ', '-', '_') switch
    {
        "" or "8859/1" or "8859-1" or "88591" or "LATIN1" or "LATIN-1" or "WINDOWS-1252" or "CP1252" => SourceText.Windows1252,
        "UNICODE UTF-8" or "UTF-8" or "UTF8" or "UNICODE" => SourceText.StrictUtf8,
        "8859/15" or "8859-15" or "885915" or "LATIN9" or "LATIN-9" => SourceText.Latin9,
        "ASCII" or "IR6" or "US-ASCII" => SourceText.Windows1252,
        _ => null,
    };
}
