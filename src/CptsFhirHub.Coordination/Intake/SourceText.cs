using System.Text;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>Bytes to text, for files whose charset nobody declared.</summary>
internal static class SourceText
{
    /// <summary>Windows' western charset, in which French spreadsheets still save.</summary>
    public static Encoding Windows1252 { get; } = CodePagesEncodingProvider.Instance.GetEncoding(1252)!;

    /// <summary>Latin 9, HL7v2's <c>8859/15</c>: Latin 1 with the euro sign and œ.</summary>
    public static Encoding Latin9 { get; } = CodePagesEncodingProvider.Instance.GetEncoding(28605)!;

    /// <summary>UTF-8 that throws on what is not UTF-8.</summary>
    public static Encoding StrictUtf8 { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// UTF-8 when the bytes are UTF-8 (with or without a BOM), UTF-16 when they begin with its mark or every other byte is 0, else that of the charsets of
    /// one byte in which the text reads most like French; no French text of theirs is valid UTF-8 by chance.
    /// </summary>
    public static string Decode(ReadOnlySpan<byte> bytes) => Read(bytes).Text;

    /// <summary>The text, and the name of the charset it was read in.</summary>
    public static (string Text, string Charset) Read(ReadOnlySpan<byte> bytes)
    {
        // "Unicode text" of a spreadsheet.
        if (bytes.StartsWith(Encoding.Unicode.Preamble))
            return (Encoding.Unicode.GetString(bytes[2..]), "UTF-16");
        if (bytes.StartsWith(Encoding.BigEndianUnicode.Preamble))
            return (Encoding.BigEndianUnicode.GetString(bytes[2..]), "UTF-16");
        if (UnmarkedUtf16(bytes) is { } wide)
            return (wide.GetString(bytes), "UTF-16");
        if (bytes.StartsWith(Encoding.UTF8.Preamble))
            bytes = bytes[3..];
        if (System.Text.Unicode.Utf8.IsValid(bytes))
            return (Encoding.UTF8.GetString(bytes), "UTF-8");
        var (charset, name) = FrenchCharset.Of(bytes);
        return (charset.GetString(bytes), name);
    }

    /// <summary>UTF-16 without its mark: of western text one byte of each two is 0, and always on the same side.</summary>
    private static Encoding? UnmarkedUtf16(ReadOnlySpan<byte> bytes)
    {
        const int Looked = 200;
        if (bytes.Length < 4 || bytes.Length % 2 != 0)
            return null;
        var (even, odd, pairs) = (0, 0, Math.Min(bytes.Length, Looked) / 2);
        for (var i = 0; i < pairs; i++)
        {
            even += bytes[2 * i] == 0 ? 1 : 0;
            odd += bytes[2 * i + 1] == 0 ? 1 : 0;
        }

        return (even, odd) switch
        {
            (0, _) when odd > pairs / 2 => Encoding.Unicode,
            (_, 0) when even > pairs / 2 => Encoding.BigEndianUnicode,
            _ => null,
        };
    }
}
