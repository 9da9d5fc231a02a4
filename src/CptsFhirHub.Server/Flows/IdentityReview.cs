using System.Globalization;
using System.Text;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;

namespace CptsFhirHub.Server.Flows;

/// <summary>What a coordinator reads beside two records to compare, in French. No trait is quoted: the records stand one click away.</summary>
internal static class IdentityReview
{
    private static readonly CultureInfo French = MakeFrench();

    /// <summary>Why the machine thinks that they may be one person, and why it did not join them.</summary>
    public static string Explain(Matcher matcher, Traits said, Traits known, string reference)
    {
        var comparison = Identification.Compare(said, known, Verdict.None, matcher);
        var text = new StringBuilder();
        text.Append(French, $"{reference} : {Percent(comparison.Probability)} de chances d'être la même personne (paramètres {matcher.Version}).");
        foreach (var field in comparison.Fields)
            text.Append(French, $"\n{field.Text} ({field.Weight:+0.0;-0.0})");
        foreach (var reason in comparison.Reasons)
            text.Append(French, $"\n- {reason.Text}");
        return text.ToString();
    }

    private static string Percent(double chance) => chance switch
    {
        > 0.99 => "plus de 99 %",
        < 0.01 => "moins de 1 %",
        _ => string.Create(French, $"environ {100 * chance:0} %"),
    };

    // Cultures are invariant here: the comma is ours.
    private static CultureInfo MakeFrench()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        return culture;
    }
}
