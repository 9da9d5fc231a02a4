namespace CptsFhirHub.Server.Flows;

/// <summary>Days out of FHIR's dates and instants.</summary>
internal static class Days
{
    /// <summary>The day of a date, or of an instant as it was written; null when the text tells no day.</summary>
    public static DateOnly? Of(string? text) =>
        text is { Length: >= 10 } && DateOnly.TryParseExact(text.AsSpan(0, 10), "yyyy-MM-dd", out var day) ? day : null;

    /// <summary>The later of two days; the one that is known when the other is not.</summary>
    public static DateOnly? Later(DateOnly? one, DateOnly? other) => one is null || other > one ? other : one;
}
