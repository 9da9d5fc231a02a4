using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Xml;

/// <summary>The value of a primitive as JSON has it: text, number or truth value, by its type. https://hl7.org/fhir/R4/json.html#primitive</summary>
internal static class XmlValue
{
    /// <summary>Kind and text. What is no number where one stands stays text: validation tells it, and JSON can still carry it.</summary>
    public static (ElementKind Kind, string Text) Of(string typeName, string value, JsonLimits limits, out string? fault)
    {
        fault = null;
        switch (typeName)
        {
            case "boolean":
                return (value is "true" or "false" ? ElementKind.Boolean : ElementKind.String, value);
            case "integer" or "positiveInt" or "unsignedInt" or "decimal":
                // An integer may have a plus in XML; a number of JSON has none.
                var text = value[0] == '+' && typeName != "decimal" ? value[1..] : value;
                if (!IsNumber(text, out var exponentAt))
                    return (ElementKind.String, value);
                if (text.Length > limits.NumberCharacters)
                    fault = $"A number is longer than {limits.NumberCharacters} characters.";
                else if (exponentAt > 0 && !IsWithin(text.AsSpan(exponentAt + 1), limits.NumberExponent))
                    fault = $"The exponent of a number is beyond {limits.NumberExponent}.";
                return (ElementKind.Number, fault is null ? text : "0");
            default:
                return (ElementKind.String, value);
        }
    }

    private static bool IsWithin(ReadOnlySpan<char> exponent, int most) =>
        int.TryParse(exponent, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && Math.Abs((long)number) <= most;

    /// <summary><c>-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?</c></summary>
    private static bool IsNumber(ReadOnlySpan<char> text, out int exponentAt)
    {
        exponentAt = 0;
        var at = text is ['-', ..] ? 1 : 0;
        var whole = Digits(text, at);
        if (whole == 0 || (whole > 1 && text[at] == '0'))
            return false;
        at += whole;
        if (at < text.Length && text[at] == '.')
        {
            var fraction = Digits(text, at + 1);
            if (fraction == 0)
                return false;
            at += fraction + 1;
        }

        if (at < text.Length && text[at] is 'e' or 'E')
        {
            exponentAt = at++;
            if (at < text.Length && text[at] is '+' or '-')
                at++;
            var digits = Digits(text, at);
            if (digits == 0)
                return false;
            at += digits;
        }

        return at == text.Length;
    }

    private static int Digits(ReadOnlySpan<char> text, int from)
    {
        var at = from;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        return at - from;
    }
}
