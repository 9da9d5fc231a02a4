namespace CptsFhirHub.Fhir.Terminology;

/// <summary>
/// The languages in which the display of a code is wanted, best first, as in Accept-Language; <c>*;q=0</c> refuses any other.
/// https://hl7.org/fhir/R4/valueset-operation-expand.html
/// </summary>
internal sealed record DisplayLanguages(IReadOnlyList<string> Wanted, bool IsStrict)
{
    private const int LanguagesMax = 20;

    public static DisplayLanguages Read(string? text)
    {
        var wanted = new List<string>();
        var isStrict = false;
        foreach (var part in (text ?? "").Split(',', LanguagesMax, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var pieces = part.Split(';', StringSplitOptions.TrimEntries);
            if (pieces[0] != "*")
                wanted.Add(pieces[0]);
            else
                isStrict |= pieces is [_, "q=0" or "q=0.0"];
        }

        return new(wanted, isStrict);
    }

    /// <summary>The text in the first language there is one in, else <paramref name="otherwise"/>, unless only these languages are wanted.</summary>
    public string? Choose(Vocabulary vocabulary, string system, string code, string? otherwise)
    {
        if (Wanted.Count == 0 || vocabulary.CodeSystem(system) is not { } known || known.Find(code) is not { } concept)
            return otherwise;
        foreach (var language in Wanted)
            if (Texts(known, concept).FirstOrDefault(one => Fits(one.Language, language)).Text is { } text)
                return text;
        return IsStrict ? null : otherwise;
    }

    /// <summary>The texts that are right for a code: those in the wanted languages, or all when there is none in them.</summary>
    public IReadOnlyList<string> Right(CodeSystemContent system, Concept concept)
    {
        var all = Texts(system, concept).ToList();
        var wanted = all.Where(one => Wanted.Any(language => Fits(one.Language, language))).ToList();
        return [.. (wanted.Count > 0 ? wanted : all).Select(one => one.Text)];
    }

    private static IEnumerable<(string? Language, string Text)> Texts(CodeSystemContent system, Concept concept) =>
        concept.Display is { } display ? concept.Designations.Prepend((system.Language, display)) : concept.Designations;

    // de-CH is German to who asks for de.
    private static bool Fits(string? language, string wanted) =>
        language is not null && language.StartsWith(wanted, StringComparison.OrdinalIgnoreCase)
        && (language.Length == wanted.Length || language[wanted.Length] == '-');
}
