namespace CptsFhirHub.Server.Flows;

/// <summary>The canonical URLs and codes the flows write. They are those of <c>fhir-profiles/README.md</c>.</summary>
internal static class Vocabulary
{
    public const string Root = "https://cpts-fhir-hub.example/fhir";

    /// <summary>RPPS numbers, written with the figure 8 before them.</summary>
    public const string Rpps = "urn:oid:1.2.250.1.71.4.2.1";

    public const string Tracking = Root + "/NamingSystem/suivi";
    public const string Message = Root + "/NamingSystem/message";
    public const string Sharing = Root + "/NamingSystem/partage";
    public const string Tenant = Root + "/NamingSystem/cpts";
    public const string Cohort = Root + "/NamingSystem/cohorte";
    public const string SourceKeyPrefix = Root + "/NamingSystem/cle-source/";
    public const string SourcePrefix = Root + "/source/";

    public const string ParcoursState = Root + "/CodeSystem/etat-parcours";
    public const string TaskKind = Root + "/CodeSystem/type-tache";
    /// <summary>The kind of a Basic that the hub keeps for itself.</summary>
    public const string RecordKind = Root + "/CodeSystem/type-dossier";

    public const string Criterion = Root + "/CodeSystem/critere-fragilite";
    public const string Level = Root + "/CodeSystem/niveau-fragilite";
    public const string Rules = Root + "/CodeSystem/regles-priorite";
    public const string TaskInput = Root + "/CodeSystem/donnee-tache";
    public const string Fact = Root + "/CodeSystem/fait";
    public const string ConsentSubject = Root + "/CodeSystem/objet-consentement";
    public const string CohortKind = Root + "/CodeSystem/type-cohorte";
    public const string CohortState = Root + "/CodeSystem/etat-cohorte";

    public const string MessageEvent = Root + "/CodeSystem/evenement-message";
    public const string RankExtension = Root + "/StructureDefinition/rang-priorite";
    public const string SourceExtension = Root + "/StructureDefinition/source-signalement";
    public const string SignallerExtension = Root + "/StructureDefinition/type-signalant";
    public const string CohortEndExtension = Root + "/StructureDefinition/cessation-activite";
    public const string MemberStateExtension = Root + "/StructureDefinition/etat-membre";
    public const string MemberStateSinceExtension = Root + "/StructureDefinition/etat-membre-depuis";

    public const string MemberEvidenceExtension = Root + "/StructureDefinition/etat-membre-preuve";
    public const string MemberReviewExtension = Root + "/StructureDefinition/lien-a-verifier";

    public const string ParcoursTask = "parcours-medecin-traitant";
    public const string DacTask = "appui-dac";
    public const string IdentityTask = "verification-identite";
}
