using System.Globalization;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>What the unit of a <see cref="Quantity"/> is.</summary>
public enum UnitKind
{
    /// <summary>A UCUM code: <c>'mg'</c>, <c>'a'</c>.</summary>
    Ucum,

    /// <summary>A calendar duration: <c>year</c>, <c>days</c>.</summary>
    Calendar,

    /// <summary>
    /// A UCUM duration of a FHIR Quantity, which counts as the calendar duration too. https://hl7.org/fhir/R4/fhirpath.html#quantity
    /// </summary>
    Either,
}

/// <summary>A System.Quantity: a number with a UCUM or calendar unit. https://hl7.org/fhirpath/N1/#quantity</summary>
/// <param name="Value">The number.</param>
/// <param name="Unit">The UCUM code, or the calendar unit in the singular.</param>
/// <param name="Kind">Which of the two.</param>
public sealed partial record Quantity(decimal Value, string Unit, UnitKind Kind = UnitKind.Ucum)
{
    private const NumberStyles Signed = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;

    /// <inheritdoc/>
    public override string ToString()
    {
        var number = Value.ToString(CultureInfo.InvariantCulture);
        return Kind == UnitKind.Calendar ? $"{number} {Unit}{(Value == 1 ? "" : "s")}" : $"{number} '{Unit}'";
    }

    /// <summary>Reads <c>1.5 'mg'</c>, <c>4 days</c> or <c>3</c>; null when it is no quantity.</summary>
    public static Quantity? TryParse(string text)
    {
        var rest = text.AsSpan().Trim();
        var end = 0;
        while (end < rest.Length && (char.IsAsciiDigit(rest[end]) || rest[end] == '.' || (end == 0 && rest[end] is '+' or '-')))
            end++;
        if (end == 0 || rest[end - 1] == '.' || rest[0] == '.'
            || !decimal.TryParse(rest[..end], Signed, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }

        var unit = rest[end..].TrimStart();
        if (unit.IsEmpty)
            return end == rest.Length ? new(value, "1") : null;
        if (unit[0] == '\'')
            return unit.Length > 2 && unit[^1] == '\'' && unit[1..^1].IndexOf('\'') < 0 ? new(value, unit[1..^1].ToString()) : null;
        return unit.Length < rest.Length - end && CalendarUnit.Of(unit.ToString()) is { } calendar
            ? new(value, calendar.Name, UnitKind.Calendar)
            : null;
    }
}

/// <summary>A calendar duration: a number of months, or a number of ticks.</summary>
internal sealed record CalendarUnit(string Name, string Ucum, int Months, long Size)
{
    public const long DaySize = TimeSpan.TicksPerDay;

    private static readonly CalendarUnit[] All =
    [
        new("year", "a", 12, 365 * DaySize),
        new("month", "mo", 1, 30 * DaySize),
        new("week", "wk", 0, 7 * DaySize),
        new("day", "d", 0, DaySize),
        new("hour", "h", 0, TimeSpan.TicksPerHour),
        new("minute", "min", 0, TimeSpan.TicksPerMinute),
        new("second", "s", 0, TimeSpan.TicksPerSecond),
        new("millisecond", "ms", 0, TimeSpan.TicksPerMillisecond),
    ];

    public bool IsMonths => Months > 0;

    public bool IsSecondOrLess => Size <= TimeSpan.TicksPerSecond;

    /// <summary>The unit of that name, singular or plural.</summary>
    public static CalendarUnit? Of(string name)
    {
        foreach (var unit in All)
            if (name.StartsWith(unit.Name, StringComparison.Ordinal)
                && (name.Length == unit.Name.Length || (name.Length == unit.Name.Length + 1 && name[^1] == 's')))
                return unit;
        return null;
    }

    /// <summary>The unit with that UCUM code.</summary>
    public static CalendarUnit? OfUcum(string code) => Array.Find(All, unit => unit.Ucum == code);
}
