using System.Globalization;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>
/// Dates of other formats, for <c>dateOp</c>, which R4 leaves open: <c>hl7</c> is an HL7v2 time stamp with its precision
/// (<c>2026</c>, <c>202611</c>, <c>20261122</c>, <c>202611221015</c>, <c>20261122101500+0100</c>); anything else is a pattern such as <c>dd/MM/yyyy HH:mm</c>.
/// </summary>
internal static class MapDates
{
    /// <summary>The FHIR date or dateTime; null with the fault when the text is none.</summary>
    public static (string? Value, string? Fault) Read(string text, string pattern, string? zone)
    {
        if (text.Length == 0)
            return default;
        if (pattern == "hl7")
            return Hl7(text, zone);
        if (!DateTime.TryParseExact(text, pattern, CultureInfo.InvariantCulture, DateTimeStyles.None, out var read))
            return (null, $"the text is no date of the form {pattern}.");
        return pattern.Contains('H', StringComparison.Ordinal) ? WithZone(read, zone, "") : (Day(read), null);
    }

    private static (string? Value, string? Fault) Hl7(string text, string? zone)
    {
        const string Wrong = "the text is no HL7 time stamp.";
        var sign = text.AsSpan().IndexOfAny('+', '-');
        var local = sign < 0 ? text : text[..sign];
        var dot = local.IndexOf('.', StringComparison.Ordinal);
        var (fraction, digits) = dot < 0 ? ("", local) : (local[dot..], local[..dot]);
        if (digits.Length is 4 or 6)
        {
            var month = digits.Length == 4 ? 1 : int.TryParse(digits[4..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
            if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out _) || month is < 1 or > 12)
                return (null, Wrong);
            return (digits.Length == 4 ? digits : $"{digits[..4]}-{digits[4..]}", null);
        }

        var pattern = digits.Length switch
        {
            8 => "yyyyMMdd",
            10 => "yyyyMMddHH",
            12 => "yyyyMMddHHmm",
            14 => "yyyyMMddHHmmss",
            _ => null,
        };
        if (pattern is null || !DateTime.TryParseExact(digits, pattern, CultureInfo.InvariantCulture, DateTimeStyles.None, out var read))
            return (null, Wrong);
        if (digits.Length == 8)
            return (Day(read), null);
        if (sign < 0)
            return WithZone(read, zone, fraction);
        var offset = text[sign..];
        return offset.Length == 5 && int.TryParse(offset[1..], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? ($"{Seconds(read)}{fraction}{offset[..3]}:{offset[3..]}", null)
            : (null, Wrong);
    }

    /// <summary>A local time needs its zone: FHIR allows no time without.</summary>
    private static (string? Value, string? Fault) WithZone(DateTime local, string? zone, string fraction)
    {
        if (zone is null)
            return (null, "the time has no zone: give one as third argument of dateOp, such as 'Europe/Paris'.");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var known))
            return (null, $"the time zone {zone} is unknown.");
        var offset = known.GetUtcOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified));
        var sign = offset < TimeSpan.Zero ? '-' : '+';
        return ($"{Seconds(local)}{fraction}{sign}{offset.Duration():hh\\:mm}", null);
    }

    private static string Day(DateTime date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Seconds(DateTime date) => date.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
}
