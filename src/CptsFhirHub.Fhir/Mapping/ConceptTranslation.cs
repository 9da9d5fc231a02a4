using System.Runtime.CompilerServices;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>Where a code goes: the target's system (null when the concept map names none), code and display.</summary>
internal sealed record TranslatedCode(string? System, string Code, string? Display);

/// <summary>A ConceptMap made ready to look codes up. https://hl7.org/fhir/R4/conceptmap.html</summary>
internal sealed class ConceptTranslation
{
    private static readonly ConditionalWeakTable<Element, ConceptTranslation> Known = [];

    private readonly Dictionary<(string? System, string Code), TranslatedCode> _codes = [];
    private readonly List<(string? System, Unmapped Rule)> _unmapped = [];

    private ConceptTranslation(Element conceptMap)
    {
        foreach (var group in conceptMap.All("group"))
        {
            var source = group.Text("source");
            var target = group.Text("target");
            foreach (var element in group.All("element"))
            {
                if (element.Text("code") is not { } code || Best(element) is not { } best)
                    continue;
                var translated = new TranslatedCode(target, best.Text("code")!, best.Text("display"));
                _codes.TryAdd((source, code), translated);
                // A source that is a bare code, as in a CSV column, has no system: the first group that knows it answers.
                _codes.TryAdd((null, code), translated);
            }

            if (group.Child("unmapped") is { } rule)
                _unmapped.Add((source, new(rule.Text("mode"), target, rule.Text("code"), rule.Text("display"))));
        }
    }

    public static ConceptTranslation Of(Element conceptMap) => Known.GetValue(conceptMap, static key => new(key));

    /// <summary>The translation, or null when the concept map has none.</summary>
    public TranslatedCode? Find(string? system, string code)
    {
        if (_codes.TryGetValue((system, code), out var translated))
            return translated;
        foreach (var (source, rule) in _unmapped)
        {
            if (system is not null && source is not null && source != system)
                continue;
            switch (rule.Mode)
            {
                case "provided": return new(rule.Target, code, null);
                case "fixed" when rule.Code is { } given: return new(rule.Target, given, rule.Display);
            }
        }

        return null;
    }

    private static Element? Best(Element element)
    {
        foreach (var target in element.All("target"))
            if (target.Text("code") is not null && target.Text("equivalence") is not ("unmatched" or "disjoint"))
                return target;
        return null;
    }

    private sealed record Unmapped(string? Mode, string? Target, string? Code, string? Display);
}
