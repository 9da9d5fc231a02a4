using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Terminology;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>Codes against the value sets bound and against their own systems. https://hl7.org/fhir/R4/terminologies.html#binding</summary>
internal static class BindingCheck
{
    private const string Ucum = "http://unitsofmeasure.org";

    public static void Check(Run run, Element node, string typeName, Binding binding, string rule)
    {
        foreach (var additional in binding.Additional ?? [])
            if (Of(run.Validator.Vocabulary, node, typeName, additional) is { HasCode: true, Membership: Membership.No })
                run.Error("code-invalid", Phrases.CodeAdditional, rule, additional);
        if (binding.ValueSet is not { } valueSet || binding.Strength < BindingStrength.Extensible)
            return;
        var (membership, hasCode) = Of(run.Validator.Vocabulary, node, typeName, valueSet);
        if (membership == Membership.Yes)
            return;

        var isRequired = binding.Strength == BindingStrength.Required;
        if (!hasCode)
        {
            // Text alone is no code; an extensible binding lives with it.
            if (isRequired && node.IsPrimitive)
                run.Report(run.Validator.Options.AbsentCode, "code-invalid", Phrases.CodeRequired, rule, valueSet);
            else if (isRequired && typeName is "CodeableConcept" or "Coding" && node.Child("extension") is null)
                run.Error("code-invalid", Phrases.CodeRequired, rule, valueSet);
            return;
        }

        if (membership == Membership.Unknown)
        {
            if (isRequired)
                run.Warning("not-found", Phrases.CodeUntold, rule, valueSet);
        }
        else if (isRequired)
        {
            run.Error("code-invalid", Phrases.CodeOutside, rule, valueSet);
        }
        else
        {
            run.Warning("code-invalid", Phrases.CodeBeside, rule, valueSet);
        }
    }

    /// <summary>FHIRPath's memberOf: null when it cannot be told.</summary>
    public static bool? MemberOf(Vocabulary vocabulary, Element? node, string? text, string valueSet)
    {
        var membership = node is null
            ? (text is null ? Membership.Unknown : vocabulary.Contains(valueSet, null, text))
            : node.Value is { } code ? vocabulary.Contains(valueSet, null, code)
            : Of(vocabulary, node, node.Child("coding") is null ? "Coding" : "CodeableConcept", valueSet).Membership;
        return membership switch { Membership.Yes => true, Membership.No => false, _ => null };
    }

    /// <summary>Whether the value of an element that can be bound is in the set, and whether it has a code at all.</summary>
    public static (Membership Membership, bool HasCode) Of(Vocabulary vocabulary, Element node, string typeName, string valueSet)
    {
        switch (typeName)
        {
            case "CodeableConcept":
                var result = Membership.No;
                var hasCode = false;
                foreach (var coding in node.All("coding"))
                {
                    var one = OfCoding(vocabulary, coding, valueSet);
                    hasCode |= one.HasCode;
                    if (one.Membership == Membership.Yes)
                        return one;
                    if (one is { HasCode: true, Membership: Membership.Unknown })
                        result = Membership.Unknown;
                }

                return (result, hasCode);
            case "Coding":
                return OfCoding(vocabulary, node, valueSet);
            case "Quantity" or "Age" or "Count" or "Distance" or "Duration" or "Money":
                if (node.Text("code") is not { } unit)
                    return (Membership.No, false);
                return (vocabulary.Contains(valueSet, node.Text("system") ?? Ucum, unit), true);
            default:
                return node.Value is { } code ? (vocabulary.Contains(valueSet, null, code), true) : (Membership.No, false);
        }
    }

    private static (Membership Membership, bool HasCode) OfCoding(Vocabulary vocabulary, Element coding, string valueSet)
    {
        if (coding.Text("code") is not { } code)
            return (Membership.No, false);
        // Without its system a code means nothing, unless the value set has a single one.
        if (coding.Text("system") is not { } system)
            return (vocabulary.ValueSet(valueSet) is null ? Membership.Unknown : Membership.No, true);
        return (vocabulary.Contains(valueSet, system, code), true);
    }
}
