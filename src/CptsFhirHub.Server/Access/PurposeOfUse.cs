using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Access;

/// <summary>
/// Why somebody asks for a person's data, as an AuditEvent tells it. http://terminology.hl7.org/ValueSet/v3-PurposeOfUse
/// </summary>
internal static class PurposeOfUse
{
    /// <summary>The header in which a caller says it.</summary>
    public const string Header = "X-Purpose-Of-Use";

    private const string System = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

    /// <summary>What the hub is for: the way of a patient to a GP.</summary>
    private const string Standard = "COC";

    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["TREAT"] = "treatment",
        ["ETREAT"] = "Emergency Treatment",
        ["BTG"] = "break the glass",
        ["COC"] = "coordination of care",
        ["CAREMGT"] = "care management",
        ["PATADMIN"] = "patient administration",
        ["PATRQT"] = "patient requested",
        ["PUBHLTH"] = "public health",
        ["HOPERAT"] = "healthcare operations",
        ["HPAYMT"] = "healthcare payment",
        ["HRESCH"] = "healthcare research",
    };

    /// <summary>The code that a caller gives, or the hub's own when it gives none. A code that is none is refused, without being repeated.</summary>
    public static string Of(string? given) =>
        string.IsNullOrWhiteSpace(given) ? Standard
        : Known.ContainsKey(given.Trim()) ? given.Trim()
        : throw new Refusal(400, "code-invalid", $"{Header} is one of {string.Join(", ", Known.Keys)}.");

    /// <summary>Writes it into an AuditEvent.</summary>
    public static void Write(Element audit, string code) =>
        audit.AddItem("purposeOfEvent").AddItem("coding").With("system", System).With("code", code).With("display", Known[code]);
}
