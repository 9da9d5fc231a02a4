using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Snapshots;

/// <summary>
/// Makes the snapshot of a StructureDefinition from its base and its differential.
/// https://hl7.org/fhir/R4/profiling.html#snapshot
/// </summary>
public static class SnapshotGenerator
{
    /// <summary>The structure with a snapshot; one that it may have brought is replaced. Nothing is thrown for wrong content.</summary>
    /// <param name="structure">The StructureDefinition; it is not changed.</param>
    /// <param name="definitions">Where bases, types and the profiles on types are found.</param>
    /// <param name="resolver">Asked first for a canonical URL without version; may be null.</param>
    /// <param name="acceptsAnyOrder">
    /// True when elements of the differential may stand in another order than in the base; else that is an error.
    /// </param>
    public static Snapshot Generate(
        Element structure, DefinitionSet definitions, Func<string, Element?>? resolver = null, bool acceptsAnyOrder = false) =>
        new StructureSource(definitions, resolver).Generate(structure, acceptsAnyOrder);
}
