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
                return DateText().IsMatch(text) ? text : Instant().IsMatch(text) ? text[..10] : null;
            case "dateTime":
                return DateText().IsMatch(text) || Instant().IsMatch(text) ? text : null;
            case "instant":
                return Instant().IsMatch(text) ? text : null;
            default:
                return text;
        }
    }

    [GeneratedRegex(@"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex JsonNumber();

    [GeneratedRegex(@"^\d{4}(-\d\d(-\d\d)?)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex DateText();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 100)]
    private static partial Regex Instant();
}
