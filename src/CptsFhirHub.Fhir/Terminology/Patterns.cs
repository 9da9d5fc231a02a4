using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>Regular expressions that come with data: bounded in length and time, a bad one matches nothing.</summary>
internal static class Patterns
{
    private const int LengthMax = 1_000;
    private const int KeptMax = 500;

    /// <summary>On the wall: a thread that waits for its turn on a busy machine must not make a good text a bad one.</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(2);
    private static readonly ConcurrentDictionary<string, Regex?> Kept = new(StringComparer.Ordinal);

    /// <summary>True when the whole text matches.</summary>
    public static bool IsWhole(string text, string pattern) => Matches(text, pattern) == true;

    /// <summary>Whether the whole text matches; null when the pattern is none, too long or takes too long.</summary>
    public static bool? Matches(string text, string pattern)
    {
        if (pattern.Length > LengthMax)
            return null;
        if (Kept.Count > KeptMax)
            Kept.Clear();
        try
        {
            return Kept.GetOrAdd(pattern, Compile)?.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    // Without backtracking the time grows with the text alone; what that cannot express has its time limited.
    private static Regex? Compile(string pattern)
    {
        var whole = $"^(?:{pattern})$";
        try
        {
            return new Regex(whole, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, TimeMax);
        }
        catch (NotSupportedException)
        {
            return new Regex(whole, RegexOptions.CultureInvariant, TimeMax);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
