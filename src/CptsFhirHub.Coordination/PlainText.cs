using System.Globalization;
using System.Text;

namespace CptsFhirHub.Coordination;

/// <summary>
/// Names and headers without what offices write differently: upper case, no accents, hyphens and apostrophes as single blanks.
/// </summary>
/// <remarks>The table is ours because the runtime decomposes no letter when globalization is invariant, which it is here.</remarks>
public static class PlainText
{
    private const string Accented = "ÀÁÂÃÄÅĀĂĄÇĆĈĊČÐĎĐÈÉÊËĒĔĖĘĚĜĞĠĢĤĦÌÍÎÏĨĪĬĮİĴĶĹĻĽĿŁÑŃŅŇÒÓÔÕÖØŌŎŐŔŖŘŚŜŞŠȘŢŤŦȚÙÚÛÜŨŪŬŮŰŲŴÝŶŸŹŻŽ";
    private const string Bare = "AAAAAAAAACCCCCDDDEEEEEEEEEGGGGHHIIIIIIIIIJKLLLLLNNNNOOOOOOOOORRRSSSSSTTTTUUUUUUUUUUWYYYZZZ";

    /// <summary>The words of a text in their plain form, separated by one blank.</summary>
    public static string Words(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c) || c is '-' or '_' or '\'' or '’' or '.' or '\u2010' or '\u2011')
            {
                if (plain.Length > 0 && plain[^1] != ' ')
                    plain.Append(' ');
                continue;
            }

            var category = CharUnicodeInfo.GetUnicodeCategory(c);
            if (category is UnicodeCategory.NonSpacingMark or UnicodeCategory.Control or UnicodeCategory.Format)
                continue;
            var upper = char.ToUpperInvariant(c);
            _ = upper switch
            {
                < '\u00C0' => plain.Append(upper),
                'Œ' => plain.Append("OE"),
                'Æ' => plain.Append("AE"),
                'ß' or 'ẞ' => plain.Append("SS"),
                _ => plain.Append(Accented.IndexOf(upper, StringComparison.Ordinal) is >= 0 and var at ? Bare[at] : upper),
            };
        }

        return plain.ToString().TrimEnd();
    }

    /// <summary>The letters and digits of a text in their plain form, joined: <c>de la Tour</c> and <c>DELATOUR</c> are one name.</summary>
    public static string Joined(string text) => string.Concat(Words(text).Where(char.IsLetterOrDigit));
}
