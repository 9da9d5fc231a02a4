using System.Globalization;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>Which of the three System types a <see cref="Moment"/> is.</summary>
public enum MomentKind
{
    /// <summary>System.Date</summary>
    Date,

    /// <summary>System.DateTime</summary>
    DateTime,

    /// <summary>System.Time</summary>
    Time,
}

/// <summary>How far a <see cref="Moment"/> is known. A fraction belongs to the second.</summary>
public enum MomentPrecision
{
    /// <summary>2026</summary>
    Year,

    /// <summary>2026-11</summary>
    Month,

    /// <summary>2026-11-22</summary>
    Day,

    /// <summary>2026-11-22T10</summary>
    Hour,

    /// <summary>2026-11-22T10:30</summary>
    Minute,

    /// <summary>2026-11-22T10:30:00 and 2026-11-22T10:30:00.000</summary>
    Second,
}

/// <summary>
/// A System.Date, DateTime or Time, known as far as it was written. https://hl7.org/fhirpath/N1/#datetime
/// </summary>
/// <remarks>Parts beyond the precision have their lowest value. An offset is kept as written: +01:00 is not turned into Z.</remarks>
public sealed partial record Moment
{
    private const int FractionDigitsMax = 7;
    private static readonly long HalfDayAndMore = TimeSpan.FromHours(14).Ticks;

    /// <summary>Date, DateTime or Time.</summary>
    public required MomentKind Kind { get; init; }

    /// <summary>The last part that is known.</summary>
    public required MomentPrecision Precision { get; init; }

    /// <summary>1 to 9999; 1 for a Time.</summary>
    public int Year { get; init; } = 1;

    /// <summary>1 to 12.</summary>
    public int Month { get; init; } = 1;

    /// <summary>1 to 31.</summary>
    public int Day { get; init; } = 1;

    /// <summary>0 to 23.</summary>
    public int Hour { get; init; }

    /// <summary>0 to 59.</summary>
    public int Minute { get; init; }

    /// <summary>0 to 60: FHIR allows the leap second.</summary>
    public int Second { get; init; }

    /// <summary>The fraction of the second in units of 100 ns.</summary>
    public int Fraction { get; init; }

    /// <summary>How many digits the fraction was written with.</summary>
    public int FractionDigits { get; init; }

    /// <summary>Minutes east of Greenwich, or null when no offset was written.</summary>
    public int? OffsetMinutes { get; init; }

    /// <summary>Ticks of the local reading; the leap second counts as 59.</summary>
    internal long LocalTicks =>
        new DateTime(Year, Month, Day, Hour, Minute, Math.Min(Second, 59), DateTimeKind.Unspecified).Ticks + Fraction;

    private long UtcTicks => LocalTicks - (OffsetMinutes.GetValueOrDefault() * TimeSpan.TicksPerMinute);

    /// <summary>Reads <c>2026</c>, <c>2026-11</c> or <c>2026-11-22</c>; null when it is no date.</summary>
    public static Moment? TryDate(ReadOnlySpan<char> text) => ReadDate(ref text, MomentKind.Date) is { } date && text.IsEmpty ? date : null;

    /// <summary>Reads a date, or a date and a time with or without offset; null when it is none.</summary>
    public static Moment? TryDateTime(ReadOnlySpan<char> text)
    {
        if (ReadDate(ref text, MomentKind.DateTime) is not { } date)
            return null;
        if (text.IsEmpty)
            return date;
        if (date.Precision != MomentPrecision.Day || text[0] != 'T')
            return null;
        text = text[1..];
        if (ReadTime(ref text, date) is not { } moment)
            return null;
        if (text.IsEmpty)
            return moment;
        return ReadOffset(text) is { } offset ? moment with { OffsetMinutes = offset } : null;
    }

