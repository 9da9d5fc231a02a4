namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>
/// How a French name sounds, as a short code: <c>NICOLLE</c> and <c>NICOLE</c>, <c>THIERY</c> and <c>THIERRY</c> give one. It finds
/// candidates and says "alike", never "equal". Names of other languages change little under it.
/// </summary>
internal static class FrenchSound
{
    /// <summary>Letters of a name that are coded without memory of their own.</summary>
    private const int ShortMax = 120;

    /// <summary>The code of a name in joined letters, A to Z.</summary>
    public static string Of(string letters)
    {
        // A letter sounds as two at most.
        var sound = letters.Length <= ShortMax ? stackalloc char[2 * ShortMax] : new char[2 * letters.Length];
        var length = 0;
        for (var at = 0; at < letters.Length;)
        {
            var (code, taken) = Next(letters, at);
            ReadOnlySpan<char> letter = [letters[at]];
            foreach (var heard in code ?? letter)
                if (length == 0 || sound[length - 1] != heard)
                    sound[length++] = heard;
            at += taken;
        }

        // A final E is mute and makes what stands before it heard; without it, the last consonants are mute.
        if (length > 2 && sound[length - 1] == 'E')
            length--;
        else
            while (length > 2 && sound[length - 1] is ('T' or 'D' or 'S' or 'P'))
                length--;
        return length == 0 ? letters : sound[..length].ToString();
    }

    // No code: the letter sounds as itself.
    private static (string? Code, int Taken) Next(string text, int at)
    {
        var rest = text.AsSpan(at);
        if (Starts(rest, "EAUX"))
            return ("O", 4);
        if (Starts(rest, "EAU"))
            return ("O", 3);
        if (Starts(rest, "SCH"))
            return ("C", 3);
        if ((Starts(rest, "AIN") || Starts(rest, "EIN") || Starts(rest, "AIM")) && ClosesNasal(rest, 3))
            return ("1", 3);
        if (Starts(rest, "ILL"))
            return ("I", 3);
        if (rest.Length >= 2 && Pair(rest) is { } pair)
            return (pair, 2);
        return (Single(rest), 1);
    }

    private static string? Pair(ReadOnlySpan<char> rest)
    {
        var isNasal = rest[1] is 'N' or 'M' && ClosesNasal(rest, 2);
        return (rest[0], rest[1]) switch
        {
            ('A', 'U') => "O",
            ('O', 'U') => "U",
            ('O', 'I') or ('O', 'Y') => "OA",
            ('A' or 'E', 'I' or 'Y') => "E",
            ('E', 'U') => "E",
            ('P', 'H') => "F",
            ('Q', 'U') or ('C', 'K') => "K",
            ('C', 'H') or ('S', 'H') => "C",
            ('G', 'N') => "N",
            ('T', 'H') => "T",
            ('R', 'H') => "R",
            ('G', 'U') when rest.Length > 2 && IsSoft(rest[2]) => "G",
            ('G', 'E') when rest.Length > 2 && rest[2] is 'A' or 'O' => "J",
            ('I' or 'Y' or 'U', _) when isNasal => "1",
            ('A' or 'E', _) when isNasal => "2",
            ('O', _) when isNasal => "3",
            _ => null,
        };
    }

    private static string? Single(ReadOnlySpan<char> rest) => rest[0] switch
    {
        'G' when rest.Length > 1 && IsSoft(rest[1]) => "J",
        'C' => rest.Length > 1 && IsSoft(rest[1]) ? "S" : "K",
        'Q' => "K",
        'X' or 'Z' => "S",
        'W' => "V",
        'Y' => "I",
        'H' => "",
        _ => null,
    };

    // AN before a vowel or a second N is no nasal: ANNE, ANITA.
    private static bool ClosesNasal(ReadOnlySpan<char> rest, int length) =>
        rest.Length == length || rest[length] is not ('A' or 'E' or 'I' or 'O' or 'U' or 'Y' or 'N' or 'M' or 'H');

    private static bool IsSoft(char letter) => letter is 'E' or 'I' or 'Y';

    private static bool Starts(ReadOnlySpan<char> text, string start) => text.StartsWith(start, StringComparison.Ordinal);
}
