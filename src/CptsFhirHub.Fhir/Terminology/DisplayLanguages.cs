namespace CptsFhirHub.Fhir.Terminology;

/// <summary>
/// The languages in which the display of a code is wanted, best first, as in Accept-Language; <c>*;q=0</c> refuses any other.
/// https://hl7.org/fhir/R4/valueset-operation-expand.html
/// </summary>
internal sealed record DisplayLanguages(IReadOnlyList<string> Wanted, bool IsStrict)
{
    private const int LanguagesMax = 20;

    /// <summary>The languages; null when one of them is no language tag.</summary>
    public static DisplayLanguages? Read(string? text)
    {
        var wanted = new List<string>();
        var isStrict = false;
        foreach (var part in (text ?? "").Split(',', LanguagesMax, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var pieces = part.Split(';', StringSplitOptions.TrimEntries);
            if (pieces[0] != "*" && GrammarSystems.Check("urn:ietf:bcp:47", pieces[0]) != true)
                return null;
            if (pieces[0] != "*")
                wanted.Add(pieces[0]);
            else
                isStrict |= pieces is [_, "q=0" or "q=0.0"];
        }

        return new(wanted, isStrict);
    }

    /// <summary>The text in the first language there is one in, else <paramref name="otherwise"/>, unless only these languages are wanted.</summary>
    public string? Choose(IEnumerable<(string? Language, string Text)> texts, string? otherwise)
    {
        if (Wanted.Count == 0)
            return otherwise;
        var all = texts.ToList();
        foreach (var language in Wanted)
            if (all.Find(one => Fits(one.Language, language)).Text is { } text)
                return text;
        return IsStrict && all.Count > 0 ? null : otherwise;
    }

    /// <summary>The texts that are right: those in the wanted languages, or all when there is none in them.</summary>
    public IReadOnlyList<string> Right(IEnumerable<(string? Language, string Text)> texts)
    {
        var all = texts.ToList();
        var wanted = all.FindAll(one => Wanted.Any(language => Fits(one.Language, language)));
        return [.. (wanted.Count > 0 ? wanted : all).Select(one => one.Text)];
    }

    /// <summary>True when texts of that language are wanted, or any are.</summary>
    public bool Wants(string? language) => Wanted.Count == 0 || Wanted.Any(wanted => Fits(language, wanted));

    // de-CH is German to who asks for de.
    private static bool Fits(string? language, string wanted) =>
        language is not null && language.StartsWith(wanted, StringComparison.OrdinalIgnoreCase)
        && (language.Length == wanted.Length || language[wanted.Length] == '-');
}
