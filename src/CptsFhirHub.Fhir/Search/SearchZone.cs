namespace CptsFhirHub.Fhir.Search;

/// <summary>
/// Where a day begins when a date says no offset: the territory's own midnight, for what is stored and for what is asked.
/// </summary>
public static class SearchZone
{
    /// <summary>Europe/Paris; UTC on a system that knows no zones.</summary>
    public static TimeZoneInfo Paris { get; } =
        TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Paris", out var zone) ? zone : TimeZoneInfo.Utc;
}
