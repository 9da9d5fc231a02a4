using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Search;

/// <summary>Reads the values of one parameter according to its type. https://hl7.org/fhir/R4/search.html#ptypes</summary>
internal sealed class ValueReading(SearchParameter parameter, string? modifier, string? targetType, string? ownBase, DefinitionSet definitions)
{
    /// <summary>Reads one value, escapes still in it; null when it is none of the type.</summary>
    public SearchValue? Read(string text) => Read(text, parameter.Type);

    private SearchValue? Read(string text, SearchParameterType type) => type switch
    {
        SearchParameterType.Token when modifier == "text" => new SearchValue.Text(SearchEscapes.Remove(text)),
        SearchParameterType.Token when modifier == "of-type" => OfType(text),
        SearchParameterType.Token => Token(text),
        SearchParameterType.String => new SearchValue.Text(SearchEscapes.Remove(text)),
        SearchParameterType.Reference when modifier == "identifier" => Token(text),
        SearchParameterType.Reference => Reference(SearchEscapes.Remove(text)),
        SearchParameterType.Uri => new SearchValue.Uri(SearchEscapes.Remove(text)),
        SearchParameterType.Date => Date(text),
        SearchParameterType.Number => Number(text),
        SearchParameterType.Quantity => Quantity(text),
        SearchParameterType.Composite => Composite(text),
        SearchParameterType.Special => Near(text),
        _ => null,
    };

    /// <summary>The parts joined by $, each read as its own parameter's type.</summary>
    private SearchValue.Composite? Composite(string text)
    {
        var texts = SearchEscapes.Split(text, '$');
        if (texts.Count != parameter.Components.Count)
            return null;
        var parts = new List<SearchValue>(texts.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            if (texts[i].Length == 0 || CompositeParts.Type(definitions, parameter.Components[i]) is not { } type
                || Read(texts[i], type) is not { } part)
            {
                return null;
            }

            parts.Add(part);
        }

        return new(parts);
    }

    /// <summary>code, system|code, |code, system|</summary>
    private static SearchValue.Token? Token(string text)
    {
        var parts = SearchEscapes.Split(text, '|');
        return parts switch
        {
            [var code] => new(null, SearchEscapes.Remove(code)),
            ["", ""] => null,
            [var system, ""] => new(SearchEscapes.Remove(system), null),
            [var system, var code] => new(SearchEscapes.Remove(system), SearchEscapes.Remove(code)),
            _ => null,
        };
    }

    /// <summary>system|type|value: the index holds "type|value" below the type's system.</summary>
    private static SearchValue.Token? OfType(string text) =>
        SearchEscapes.Split(text, '|') is [var system, var type and not "", var value and not ""]
            ? new(system.Length == 0 ? null : SearchEscapes.Remove(system), $"{SearchEscapes.Remove(type)}|{SearchEscapes.Remove(value)}")
            : null;

    private SearchValue.Reference? Reference(string text)
    {
        if (!ResourceReference.TryParse(text, out var reference) || reference.Fragment is not null)
            return null;
        if (reference.Type is not null)
        {
            if (!reference.IsRelative && !string.Equals(reference.Base, ownBase?.TrimEnd('/'), StringComparison.OrdinalIgnoreCase))
                return new(null, null, text);
            return targetType is not null && reference.Type != targetType ? null : new(reference.Type, reference.Id, null);
        }

        if (!ResourceReference.IsId(text))
            return new(null, null, text);
        return new(targetType ?? (parameter.Targets.Count == 1 ? parameter.Targets[0] : null), text, null);
    }

    private static SearchValue.Date? Date(string text)
    {
        var (prefix, rest) = Prefixed(SearchEscapes.Remove(text));

        // A plus sign that was not escaped in the URL arrives as a space.
        return PartialDate.TryParse(rest.Replace(' ', '+'), out var date) && date.UtcTicks(SearchZone.Paris) is var (low, high)
            ? new(prefix, low, high)
            : null;
    }

