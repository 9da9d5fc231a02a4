using System.Text;

namespace CptsFhirHub.Generator;

/// <summary>French words as a machine without accents writes them. Written out: the runtime's rules depend on its culture files.</summary>
internal static class PlainWords
{
    private const string Accented = "ÀÂÄÁÃÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝŸàâäáãåçèéêëìíîïñòóôõöùúûüýÿ";
    private const string Bare = "AAAAAACEEEEIIIINOOOOOUUUUYYaaaaaaceeeeiiiinooooouuuuyy";

    /// <summary>The same words without accents; case, hyphens and blanks stay.</summary>
    public static string WithoutAccents(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text)
            plain.Append(Accented.IndexOf(c, StringComparison.Ordinal) is >= 0 and var at ? Bare[at] : c);
        return plain.ToString();
    }

    /// <summary>The letters alone, in capitals: two spellings of one name are equal.</summary>
    public static string Joined(string text) => string.Concat(WithoutAccents(text).ToUpperInvariant().Where(char.IsAsciiLetterOrDigit));
}
