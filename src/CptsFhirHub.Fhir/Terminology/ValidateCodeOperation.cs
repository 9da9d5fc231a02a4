using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>
/// <c>$validate-code</c> of value sets and code systems as data: Parameters in, Parameters out.
/// https://hl7.org/fhir/R4/valueset-operation-validate-code.html and https://hl7.org/fhir/R4/codesystem-operation-validate-code.html
/// </summary>
public static class ValidateCodeOperation
{
    private const int BatchMax = 1_000;

    /// <summary>Is the code in the value set?</summary>
    public static (Element? Parameters, Issue? Fault) InValueSet(Vocabulary vocabulary, Element parameters, string? language = null)
    {
        var input = new OperationInput(vocabulary, parameters, language);
        if (input.ValueSet(out var fault) is not { } content || CodeTexts.Of(input, content, out fault) is not { } texts)
            return (null, fault);
        var codings = Codings(input, input.Text("system"));
        if (codings.Count == 0)
            return (null, Issue.Error("required", "code", "Give a code with its system, a coding or a codeableConcept."));

        var findings = new Findings(input, texts);
        if (input.IsTrue("inferSystem") && codings is [{ System: null } bare])
        {
            var systems = content.Expand()?.Where(one => one.Code == bare.Code).Select(one => one.System).Distinct(StringComparer.Ordinal).ToList() ?? [];
            if (systems.Count == 1)
                codings = [bare with { System = systems[0] }];
            else
                findings.Add("error", "not-found", "cannot-infer", bare.Path, "The system of the code cannot be told: the value set has it in none or in several.");
        }

        if (content.Missing.Any())
        {
            findings.Add("error", "not-found", "not-found", "", "A value set that this one names is not at hand.");
            if (codings.TrueForAll(coding => coding.System is null || content.Contains(coding.System, coding.Code) != Membership.Yes))
                return (findings.Unknown(), null);
        }

        return (findings.Answer(codings, coding => coding.System is null ? Membership.No : content.Contains(coding.System, coding.Code)), null);
    }

    /// <summary>Is the code in the code system?</summary>
    public static (Element? Parameters, Issue? Fault) InCodeSystem(Vocabulary vocabulary, Element parameters, string? language = null)
    {
        var input = new OperationInput(vocabulary, parameters, language);
        if (input.Resource("codeSystem") is { ResourceType: "CodeSystem" } given && given.Text("url") is not null)
            input = new(new(input.Vocabulary.Definitions.With([given])), parameters, language);
        if (CodeTexts.Of(input, null, out var fault) is not { } texts)
            return (null, fault);
        var url = input.Text("url") ?? input.Resource("codeSystem")?.Text("url") ?? input.Text("system");
        var codings = Codings(input, url);
        if (url is not null && input.Text("version") is { } version && input.Vocabulary.Definitions.Find("CodeSystem", url) is not null
            && input.Vocabulary.Definitions.Find("CodeSystem", $"{url}|{version}") is null)
        {
            var findings = new Findings(input, texts);
            findings.Add("error", "not-found", "not-found", "version", "The code system is not at hand in this version.");
            return (findings.Unknown(), null);
        }

        return codings.Count == 0
            ? (null, Issue.Error("required", "code", "Give a code with its code system, a coding or a codeableConcept."))
            : (new Findings(input, texts).Answer(codings, coding => coding.System is null ? Membership.No : input.Vocabulary.IsCodeOf(coding.System, coding.Code)), null);
    }

