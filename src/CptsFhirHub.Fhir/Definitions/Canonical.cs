namespace CptsFhirHub.Fhir.Definitions;

/// <summary>A canonical reference taken apart: <c>url|version#fragment</c>. https://hl7.org/fhir/R4/references.html#canonical</summary>
/// <param name="Url">The address alone.</param>
/// <param name="Version">The business version asked for, or null for any.</param>
/// <param name="Fragment">The id of a part inside, or null.</param>
public readonly record struct Canonical(string Url, string? Version, string? Fragment)
{
    /// <summary>Takes a canonical reference apart; any text is accepted.</summary>
    public static Canonical Parse(string text)
    {
        string? fragment = null, version = null;
        var hash = text.IndexOf('#', StringComparison.Ordinal);
        if (hash > 0)
            (text, fragment) = (text[..hash], text[(hash + 1)..]);
        var bar = text.IndexOf('|', StringComparison.Ordinal);
        if (bar >= 0)
            (text, version) = (text[..bar], text[(bar + 1)..]);
        return new(text, string.IsNullOrEmpty(version) ? null : version, fragment);
    }

    /// <summary>
    /// True when a definition of version <paramref name="offered"/> satisfies the reference: the same version, or one
    /// that refines it (4.0 by 4.0.1).
    /// </summary>
    public bool Accepts(string? offered) =>
        Version is null
        || string.Equals(Version, offered, StringComparison.Ordinal)
        || (offered is not null && offered.StartsWith(Version + ".", StringComparison.Ordinal));
}
