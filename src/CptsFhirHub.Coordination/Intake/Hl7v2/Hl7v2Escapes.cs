using System.Text;

namespace CptsFhirHub.Coordination.Intake.Hl7v2;

/// <summary>
/// The delimiters a message announces in MSH-1 and MSH-2, as characters: samples exist whose repetition separator is U+02DC.
/// </summary>
internal readonly record struct Delimiters(char Field, char Component, char Repetition, char Escape, char SubComponent)
{
    public static Delimiters Usual { get; } = new('|', '^', '~', '\\', '&');
}

/// <summary>Escape sequences of a value, HL7 v2.5 chapter 2.7.</summary>
internal static class Hl7v2Escapes
{
    private const int SequenceCharsMax = 64;

    /// <summary>
    /// The text a value means. Highlighting and unknown sequences are taken literally where they carry text, dropped where they do not.
    /// </summary>
    public static string Unescape(string value, in Delimiters delimiters, Encoding charset)
    {
        var escape = delimiters.Escape;
        if (!value.Contains(escape, StringComparison.Ordinal))
            return value;

        var text = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] != escape)
            {
                text.Append(value[i]);
                continue;
            }

            var end = value.IndexOf(escape, i + 1, Math.Min(SequenceCharsMax, value.Length - i - 1));
            if (end < 0 || Meaning(value[(i + 1)..end], delimiters, charset) is not { } meaning)
            {
                // A lone backslash, as in a path or a typing error: it stands for itself.
                text.Append(escape);
                continue;
            }

            text.Append(meaning);
            i = end;
        }

        return text.ToString();
    }

    /// <summary>The value written so that its delimiters do not cut it.</summary>
    public static string Escape(string text, in Delimiters delimiters)
    {
        var value = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            var name = c == delimiters.Field ? "F"
                : c == delimiters.Component ? "S"
                : c == delimiters.Repetition ? "R"
                : c == delimiters.Escape ? "E"
                : c == delimiters.SubComponent ? "T"
                : c is '\r' or '\n' ? ".br"
                : null;
            _ = name is null ? value.Append(c) : value.Append(delimiters.Escape).Append(name).Append(delimiters.Escape);
        }

        return value.ToString();
    }

    private static string? Meaning(string sequence, in Delimiters delimiters, Encoding charset) => sequence switch
    {
        "F" => delimiters.Field.ToString(),
        "S" => delimiters.Component.ToString(),
        "T" => delimiters.SubComponent.ToString(),
        "R" => delimiters.Repetition.ToString(),
        "E" => delimiters.Escape.ToString(),
        "H" or "N" => "",
        ".br" or ".BR" or ".sp" or ".ce" => "\n",
        ['X', .. var hex] => Bytes(hex, charset),
        _ => null,
    };

    private static string? Bytes(string hex, Encoding charset)
    {
        if (hex.Length == 0 || hex.Length % 2 != 0 || !hex.All(char.IsAsciiHexDigit))
            return null;
        var bytes = Convert.FromHexString(hex);
        try
        {
            return charset.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }
}
