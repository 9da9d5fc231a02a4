using System.Collections.Frozen;
using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.Search;

/// <summary>
/// The compartments of R4: what belongs to one patient, encounter, practitioner, related person or device.
/// https://hl7.org/fhir/R4/compartmentdefinition.html
/// </summary>
public static class Compartments
{
    // Type and the parameters that lead into the compartment, as the five definitions of R4 list them; {def} is the resource itself.
    private const string Tables =
        """
        Patient:
        Account subject; AdverseEvent subject; AllergyIntolerance patient recorder asserter; Appointment actor;
        AppointmentResponse actor; AuditEvent patient; Basic patient author; BodyStructure patient; CarePlan patient performer;
        CareTeam patient participant; ChargeItem subject; Claim patient payee; ClaimResponse patient;
        ClinicalImpression subject; Communication subject sender recipient;
        CommunicationRequest subject sender recipient requester; Composition subject author attester;
        Condition patient asserter; Consent patient; Coverage policy-holder subscriber beneficiary payor;
        CoverageEligibilityRequest patient; CoverageEligibilityResponse patient; DetectedIssue patient;
        DeviceRequest subject performer; DeviceUseStatement subject; DiagnosticReport subject;
        DocumentManifest subject author recipient; DocumentReference subject author; Encounter patient;
        EnrollmentRequest subject; EpisodeOfCare patient; ExplanationOfBenefit patient payee; FamilyMemberHistory patient;
        Flag patient; Goal patient; Group member; ImagingStudy patient; Immunization patient; ImmunizationEvaluation patient;
        ImmunizationRecommendation patient; Invoice subject patient recipient; List subject source; MeasureReport patient;
        Media subject; MedicationAdministration patient performer subject; MedicationDispense subject patient receiver;
        MedicationRequest subject; MedicationStatement subject; MolecularSequence patient; NutritionOrder patient;
        Observation subject performer; Patient link; Person patient; Procedure patient performer; Provenance patient;
        QuestionnaireResponse subject author; RelatedPerson patient; RequestGroup subject participant;
        ResearchSubject individual; RiskAssessment subject; Schedule actor; ServiceRequest subject performer; Specimen subject;
        SupplyDelivery patient; SupplyRequest subject; VisionPrescription patient
        Encounter:
        CarePlan encounter; CareTeam encounter; ChargeItem context; Claim encounter; ClinicalImpression encounter;
        Communication encounter; CommunicationRequest encounter; Composition encounter; Condition encounter;
        DeviceRequest encounter; DiagnosticReport encounter; DocumentManifest related-ref; DocumentReference encounter;
        Encounter {def}; ExplanationOfBenefit encounter; Media encounter; MedicationAdministration context;
        MedicationRequest encounter; NutritionOrder encounter; Observation encounter; Procedure encounter;
        QuestionnaireResponse encounter; RequestGroup encounter; ServiceRequest encounter; VisionPrescription encounter
        Practitioner:
        Account subject; AdverseEvent recorder; AllergyIntolerance recorder asserter; Appointment actor;
        AppointmentResponse actor; AuditEvent agent; Basic author; CarePlan performer; CareTeam participant;
        ChargeItem enterer performer-actor; Claim enterer provider payee care-team; ClaimResponse requestor;
        ClinicalImpression assessor; Communication sender recipient; CommunicationRequest sender recipient requester;
        Composition subject author attester; Condition asserter; CoverageEligibilityRequest enterer provider;
        CoverageEligibilityResponse requestor; DetectedIssue author; DeviceRequest requester performer;
        DiagnosticReport performer; DocumentManifest subject author recipient; DocumentReference subject author authenticator;
        Encounter practitioner participant; EpisodeOfCare care-manager; ExplanationOfBenefit enterer provider payee care-team;
        Flag author; Group member; Immunization performer; Invoice participant; Linkage author; List source;
        Media subject operator; MedicationAdministration performer; MedicationDispense performer receiver;
        MedicationRequest requester; MedicationStatement source; MessageHeader receiver author responsible enterer;
        NutritionOrder provider; Observation performer; Patient general-practitioner; PaymentNotice provider;
        PaymentReconciliation requestor; Person practitioner; Practitioner {def}; PractitionerRole practitioner;
        Procedure performer; Provenance agent; QuestionnaireResponse author source; RequestGroup participant author;
        ResearchStudy principalinvestigator; RiskAssessment performer; Schedule actor; ServiceRequest performer requester;
        Specimen collector; SupplyDelivery supplier receiver; SupplyRequest requester; VisionPrescription prescriber
        RelatedPerson:
        AdverseEvent recorder; AllergyIntolerance asserter; Appointment actor; AppointmentResponse actor; Basic author;
        CarePlan performer; CareTeam participant; ChargeItem enterer performer-actor; Claim payee;
        Communication sender recipient; CommunicationRequest sender recipient requester; Composition author;
        Condition asserter; Coverage policy-holder subscriber payor; DocumentManifest author recipient;
        DocumentReference author; Encounter participant; ExplanationOfBenefit payee; Invoice recipient;
        MedicationAdministration performer; MedicationStatement source; Observation performer; Patient link; Person link;
        Procedure performer; Provenance agent; QuestionnaireResponse author source; RelatedPerson {def};
        RequestGroup participant; Schedule actor; ServiceRequest performer; SupplyRequest requester
        Device:
        Account subject; Appointment actor; AppointmentResponse actor; AuditEvent agent; ChargeItem enterer performer-actor;
        Claim procedure-udi item-udi detail-udi subdetail-udi; Communication sender recipient;
        CommunicationRequest sender recipient; Composition author; DetectedIssue author;
        DeviceRequest device subject requester performer; DeviceUseStatement device; DiagnosticReport subject;
        DocumentManifest subject author; DocumentReference subject author;
        ExplanationOfBenefit procedure-udi item-udi detail-udi subdetail-udi; Flag author; Group member; Invoice participant;
        List subject source; Media subject; MedicationAdministration device; MessageHeader target; Observation subject device;
        Provenance agent; QuestionnaireResponse author; RequestGroup author; RiskAssessment performer; Schedule actor;
        ServiceRequest performer requester; Specimen subject; SupplyRequest requester
        """;

