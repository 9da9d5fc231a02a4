using Microsoft.Net.Http.Headers;

namespace CptsFhirHub.Server;

/// <summary>The languages in which the hub says what is wrong with a resource. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4</summary>
internal static class Languages
{
    public const string French = "fr";
    public const string English = "en";

    /// <summary>The one that the caller reads best, by <c>Accept-Language</c>; French when it says nothing of either.</summary>
    public static string Choose(string? accepted)
    {
        if (string.IsNullOrEmpty(accepted) || !StringWithQualityHeaderValue.TryParseList([accepted], out var wanted))
            return French;
        var best = wanted.Select(range => (Language: Of(range.Value.Value ?? ""), Quality: range.Quality ?? 1))
            .Where(one => one.Language is not null && one.Quality > 0)
            .OrderByDescending(one => one.Quality).FirstOrDefault();
        return best.Language ?? French;
    }

    private static string? Of(string range) =>
        range == "*" || IsOf(range, French) ? French : IsOf(range, English) ? English : null;

    private static bool IsOf(string range, string language) =>
        range.Equals(language, StringComparison.OrdinalIgnoreCase) || range.StartsWith(language + "-", StringComparison.OrdinalIgnoreCase);
}
