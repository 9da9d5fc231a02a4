using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Search;

/// <summary>One reading of a search: parameters with their modifiers, chains and values, and the faults found on the way.</summary>
internal sealed class SearchReading(DefinitionSet definitions, string? ownBase, SearchLimits limits, bool isLenient)
{
    private const int NameShownMax = 64;
    private readonly List<Issue> _issues = [];

    public IReadOnlyList<Issue> Issues => _issues;

    /// <summary>A fault that no leniency passes over.</summary>
    public void Refuse(string code, string name, string text) => _issues.Add(Issue.Error(code, Shown(name), text));

    /// <summary>Something that is not understood.</summary>
    public void PassOver(string name, string text) => _issues.Add(
        isLenient ? Issue.Warning("not-supported", Shown(name), text) : Issue.Error("not-supported", Shown(name), text));

    public int Count(string value)
    {
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return Math.Min(count, limits.CountMax);
        if (value.Length > 0 && value.All(char.IsAsciiDigit))
            return limits.CountMax;
        Refuse("value", "_count", "_count is a whole number.");
        return limits.Count;
    }

    public List<SortKey> Sort(string resourceType, string value)
    {
        var keys = new List<SortKey>();
        foreach (var part in value.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var descending = part[0] == '-';
            var parameter = definitions.SearchParameter(resourceType, descending ? part[1..] : part);
            if (parameter is null or { Type: SearchParameterType.Composite } || !SearchQueryParser.IsServed(parameter))
                PassOver("_sort", "The search cannot be sorted by one of the parameters named.");
            else
                keys.Add(new(parameter, descending));
        }

        return keys;
    }

    /// <summary>The criterion that a parameter states; null when it was not understood.</summary>
    public Criterion? Criterion(string resourceType, string name, string value) =>
        Criterion(resourceType, name, value, chains: 0, reverses: 0);

    private Criterion? Criterion(string resourceType, string name, string value, int chains, int reverses)
    {
        const string has = "_has:";
        if (name.StartsWith(has, StringComparison.Ordinal))
            return Has(resourceType, name, name[has.Length..], value, reverses + 1);

        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot >= 0)
            return Chain(resourceType, name[..dot], name[(dot + 1)..], value, chains + 1, reverses);

        var (code, modifier) = Split(name);
        if (definitions.SearchParameter(resourceType, code) is not { } parameter || !SearchQueryParser.IsServed(parameter))
        {
            PassOver(name, $"{resourceType} has no such search parameter here.");
            return null;
        }

        return Match(parameter, modifier, name, value);
    }

    private Criterion.Has? Has(string resourceType, string name, string rest, string value, int reverses)
    {
        // _has:Type:reference:parameter, where the last may be another _has
        var parts = rest.Split(':', 3);
        if (reverses > limits.HasDepth)
        {
            Refuse("too-costly", name, $"_has goes at most {limits.HasDepth} deep.");
            return null;
        }

        if (parts.Length < 3 || definitions.SearchParameter(parts[0], parts[1]) is not { Type: SearchParameterType.Reference } reference
            || !MayPointTo(reference, resourceType))
        {
            PassOver(name, "A reverse chain is _has:Type:reference:parameter, its reference leading here.");
            return null;
        }

        return Criterion(parts[0], parts[2], value, chains: 0, reverses) is { } inner ? new(reference, new(parts[0], [inner])) : null;
    }

    private Criterion.Chain? Chain(string resourceType, string head, string rest, string value, int chains, int reverses)
    {
        var (code, target) = Split(head);
        if (chains > limits.ChainDepth)
        {
            Refuse("too-costly", head, $"A chained parameter follows at most {limits.ChainDepth} references.");
            return null;
        }

        if (definitions.SearchParameter(resourceType, code) is not { Type: SearchParameterType.Reference } reference
            || (target is not null && !MayPointTo(reference, target)))
        {
            PassOver(head, "A chained parameter begins with a reference parameter, and its type if given is one it may point to.");
            return null;
        }

        // Without a type, the chain holds for each target type that knows the rest of it.
        var next = rest.AsSpan();
        var end = next.IndexOfAny('.', ':');
        var nextCode = (end < 0 ? next : next[..end]).ToString();
        var inner = new List<SearchQuery>();
        foreach (var type in target is null ? Targets(reference) : [target])
        {
            if (nextCode != "_has" && definitions.SearchParameter(type, nextCode) is null)
                continue;
            var faults = _issues.Count;
            if (Criterion(type, rest, value, chains, reverses) is { } criterion)
                inner.Add(new(type, [criterion]));
            else if (_issues.Count > faults)
                return null;
        }

        if (inner.Count > 0)
            return new(reference, inner);
        PassOver(head, "No type that the reference may point to has the chained parameter.");
        return null;
    }

    private Criterion.Match? Match(SearchParameter parameter, string? modifier, string name, string value)
    {
        if (modifier == "missing")
        {
            if (value is "true" or "false")
                return new(parameter, modifier, [new SearchValue.Missing(value == "true")]);
            Refuse("value", name, ":missing is true or false.");
            return null;
        }

        string? type = null;
        if (modifier is not null && parameter.Type == SearchParameterType.Reference && MayPointTo(parameter, modifier))
            (type, modifier) = (modifier, null);
        if (!IsKnown(parameter.Type, modifier))
        {
            PassOver(name, "The parameter does not take this modifier here.");
            return null;
        }

        var texts = SearchEscapes.Split(value, ',');
        if (texts.Count > limits.Values)
        {
            Refuse("too-costly", name, $"A parameter has at most {limits.Values} values.");
            return null;
        }

        var reader = new ValueReading(parameter, modifier, type, ownBase, definitions);
        var values = new List<SearchValue>(texts.Count);
        foreach (var text in texts)
        {
            // "a,,b" and "a," ask for nothing more than "a,b".
            if (text.Length == 0)
                continue;
            if (reader.Read(text) is { } read)
            {
                values.Add(read);
                continue;
            }

            Refuse("value", name, $"A value is no {parameter.Type.ToString().ToLowerInvariant()} as searches write it.");
            return null;
        }

        if (values.Count > 0)
            return new(parameter, modifier, values);
        Refuse("value", name, "The parameter has no value.");
        return null;
    }

    private static bool IsKnown(SearchParameterType type, string? modifier) => modifier switch
    {
        null => true,
        "exact" or "contains" => type == SearchParameterType.String,
        "text" or "of-type" => type == SearchParameterType.Token,
        "not" => type is SearchParameterType.Token or SearchParameterType.Reference or SearchParameterType.Uri,
        "identifier" => type == SearchParameterType.Reference,
        "below" or "above" => type == SearchParameterType.Uri,
        _ => false,
    };

    private static bool MayPointTo(SearchParameter reference, string type) =>
        reference.Targets.Count == 0 || reference.Targets.Contains(type, StringComparer.Ordinal);

    private IReadOnlyList<string> Targets(SearchParameter reference) =>
        reference.Targets.Count == 0 ? definitions.ResourceTypes : reference.Targets;

    private static (string Code, string? Modifier) Split(string name)
    {
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (name, null) : (name[..colon], name[(colon + 1)..]);
    }

    /// <summary>The name as far as it may be shown: a wrong name may be somebody's value.</summary>
    private static string Shown(string name) =>
        name.Length <= NameShownMax && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or ':' or '.' or '-') ? name : "(parameter)";
}
