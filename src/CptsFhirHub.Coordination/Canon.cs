namespace CptsFhirHub.Coordination;

/// <summary>The addresses of code systems and identifier systems that several rooms read.</summary>
public static class Canon
{
    public const string Base = "https://cpts-fhir-hub.example/fhir";

    /// <summary>Who sent a resource, as a tag.</summary>
    public const string Sender = Base + "/CodeSystem/emetteur";

    /// <summary>What a report and its withdrawal have in common, as a keyed hash.</summary>
    public const string Withdrawal = Base + "/NamingSystem/retrait";

    /// <summary>A number that was replaced before anybody bore it here, as a keyed hash.</summary>
    public const string RetiredNumber = Base + "/NamingSystem/numero-remplace";

    public const string FileState = Base + "/CodeSystem/etat-parcours";
    public const string FragilityCriterion = Base + "/CodeSystem/critere-fragilite";
    public const string RequestReason = Base + "/CodeSystem/motif-demande";
    public const string RefusalReason = Base + "/CodeSystem/motif-refus";
    public const string TaskKind = Base + "/CodeSystem/type-tache";
    public const string CohortState = Base + "/CodeSystem/etat-cohorte";
    public const string ReportSource = Base + "/CodeSystem/source-signalement";
    public const string RequestCategory = Base + "/CodeSystem/categorie-demande";
    public const string ReporterKind = Base + "/StructureDefinition/type-signalant";
    public const string ReportedBy = Base + "/StructureDefinition/source-signalement";
    public const string Rank = Base + "/StructureDefinition/rang-priorite";

    /// <summary>The system of the key by which a source recognises its own messages.</summary>
    public static string SourceKey(string source) => $"{Base}/NamingSystem/cle-source/{source}";

    // French national systems. The NIR of the insured person shares its OID with the INS: only identifier.type tells them apart.
    public const string InsNir = "urn:oid:1.2.250.1.213.1.4.8";
    public const string InsNia = "urn:oid:1.2.250.1.213.1.4.9";
    public const string InsTest = "urn:oid:1.2.250.1.213.1.4.10";
    public const string InsDemo = "urn:oid:1.2.250.1.213.1.4.11";
    public const string Rpps = "https://rpps.esante.gouv.fr";
    public const string SlotKind = "https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau";

    /// <summary>True for the authorities of tests and demonstrations.</summary>
    public static bool IsTestSystem(string? system) => system is InsTest or InsDemo;

    /// <summary>True for the four systems under which an INS number is exchanged.</summary>
    public static bool IsInsSystem(string? system) => system is InsNir or InsNia or InsTest or InsDemo;
}
