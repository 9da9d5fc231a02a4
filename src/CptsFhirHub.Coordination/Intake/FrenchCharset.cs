using System.Text;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>
/// Which charset of one byte a French text is written in: Windows' own, that of DOS (old software still exports in it) or that of the older Macs.
/// What is a small accented letter inside a word in one of them is a capital, a drawing or a currency in the others.
/// </summary>
internal static class FrenchCharset
{
    /// <summary>Bytes beyond ASCII that are looked at: more say nothing new.</summary>
    private const int LookedMax = 20_000;

    /// <summary>The accented letters of French, the most frequent first: so many count as much as the first ones.</summary>
    private const string Accented = "éèàçêôîâûëïùœæüÿ";

    private const string Signs = "«»“”°€–—…·²ºª§\u00a0";

    private static readonly (Encoding Encoding, string Name, char[] Letters)[] Charsets =
    [
        Of(SourceText.Windows1252, "Windows-1252"),
        Of(CodePagesEncodingProvider.Instance.GetEncoding(850)!, "CP850 (DOS)"),
        Of(CodePagesEncodingProvider.Instance.GetEncoding(10000)!, "Mac Roman"),
    ];

    /// <summary>The likeliest; Windows-1252 where the text does not tell.</summary>
    public static (Encoding Encoding, string Name) Of(ReadOnlySpan<byte> bytes)
    {
        Span<int> marks = stackalloc int[Charsets.Length];
        marks.Clear();
        var looked = 0;
        for (var i = 0; i < bytes.Length && looked < LookedMax; i++)
        {
            if (bytes[i] < 0x80)
                continue;
            looked++;
            var before = i > 0 ? bytes[i - 1] : (byte)' ';
            var after = i + 1 < bytes.Length ? bytes[i + 1] : (byte)' ';
            for (var c = 0; c < marks.Length; c++)
                marks[c] += Mark(Charsets[c].Letters[bytes[i]], before, after);
        }

        var best = 0;
        for (var c = 1; c < marks.Length; c++)
            if (marks[c] > marks[best])
                best = c;
        return (Charsets[best].Encoding, Charsets[best].Name);
    }

    private static int Mark(char read, byte before, byte after)
    {
        if (!char.IsLetter(read))
        {
            var isInside = IsLetter(before) && IsLetter(after);
            return read is '’' or '‘' ? 1 : !Signs.Contains(read, StringComparison.Ordinal) ? -2 : isInside ? -1 : 1;
        }

        // A capital never follows a small letter, nor does a small one stand between capitals.
        var isCapital = char.IsUpper(read);
        if (isCapital ? IsSmall(before) : IsCapital(before) && IsCapital(after))
            return -2;
        var weight = Accented.IndexOf(char.ToLowerInvariant(read), StringComparison.Ordinal) switch
        {
            < 0 => 0,
            0 => 5,
            < 5 => 4,
            _ => 3,
        };

        // At the beginning of a word stand é and É; alone stands à.
        return IsLetter(before) || (weight > 0 && (isCapital ? IsCapital(after) : before >= 0x80)) ? weight
            : IsLetter(after) ? weight == 5 ? weight : Math.Min(weight, 1)
            : read is 'à' or 'À' ? weight : 0;
    }

    private static bool IsSmall(byte letter) => char.IsAsciiLetterLower((char)letter);

    private static bool IsCapital(byte letter) => char.IsAsciiLetterUpper((char)letter);

    private static bool IsLetter(byte letter) => char.IsAsciiLetter((char)letter);

    private static (Encoding Encoding, string Name, char[] Letters) Of(Encoding encoding, string name) =>
        (encoding, name, [.. Enumerable.Range(0, 256).Select(value => encoding.GetString([(byte)value])[0])]);
}
