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

    /// <summary>What it means, or null.</summary>
    public string? Definition { get; init; }

    /// <summary>The element it was read from, with its designations and properties in full.</summary>
    internal Element? Source { get; init; }

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

    /// <summary>Properties that mean the same in every code system, whatever code it gives them. https://hl7.org/fhir/R4/codesystem-concept-properties.html</summary>
    private const string KnownProperties = "http://hl7.org/fhir/concept-properties#";
    private readonly Dictionary<string, string> _knownAs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Concept> _byCode;
    private readonly List<Concept> _concepts = [];

    private CodeSystemContent(Definition definition)
    {
        var content = definition.Content;
        Url = definition.Url;
        Version = definition.Version;
        Language = content.Text("language");
        IsComplete = content.Text("content") == "complete";
        IsSupplement = content.Text("content") == "supplement";
        IsCaseSensitive = content.Text("caseSensitive") != "false";
        _byCode = new(IsCaseSensitive ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);
        Name = content.Text("name");
        IsFragment = content.Text("content") == "fragment";
        Supplemented = content.Text("supplements") is { } supplemented ? Canonical.Parse(supplemented).Url : null;
        foreach (var property in content.All("property"))
            if (property.Text("code") is { } own && property.Text("uri") is { } uri && uri.StartsWith(KnownProperties, StringComparison.Ordinal))
                _knownAs[own] = uri[KnownProperties.Length..];
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

    /// <summary>True when it only adds to another code system: its own URL stands in no Coding.</summary>
    public bool IsSupplement { get; }

    /// <summary>True when upper and lower case differ.</summary>
    public bool IsCaseSensitive { get; }

    /// <summary>The name for machines, or null.</summary>
    public string? Name { get; }

    /// <summary>True when it has some of the codes only: another code may be one too.</summary>
    public bool IsFragment { get; }

    /// <summary>The URL of the code system it adds to, for a supplement.</summary>
    public string? Supplemented { get; }

    /// <summary>The codes directly below one, in the order of the definition.</summary>
    public IEnumerable<Concept> Children(string code) => _concepts.Where(concept => concept.Parents.Contains(code, StringComparer.Ordinal));

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
                concept = Read(element, code, _knownAs);
                _byCode[code] = concept;
                _concepts.Add(concept);
            }

            if (parent is not null && !concept.Parents.Contains(parent, StringComparer.Ordinal))
                concept.Parents = [.. concept.Parents, parent];
            Add(element, code, depth + 1);
        }
    }

    private static Concept Read(Element element, string code, Dictionary<string, string> knownAs)
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
                if (knownAs.TryGetValue(name, out var known) && known != name)
                    properties.Add((known, value));
                if (name is "parent" or "subsumedBy")
                    parents.Add(value);
            }
        }

        var designations = new List<(string?, string)>();
        foreach (var designation in element.All("designation"))
            if (designation.Text("value") is { } text)
                designations.Add((designation.Text("language"), text));

        return new(code, element.Text("display"), properties)
        {
            Parents = parents,
            Designations = designations,
            Definition = element.Text("definition"),
            Source = element,
        };
    }
}
