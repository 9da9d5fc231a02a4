using System.Text.RegularExpressions;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>Two names that somebody wrote as one: <c>MARTIN épouse DUBOIS</c>, <c>Mme DUBOIS née MARTIN</c>.</summary>
/// <param name="Birth">The name of birth; null when only the other is told.</param>
/// <param name="Used">The name in use; null when only the name of birth is told.</param>
internal sealed partial record NamesInOne(string? Birth, string? Used)
{
    public const string Remark = "The name says both the birth name and the name in use: each was put in its place.";

    /// <summary>Both names; null for a text that is one name.</summary>
    public static NamesInOne? Of(string? text)
    {
        if (text is null || text.Length > 200)
            return null;
        if (Married().Match(text) is { Success: true } married)
            return Told(married.Groups["one"].Value, married.Groups["other"].Value);
        return Born().Match(text) is { Success: true } born ? Told(born.Groups["other"].Value, born.Groups["one"].Value) : null;

        static NamesInOne? Told(string birth, string used) =>
            (Trimmed(birth), Trimmed(used)) is var (of, by) && (of ?? by) is not null ? new(of, by) : null;
    }

    private static string? Trimmed(string name)
    {
        var trimmed = Title().Replace(name, "").Trim(' ', ',', ';', '(', ')', '-');
        return trimmed.Length > 0 ? trimmed : null;
    }

    [GeneratedRegex(@"^(?<one>.*?)(?:^|[\s,(])(?:[ée]pouse|[ée]pse|[ée]p\.?|veuve|vve)\s+(?<other>\S.*)$", Options)]
    private static partial Regex Married();

    // "ne" without its accent and its feminine is a syllable of names.
    [GeneratedRegex(@"^(?<one>.*?)(?:^|[\s,(])(?:née|nee|né|n[ée]\(e\))\s+(?<other>\S.*)$", Options)]
    private static partial Regex Born();

    [GeneratedRegex(@"^\s*(?:mme|mlle|mr|m\.|madame|mademoiselle|monsieur)\.?(?:\s+|$)", Options)]
    private static partial Regex Title();

    // Without backtracking the time grows with the text alone and needs no limit: one on the wall would refuse a sound message on a busy machine.
    private const RegexOptions Options =
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;
}
