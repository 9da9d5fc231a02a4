using System.Collections.Frozen;

namespace CptsFhirHub.Server;

/// <summary>The resource types the hub serves. What is not here answers 404, as if FHIR did not know it.</summary>
internal static class ServedTypes
{
    /// <summary>The hub's own knowledge, the same for everybody who has an account: it names no patient.</summary>
    public static readonly IReadOnlyList<string> Conformance =
    [
        "StructureDefinition", "SearchParameter", "ValueSet", "CodeSystem", "ConceptMap", "StructureMap", "CapabilityStatement",
        "OperationDefinition", "MessageDefinition",
    ];

    /// <summary>Professionals, places and offers: public directory content.</summary>
    public static readonly IReadOnlyList<string> Directory =
        ["Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService"];

    /// <summary>What hangs on a patient, with the search parameter that leads to the patient.</summary>
    public static readonly FrozenDictionary<string, string> PatientParameter = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["RelatedPerson"] = "patient",
        ["ServiceRequest"] = "patient",
        ["Task"] = "patient",
        ["AppointmentResponse"] = "patient",
        ["Appointment"] = "patient",
        ["CareTeam"] = "patient",
        ["CarePlan"] = "patient",
        ["EpisodeOfCare"] = "patient",
        ["Encounter"] = "patient",
        ["Coverage"] = "patient",
        ["Condition"] = "patient",
        ["Observation"] = "patient",
        ["Flag"] = "patient",
        ["RiskAssessment"] = "patient",
        ["QuestionnaireResponse"] = "patient",
        ["Communication"] = "patient",
        ["CommunicationRequest"] = "patient",
        ["DocumentReference"] = "patient",
        ["Consent"] = "patient",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Kept by the hub alone: clients read them.</summary>
    public static readonly FrozenSet<string> ReadOnly = new[] { "AuditEvent" }.ToFrozenSet(StringComparer.Ordinal);

    public static readonly FrozenSet<string> All = new[]
    {
        "Patient", "Schedule", "Slot", "Group", "List", "Questionnaire", "Binary", "Provenance", "AuditEvent", "Subscription", "Basic",
        "Endpoint", "Measure", "MeasureReport", "MessageHeader",
    }.Concat(Conformance).Concat(Directory).Concat(PatientParameter.Keys).ToFrozenSet(StringComparer.Ordinal);
}
