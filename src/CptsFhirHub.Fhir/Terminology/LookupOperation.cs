using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>
/// <c>CodeSystem/$lookup</c> and <c>CodeSystem/$subsumes</c> as data: Parameters in, Parameters out.
/// https://hl7.org/fhir/R4/codesystem-operation-lookup.html and https://hl7.org/fhir/R4/codesystem-operation-subsumes.html
/// </summary>
public static class LookupOperation
{
    /// <summary>What is known of a code, or null and why nothing is.</summary>
    public static (Element? Parameters, Issue? Fault) Run(Vocabulary vocabulary, Element parameters, string? language = null)
    {
        var input = new OperationInput(vocabulary, parameters, language);
        if (CodeTexts.Of(input, null, out var fault) is not { } texts)
            return (null, fault);
        var coding = input.Complex("coding");
        if ((coding?.Text("system") ?? input.Text("system")) is not { } url || (coding?.Text("code") ?? input.Text("code")) is not { } code)
            return (null, Issue.Error("required", "code", "Give a code with its system, or a coding."));
        if (System(input, url, coding?.Text("version") ?? input.Text("version")) is not { } system)
            return (null, Issue.Error("not-found", "system", "The code system is not at hand."));
        if (system.Find(code) is not { } concept)
            return (null, Issue.Error("not-found", "code", "The code is not in its code system."));

        var asked = input.Texts("property").ToHashSet(StringComparer.Ordinal);
        bool Wants(string name) => asked.Count == 0 || asked.Contains("*") || asked.Contains(name);

        var answer = Element.OfResource("Parameters");
        answer.AddItem("parameter").With("name", "name").With("valueString", system.Name ?? system.Url);
        if (system.Version is { } version)
            answer.AddItem("parameter").With("name", "version").With("valueString", version);
        answer.AddItem("parameter").With("name", "display").With("valueString", texts.Display(url, concept.Code, concept.Display) ?? concept.Code);
        answer.AddItem("parameter").With("name", "system").With("valueUri", system.Url);
        answer.AddItem("parameter").With("name", "code").With("valueCode", concept.Code);
        answer.AddItem("parameter").With("name", "abstract").With("valueBoolean", concept.IsAbstract);
        if (concept.Definition is { } definition && Wants("definition"))
            answer.AddItem("parameter").With("name", "definition").With("valueString", definition);
        if (Wants("designation"))
            foreach (var designation in texts.Designations(url, concept.Code))
                Designation(answer, designation);
        Properties(answer, system, concept, Wants);
        return (answer, null);
    }

    /// <summary>How one code of a system stands to another: <c>equivalent</c>, <c>subsumes</c>, <c>subsumed-by</c>, <c>not-subsumed</c>.</summary>
    public static (Element? Parameters, Issue? Fault) Subsumes(Vocabulary vocabulary, Element parameters)
    {
        var input = new OperationInput(vocabulary, parameters, null);
        var (one, other) = (input.Complex("codingA"), input.Complex("codingB"));
        var url = input.Text("system") ?? one?.Text("system");
        if (url is null || (one?.Text("code") ?? input.Text("codeA")) is not { } a || (other?.Text("code") ?? input.Text("codeB")) is not { } b)
            return (null, Issue.Error("required", "codeA", "Give codeA and codeB with their system, or codingA and codingB."));
        if ((one?.Text("system") ?? url) != url || (other?.Text("system") ?? url) != url)
            return (null, Issue.Error("invalid", "codingB", "Both codes must be of one code system."));
        if (System(input, url, input.Text("version")) is not { } system)
            return (null, Issue.Error("not-found", "system", "The code system is not at hand."));
        if (system.Find(a) is not { } first || system.Find(b) is not { } second)
            return (null, Issue.Error("not-found", "code", "A code is not in its code system."));

        var outcome = first.Code == second.Code ? "equivalent"
            : system.IsA(second.Code, first.Code) ? "subsumes"
            : system.IsA(first.Code, second.Code) ? "subsumed-by"
            : "not-subsumed";
        var answer = Element.OfResource("Parameters");
        answer.AddItem("parameter").With("name", "outcome").With("valueCode", outcome);
        return (answer, null);
    }

    private static CodeSystemContent? System(OperationInput input, string url, string? version) =>
        input.Vocabulary.CodeSystem(version is null ? url : $"{url}|{version}");

    private static void Designation(Element answer, Element given)
    {
        var designation = answer.AddItem("parameter").With("name", "designation");
        if (given.Text("language") is { } language)
            designation.AddItem("part").With("name", "language").With("valueCode", language);
        if (given.Child("use") is { } use)
            designation.AddItem("part").With("name", "use").Append(use.Copy("valueCoding"));
        designation.AddItem("part").With("name", "value").With("valueString", given.Text("value"));
    }

    private static void Properties(Element answer, CodeSystemContent system, Concept concept, Func<string, bool> wants)
    {
        if (wants("inactive"))
            Property("inactive", "valueBoolean", concept.IsInactive ? "true" : "false", ElementKind.Boolean, null);
        if (wants("parent"))
            foreach (var parent in concept.Parents)
                Property("parent", "valueCode", parent, ElementKind.String, system.Find(parent)?.Display);
        if (wants("child"))
            foreach (var child in system.Children(concept.Code))
                Property("child", "valueCode", child.Code, ElementKind.String, child.Display);
        foreach (var property in OperationInput.Every(concept.Source, "property"))
        {
            if (property.Text("code") is not { } code || code is "parent" or "child" or "inactive" || !wants(code) || OperationInput.Typed(property) is not { } value)
                continue;
            var written = answer.AddItem("parameter").With("name", "property");
            written.AddItem("part").With("name", "code").With("valueCode", code);
            written.AddItem("part").With("name", "value").Append(value.Copy());
        }

        void Property(string name, string type, string value, ElementKind kind, string? description)
        {
            var property = answer.AddItem("parameter").With("name", "property");
            property.AddItem("part").With("name", "code").With("valueCode", name);
            property.AddItem("part").With("name", "value").Append(Element.Primitive(type, kind, value));
            if (description is not null)
                property.AddItem("part").With("name", "description").With("valueString", description);
        }
    }
}
