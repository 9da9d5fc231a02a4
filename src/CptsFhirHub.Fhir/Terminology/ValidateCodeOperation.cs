using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>
/// <c>$validate-code</c> of value sets and code systems as data: Parameters in, Parameters out.
/// https://hl7.org/fhir/R4/valueset-operation-validate-code.html and https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
/// </summary>
public static class ValidateCodeOperation
{
    /// <summary>Is the code in the value set?</summary>
    public static (Element? Parameters, Issue? Fault) InValueSet(Vocabulary vocabulary, Element parameters)
    {
        var input = new OperationInput(parameters);
        if (input.ValueSet(vocabulary) is not { } content)
            return (null, Issue.Error("not-found", "url", "The value set is not at hand."));
        var codings = Codings(input, input.Text("system"));
        if (codings.Count == 0)
            return (null, Issue.Error("required", "code", "Give a code with its system, a coding or a codeableConcept."));
        if (input.IsTrue("inferSystem") && codings is [{ System: null } bare])
            codings = [bare with { System = content.Expand()?.FirstOrDefault(one => one.Code == bare.Code)?.System }];
        return (Answer(vocabulary, codings, input, coding => coding.System is null ? Membership.No : content.Contains(coding.System, coding.Code)), null);
    }

    /// <summary>Is the code in the code system?</summary>
    public static (Element? Parameters, Issue? Fault) InCodeSystem(Vocabulary vocabulary, Element parameters)
    {
        var input = new OperationInput(parameters);
        var codings = Codings(input, input.Text("url") ?? input.Text("system"));
        return codings.Count == 0
            ? (null, Issue.Error("required", "code", "Give a code with its code system, a coding or a codeableConcept."))
            : (Answer(vocabulary, codings, input, coding => coding.System is null ? Membership.No : vocabulary.IsCodeOf(coding.System, coding.Code)), null);
    }

    private static List<Given> Codings(OperationInput input, string? system)
    {
        if (input.Complex("coding") is { } coding)
            return [Given.Of(coding)];
        if (input.Complex("codeableConcept") is { } concept)
            return [.. concept.All("coding").ToArray().Select(Given.Of)];
        return input.Text("code") is { } code ? [new(system, code, input.Text("display"))] : [];
    }

    /// <summary>One coding inside suffices; a display that is wrong is wrong on whichever coding it stands.</summary>
    private static Element Answer(Vocabulary vocabulary, List<Given> codings, OperationInput input, Func<Given, Membership> isIn)
    {
        var messages = new List<string>();
        var within = codings.FirstOrDefault(coding => isIn(coding) == Membership.Yes);
        if (within is null)
            messages.Add(codings.Exists(coding => isIn(coding) == Membership.Unknown)
                ? "A code system is not at hand in full: it cannot be told."
                : "No code given is in the set.");

        var languages = DisplayLanguages.Read(input.Text("displayLanguage"));
        var result = within is not null;
        var shown = within ?? codings[0];
        foreach (var coding in codings)
        {
            if (coding.System is null || vocabulary.CodeSystem(coding.System) is not { } system)
                continue;
            if (system.Find(coding.Code) is not { } concept)
            {
                messages.Add("A code is not in its code system.");
                result &= !system.IsComplete;
            }
            else if (coding.Display is { } display && !Fits(languages.Right(system, concept), display))
            {
                messages.Add("The display is not one of the code.");
                result &= input.IsTrue("lenient-display-validation");
            }
        }

        var answer = Element.OfResource("Parameters");
        answer.AddItem("parameter").With("name", "result").With("valueBoolean", result);
        answer.AddItem("parameter").With("name", "code").With("valueCode", shown.Code);
        if (shown.System is { } shownSystem)
        {
            answer.AddItem("parameter").With("name", "system").With("valueUri", shownSystem);
            var known = vocabulary.CodeSystem(shownSystem);
            if (known?.Version is { } version)
                answer.AddItem("parameter").With("name", "version").With("valueString", version);
            if (languages.Choose(vocabulary, shownSystem, shown.Code, known?.Find(shown.Code)?.Display) is { } text)
                answer.AddItem("parameter").With("name", "display").With("valueString", text);
        }

        if (messages.Count > 0)
            answer.AddItem("parameter").With("name", "message").With("valueString", string.Join(' ', messages.Distinct()));
        return answer;
    }

    private static bool Fits(IReadOnlyList<string> right, string display) => right.Count == 0 || right.Any(one => Same(one, display));

    private static bool Same(string one, string other) => string.Equals(one.Trim(), other.Trim(), StringComparison.OrdinalIgnoreCase);

    private sealed record Given(string? System, string Code, string? Display)
    {
        public static Given Of(Element coding) => new(coding.Text("system"), coding.Text("code") ?? "", coding.Text("display"));
    }
}
