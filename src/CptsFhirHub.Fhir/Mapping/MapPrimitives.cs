using System.Globalization;
using System.Text.RegularExpressions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>Text to a primitive's text. The formats are checked where JSON needs them; the rest is the validator's work.</summary>
internal static partial class MapPrimitives
{
    public static ElementKind KindOf(string type) => type switch
    {
        "boolean" => ElementKind.Boolean,
        "integer" or "positiveInt" or "unsignedInt" or "decimal" => ElementKind.Number,
        _ => ElementKind.String,
    };

    /// <summary>The text as that type writes it, or null when it cannot be one.</summary>
    public static string? Convert(string type, string text)
    {
        switch (type)
        {
            case "boolean":
                return text is "true" or "false" ? text : null;
            case "integer" or "positiveInt" or "unsignedInt":
                if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
                    return null;
                return (type == "positiveInt" && whole < 1) || (type == "unsignedInt" && whole < 0) ? null : whole.ToString(CultureInfo.InvariantCulture);
            case "decimal":
                return JsonNumber().IsMatch(text) ? text
                    : decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                        ? number.ToString(CultureInfo.InvariantCulture)
                        : null;
            case "date":
                return IsDate(text) ? text : IsInstant(text) ? text[..10] : null;
            case "dateTime":
                return IsDate(text) || IsInstant(text) ? text : null;
            case "instant":
                return IsInstant(text) ? text : null;
            default:
                return text;
        }
    }

    [GeneratedRegex(@"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex JsonNumber();

    /// <summary><c>2026</c>, <c>2026-11</c> or <c>2026-11-22</c>.</summary>
    private static bool IsDate(ReadOnlySpan<char> text) => text.Length is 4 or 7 or 10 && Follows(text, "0000-00-00");

    /// <summary><c>2026-11-22T10:15:00+01:00</c>, with or without a fraction of a second.</summary>
    private static bool IsInstant(ReadOnlySpan<char> text)
    {
        if (text.Length < 20 || !Follows(text[..19], "0000-00-00T00:00:00"))
            return false;
        var zone = text[19..];
        if (zone[0] == '.')
            zone = zone[1..].TrimStart("0123456789") is { Length: > 0 } rest && rest.Length < zone.Length - 1 ? rest : [];
        return zone is "Z" || (zone.Length == 6 && (Follows(zone, "+00:00") || Follows(zone, "-00:00")));
    }

    /// <summary>True when the text has a digit wherever the pattern has 0, and the pattern's own sign elsewhere.</summary>
    private static bool Follows(ReadOnlySpan<char> text, ReadOnlySpan<char> pattern)
    {
        for (var i = 0; i < text.Length; i++)
            if (pattern[i] == '0' ? !char.IsAsciiDigit(text[i]) : text[i] != pattern[i])
                return false;
        return true;
    }
}
