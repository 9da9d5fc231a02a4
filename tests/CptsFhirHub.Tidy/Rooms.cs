namespace CptsFhirHub.Tidy;

/// <summary>Which room may import which, inside one project. Between projects the references decide.</summary>
internal static class Rooms
{
    private static readonly string[] BelowFhir = ["Model", "Definitions", "FhirPath", "Terminology"];

    /// <summary>By project: each room and the sibling rooms it may import. A project that is not here has open doors inside.</summary>
    public static readonly IReadOnlyDictionary<string, IReadOnlyDictionary<string, string[]>> May = new Dictionary<string, IReadOnlyDictionary<string, string[]>>
    {
        ["Fhir"] = new Dictionary<string, string[]>
        {
            ["Model"] = [],
            ["Definitions"] = ["Model"],
            // Lists, numbers and the order of elements are known from the definitions alone.
            ["Xml"] = ["Model", "Definitions"],
            ["FhirPath"] = ["Model", "Definitions"],
            ["Terminology"] = ["Model", "Definitions"],
            ["Snapshots"] = ["Model", "Definitions"],
            ["Validation"] = [.. BelowFhir, "Snapshots"],
            ["Search"] = BelowFhir,
            ["Mapping"] = BelowFhir,
            ["Patch"] = ["Model", "Definitions", "FhirPath"],
        },
        ["Coordination"] = new Dictionary<string, string[]>
        {
            // Siblings share what stands in the project's root, and nothing else.
            ["Intake"] = [],
            ["Identity"] = [],
            ["Signalements"] = [],
            ["Triage"] = [],
            ["Proposals"] = [],
            ["Slots"] = [],
            ["Cohorts"] = [],
            ["Notices"] = [],
        },
        ["Server"] = new Dictionary<string, string[]>
        {
            // Access says who calls; Flows decide and know no door; the doors stand above them.
            ["Access"] = [],
            ["Flows"] = ["Access"],
            ["Rest"] = ["Access"],
            ["Intake"] = ["Access", "Flows"],
            // What goes out is signed as what comes in: the signature stands with the intake.
            ["Outbound"] = ["Access", "Flows", "Intake"],
            // A subscription is a FHIR resource with operations, delivered as all that goes out.
            ["Subscriptions"] = ["Access", "Flows", "Rest", "Outbound"],
            // Exports and imports are operations of the FHIR interface that outlive their request.
            ["Bulk"] = ["Access", "Rest"],
            // /jobs answers in the form of the intake's routes.
            ["Jobs"] = ["Access", "Flows", "Intake"],
            // The pages show what the jobs did, and start them.
            ["Pages"] = ["Access", "Flows", "Jobs"],
            ["Demo"] = ["Access", "Flows"],
            // The shell around the rooms: it knows who calls, and nothing of what is done.
            ["Hosting"] = ["Access"],
        },
    };

    /// <summary>By project: the projects it may reference.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> References = new Dictionary<string, string[]>
    {
        ["src/CptsFhirHub.Fhir"] = [],
        ["src/CptsFhirHub.Coordination"] = ["Fhir"],
        ["src/CptsFhirHub.Storage"] = ["Fhir"],
        ["src/CptsFhirHub.Server"] = ["Fhir", "Coordination", "Storage"],
        ["src/CptsFhirHub.Cli"] = ["Fhir", "Coordination"],
        ["tests/CptsFhirHub.Fhir.Tests"] = ["Fhir"],
        ["tests/CptsFhirHub.Coordination.Tests"] = ["Fhir", "Coordination"],
        ["tests/CptsFhirHub.Storage.Tests"] = ["Fhir", "Storage"],
        ["tests/CptsFhirHub.Storage.Postgres.Tests"] = ["Fhir", "Storage"],
        ["tests/CptsFhirHub.Server.Tests"] = ["Fhir", "Coordination", "Storage", "Server", "Cli", "Generator"],
        ["tests/CptsFhirHub.Server.Postgres.Tests"] = ["Fhir", "Coordination", "Storage", "Server", "Generator"],
        ["tests/CptsFhirHub.Browser.Tests"] = ["Fhir", "Coordination", "Storage", "Server"],
        ["tests/CptsFhirHub.Tidy"] = [],
    };
}
