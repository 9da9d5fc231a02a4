using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>One code of a code system. https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.concept</summary>
/// <param name="Code">The code.</param>
/// <param name="Display">Its text, or null.</param>
/// <param name="Properties">Its properties, values as text.</param>
public sealed record Concept(string Code, string? Display, IReadOnlyList<(string Code, string Value)> Properties)
{
    /// <summary>The codes directly above it.</summary>
    public IReadOnlyList<string> Parents { get; internal set; } = [];

    /// <summary>Other texts for it, with their language.</summary>
    public IReadOnlyList<(string? Language, string Text)> Designations { get; init; } = [];

    /// <summary>True for a grouper that no record may use itself.</summary>
    public bool IsAbstract => Has("notSelectable", "true") || Has("abstract", "true");

    /// <summary>True for a code that is no longer used.</summary>
    public bool IsInactive => Has("inactive", "true") || Has("status", "retired") || Has("status", "inactive");

    private bool Has(string code, string value)
    {
        foreach (var property in Properties)
            if (property.Code == code && property.Value == value)
                return true;
        return false;
    }
}

/// <summary>The codes of one code system. https://hl7.org/fhir/R4/codesystem.html</summary>
public sealed class CodeSystemContent
{
    private const int DepthMax = 50;
    private readonly Dictionary<string, Concept> _byCode;
    private readonly List<Concept> _concepts = [];

    private CodeSystemContent(Definition definition)
    {
        var content = definition.Content;
        Url = definition.Url;
        Version = definition.Version;
        Language = content.Text("language");
        IsComplete = content.Text("content") == "complete";
        IsCaseSensitive = content.Text("caseSensitive") != "false";
        _byCode = new(IsCaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        Add(content, parent: null, depth: 0);
    }

    /// <summary>The canonical URL.</summary>
    public string Url { get; }

    /// <summary>The business version, or null.</summary>
    public string? Version { get; }

    /// <summary>The language of its displays, or null.</summary>
    public string? Language { get; }

    /// <summary>True when every code is here: what is not, does not exist.</summary>
    public bool IsComplete { get; }

    /// <summary>True when upper and lower case differ.</summary>
    public bool IsCaseSensitive { get; }

    /// <summary>Every concept, in the order of the definition.</summary>
    public IReadOnlyList<Concept> Concepts => _concepts;

    /// <summary>The concept with that code, or null.</summary>
    public Concept? Find(string code) => _byCode.GetValueOrDefault(code);

    /// <summary>True when <paramref name="code"/> is <paramref name="ancestor"/> or lies below it.</summary>
    public bool IsA(string code, string ancestor) => IsA(code, ancestor, 0);

    /// <summary>True when the concept passes one filter of a value set; null when the filter is of an unknown kind.</summary>
    internal bool? Passes(Concept concept, string property, string op, string value)
    {
        switch (op)
        {
            case "is-a":
                return IsA(concept.Code, value);
            case "descendent-of":
                return concept.Code != value && IsA(concept.Code, value);
            case "is-not-a":
                return !IsA(concept.Code, value);
            case "generalizes":
                return IsA(value, concept.Code);
            case "child-of":
                return concept.Parents.Contains(value, StringComparer.Ordinal);
            case "exists":
                return Values(concept, property).Any() == (value == "true");
            case "=":
                return Values(concept, property).Contains(value, StringComparer.Ordinal);
            case "in":
                return IsIn(concept, property, value);
            case "not-in":
                return !IsIn(concept, property, value);
            case "regex":
                return Values(concept, property).Any(one => Patterns.IsWhole(one, value));
            default:
                return null;
        }
    }

    internal static CodeSystemContent Read(Definition definition) => new(definition);

    private static bool IsIn(Concept concept, string property, string list)
    {
        var allowed = list.Split(',', StringSplitOptions.TrimEntries);
        return Values(concept, property).Any(one => allowed.Contains(one, StringComparer.Ordinal));
    }

    private static IEnumerable<string> Values(Concept concept, string property) => property switch
    {
        "code" or "concept" => [concept.Code],
        "display" => concept.Display is { } display ? [display] : [],
        "parent" => concept.Parents,
        _ => concept.Properties.Where(one => one.Code == property).Select(one => one.Value),
    };

    private bool IsA(string code, string ancestor, int depth)
    {
        if (string.Equals(code, ancestor, StringComparison.Ordinal))
            return true;
        if (depth >= DepthMax || Find(code) is not { } concept)
            return false;
        foreach (var parent in concept.Parents)
            if (IsA(parent, ancestor, depth + 1))
                return true;
        return false;
    }

    private void Add(Element holder, string? parent, int depth)
    {
        if (depth > DepthMax)
            return;
        foreach (var element in holder.All("concept"))
        {
            if (element.Text("code") is not { } code)
                continue;
            if (!_byCode.TryGetValue(code, out var concept))
            {
                concept = Read(element, code);
                _byCode[code] = concept;
                _concepts.Add(concept);
            }

            if (parent is not null && !concept.Parents.Contains(parent, StringComparer.Ordinal))
                concept.Parents = [.. concept.Parents, parent];
            Add(element, code, depth + 1);
        }
    }

    private static Concept Read(Element element, string code)
    {
        var properties = new List<(string, string)>();
        var parents = new List<string>();
        foreach (var property in element.All("property"))
        {
            if (property.Text("code") is not { } name)
                continue;
            foreach (var child in property.Children)
            {
                if (!child.Name.StartsWith("value", StringComparison.Ordinal) || (child.Value ?? child.Text("code")) is not { } value)
                    continue;
                properties.Add((name, value));
                if (name is "parent" or "subsumedBy")
                    parents.Add(value);
            }
        }

        var designations = new List<(string?, string)>();
        foreach (var designation in element.All("designation"))
            if (designation.Text("value") is { } text)
                designations.Add((designation.Text("language"), text));

        return new(code, element.Text("display"), properties) { Parents = parents, Designations = designations };
    }
}
