using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>The texts of codes, from their code system, its supplements and the value set that lists them, in the languages wanted.</summary>
internal sealed class CodeTexts(Vocabulary vocabulary, DisplayLanguages languages, IReadOnlyList<CodeSystemContent> supplements, ValueSetContent? set)
{
    /// <summary>What every operation begins with; null with the reason when the input asks for what is not there.</summary>
    public static CodeTexts? Of(OperationInput input, ValueSetContent? set, out Issue? fault)
    {
        var languages = input.Languages(set);
        var supplements = input.Supplements(set);
        fault = languages is null ? Issue.Error("processing", "displayLanguage", "The display language is no language tag.")
            : supplements is null ? Issue.Error("not-found", "useSupplement", "A supplement that is required is not at hand.")
            : null;
        return fault is null ? new(input.Vocabulary, languages!, supplements!, set) : null;
    }

    /// <summary>The supplements used.</summary>
    public IReadOnlyList<CodeSystemContent> Supplements => supplements;

    /// <summary>The display in the language wanted.</summary>
    public string? Display(string system, string code, string? otherwise) => languages.Choose(All(system, code), otherwise);

    /// <summary>The displays that are right for a code; empty when none is known.</summary>
    public IReadOnlyList<string> Right(string system, string code) => languages.Right(All(system, code));

    /// <summary>The designations of a code as they stand, from all sources.</summary>
    public IEnumerable<Element> Designations(string system, string code)
    {
        var holders = supplements.Where(one => one.Supplemented == system).Prepend(vocabulary.CodeSystem(system)).Select(one => one?.Find(code)?.Source)
            .Append(set?.Listed(system, code));
        return holders.OfType<Element>().SelectMany(holder => holder.All("designation").ToArray());
    }

    private IEnumerable<(string? Language, string Text)> All(string system, string code)
    {
        var known = vocabulary.CodeSystem(system);
        var concept = known?.Find(code);
        if (set?.Display(system, code) is { } own)
            yield return (set.Source.Text("language") ?? known?.Language, own);
        if (concept?.Display is { } display)
            yield return (known!.Language, display);
        foreach (var supplement in supplements)
            if (supplement.Supplemented == system && supplement.Find(code)?.Display is { } further)
                yield return (supplement.Language, further);
        foreach (var designation in Designations(system, code))
            if (designation.Text("value") is { } text)
                yield return (designation.Text("language"), text);
    }
}
