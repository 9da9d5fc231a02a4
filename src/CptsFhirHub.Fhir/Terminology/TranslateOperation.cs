using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>
/// <c>ConceptMap/$translate</c> as data: Parameters in, Parameters out. The names that R5 gives its parameters (<c>sourceCode</c>,
/// <c>targetSystem</c>...) are understood beside those of R4. https://hl7.org/fhir/R4/conceptmap-operation-translate.html
/// </summary>
public static class TranslateOperation
{
    private const int MatchesMax = 1_000;

    /// <summary>The translations, or null and why there are none.</summary>
    public static (Element? Parameters, Issue? Fault) Run(Vocabulary vocabulary, Element parameters)
    {
        var input = new OperationInput(vocabulary, parameters, null);
        if (Maps(input) is not { } maps)
            return (null, Issue.Error("not-found", "url", "The concept map is not at hand."));
        // R5 asks backwards by naming the target; R4 by a flag, and the code is then one of the targets all the same.
        var namesTarget = input.Text("targetCode") is not null || input.Complex("targetCoding") is not null || input.Complex("targetCodeableConcept") is not null;
        var isReverse = namesTarget || input.IsTrue("reverse");
        var asked = Asked(input, namesTarget);
        if (asked.Count == 0)
            return (null, Issue.Error("required", "code", "Give a code with its system, a coding or a codeableConcept."));

        var otherSystem = namesTarget ? input.Text("sourceSystem") : input.Text("targetsystem") ?? input.Text("targetSystem");
        var matches = new List<Match>();
        foreach (var (system, code) in asked)
            foreach (var map in maps)
                matches.AddRange(isReverse ? Backwards(map, system, code, otherSystem) : Forwards(input.Vocabulary, map, system, code, otherSystem));

        var answer = Element.OfResource("Parameters");
        answer.AddItem("parameter").With("name", "result").With("valueBoolean", matches.Exists(match => match.IsMatch));
        if (matches.Count == 0)
            answer.AddItem("parameter").With("name", "message").With("valueString", "There is no translation for this code.");
        foreach (var match in matches.Take(MatchesMax))
            Write(answer.AddItem("parameter").With("name", "match"), match, namesTarget);
        return (answer, null);
    }

    private static List<Element>? Maps(OperationInput input)
    {
        if (input.Resource("conceptMap") is { ResourceType: "ConceptMap" } given)
            return [given];
        if (input.Text("url") is { } url)
            return input.Vocabulary.Definitions.Find("ConceptMap", input.Text("conceptMapVersion") is { } version ? $"{url}|{version}" : url) is { } one ? [one.Content] : null;
        // Without a map every one that fits is asked, those laid over others first.
        var (source, target) = (input.Text("source") ?? input.Text("sourceScope"), input.Text("target") ?? input.Text("targetScope"));
        return [.. input.Vocabulary.Definitions.All.Where(definition => definition.Kind == "ConceptMap").Select(definition => definition.Content)
            .Where(map => Fits(map, "source", source) && Fits(map, "target", target))];

        static bool Fits(Element map, string name, string? wanted) =>
            wanted is null || (map.Text(name + "Canonical") ?? map.Text(name + "Uri")) is not { } scope || Canonical.Parse(scope).Url == Canonical.Parse(wanted).Url;
    }

    private static List<(string? System, string Code)> Asked(OperationInput input, bool namesTarget)
    {
        var coding = namesTarget ? input.Complex("targetCoding") : input.Complex("coding") ?? input.Complex("sourceCoding");
        var concept = namesTarget ? input.Complex("targetCodeableConcept") : input.Complex("codeableConcept") ?? input.Complex("sourceCodeableConcept");
        if (concept is not null)
            return [.. concept.All("coding").ToArray().Where(one => one.Text("code") is not null).Select(one => (one.Text("system"), one.Text("code")!))];
        if (coding?.Text("code") is { } coded)
            return [(coding.Text("system"), coded)];
        return namesTarget
            ? input.Text("targetCode") is { } target ? [(input.Text("targetSystem") ?? input.Text("targetsystem"), target)] : []
            : (input.Text("code") ?? input.Text("sourceCode")) is { } code ? [(input.Text("system") ?? input.Text("sourceSystem"), code)] : [];
    }

    private static IEnumerable<Match> Forwards(Vocabulary vocabulary, Element map, string? system, string code, string? targetSystem) =>
        vocabulary.Translate(map, system, code)
            .Where(one => one.Code is null || targetSystem is null || one.System == targetSystem)
            .Select(one => new Match(map, one.Equivalence, system, code, one.System, one.Code, one.Display) { Target = one.Target });

    private static IEnumerable<Match> Backwards(Element map, string? system, string code, string? sourceSystem)
    {
        foreach (var group in map.All("group").ToArray())
        {
            if (system is not null && group.Text("target") is { } target && target != system
                || sourceSystem is not null && group.Text("source") is { } source && source != sourceSystem)
                continue;
            foreach (var element in group.All("element").ToArray())
                foreach (var one in element.All("target").ToArray())
                    if (one.Text("code") == code && element.Text("code") is { } from)
                        yield return new(map, Turned(one.Text("equivalence") ?? "equivalent"), group.Text("target") ?? system, code, group.Text("source"), from, element.Text("display"));
        }
    }

    /// <summary>What an equivalence is when it is read the other way round.</summary>
    private static string Turned(string equivalence) => equivalence switch
    {
        "wider" => "narrower",
        "narrower" => "wider",
        "subsumes" => "specializes",
        "specializes" => "subsumes",
        var same => same,
    };

    private static void Write(Element parameter, Match match, bool namesTarget)
    {
        parameter.AddItem("part").With("name", "equivalence").With("valueCode", match.Equivalence);
        // Who names the target is told the source beside it.
        var (system, code, display) = namesTarget ? (match.System, match.Code, null) : (match.ToSystem, match.ToCode, match.ToDisplay);
        if (code is not null)
            parameter.AddItem("part").With("name", "concept").Append(Coding(system, code, display));
        foreach (var product in match.Target?.All("product").ToArray() ?? [])
            Write(parameter.AddItem("part").With("name", "product"), product);
        if (namesTarget)
            parameter.AddItem("part").With("name", "source").Append(Coding(match.ToSystem, match.ToCode!, match.ToDisplay));
        if (match.Map.Text("url") is not { } url)
            return;
        var canonical = match.Map.Text("version") is { } version ? $"{url}|{version}" : url;
        if (!namesTarget)
            parameter.AddItem("part").With("name", "source").With("valueUri", canonical);
        parameter.AddItem("part").With("name", "originMap").With("valueCanonical", canonical);
    }

    /// <summary>What else a translation gives: <c>ConceptMap.group.element.target.product</c>.</summary>
    private static void Write(Element part, Element product)
    {
        part.AddItem("part").With("name", "element").With("valueUri", product.Text("property"));
        part.AddItem("part").With("name", "concept").Append(Coding(product.Text("system"), product.Text("value") ?? "", product.Text("display")));
    }

    private static Element Coding(string? system, string code, string? display) =>
        Element.Named("valueCoding").With("system", system).With("code", code).With("display", display);

    private sealed record Match(Element Map, string Equivalence, string? System, string Code, string? ToSystem, string? ToCode, string? ToDisplay)
    {
        public Element? Target { get; init; }

        public bool IsMatch => ToCode is not null && Equivalence is not ("unmatched" or "disjoint");
    }
}
