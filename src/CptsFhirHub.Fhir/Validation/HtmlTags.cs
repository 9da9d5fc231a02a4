namespace CptsFhirHub.Fhir.Validation;

/// <summary>Text that a careless reader would show as HTML.</summary>
internal static class HtmlTags
{
    /// <summary>True when a tag begins somewhere: a less-than sign and a letter, a slash or an exclamation mark.</summary>
    public static bool AreIn(string text)
    {
        for (var i = text.IndexOf('<', StringComparison.Ordinal); i >= 0 && i + 1 < text.Length; i = text.IndexOf('<', i + 1))
            if (char.IsAsciiLetter(text[i + 1]) || text[i + 1] is '/' or '!' or '?')
                return true;
        return false;
    }
}
