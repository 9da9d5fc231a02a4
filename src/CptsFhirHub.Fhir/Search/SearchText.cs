using System.Text;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Search;

/// <summary>How texts and codes are compared: both what is stored and what is asked pass through here.</summary>
public static class SearchText
{
    private const string Marks =
        "àáâãäåāăąçćĉċčďđèéêëēĕėęěĝğġģĥħìíîïĩīĭįıĵķĺļľ"
        + "ŀłñńņňŋòóôõöøōŏőŕŗřśŝşšţťŧùúûüũūŭůűųŵýÿŷźżžșț";
    private const string Plain =
        "aaaaaaaaacccccddeeeeeeeeegggghhiiiiiiiiijklll"
        + "llnnnnnooooooooorrrsssstttuuuuuuuuuuwyyyzzzst";

    /// <summary>
    /// The text without case, accents and punctuation, its words one space apart: "Jean-François  d'Été" is "jean francois d ete".
    /// https://hl7.org/fhir/R4/search.html#string
    /// </summary>
    public static string Fold(string text)
    {
        var folded = new StringBuilder(text.Length);
        var atBreak = true;
        foreach (var c in text)
        {
            var lower = char.ToLowerInvariant(c);
            // A combining accent, from a sender that writes letters decomposed.
            if (lower is >= '\u0300' and <= '\u036f')
                continue;
            if (IsBreak(lower))
            {
                if (!atBreak)
                    folded.Append(' ');
                atBreak = true;
                continue;
            }

            atBreak = false;
            if (char.IsAscii(lower))
                folded.Append(lower);
            else
                Append(folded, lower);
        }

        if (atBreak && folded.Length > 0)
            folded.Length--;
        return folded.ToString();
    }

    /// <summary>Lower case, nothing else changed.</summary>
    public static string FoldCase(string text) => text.ToLowerInvariant();

    /// <summary>A code as it is compared.</summary>
    public static string Code(SearchParameter parameter, string code) => parameter.RegardsCase ? code : FoldCase(code);

    private static bool IsBreak(char c) =>
        char.IsAscii(c) ? !char.IsAsciiLetterOrDigit(c) : char.IsWhiteSpace(c) || c is '’' or '‐' or '‑' or '–';

    private static void Append(StringBuilder folded, char lower)
    {
        var at = Marks.IndexOf(lower, StringComparison.Ordinal);
        if (at >= 0)
        {
            folded.Append(Plain[at]);
            return;
        }

        _ = lower switch
        {
            'œ' => folded.Append("oe"),
            'æ' => folded.Append("ae"),
            'ß' => folded.Append("ss"),
            'ð' => folded.Append('d'),
            'þ' => folded.Append("th"),
            // The one capital that has no small letter of its own, and the one small letter that has a form for the end of words.
            'İ' => folded.Append('i'),
            'ς' => folded.Append('σ'),
            _ => folded.Append(BareLetters.Of(lower)),
        };
    }
}
