namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>The least and the greatest value that a written one may stand for, and how precisely it is written.</summary>
internal static class Boundaries
{
    private const int DecimalDigits = 8;
    private const int DecimalDigitsMax = 28;

    public static Items Of(Call call, bool isHigh)
    {
        var digits = call.Count == 0 ? null : call.Integer(0);
        if (call.Count == 1 && digits is null)
            return default;
        return call.Value() switch
        {
            Quantity quantity => OfDecimal(quantity.Value, digits, isHigh) is { } value
                ? new(Item.Of(quantity with { Value = value })) : default,
            Moment moment => OfMoment(moment, digits, isHigh) is { } bound ? new(Item.Of(bound)) : default,
            { } value when Numbers.AsDecimal(value) is { } number => OfDecimal(number, digits, isHigh) is { } bound ? Items.Of(bound) : default,
            _ => default,
        };
    }

    /// <summary>Digits after the point for a number; 4, 6, 8, 10, 12, 14 or 17 for a date; 2, 4, 6 or 9 for a time.</summary>
    public static int? Precision(object? value) => value switch
    {
        Moment { Kind: MomentKind.Time } time => time.FractionDigits > 0 ? 9 : ((int)time.Precision - (int)MomentPrecision.Hour + 1) * 2,
        Moment moment => moment.FractionDigits > 0 ? 17 : 4 + ((int)moment.Precision * 2),
        _ when Numbers.AsDecimal(value) is { } number => number.Scale,
        _ => null,
    };

    private static decimal? OfDecimal(decimal number, int? digits, bool isHigh)
    {
        var wanted = digits ?? DecimalDigits;
        if (wanted is < 0 or > DecimalDigitsMax)
            return null;
        try
        {
            var half = new decimal(5, 0, 0, false, (byte)Math.Min(number.Scale + 1, DecimalDigitsMax));
            var bound = isHigh ? number + half : number - half;
            var rounded = decimal.Round(bound, wanted, isHigh ? MidpointRounding.ToPositiveInfinity : MidpointRounding.ToNegativeInfinity);
            return rounded.Scale < wanted ? rounded + new decimal(0, 0, 0, false, (byte)wanted) : rounded;
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    private static Moment? OfMoment(Moment moment, int? digits, bool isHigh)
    {
        var full = Filled(moment, isHigh);
        if (moment.Kind == MomentKind.Time)
        {
            return (digits ?? 9) switch
            {
                2 => full with { Precision = MomentPrecision.Hour, FractionDigits = 0 },
                4 => full with { Precision = MomentPrecision.Minute, FractionDigits = 0 },
                6 => full with { Precision = MomentPrecision.Second, FractionDigits = 0 },
                9 => full,
                _ => null,
            };
        }

        return (digits ?? (moment.Kind == MomentKind.Date ? 8 : 17)) switch
        {
            4 => full with { Precision = MomentPrecision.Year, FractionDigits = 0 },
            6 => full with { Precision = MomentPrecision.Month, FractionDigits = 0 },
            8 => full with { Precision = MomentPrecision.Day, FractionDigits = 0 },
            _ when moment.Kind == MomentKind.Date => null,
            10 => full with { Precision = MomentPrecision.Hour, FractionDigits = 0 },
            12 => full with { Precision = MomentPrecision.Minute, FractionDigits = 0 },
            14 => full with { Precision = MomentPrecision.Second, FractionDigits = 0 },
            17 => full,
            _ => null,
        };
    }

    // Without an offset the earliest place on earth is at +14:00, the latest at -12:00.
    private static Moment Filled(Moment moment, bool isHigh)
    {
        var known = moment.Precision;
        var month = known >= MomentPrecision.Month ? moment.Month : isHigh ? 12 : 1;
        return moment with
        {
            Precision = MomentPrecision.Second,
            Month = month,
            Day = known >= MomentPrecision.Day ? moment.Day : isHigh ? DateTime.DaysInMonth(moment.Year, month) : 1,
            Hour = known >= MomentPrecision.Hour ? moment.Hour : isHigh ? 23 : 0,
            Minute = known >= MomentPrecision.Minute ? moment.Minute : isHigh ? 59 : 0,
            Second = known >= MomentPrecision.Second ? moment.Second : isHigh ? 59 : 0,
            Fraction = moment.FractionDigits > 0 ? moment.Fraction : isHigh ? 999 * (int)TimeSpan.TicksPerMillisecond : 0,
            FractionDigits = Math.Max(moment.FractionDigits, 3),
            OffsetMinutes = moment.Kind == MomentKind.DateTime ? moment.OffsetMinutes ?? (isHigh ? -12 : 14) * 60 : null,
        };
    }
}