    /// <summary>
    /// Several questions at once, each in a <c>validation</c> parameter: what stands outside is said for all of them. Each gets
    /// its Parameters, or an OperationOutcome.
    /// </summary>
    public static (Element? Parameters, Issue? Fault) Batch(Vocabulary vocabulary, Element parameters, string? language = null)
    {
        var shared = new OperationInput(vocabulary, parameters, language);
        var questions = shared.All("validation").ToList();
        if (questions.Count is 0 or > BatchMax)
            return (null, Issue.Error(questions.Count == 0 ? "required" : "too-costly", "validation", $"A batch has 1 to {BatchMax} validations."));

        var answers = Element.OfResource("Parameters");
        foreach (var question in questions)
        {
            var merged = Element.OfResource("Parameters");
            var own = new HashSet<string?>(StringComparer.Ordinal);
            foreach (var one in OperationInput.Every(question.Child("resource"), "parameter"))
            {
                own.Add(one.Text("name"));
                merged.Append(one.Copy());
            }

            // What is brought along was taken into the vocabulary once.
            foreach (var one in parameters.All("parameter"))
                if (one.Text("name") is not ("validation" or "tx-resource") and var name && !own.Contains(name))
                    merged.Append(one.Copy());
            var isInSet = Has("valueSet") || Has("url");
            var (answer, fault) = isInSet ? InValueSet(shared.Vocabulary, merged, language) : InCodeSystem(shared.Vocabulary, merged, language);
            answers.AddItem("parameter").With("name", "validation").Append((answer ?? TerminologyOutcome.Of(fault!)).Copy("resource"));

            bool Has(string name) => merged.All("parameter").ToArray().Any(one => one.Text("name") == name);
        }

        return (answers, null);
    }

    private static List<Given> Codings(OperationInput input, string? system)
    {
        if (input.Complex("coding") is { } coding)
            return [Given.Of(coding, "Coding")];
        if (input.Complex("codeableConcept") is { } concept)
            return [.. concept.All("coding").ToArray().Select((one, at) => Given.Of(one, $"CodeableConcept.coding[{at}]"))];
        return input.Text("code") is { } code ? [new(system, code, input.Text("display"), "")] : [];
    }

    private sealed record Given(string? System, string Code, string? Display, string Path)
    {
        public static Given Of(Element coding, string path) => new(coding.Text("system"), coding.Text("code") ?? "", coding.Text("display"), path);

        /// <summary>Where one of its parts stands in the question.</summary>
        public string At(string part) => Path.Length == 0 ? part : $"{Path}.{part}";
    }

    /// <summary>What is found wrong, or worth saying, on the way to an answer.</summary>
    private sealed class Findings(OperationInput input, CodeTexts texts)
    {
        private readonly Element _outcome = Element.OfResource("OperationOutcome", "resource");
        private readonly List<string> _messages = [];

        public void Add(string severity, string code, string kind, string expression, string text)
        {
            TerminologyOutcome.Add(_outcome, severity, code, kind, expression, text);
            if (severity == "error" || kind == "code-comment")
                _messages.Add(text);
        }

        /// <summary>The answer when it cannot be told.</summary>
        public Element Unknown()
        {
            var answer = Element.OfResource("Parameters");
            answer.AddItem("parameter").With("name", "result").With("valueBoolean", false);
            Close(answer);
            return answer;
        }

        /// <summary>One coding inside suffices; a display that is wrong is wrong on whichever coding it stands.</summary>
        public Element Answer(List<Given> codings, Func<Given, Membership> isIn)
        {
            var isFragment = false;
            var within = codings.Find(coding => isIn(coding) == Membership.Yes && IsAllowed(coding));
            if (within is null)
            {
                // A code that a fragment does not have may stand in the rest of its code system.
                within = codings.Find(coding => isIn(coding) == Membership.Unknown && coding.System is { } system && input.Vocabulary.CodeSystem(system) is { IsFragment: true });
                isFragment = within is not null;
            }

            if (within is null)
                Add("error", "code-invalid", "not-in-vs", codings[0].At("code"), codings.Exists(coding => isIn(coding) == Membership.Unknown)
                    ? "A code system is not at hand in full: it cannot be told."
                    : "No code given is in the set.");

            var result = within is not null;
            foreach (var coding in codings)
                result &= Look(coding, isFragment);

            var answer = Element.OfResource("Parameters");
            answer.AddItem("parameter").With("name", "result").With("valueBoolean", result);
            Describe(answer, within ?? codings[0]);
            if (input.Complex("codeableConcept") is { } concept)
                answer.AddItem("parameter").With("name", "codeableConcept").Append(concept.Copy("valueCodeableConcept", isListItem: false));
            Close(answer);
            return answer;
        }

