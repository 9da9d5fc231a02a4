using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination;

/// <summary>
/// Names and headers without what offices write differently: upper case, no accents, hyphens and apostrophes as single blanks.
/// </summary>
/// <remarks>The table is ours because the runtime decomposes no letter when globalization is invariant, which it is here.</remarks>
public static class PlainText
{
    private const string Accented = "ÀÁÂÃÄÅĀĂĄÇĆĈĊČÐĎĐÈÉÊËĒĔĖĘĚĜĞĠĢĤĦÌÍÎÏĨĪĬĮİĴĶĹĻĽĿŁÑŃŅŇÒÓÔÕÖØŌŎŐŔŖŘŚŜŞŠȘŢŤŦȚÙÚÛÜŨŪŬŮŰŲŴÝŶŸŹŻŽ";
    private const string Bare = "AAAAAAAAACCCCCDDDEEEEEEEEEGGGGHHIIIIIIIIIJKLLLLLNNNNOOOOOOOOORRRSSSSSTTTTUUUUUUUUUUWYYYZZZ";

    /// <summary>Letters of a text that are put into their plain form without memory of their own.</summary>
    private const int ShortMax = 120;

    /// <summary>The words of a text in their plain form, separated by one blank.</summary>
    public static string Words(string text)
    {
        var plain = text.Length <= ShortMax ? stackalloc char[2 * ShortMax] : new char[2 * text.Length];
        return plain[..Write(text, plain)].ToString();
    }

    /// <summary>The letters and digits of a text in their plain form, joined: <c>de la Tour</c> and <c>DELATOUR</c> are one name.</summary>
    public static string Joined(string text)
    {
        var plain = text.Length <= ShortMax ? stackalloc char[2 * ShortMax] : new char[2 * text.Length];
        var length = Write(text, plain);
        var kept = 0;
        foreach (var letter in plain[..length])
            if (char.IsLetterOrDigit(letter))
                plain[kept++] = letter;
        return plain[..kept].ToString();
    }

    // One letter gives two at most.
    private static int Write(string text, Span<char> plain)
    {
        var length = 0;
        foreach (var c in text)
        {
            if (char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c))
            {
                plain[length++] = c;
                continue;
            }

            if (char.IsAsciiLetterLower(c))
            {
                plain[length++] = (char)(c - ('a' - 'A'));
                continue;
            }

            if (char.IsWhiteSpace(c) || c is '-' or '_' or '\'' or '’' or '.' or '\u2010' or '\u2011')
            {
                if (length > 0 && plain[length - 1] != ' ')
                    plain[length++] = ' ';
                continue;
            }

            if (CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.Control or UnicodeCategory.Format)
                continue;
            switch (char.ToUpperInvariant(c))
            {
                case 'Œ':
                    (plain[length], plain[length + 1]) = ('O', 'E');
                    length += 2;
                    break;
                case 'Æ':
                    (plain[length], plain[length + 1]) = ('A', 'E');
                    length += 2;
                    break;
                case 'ß' or 'ẞ':
                    plain[length++] = 'S';
                    plain[length++] = 'S';
                    break;
                case var upper:
                    plain[length++] = Accented.IndexOf(upper, StringComparison.Ordinal) is >= 0 and var at
                        ? Bare[at]
                        : char.ToUpperInvariant(BareLetters.Of(char.ToLowerInvariant(c)));
                    break;
            }
        }

        return length > 0 && plain[length - 1] == ' ' ? length - 1 : length;
    }
}
