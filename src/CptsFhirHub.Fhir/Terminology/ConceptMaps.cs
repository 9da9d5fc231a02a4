using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>One target of a translation. https://hl7.org/fhir/R4/conceptmap-definitions.html#ConceptMap.group.element.target</summary>
/// <param name="Equivalence">How close: <c>equivalent</c>, <c>wider</c>, <c>unmatched</c>...</param>
/// <param name="System">The target system, or null when the map does not say.</param>
/// <param name="Code">The target code; null when there is none (<c>unmatched</c>).</param>
/// <param name="Display">Its text, or null.</param>
public sealed record Translation(string Equivalence, string? System, string? Code, string? Display)
{
    /// <summary>The target as it stands in the map; null for a code that no element of the map names.</summary>
    public Element? Target { get; init; }

    /// <summary>True when the target may stand for the source: it is neither unmatched nor disjoint.</summary>
    public bool IsMatch => Code is not null && Equivalence is not ("unmatched" or "disjoint");
}

/// <summary>Translation by concept maps. https://hl7.org/fhir/R4/conceptmap-operation-translate.html</summary>
public static class ConceptMaps
{
    private const int ChainMax = 5;

    /// <summary>The targets of a code in the map with that canonical URL; null when there is no such map.</summary>
    /// <param name="vocabulary">Where maps are looked for.</param>
    /// <param name="conceptMap">The canonical URL of the map.</param>
    /// <param name="system">The code's system; null lets every group of the map answer.</param>
    /// <param name="code">The code to translate.</param>
    public static IReadOnlyList<Translation>? Translate(this Vocabulary vocabulary, string conceptMap, string? system, string code) =>
        vocabulary.Definitions.Find("ConceptMap", conceptMap) is { } found ? Translate(vocabulary, found.Content, system, code, 0) : null;

    /// <summary>The targets of a code in a map at hand, such as one contained in a StructureMap.</summary>
    public static IReadOnlyList<Translation> Translate(this Vocabulary vocabulary, Element conceptMap, string? system, string code) =>
        Translate(vocabulary, conceptMap, system, code, 0);

    private static List<Translation> Translate(Vocabulary vocabulary, Element map, string? system, string code, int depth)
    {
        var found = new List<Translation>();
        foreach (var group in map.All("group"))
        {
            if (system is not null && group.Text("source") is { } source && source != system)
                continue;
            var target = group.Text("target");
            var isMapped = false;
            foreach (var element in group.All("element"))
            {
                if (element.Text("code") != code)
                    continue;
                isMapped = true;
                foreach (var one in element.All("target"))
                    found.Add(new(one.Text("equivalence") ?? "equivalent", target, one.Text("code"), one.Text("display")) { Target = one });
            }

            if (!isMapped && group.Child("unmapped") is { } unmapped)
                found.AddRange(Unmapped(vocabulary, unmapped, target, system, code, depth));
        }

        return found;
    }

    private static List<Translation> Unmapped(
        Vocabulary vocabulary, Element unmapped, string? target, string? system, string code, int depth)
    {
        switch (unmapped.Text("mode"))
        {
            case "provided":
                return [new("equal", target, code, null)];
            case "fixed":
                return [new("equivalent", target, unmapped.Text("code"), unmapped.Text("display"))];
            case "other-map" when depth < ChainMax && unmapped.Text("url") is { } url
                && vocabulary.Definitions.Find("ConceptMap", url) is { } other:
                return Translate(vocabulary, other.Content, system, code, depth + 1);
            default:
                return [];
        }
    }
}
