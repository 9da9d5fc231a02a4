using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Terminology;

namespace CptsFhirHub.Fhir.Search;

/// <summary>One reading of a search: parameters with their modifiers, chains and values, and the faults found on the way.</summary>
internal sealed class SearchReading(
    DefinitionSet definitions, Vocabulary vocabulary, string? ownBase, SearchLimits limits, bool isLenient)
{
    private const int NameShownMax = 64;
    private readonly List<Issue> _issues = [];

    /// <summary>False for a parameter whose index is still being filled.</summary>
    public required Func<SearchParameter, bool> IsReady { get; init; }

    /// <summary>True inside <c>_filter</c>, whose operators are modifiers that no URL has.</summary>
    public bool IsFilter { get; set; }

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
            if (parameter is null or { Type: SearchParameterType.Composite or SearchParameterType.Special }
                || !SearchQueryParser.IsServed(parameter) || SearchQueryParser.IsFullText(parameter))
                PassOver("_sort", "The search cannot be sorted by one of the parameters named.");
            else if (RequireReady(parameter, "_sort"))
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
        if (name == "_filter")
            return new FilterReading(this, limits, definitions).Read(resourceType, value);
        if (name == "_list")
            return List(resourceType, value);
        if (definitions.SearchParameter(resourceType, code) is not { } parameter || !SearchQueryParser.IsServed(parameter, resourceType))
        {
            PassOver(name, $"{resourceType} has no such search parameter here.");
            return null;
        }

        if (!RequireReady(parameter, name))
            return null;
        if (SearchQueryParser.IsFullText(parameter) && modifier is null)
            return Words(parameter, name, value);
        return modifier switch
        {
            "in" or "not-in" or "below" or "above" when parameter.Type == SearchParameterType.Token => Codes(parameter, modifier, name, value),
            "below" or "above" when parameter.Type == SearchParameterType.Reference => Hierarchy(parameter, modifier, name, value),
            _ => Match(parameter, modifier, name, value),
        };
    }

    /// <summary>The members of a list are what its entries refer to. https://hl7.org/fhir/R4/search.html#list</summary>
    private Criterion.Has? List(string resourceType, string value)
    {
        if (!ResourceReference.IsId(value))
        {
            // The functional lists ($current-problems) are not kept here.
            Refuse("value", "_list", "_list is the id of a List.");
            return null;
        }

        var item = definitions.SearchParameter("List", "item")!;
        if (!MayPointTo(item, resourceType))
        {
            PassOver("_list", "No list holds resources of this type.");
            return null;
        }

        return new(item, new("List", [new Criterion.Match(definitions.SearchParameter("List", "_id")!, null, [new SearchValue.Token(null, value)])]));
    }

    /// <summary>Words of which all must stand in the text; OR between them, or a comma, gives a choice; a star stands for the rest of a word.</summary>
    private Criterion? Words(SearchParameter parameter, string name, string value)
    {
        var alternatives = new List<IReadOnlyList<Criterion>>();
        var words = 0;
        foreach (var some in SearchEscapes.Split(value, ',').SelectMany(part => SearchEscapes.Remove(part).Split(" OR ")))
        {
            var all = new List<Criterion>();
            foreach (var word in SearchText.Fold(some.Replace(" AND ", " ", StringComparison.Ordinal).Replace("*", "\u2217", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                words++;
                all.Add(new Criterion.Match(parameter, "word", [new SearchValue.Text(word.Replace('\u2217', '*'))]));
            }

            if (all.Count > 0)
                alternatives.Add(all);
        }

        if (words > limits.Words)
            Refuse("too-costly", name, $"A full text search has at most {limits.Words} words.");
        else if (words == 0)
            Refuse("value", name, "The parameter has no word.");
        else
            return alternatives is [[var one]] ? one : new Criterion.Any(alternatives);
        return null;
    }

    /// <summary>
    /// The codes of a value set, or those above or below one in its system, as the values of a token.
    /// https://hl7.org/fhir/R4/search.html#token
    /// </summary>
    private Criterion? Codes(SearchParameter parameter, string modifier, string name, string value)
    {
        var codes = new List<SearchValue>();
        foreach (var text in SearchEscapes.Split(value, ','))
        {
            if (text.Length == 0)
                continue;
            var found = modifier is "in" or "not-in" ? OfValueSet(SearchEscapes.Remove(text)) : OfBranch(text, modifier == "below");
            if (found is null)
            {
                Refuse("not-found", name, modifier is "in" or "not-in"
                    ? "The value set is not known here, or not all of its codes are."
                    : "The value is system|code, of a code system that is known here in full.");
                return null;
            }

            codes.AddRange(found);
            if (codes.Count > limits.Codes)
            {
                Refuse("too-costly", name, $"A search asks for at most {limits.Codes} codes.");
                return null;
            }
        }

        // An empty set has no member; everything with a code is outside it.
        var isNot = modifier == "not-in";
        if (codes.Count > 0)
            return new Criterion.Match(parameter, isNot ? "not" : null, codes);
        return isNot ? new Criterion.Not(new Criterion.Never()) : new Criterion.Never();
    }

    private IEnumerable<SearchValue>? OfValueSet(string canonical) =>
        vocabulary.ValueSet(canonical)?.Expand()?.Select(code => new SearchValue.Token(code.System, code.Code));

    private IEnumerable<SearchValue>? OfBranch(string text, bool isBelow)
    {
        if (SearchEscapes.Split(text, '|') is not [var system, var code and not ""]
            || vocabulary.CodeSystem(SearchEscapes.Remove(system)) is not { IsComplete: true } known
            || known.Find(SearchEscapes.Remove(code)) is not { } found)
        {
            return null;
        }

        return known.Concepts
            .Where(concept => concept.Code == found.Code
                || (isBelow ? known.IsA(concept.Code, found.Code) : known.IsA(found.Code, concept.Code)))
            .Select(concept => new SearchValue.Token(known.Url, concept.Code));
    }

    /// <summary>
    /// A reference to a resource or one that is part of it, or that it is part of, as far as its type has parts: places, organisations.
    /// https://hl7.org/fhir/R4/search.html#recursive
    /// </summary>
    private Criterion.Any? Hierarchy(SearchParameter parameter, string modifier, string name, string value)
    {
        if (Match(parameter, null, name, value) is not { } match)
            return null;
        if (match.Values.All(one => one is SearchValue.Reference { Url: not null }))
            return new([[match with { Modifier = modifier }]]);

        var alternatives = new List<IReadOnlyList<Criterion>>();
        foreach (var reference in match.Values.OfType<SearchValue.Reference>())
        {
            var type = reference.Type ?? (parameter.Targets.Count == 1 ? parameter.Targets[0] : null);
            if (type is null || reference.Id is null || PartOf(type) is not { } partOf)
            {
                PassOver(name, "The parameter does not take this modifier here: its target, given with its type, has no parts.");
                return null;
            }

            var target = new SearchValue.Reference(type, reference.Id, null);
            alternatives.Add([new Criterion.Match(parameter, null, [target])]);
            Criterion step = modifier == "below"
                ? new Criterion.Match(partOf, null, [target])
                : new Criterion.Has(partOf, new(type, [new Criterion.Match(
                    definitions.SearchParameter(type, "_id")!, null, [new SearchValue.Token(null, reference.Id)])]));
            for (var depth = 1; depth <= limits.HierarchyDepth; depth++)
            {
                alternatives.Add([new Criterion.Chain(parameter, [new(type, [step])])]);
                step = modifier == "below"
                    ? new Criterion.Chain(partOf, [new(type, [step])])
                    : new Criterion.Has(partOf, new(type, [step]));
            }
        }

        return new Criterion.Any(alternatives);
    }

    private SearchParameter? PartOf(string type) => definitions.SearchParameters(type).FirstOrDefault(parameter =>
        parameter is { Type: SearchParameterType.Reference, Code: "partof" or "part-of" } && parameter.Targets.Contains(type));

    private bool RequireReady(SearchParameter parameter, string name)
    {
        if (IsReady(parameter))
            return true;
        Refuse("transient", name, "The search parameter is being indexed; it can be searched by when that is done.");
        return false;
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
            if (nextCode is not ("_has" or "_list") && definitions.SearchParameter(type, nextCode) is null)
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
        if (!IsKnown(parameter.Type, modifier) && !(IsFilter && modifier is "whole" or "ends"))
        {
            PassOver(name, "The parameter does not take this modifier here.");
            return null;
        }

        var texts = SearchEscapes.Split(value, ',');
        if (parameter.Type == SearchParameterType.Composite)
            ShareRest(texts);
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

    /// <summary>
    /// A composite's first part may have alternatives of its own: <c>a,b$c</c> asks for <c>a$c,b$c</c>. A part alone would be no value.
    /// </summary>
    private static void ShareRest(List<string> texts)
    {
        string? rest = null;
        for (var i = texts.Count - 1; i >= 0; i--)
        {
            if (SearchEscapes.Split(texts[i], '$')[0] is var first && first.Length < texts[i].Length)
                rest = texts[i][first.Length..];
            else if (texts[i].Length > 0 && rest is not null)
                texts[i] += rest;
        }
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