    private static SearchValue.Number? Number(string text)
    {
        var (prefix, rest) = Prefixed(SearchEscapes.Remove(text));
        return Interval(rest) is var (value, low, high) ? new(prefix, value, low, high) : null;
    }

    /// <summary>number, number|system|code, number||code</summary>
    private static SearchValue.Quantity? Quantity(string text)
    {
        var parts = SearchEscapes.Split(text, '|');
        var (prefix, rest) = Prefixed(parts[0]);
        if (parts.Count is 2 or > 3 || Interval(rest) is not var (value, low, high))
            return null;
        return parts.Count == 1
            ? new(prefix, value, low, high, null, null)
            : new(prefix, value, low, high, NullIfEmpty(SearchEscapes.Remove(parts[1])), NullIfEmpty(SearchEscapes.Remove(parts[2])));
    }

    /// <summary>latitude|longitude|distance|unit: 25 km when no distance is given, kilometres when no unit is.</summary>
    private static SearchValue.Near? Near(string text)
    {
        const double distanceDefault = 25, distanceMax = 20_000, milesKilometres = 1.609344;
        const double latitudeMax = 90, longitudeMax = 180;
        var parts = SearchEscapes.Split(text, '|');
        if (parts.Count is < 2 or > 4 || Degrees(parts[0], latitudeMax) is not { } latitude || Degrees(parts[1], longitudeMax) is not { } longitude)
            return null;
        var distance = distanceDefault;
        if (parts.Count > 2 && parts[2].Length > 0 && !double.TryParse(parts[2], NumberStyles.Float, CultureInfo.InvariantCulture, out distance))
            return null;
        double? unit = (parts.Count > 3 ? parts[3] : "") switch
        {
            "" or "km" => 1,
            "m" => 0.001,
            "[mi_us]" or "[mi_i]" or "mi" => milesKilometres,
            _ => null,
        };
        return unit is { } kilometres && distance * kilometres is >= 0 and <= distanceMax and var around ? new(latitude, longitude, around) : null;
    }

    private static double? Degrees(string text, double max) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && Math.Abs(value) <= max ? value : null;

    private static (Prefix Prefix, string Text) Prefixed(string text)
    {
        Prefix? prefix = text.Length <= 2 ? null : text[..2] switch
        {
            "eq" => Prefix.Eq,
            "ne" => Prefix.Ne,
            "gt" => Prefix.Gt,
            "lt" => Prefix.Lt,
            "ge" => Prefix.Ge,
            "le" => Prefix.Le,
            "sa" => Prefix.Sa,
            "eb" => Prefix.Eb,
            "ap" => Prefix.Ap,
            _ => null,
        };
        return prefix is { } known ? (known, text[2..]) : (Prefix.Eq, text);
    }

    /// <summary>
    /// A number and the values that round to it: 100 is 99.5 up to 100.5, 100.00 is 99.995 up to 100.005, 1e2 is 95 up to 105...
    /// by its written digits.
    /// </summary>
    private static (decimal Value, decimal Low, decimal High)? Interval(string text)
    {
        const int digitsMax = 28;
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!decimal.TryParse(text, style, CultureInfo.InvariantCulture, out var value))
            return null;

        var exponentAt = text.AsSpan().IndexOfAny('e', 'E');
        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var exponent = exponentAt < 0 ? 0 : int.Parse(text.AsSpan(exponentAt + 1), style, CultureInfo.InvariantCulture);
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var lastDigit = exponent - (point < 0 ? 0 : mantissa.Length - point - 1);
        if (lastDigit is < -digitsMax + 1 or >= digitsMax)
            return (value, value, value);

        var half = 0.5m;
        for (var i = 0; i < Math.Abs(lastDigit); i++)
            half = lastDigit < 0 ? half / 10 : half * 10;
        try
        {
            return (value, value - half, value + half);
        }
        catch (OverflowException)
        {
            return (value, value, value);
        }
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}