    /// <summary>
    /// Reads <c>14</c>, <c>14:30</c>, <c>14:30:00</c> or <c>14:30:00.000</c>, with or without a T before; null when it is no time.
    /// </summary>
    public static Moment? TryTime(ReadOnlySpan<char> text)
    {
        if (!text.IsEmpty && text[0] == 'T')
            text = text[1..];
        var midnight = new Moment { Kind = MomentKind.Time, Precision = MomentPrecision.Hour };
        return ReadTime(ref text, midnight) is { } time && text.IsEmpty ? time : null;
    }

    /// <summary>The day of that instant, as its own offset reads it.</summary>
    public static Moment DateOf(DateTimeOffset instant) => new()
    {
        Kind = MomentKind.Date,
        Precision = MomentPrecision.Day,
        Year = instant.Year,
        Month = instant.Month,
        Day = instant.Day,
    };

    /// <summary>That instant to the millisecond.</summary>
    public static Moment DateTimeOf(DateTimeOffset instant) => DateOf(instant) with
    {
        Kind = MomentKind.DateTime,
        Precision = MomentPrecision.Second,
        Hour = instant.Hour,
        Minute = instant.Minute,
        Second = instant.Second,
        Fraction = instant.Millisecond * (int)TimeSpan.TicksPerMillisecond,
        FractionDigits = 3,
        OffsetMinutes = (int)instant.Offset.TotalMinutes,
    };

    /// <summary>The time of day of that instant to the millisecond, as its own offset reads it.</summary>
    public static Moment TimeOf(DateTimeOffset instant) => DateTimeOf(instant).TimePart()!;

    internal Moment? TimePart() => Precision < MomentPrecision.Hour
        ? null
        : this with { Kind = MomentKind.Time, Year = 1, Month = 1, Day = 1, OffsetMinutes = null };

    internal Moment DatePart() => new()
    {
        Kind = MomentKind.Date,
        Precision = Precision < MomentPrecision.Day ? Precision : MomentPrecision.Day,
        Year = Year,
        Month = Month,
        Day = Day,
    };

    /// <summary>
    /// Below, equal or above; null when the two are equal as far as both are known, or when only one has an offset and
    /// the answer would depend on the other's. https://hl7.org/fhirpath/N1/#datetime-equality
    /// </summary>
    internal static int? Compare(Moment left, Moment right)
    {
        var shared = left.Precision < right.Precision ? left.Precision : right.Precision;
        if (shared >= MomentPrecision.Hour && left.OffsetMinutes.HasValue != right.OffsetMinutes.HasValue)
        {
            var gap = left.UtcTicks - right.UtcTicks;
            return Math.Abs(gap) > HalfDayAndMore ? Math.Sign(gap) : null;
        }

        var order = shared < MomentPrecision.Hour
            ? (left.Year, shared >= MomentPrecision.Month ? left.Month : 1, shared >= MomentPrecision.Day ? left.Day : 1)
                .CompareTo((right.Year, shared >= MomentPrecision.Month ? right.Month : 1, shared >= MomentPrecision.Day ? right.Day : 1))
            : (left.UtcTicks / UnitTicks(shared)).CompareTo(right.UtcTicks / UnitTicks(shared));
        return order != 0 ? order : left.Precision == right.Precision ? 0 : null;
    }

    private static long UnitTicks(MomentPrecision precision) => precision switch
    {
        MomentPrecision.Hour => TimeSpan.TicksPerHour,
        MomentPrecision.Minute => TimeSpan.TicksPerMinute,
        _ => 1,
    };

