using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// What the machine decided about who a message is about, as it is kept in the Provenance of what the message wrote: the versions compared,
/// how each field agreed, what that weighed, and what kept it from joining.
/// </summary>
/// <param name="Parameters">The version of the parameters in force.</param>
/// <param name="Outcome"><c>reuni</c>, <c>nouveau</c> or <c>a-verifier</c>.</param>
/// <param name="IsByKey">True when the sender's own key of the request named the person.</param>
/// <param name="Compared">The persons compared, by reference and version, the likeliest first.</param>
internal sealed record IdentityDecision(string Parameters, string Outcome, bool IsByKey, IReadOnlyList<(string Version, Comparison Comparison)> Compared)
{
    public const string Url = Vocabulary.Root + "/StructureDefinition/decision-identite";

    public const string Joined = "reuni";
    public const string New = "nouveau";
    public const string ToCheck = "a-verifier";

    /// <summary>Persons of whom the comparison is kept: those beyond it resemble less.</summary>
    private const int KeptMax = 5;

    /// <summary>Writes the decision into a Provenance.</summary>
    public void WriteTo(Element provenance)
    {
        var decision = provenance.AddItem("extension").With("url", Url);
        Part(decision, "issue").With("valueCode", Outcome);
        Part(decision, "parametres").With("valueString", Parameters);
        if (IsByKey)
            Part(decision, "motif").With("valueString", "La source a donné la clé de sa demande, déjà connue.");
        foreach (var (version, comparison) in Compared.Take(KeptMax))
        {
            var compared = Part(decision, "compare");
            Part(compared, "dossier").Add("valueReference").With("reference", version);
            Part(compared, "grade").With("valueCode", CodeOf(comparison.Grade));
            Part(compared, "probabilite").With("valueDecimal", (decimal?)Math.Round(comparison.Probability, 6));
            Part(compared, "poids").With("valueDecimal", Rounded(comparison.Weight));
            foreach (var reason in comparison.Reasons)
                Part(compared, "motif").With("valueString", reason.Text);
            foreach (var field in comparison.Fields)
            {
                var line = Part(compared, "champ");
                Part(line, "nom").With("valueCode", NameOf(field.Field));
                Part(line, "niveau").With("valueCode", field.Level);
                Part(line, "poids").With("valueDecimal", Rounded(field.Weight));
                Part(line, "texte").With("valueString", field.Text);
            }
        }
    }

    /// <summary>The decision that a Provenance tells of; null when it tells of none.</summary>
    public static Element? In(Element provenance) => provenance.ExtensionOf(Url);

    private static Element Part(Element parent, string name) => parent.AddItem("extension").With("url", name);

    private static decimal? Rounded(double weight) => (decimal)Math.Round(Math.Clamp(weight, -1000, 1000), 2);

    private static string NameOf(Field field) => char.ToLowerInvariant(field.ToString()[0]) + field.ToString()[1..];

    private static string CodeOf(MatchGrade grade) => grade switch
    {
        MatchGrade.Certain => "certain",
        MatchGrade.Probable => "probable",
        MatchGrade.Possible => "possible",
        _ => "certainly-not",
    };
}
