namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>Dates plus durations. https://hl7.org/fhirpath/N1/#datetime-arithmetic</summary>
public sealed partial record Moment
{
    private const long MonthsPerYear = 12;
    private const long DaysPerYear = 365;
    private const long DaysPerMonth = 30;
    private const decimal AmountMax = 1_000_000_000_000m;

    /// <summary>
    /// This moment moved by <paramref name="amount"/> of a unit. Above the second the fraction of the amount is dropped; a unit
    /// finer than what is known is first turned into the last known part. Null when the year leaves 1 to 9999.
    /// </summary>
    internal Moment? Plus(decimal amount, CalendarUnit unit)
    {
        if (Kind == MomentKind.Time && unit.Size >= CalendarUnit.DaySize)
            throw FhirPathException.Evaluation("A time moves by hours, minutes, seconds or milliseconds only.");

        var whole = unit.IsSecondOrLess ? amount : decimal.Truncate(amount);
        if (Math.Abs(whole) > AmountMax || (!unit.IsMonths && Math.Abs(whole) * unit.Size > DateTime.MaxValue.Ticks))
            return null;
        return Precision switch
        {
            MomentPrecision.Year => Months(unit.IsMonths
                ? (long)whole * unit.Months / MonthsPerYear * MonthsPerYear
                : Days(whole, unit) / DaysPerYear * MonthsPerYear),
            MomentPrecision.Month => Months(unit.IsMonths ? (long)whole * unit.Months : Days(whole, unit) / DaysPerMonth),
            MomentPrecision.Day when !unit.IsMonths => Shift(Days(whole, unit) * TimeSpan.TicksPerDay),
            MomentPrecision.Hour when !unit.IsMonths => Shift(Truncated(whole, unit, TimeSpan.TicksPerHour)),
            MomentPrecision.Minute when !unit.IsMonths => Shift(Truncated(whole, unit, TimeSpan.TicksPerMinute)),
            _ when unit.IsMonths => Months((long)whole * unit.Months),
            _ => Shift((long)(whole * unit.Size)),
        };
    }

    private static long Days(decimal amount, CalendarUnit unit) => (long)(amount * unit.Size / TimeSpan.TicksPerDay);

    private static long Truncated(decimal amount, CalendarUnit unit, long part) => (long)(amount * unit.Size / part) * part;

    private Moment? Months(long months)
    {
        var total = (Year * MonthsPerYear) + Month - 1 + months;
        var year = (int)Math.Clamp(total / MonthsPerYear, 0, 10_000);
        if (year is < 1 or > 9999)
            return null;
        var month = (int)(total % MonthsPerYear) + 1;
        return this with { Year = year, Month = month, Day = Math.Min(Day, DateTime.DaysInMonth(year, month)) };
    }

    private Moment? Shift(long ticks)
    {
        var moved = LocalTicks + ticks;
        if (Kind == MomentKind.Time)
            moved = ((moved % TimeSpan.TicksPerDay) + TimeSpan.TicksPerDay) % TimeSpan.TicksPerDay;
        if (moved < 0 || moved > DateTime.MaxValue.Ticks)
            return null;

        var at = new DateTime(moved, DateTimeKind.Unspecified);
        var fraction = (int)(moved % TimeSpan.TicksPerSecond);
        return this with
        {
            Year = at.Year,
            Month = at.Month,
            Day = at.Day,
            Hour = at.Hour,
            Minute = at.Minute,
            Second = at.Second,
            Fraction = fraction,
            FractionDigits = FractionDigits == 0 && fraction != 0 ? 3 : FractionDigits,
        };
    }
}
