using System.Security.Cryptography;
using System.Text;

namespace CptsFhirHub.Storage;

/// <summary>Texts as the index keeps them.</summary>
internal static class IndexText
{
    /// <summary>
    /// Longer texts would bloat the index; they keep their beginning and a hash of the whole, so that equality still holds.
    /// </summary>
    private const int LengthMax = 256;

    private const int LengthKept = 190;

    public const string UcumSuffix = ":ucum";

    public static string Fit(string text) => text.Length <= LengthMax ? text : Cut(text);

    /// <summary>What a search by beginning compares with: never more than what a long text keeps.</summary>
    public static string Beginning(string text) => text.Length <= LengthKept ? text : text[..LengthKept];

    /// <summary>The index entry that holds the texts of a token parameter, for <c>:text</c>.</summary>
    public static string TextOf(string code) => code + ":text";

    /// <summary>The index entry that holds the quantities of a parameter in base units.</summary>
    public static string UcumOf(string code) => code + UcumSuffix;

    private static string Cut(string text)
    {
        // A surrogate pair is not split: half of one is no text.
        var kept = char.IsHighSurrogate(text[LengthKept - 1]) ? LengthKept - 1 : LengthKept;
        return text[..kept] + '#' + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
