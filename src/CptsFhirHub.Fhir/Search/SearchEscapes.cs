using System.Text;

namespace CptsFhirHub.Fhir.Search;

/// <summary>The backslash of search values: <c>\,</c> <c>\|</c> <c>\$</c> <c>\\</c>. https://hl7.org/fhir/R4/search.html#escaping</summary>
internal static class SearchEscapes
{
    /// <summary>The parts between separators that are not escaped; escapes stay in the parts.</summary>
    public static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        var from = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == separator)
            {
                parts.Add(text[from..i]);
                from = i + 1;
            }
        }

        parts.Add(text[from..]);
        return parts;
    }

    /// <summary>The text without its escapes. A backslash before anything else is a backslash.</summary>
    public static string Remove(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length && text[i + 1] is ',' or '|' or '$' or '\\')
                i++;
            plain.Append(text[i]);
        }

        return plain.ToString();
    }
}
