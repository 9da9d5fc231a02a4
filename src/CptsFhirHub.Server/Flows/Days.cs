using System.Globalization;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Server.Flows;

/// <summary>Days out of FHIR's dates and instants: those of the territory, where a night's work already belongs to the day that has begun.</summary>
internal static class Days
{
    /// <summary>The day of a date, or of an instant; null when the text tells no day. A time without offset is one of the territory.</summary>
    public static DateOnly? Of(string? text)
    {
        if (text is not { Length: >= 10 } || !DateOnly.TryParseExact(text.AsSpan(0, 10), "yyyy-MM-dd", out var day))
            return null;
        return TellsOffset(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var instant) ? Of(instant) : day;
    }

    /// <summary>The day on which it is this instant in the territory.</summary>
    public static DateOnly Of(DateTimeOffset instant) => DateOnly.FromDateTime(Local(instant).DateTime);

    /// <summary>That day as FHIR's <c>date</c>.</summary>
    public static string Text(DateTimeOffset instant) => Of(instant).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>An instant as the territory's clocks show it.</summary>
    public static DateTimeOffset Local(DateTimeOffset instant) => TimeZoneInfo.ConvertTime(instant, SearchZone.Paris);

    /// <summary>The later of two days; the one that is known when the other is not.</summary>
    public static DateOnly? Later(DateOnly? one, DateOnly? other) => one is null || other > one ? other : one;

    private static bool TellsOffset(string text) => text.Length > 10 && text.AsSpan(10).IndexOfAny('Z', '+', '-') >= 0;
}