    /// <inheritdoc/>
    public override string ToString()
    {
        var invariant = CultureInfo.InvariantCulture;
        var date = Kind == MomentKind.Time ? "" : Precision switch
        {
            MomentPrecision.Year => Year.ToString("0000", invariant),
            MomentPrecision.Month => string.Create(invariant, $"{Year:0000}-{Month:00}"),
            _ => string.Create(invariant, $"{Year:0000}-{Month:00}-{Day:00}"),
        };
        if (Precision < MomentPrecision.Hour)
            return date;

        var time = Precision switch
        {
            MomentPrecision.Hour => Hour.ToString("00", invariant),
            MomentPrecision.Minute => string.Create(invariant, $"{Hour:00}:{Minute:00}"),
            _ => string.Create(invariant, $"{Hour:00}:{Minute:00}:{Second:00}"),
        };
        if (FractionDigits > 0)
            time += "." + Fraction.ToString("0000000", invariant)[..FractionDigits];
        var offset = OffsetMinutes switch
        {
            null => "",
            0 => "Z",
            { } minutes => string.Create(invariant, $"{(minutes < 0 ? '-' : '+')}{Math.Abs(minutes) / 60:00}:{Math.Abs(minutes) % 60:00}"),
        };
        return Kind == MomentKind.Time ? time : $"{date}T{time}{offset}";
    }

    private static Moment? ReadDate(ref ReadOnlySpan<char> text, MomentKind kind)
    {
        if (ReadDigits(ref text, 4) is not { } year || year == 0)
            return null;
        var date = new Moment { Kind = kind, Precision = MomentPrecision.Year, Year = year };
        if (text.IsEmpty || text[0] != '-')
            return date;
        text = text[1..];
        if (ReadDigits(ref text, 2) is not { } month || month is < 1 or > 12)
            return null;
        date = date with { Precision = MomentPrecision.Month, Month = month };
        if (text.IsEmpty || text[0] != '-')
            return date;
        text = text[1..];
        if (ReadDigits(ref text, 2) is not { } day || day < 1 || day > DateTime.DaysInMonth(year, month))
            return null;
        return date with { Precision = MomentPrecision.Day, Day = day };
    }

    private static Moment? ReadTime(ref ReadOnlySpan<char> text, Moment onto)
    {
        if (ReadDigits(ref text, 2) is not { } hour || hour > 23)
            return null;
        var time = onto with { Precision = MomentPrecision.Hour, Hour = hour };
        if (text.IsEmpty || text[0] != ':')
            return time;
        text = text[1..];
        if (ReadDigits(ref text, 2) is not { } minute || minute > 59)
            return null;
        time = time with { Precision = MomentPrecision.Minute, Minute = minute };
        if (text.IsEmpty || text[0] != ':')
            return time;
        text = text[1..];
        if (ReadDigits(ref text, 2) is not { } second || second > 60)
            return null;
        time = time with { Precision = MomentPrecision.Second, Second = second };
        if (text.IsEmpty || text[0] != '.')
            return time;

        text = text[1..];
        var digits = 0;
        var fraction = 0;
        while (!text.IsEmpty && char.IsAsciiDigit(text[0]))
        {
            if (digits < FractionDigitsMax)
            {
                fraction = (fraction * 10) + (text[0] - '0');
                digits++;
            }

            text = text[1..];
        }

        if (digits == 0)
            return null;
        for (var i = digits; i < FractionDigitsMax; i++)
            fraction *= 10;
        return time with { Fraction = fraction, FractionDigits = digits };
    }

    private static int? ReadOffset(ReadOnlySpan<char> text)
    {
        if (text is "Z")
            return 0;
        if (text.Length != 6 || text[0] is not ('+' or '-') || text[3] != ':')
            return null;
        var sign = text[0] == '-' ? -1 : 1;
        var hours = text[1..3];
        var minutes = text[4..];
        return ReadDigits(ref hours, 2) is { } h && ReadDigits(ref minutes, 2) is { } m && h <= 14 && m <= 59
            ? sign * ((h * 60) + m)
            : null;
    }

    private static int? ReadDigits(ref ReadOnlySpan<char> text, int count)
    {
        if (text.Length < count)
            return null;
        var value = 0;
        for (var i = 0; i < count; i++)
        {
            if (!char.IsAsciiDigit(text[i]))
                return null;
            value = (value * 10) + (text[i] - '0');
        }

        text = text[count..];
        return value;
    }
}
