using System.Globalization;
using System.Text.RegularExpressions;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>Times of the wall in Paris, whose offset at that instant is computed from the European rule.</summary>
internal static partial class ParisTime
{
    /// <summary>
    /// An instant as FHIR writes it: to the second, with an offset. One without offset is of the wall in Paris. Null when it is none.
    /// </summary>
    public static string? Instant(string text)
    {
        if (!text.Contains('T', StringComparison.Ordinal)
            || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
            return null;
        if (FhirInstant().IsMatch(text))
            return text;
        var written = text.Trim();
        var hasOffset = written.EndsWith('Z') || written.AsSpan(written.IndexOf('T', StringComparison.Ordinal)).IndexOfAny('+', '-') > 0;
        return instant.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)
            + (hasOffset ? instant.ToString("zzz", CultureInfo.InvariantCulture) : OffsetOf(instant.DateTime));
    }

    /// <summary>
    /// A day with its hour, as <c>2025-06-18 09:12</c>, <c>18/06/2025 09:12:30</c> or <c>18/06/2025 9h12</c>: an instant. Null when it has
    /// no hour or is none.
    /// </summary>
    public static string? Moment(string text)
    {
        var trimmed = text.Trim();
        var cut = trimmed.IndexOfAny([' ', 'T']);
        if (cut <= 0 || FrenchValues.Date(trimmed[..cut]) is not { Value: { Length: 10 } day })
            return null;
        var hour = trimmed[(cut + 1)..].Trim().Replace('h', ':').TrimEnd(':');
        if (hour.IndexOf(':', StringComparison.Ordinal) is 1)
            hour = "0" + hour;
        return Instant($"{day}T{(hour.Length == 2 ? hour + ":00" : hour)}");
    }

    // Summer time runs from the last Sunday of March, 2 o'clock, to the last Sunday of October, 3 o'clock.
    public static string OffsetOf(DateTime wall)
    {
        var start = LastSunday(wall.Year, 3).AddHours(2);
        var end = LastSunday(wall.Year, 10).AddHours(3);
        return wall >= start && wall < end ? "+02:00" : "+01:00";
    }

    private static DateTime LastSunday(int year, int month)
    {
        var last = new DateTime(year, month, DateTime.DaysInMonth(year, month), 0, 0, 0, DateTimeKind.Unspecified);
        return last.AddDays(-(int)last.DayOfWeek);
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\z",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex FhirInstant();
}
