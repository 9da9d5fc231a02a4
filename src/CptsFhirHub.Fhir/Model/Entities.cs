using System.Collections.Frozen;
using System.Net;
using System.Text;

namespace CptsFhirHub.Fhir.Model;

/// <summary>The named characters of HTML 4, which narratives may use and XML readers do not know.</summary>
internal static class Entities
{
    private const int NameMax = 10;
    private static readonly FrozenSet<string> OfXml = FrozenSet.Create(StringComparer.Ordinal, "amp", "lt", "gt", "quot", "apos");

    /// <summary>The text with <c>&amp;nbsp;</c> and its like as characters; those of XML stay, unknown ones too.</summary>
    public static string Resolve(string text)
    {
        if (!text.Contains('&', StringComparison.Ordinal))
            return text;
        var resolved = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var end = text[i] == '&' ? text.IndexOf(';', i) : -1;
            if (end < 0 || end - i > NameMax || text[i + 1] == '#' || OfXml.Contains(text[(i + 1)..end]))
            {
                resolved.Append(text[i]);
                continue;
            }

            resolved.Append(WebUtility.HtmlDecode(text[i..(end + 1)]));
            i = end;
        }

        return resolved.ToString();
    }
}
