namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>A name in the forms in which it is compared.</summary>
/// <param name="Joined">Its letters, joined: <c>MARIECLAUDE</c>.</param>
/// <param name="Parts">Its words: <c>MARIE</c>, <c>CLAUDE</c>.</param>
/// <param name="Sound">How it sounds.</param>
internal sealed record NameForm(string Joined, string[] Parts, string Sound)
{
    /// <summary>The letters that occur in it.</summary>
    public ulong Letters { get; } = Alike.LettersOf(Joined);

    /// <summary>How each word of a double name sounds.</summary>
    public string[] PartSounds { get; } = Parts.Length > 1 ? [.. Parts.Select(FrenchSound.Of)] : [Sound];

    /// <summary>The forms of a name as somebody wrote it; null when it has no letter.</summary>
    public static NameForm? Of(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;

        // TOUR (DE LA) is DE LA TOUR in files that sort by the main word.
        if (text.IndexOf('(', StringComparison.Ordinal) is > 0 and var open && text.TrimEnd().EndsWith(')'))
            text = $"{text.TrimEnd()[(open + 1)..^1]} {text[..open]}";
        var words = PlainText.Words(text);
        string[] parts = words.Contains(' ', StringComparison.Ordinal)
            ? [.. words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(LettersOnly).Where(part => part.Length > 0)]
            : [LettersOnly(words)];
        var joined = parts.Length == 1 ? parts[0] : string.Concat(parts);
        return joined.Length == 0 ? null : new(joined, parts, FrenchSound.Of(joined));
    }

    private static string LettersOnly(string word)
    {
        foreach (var letter in word)
            if (!char.IsLetterOrDigit(letter))
                return string.Concat(word.Where(char.IsLetterOrDigit));
        return word;
    }

    /// <summary>True when one is a part, or several neighbouring parts, of the other's double name.</summary>
    public static bool IsPart(NameForm a, NameForm b) => Holds(a, b) || Holds(b, a);

    private static bool Holds(NameForm whole, NameForm part)
    {
        if (whole.Parts.Length < 2 || part.Joined.Length < 3 || part.Joined.Length >= whole.Joined.Length)
            return false;
        for (var first = 0; first < whole.Parts.Length; first++)
        {
            var length = 0;
            for (var last = first; last < whole.Parts.Length && length < part.Joined.Length; last++)
                length += whole.Parts[last].Length;
            if (length != part.Joined.Length)
                continue;
            var at = 0;
            var same = true;
            for (var i = first; at < length; i++)
            {
                same &= part.Joined.AsSpan(at).StartsWith(whole.Parts[i], StringComparison.Ordinal);
                at += whole.Parts[i].Length;
            }

            if (same)
                return true;
        }

        return false;
    }
}
