using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.FhirPath;

/// <summary>One small patient, and expressions against it as text.</summary>
internal static class Evaluation
{
    public static Resource Patient { get; } = FhirJson.Parse("""
        {
          "resourceType": "Patient",
          "id": "p1",
          "contained": [{ "resourceType": "Practitioner", "id": "gp", "name": [{ "family": "Roux" }] }],
          "extension": [{ "url": "https://example.org/rang", "valueDecimal": 1.50 }],
          "identifier": [{ "system": "urn:oid:1.2.250.1.213.1.4.8", "value": "153079912345672" }],
          "active": true,
          "name": [
            { "use": "official", "family": "Durand", "given": ["Anne", "Marie"] },
            { "use": "usual", "given": ["Annie"] }
          ],
          "telecom": [{ "system": "phone", "value": "+33612345678" }, { "system": "email", "value": "anne@example.org" }],
          "birthDate": "1953-07",
          "_birthDate": { "extension": [{ "url": "https://example.org/doubt", "valueBoolean": true }] },
          "deceasedDateTime": "2026-01-02T03:04:05+01:00",
          "generalPractitioner": [{ "reference": "#gp" }, { "reference": "Organization/cpts" }]
        }
        """).Resource!;

    public static EvaluationContext Context { get; } = new() { Now = Corpus.Now };

    /// <summary>The result as text, items joined by a comma and a blank.</summary>
    public static string Of(string expression, EvaluationContext? context = null) =>
        string.Join(", ", FhirPathExpression.Parse(expression)
            .Evaluate(Patient, context ?? Context)
            .Select(item => item.Text ?? "{" + item.TypeName + "}"));

    public static void Gives(string expression, string expected) => Assert.Equal(expected, Of(expression));

    public static FhirPathFault Fails(string expression) => Assert.Throws<FhirPathException>(() => Of(expression)).Fault;
}
