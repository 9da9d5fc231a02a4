using System.Globalization;

namespace CptsFhirHub.Fhir.Model;

/// <summary>How much of a date or time was given.</summary>
public enum DatePrecision : byte
{
    /// <summary>yyyy</summary>
    Year,

    /// <summary>yyyy-MM</summary>
    Month,

    /// <summary>yyyy-MM-dd</summary>
    Day,

    /// <summary>yyyy-MM-ddThh:mm</summary>
    Minute,

    /// <summary>yyyy-MM-ddThh:mm:ss</summary>
    Second,

    /// <summary>With a fraction of a second.</summary>
    Fraction,
}

/// <summary>
/// A FHIR date, dateTime or instant with the precision it was given in, as the interval of time it covers.
/// https://hl7.org/fhir/R4/datatypes.html#dateTime
/// </summary>
/// <param name="Start">The first moment covered, in the offset given, or without meaning of offset when there was none.</param>
/// <param name="Precision">How much was given.</param>
/// <param name="Offset">The offset given; null when there was none.</param>
public readonly record struct PartialDate(DateTime Start, DatePrecision Precision, TimeSpan? Offset)
{
    /// <summary>The first moment after the interval.</summary>
    public DateTime End => Precision switch
    {
        DatePrecision.Year => Start.Year == 9999 ? DateTime.MaxValue : Start.AddYears(1),
        DatePrecision.Month => Start is { Year: 9999, Month: 12 } ? DateTime.MaxValue : Start.AddMonths(1),
        DatePrecision.Day => Start.Date == DateTime.MaxValue.Date ? DateTime.MaxValue : Start.AddDays(1),
        DatePrecision.Minute => After(TimeSpan.FromMinutes(1)),
        DatePrecision.Second => After(TimeSpan.FromSeconds(1)),
        _ => After(TimeSpan.FromMilliseconds(1)),
    };

    /// <summary>The day, when the precision reaches it; else null.</summary>
    public DateOnly? Day => Precision >= DatePrecision.Day ? DateOnly.FromDateTime(Start) : null;

    /// <summary>The interval in UTC ticks, upper bound exclusive; <paramref name="zone"/> is used where no offset was given.</summary>
    public (long LowTicks, long HighTicks) UtcTicks(TimeZoneInfo zone)
    {
        var end = End;
        return (ToUtc(Start, zone), ToUtc(end, zone));
    }

    private DateTime After(TimeSpan length) => DateTime.MaxValue - Start < length ? DateTime.MaxValue : Start + length;

    private long ToUtc(DateTime local, TimeZoneInfo zone)
    {
        var offset = Offset ?? zone.GetUtcOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified));
        return Math.Clamp(local.Ticks - offset.Ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks);
    }

    /// <summary>
    /// Reads yyyy, yyyy-MM, yyyy-MM-dd and yyyy-MM-ddThh:mm[:ss[.f+]][Z|+hh:mm]. False for anything else and for days that do not exist.
    /// Seconds may be left out (as searches allow); FHIR's stricter rule for stored values is the validator's.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out PartialDate value)
    {
        value = default;
        if (text.Length < 4 || !Digits(text[..4], out var year) || year == 0)
            return false;
        if (text.Length == 4)
            return FirstDay(year, 1, 1, DatePrecision.Year, out value);
        if (text.Length < 7 || text[4] != '-' || !Digits(text[5..7], out var month))
            return false;
        if (text.Length == 7)
            return FirstDay(year, month, 1, DatePrecision.Month, out value);
        if (text.Length < 10 || text[7] != '-' || !Digits(text[8..10], out var day))
            return false;
        if (!FirstDay(year, month, day, DatePrecision.Day, out value))
            return false;
        if (text.Length == 10)
            return true;
        return text[10] == 'T' && Time(text[11..], ref value);
    }

    /// <summary>Reads a text; null when it is none.</summary>
    public static PartialDate? Read(string? text) => text is not null && TryParse(text, out var value) ? value : null;

    private static bool FirstDay(int year, int month, int day, DatePrecision precision, out PartialDate value)
    {
        value = default;
        if (month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
            return false;
        value = new(new DateTime(year, month, day), precision, null);
        return true;
    }

    private static bool Time(ReadOnlySpan<char> text, ref PartialDate value)
    {
        TimeSpan? offset = null;
        if (text.EndsWith("Z", StringComparison.Ordinal))
        {
            offset = TimeSpan.Zero;
            text = text[..^1];
        }
        else if (text.LastIndexOfAny('+', '-') is var sign and >= 0)
        {
            var zone = text[(sign + 1)..];
            if (zone.Length != 5 || zone[2] != ':' || !Digits(zone[..2], out var zoneHours) || !Digits(zone[3..], out var zoneMinutes)
                || zoneHours > 14 || zoneMinutes > 59)
            {
                return false;
            }

            offset = new TimeSpan(zoneHours, zoneMinutes, 0) * (text[sign] == '-' ? -1 : 1);
            text = text[..sign];
        }

        if (text.Length < 5 || text[2] != ':' || !Digits(text[..2], out var hour) || !Digits(text[3..5], out var minute)
            || hour > 23 || minute > 59)
        {
            return false;
        }

        var start = value.Start.AddHours(hour).AddMinutes(minute);
        var precision = DatePrecision.Minute;
        if (text.Length > 5)
        {
            if (text.Length < 8 || text[5] != ':' || !Digits(text[6..8], out var second) || second > 59)
                return false;
            start = start.AddSeconds(second);
            precision = DatePrecision.Second;
        }

        if (text.Length > 8)
        {
            if (text[8] != '.' || text.Length < 10 || text[9..].ContainsAnyExceptInRange('0', '9'))
                return false;
            var fraction = text[9..Math.Min(text.Length, 16)];
            var ticks = long.Parse(fraction, CultureInfo.InvariantCulture) * (long)Math.Pow(10, 7 - fraction.Length);
            start = start.AddTicks(ticks);
            precision = DatePrecision.Fraction;
        }

        value = new(start, precision, offset);
        return true;
    }

    private static bool Digits(ReadOnlySpan<char> text, out int number)
    {
        number = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            number = (number * 10) + (c - '0');
        }

        return true;
    }
}
