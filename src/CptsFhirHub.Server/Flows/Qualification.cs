using CptsFhirHub.Coordination.Triage;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>An assessment written in FHIR: the criteria that hold as Flags, the level and its reasons as a RiskAssessment.</summary>
internal static class Qualification
{
    /// <summary>Criteria that the team sets by hand; the rules never end them.</summary>
    public static bool IsSetByPeople(Element flag) => flag.Child("author") is not null;

    /// <summary>A criterion that holds, as a Flag on the person.</summary>
    public static Element FlagOf(CriterionOutcome criterion, string patient, DateTimeOffset now)
    {
        var flag = Element.OfResource("Flag");
        flag.With("status", "active");
        flag.Concept("code", Vocabulary.Criterion, criterion.Code).With("text", criterion.French);
        flag.Refer("subject", patient);
        flag.Add("period").With("start", now.Instant());
        return flag;
    }

    /// <summary>Level, inputs, version of the rules, and the reasons in words that can be read aloud.</summary>
    public static Element RiskOf(Assessment assessment, string patient, string request, IEnumerable<string> inputs, DateTimeOffset now)
    {
        var risk = Element.OfResource("RiskAssessment");
        risk.With("status", "final");
        risk.Concept("method", Vocabulary.Rules, assessment.RulesVersion);
        risk.Refer("subject", patient);
        risk.With("occurrenceDateTime", now.Instant());
        risk.ReferItem("basis", request);
        foreach (var input in inputs)
            risk.ReferItem("basis", input);
        risk.AddItem("prediction").Concept("qualitativeRisk", Vocabulary.Level, assessment.LevelCode, assessment.Level switch
        {
            Level.Fragile => "Fragile",
            Level.ToSpecify => "À préciser",
            _ => "Non fragile",
        });
        risk.AddItem("note").With("text", assessment.ExplanationFrench);
        return risk;
    }
}
