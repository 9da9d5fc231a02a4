using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>
/// OperationOutcomes of terminology operations: besides the issue type, a code says which kind of fault of terminology it is.
/// https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/
/// </summary>
internal static class TerminologyOutcome
{
    private const string Kinds = "http://hl7.org/fhir/tools/CodeSystem/tx-issue-type";

    public static Element Of(Issue fault)
    {
        var outcome = Element.OfResource("OperationOutcome");
        Add(outcome, "error", fault.Code, fault.Code == "not-found" ? "not-found" : fault.Path.StartsWith("ValueSet.", StringComparison.Ordinal) ? "vs-invalid" : null, fault.Path, fault.Text);
        return outcome;
    }

    public static void Add(Element outcome, string severity, string code, string? kind, string expression, string text)
    {
        var issue = outcome.AddItem("issue").With("severity", severity).With("code", code);
        var details = issue.Add("details");
        if (kind is not null)
            details.AddItem("coding").With("system", Kinds).With("code", kind);
        details.With("text", text);
        issue.WithItem("expression", expression);
    }
}