        /// <summary>False for a code that is there but may not be used as the question asks: a grouper, one no longer used.</summary>
        private bool IsAllowed(Given coding)
        {
            if (coding.System is not { } system || input.Vocabulary.CodeSystem(system)?.Find(coding.Code) is not { } concept)
                return true;
            if (concept.IsAbstract && input.Text("abstract") == "false")
            {
                Add("error", "business-rule", "code-rule", coding.At("code"), "The code is abstract, and not allowed here.");
                return false;
            }

            if (!concept.IsInactive || !input.IsTrue("activeOnly"))
                return true;
            Add("error", "business-rule", "code-rule", coding.At("code"), "The code is valid but no longer used.");
            return false;
        }

        /// <summary>Looks at one coding by itself; false when it makes the answer no.</summary>
        private bool Look(Given coding, bool isFragment)
        {
            if (coding.System is null)
                return true;
            if (input.Vocabulary.CodeSystem(coding.System) is not { } system)
                return true;
            if (system.IsSupplement)
            {
                Add("error", "invalid", "invalid-data", coding.At("system"), "The system is a supplement: it stands in no coding.");
                return false;
            }

            if (system.Find(coding.Code) is not { } concept)
            {
                Add(isFragment ? "warning" : "error", "code-invalid", "invalid-code", coding.At("code"), isFragment
                    ? "The code is not in the fragment of the code system that is at hand; it may be in the rest."
                    : "The code is not in its code system.");
                return isFragment || !system.IsComplete;
            }

            if (concept.IsInactive)
                Add("warning", "business-rule", "code-comment", coding.Path.Length == 0 ? "code" : coding.Path, "The code is no longer used: its use should be reviewed.");
            if (coding.Display is not { } display || Fits(texts.Right(coding.System, coding.Code), display))
                return true;
            var isLenient = input.IsTrue("lenient-display-validation");
            Add(isLenient ? "warning" : "error", "invalid", "invalid-display", coding.At("display"), "The display is not one of the code.");
            return isLenient;
        }

        private void Describe(Element answer, Given shown)
        {
            answer.AddItem("parameter").With("name", "code").With("valueCode", shown.Code);
            if (shown.System is not { } system)
                return;
            answer.AddItem("parameter").With("name", "system").With("valueUri", system);
            var known = input.Vocabulary.CodeSystem(system);
            var concept = known?.Find(shown.Code);
            if (known is { IsSupplement: false, Version: { } version })
                answer.AddItem("parameter").With("name", "version").With("valueString", version);
            if (known is not { IsSupplement: true } && texts.Display(system, shown.Code, concept?.Display) is { } text)
                answer.AddItem("parameter").With("name", "display").With("valueString", text);
            if (concept is { IsInactive: true })
                answer.AddItem("parameter").With("name", "inactive").With("valueBoolean", true);
            if (concept?.Properties.FirstOrDefault(one => one.Code == "status").Value is { } status)
                answer.AddItem("parameter").With("name", "status").With("valueCode", status);
            if (concept is not null && concept.Code != shown.Code)
                answer.AddItem("parameter").With("name", "normalized-code").With("valueCode", concept.Code);
        }

        private void Close(Element answer)
        {
            if (_messages.Count > 0)
                answer.AddItem("parameter").With("name", "message").With("valueString", string.Join("; ", _messages.Distinct(StringComparer.Ordinal)));
            if (_outcome.Count > 0)
                answer.AddItem("parameter").With("name", "issues").Append(_outcome);
        }

        private static bool Fits(IReadOnlyList<string> right, string display) =>
            right.Count == 0 || right.Any(one => string.Equals(one.Trim(), display.Trim(), StringComparison.OrdinalIgnoreCase));
    }
}