    private static readonly FrozenDictionary<string, FrozenDictionary<string, string[]>> ByOwner = Read();

    /// <summary>The types that have compartments.</summary>
    public static IReadOnlyList<string> Owners => ByOwner.Keys;

    /// <summary>The types whose resources may stand in a compartment of that owner; empty when it has none.</summary>
    public static IEnumerable<string> Members(string owner) => ByOwner.TryGetValue(owner, out var members) ? members.Keys : [];

    /// <summary>
    /// What a resource of <paramref name="type"/> must meet to stand in the compartment of <paramref name="owner"/>/<paramref name="id"/>.
    /// Null when no resource of the type can.
    /// </summary>
    /// <param name="withOwner">True when the owner itself counts: it does for rights; a search of the compartment asks for the rest.</param>
    public static Criterion? Of(DefinitionSet definitions, string owner, string id, string type, bool withOwner = true)
    {
        if (!ByOwner.TryGetValue(owner, out var members))
            return null;
        var alternatives = new List<IReadOnlyList<Criterion>>();
        if (withOwner && type == owner && definitions.SearchParameter(type, "_id") is { } itself)
            alternatives.Add([new Criterion.Match(itself, null, [new SearchValue.Token(null, id)])]);
        foreach (var code in members.GetValueOrDefault(type) ?? [])
            if (definitions.SearchParameter(type, code) is { Type: SearchParameterType.Reference } parameter)
                alternatives.Add([new Criterion.Match(parameter, null, [new SearchValue.Reference(owner, id, null)])]);
        return alternatives.Count == 0 ? null : new Criterion.Any(alternatives);
    }

    private static FrozenDictionary<string, FrozenDictionary<string, string[]>> Read()
    {
        var byOwner = new Dictionary<string, Dictionary<string, string[]>>(StringComparer.Ordinal);
        Dictionary<string, string[]> members = [];
        foreach (var line in Tables.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[^1] == ':')
            {
                byOwner[line[..^1]] = members = new(StringComparer.Ordinal);
                continue;
            }

            foreach (var member in line.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                var words = member.Split(' ');
                members[words[0]] = [.. words.Skip(1).Where(code => code != "{def}")];
            }
        }

        return byOwner.ToFrozenDictionary(
            pair => pair.Key, pair => pair.Value.ToFrozenDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
    }
}
