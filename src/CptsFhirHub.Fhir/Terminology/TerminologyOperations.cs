using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>The answer of an operation: a resource, and the fault when it is an OperationOutcome that refuses.</summary>
public sealed record TerminologyAnswer(Element Resource, Issue? Fault)
{
    /// <summary>True when the operation was not carried out.</summary>
    public bool IsRefused => Fault is not null;
}

/// <summary>The terminology operations by name, as functions of what is loaded: a server only routes. https://hl7.org/fhir/R4/terminology-service.html</summary>
public static class TerminologyOperations
{
    /// <summary>The operations, each with the resource type it is asked of.</summary>
    public static IReadOnlyList<(string Type, string Name)> All { get; } =
    [
        ("ValueSet", "expand"), ("ValueSet", "validate-code"), ("ValueSet", "batch-validate-code"),
        ("CodeSystem", "validate-code"), ("CodeSystem", "lookup"), ("CodeSystem", "subsumes"),
        ("ConceptMap", "translate"),
    ];

    /// <summary>Carries out an operation; null when there is none of that name.</summary>
    /// <param name="type">ValueSet, CodeSystem or ConceptMap.</param>
    /// <param name="name">The operation without its dollar sign.</param>
    /// <param name="vocabulary">What is loaded.</param>
    /// <param name="parameters">The Parameters resource of the question.</param>
    /// <param name="now">The timestamp of an expansion.</param>
    /// <param name="language">The caller's <c>Accept-Language</c>, or null.</param>
    public static TerminologyAnswer? Run(string type, string name, Vocabulary vocabulary, Element parameters, DateTimeOffset now, string? language = null)
    {
        (Element? Resource, Issue? Fault)? answer = (type, name) switch
        {
            ("ValueSet", "expand") => ExpandOperation.Run(vocabulary, parameters, now, language),
            ("ValueSet", "validate-code") => ValidateCodeOperation.InValueSet(vocabulary, parameters, language),
            ("ValueSet", "batch-validate-code") => ValidateCodeOperation.Batch(vocabulary, parameters, language),
            ("CodeSystem", "validate-code") => ValidateCodeOperation.InCodeSystem(vocabulary, parameters, language),
            ("CodeSystem", "lookup") => LookupOperation.Run(vocabulary, parameters, language),
            ("CodeSystem", "subsumes") => LookupOperation.Subsumes(vocabulary, parameters),
            ("ConceptMap", "translate") => TranslateOperation.Run(vocabulary, parameters),
            _ => null,
        };
        return answer is not { } given ? null : new(given.Resource ?? TerminologyOutcome.Of(given.Fault!), given.Fault);
    }
}
