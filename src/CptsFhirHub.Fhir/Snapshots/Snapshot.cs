using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Snapshots;

/// <summary>A structure with its snapshot, and what was wrong with its differential.</summary>
/// <param name="Structure">A copy of the StructureDefinition with a new <c>snapshot</c>; without one when the base is unknown.</param>
/// <param name="Issues">The faults, each at the element of the differential it concerns.</param>
public sealed record Snapshot(Element Structure, IReadOnlyList<Issue> Issues)
{
    /// <summary>True when every element of the differential found its place.</summary>
    public bool IsWhole => Issues.All(issue => !issue.IsError);
}
