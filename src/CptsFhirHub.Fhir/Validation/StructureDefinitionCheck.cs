using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Snapshots;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>Whether the differential of a StructureDefinition fits its base. What is not at hand is not held against it.</summary>
internal static class StructureDefinitionCheck
{
    public static void Check(Run run, Element structure)
    {
        if (structure.Child("differential") is null || structure.Text("derivation") != "constraint")
            return;
        var made = SnapshotGenerator.Generate(structure, run.Validator.Definitions, acceptsAnyOrder: true);
        foreach (var issue in made.Issues)
            if (issue is { IsError: true, Code: not "not-found" })
                run.Error(issue.Code, $"{issue.Text} ({issue.Path})", "snapshot");
    }
}
