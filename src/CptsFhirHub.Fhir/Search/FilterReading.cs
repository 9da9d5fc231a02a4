using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.Search;

/// <summary>
/// <c>_filter</c>: a whole condition in one parameter. https://hl7.org/fhir/R4/search_filter.html
/// <code>
/// filter = term *(" or " term)          and binds closer than or
/// term   = factor *(" and " factor)
/// factor = "not" factor / "(" filter ")" / path SP operator SP value
/// value  = a text in double quotes, or anything up to a space or parenthesis
/// </code>
/// </summary>
internal sealed class FilterReading(SearchReading reading, SearchLimits limits, DefinitionSet definitions)
{
    private const string Name = "_filter";
    private const int DepthMax = 16;
    private string _text = "";
    private string _type = "";
    private int _at;

    /// <summary>The condition; null when it was refused.</summary>
    public Criterion? Read(string resourceType, string text)
    {
        if (text.Length > limits.FilterLength)
        {
            reading.Refuse("too-costly", Name, $"_filter has at most {limits.FilterLength} characters.");
            return null;
        }

        (_text, _type) = (text, resourceType);
        var before = reading.IsFilter;
        reading.IsFilter = true;
        var criterion = Filter(0);
        reading.IsFilter = before;
        SkipSpaces();
        if (criterion is not null && _at < _text.Length)
            return Wrong();
        return criterion;
    }

    private Criterion? Filter(int depth)
    {
        if (depth > DepthMax)
        {
            reading.Refuse("too-costly", Name, $"_filter nests at most {DepthMax} deep.");
            return null;
        }

        var alternatives = new List<IReadOnlyList<Criterion>>();
        do
        {
            if (Term(depth) is not { } term)
                return null;
            alternatives.Add(term);
        }
        while (Takes("or"));
        return alternatives is [[var one]] ? one : new Criterion.Any(alternatives);
    }

    private List<Criterion>? Term(int depth)
    {
        var all = new List<Criterion>();
        do
        {
            if (Factor(depth) is not { } factor)
                return null;
            all.Add(factor);
        }
        while (Takes("and"));
        return all;
    }

    private Criterion? Factor(int depth)
    {
        if (Takes("not"))
            return (depth < DepthMax ? Factor(depth + 1) : Wrong()) is { } inner ? new Criterion.Not(inner) : null;
        SkipSpaces();
        if (_at < _text.Length && _text[_at] == '(')
        {
            _at++;
            var filter = Filter(depth + 1);
            SkipSpaces();
            if (filter is null)
                return null;
            if (_at == _text.Length || _text[_at] != ')')
                return Wrong();
            _at++;
            return filter;
        }

        return Word() is { Length: > 0 } path && Word() is { Length: > 0 } operation && Value() is { } value
            ? Comparison(path, operation, value)
            : Wrong();
    }

    private Criterion? Comparison(string path, string operation, string value)
    {
        var kind = Kind(path);
        var isText = kind == SearchParameterType.String;
        var isOrdered = kind is SearchParameterType.Date or SearchParameterType.Number or SearchParameterType.Quantity;
        switch (operation)
        {
            case "eq" when isText:
                return Match(path + ":whole", value);
            case "eq":
                return Match(path, value);
            case "ne" when isOrdered:
                return Match(path, "ne" + value);
            case "ne":
                return Match(isText ? path + ":whole" : path, value) is { } equal ? new Criterion.Not(equal) : null;
            case "co" when isText:
                return Match(path + ":contains", value);
            case "sw" when isText:
                return Match(path, value);
            case "ew" when isText:
                return Match(path + ":ends", value);
            case "gt" or "lt" or "ge" or "le" or "ap" or "sa" or "eb" when isOrdered:
                return Match(path, operation + value);
            case "po" when kind == SearchParameterType.Date:
                return Match(path, "sa" + value) is { } after && Match(path, "eb" + value) is { } before && Match(path + ":missing", "false") is { } present
                    ? new Criterion.Any([[new Criterion.Not(after), new Criterion.Not(before), present]])
                    : null;
            case "pr" when value is "true" or "false":
                return Match(path + ":missing", value == "true" ? "false" : "true");
            case "ss":
                return Match(path + ":above", value);
            case "sb":
                return Match(path + ":below", value);
            case "in" when kind == SearchParameterType.Token:
                return Match(path + ":in", value);
            case "ni" when kind == SearchParameterType.Token:
                return Match(path + ":not-in", value);
            case "re" when kind == SearchParameterType.Reference:
                return Match(path, value);
            default:
                reading.PassOver(Name, "_filter has no such comparison for this parameter.");
                return null;
        }
    }

    // A comma is no separator here, but part of the value.
    private Criterion? Match(string name, string value) =>
        reading.Criterion(_type, name, value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace(",", @"\,", StringComparison.Ordinal));

    /// <summary>The kind of the parameter at the end of a chain.</summary>
    private SearchParameterType? Kind(string path)
    {
        var type = _type;
        var steps = path.Split('.');
        for (var i = 0; i < steps.Length; i++)
        {
            var colon = steps[i].IndexOf(':', StringComparison.Ordinal);
            var parameter = definitions.SearchParameter(type, colon < 0 ? steps[i] : steps[i][..colon]);
            if (parameter is null || i == steps.Length - 1)
                return parameter?.Type;
            var next = steps[i + 1];
            type = colon >= 0 ? steps[i][(colon + 1)..]
                : parameter.Targets.FirstOrDefault(target => definitions.SearchParameter(target, next.Split(':')[0]) is not null) ?? "";
        }

        return null;
    }

    /// <summary>Takes the word if it comes next and ends there.</summary>
    private bool Takes(string word)
    {
        SkipSpaces();
        var end = _at + word.Length;
        if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0 || (end < _text.Length && _text[end] is not (' ' or '(')))
            return false;
        _at = end;
        return true;
    }

    private string Word()
    {
        SkipSpaces();
        var from = _at;
        while (_at < _text.Length && _text[_at] is not (' ' or '(' or ')' or '"'))
            _at++;
        return _text[from.._at];
    }

    private string? Value()
    {
        SkipSpaces();
        if (_at == _text.Length || _text[_at] != '"')
            return Word() is { Length: > 0 } word ? word : null;

        var value = new System.Text.StringBuilder();
        for (_at++; _at < _text.Length; _at++)
        {
            if (_text[_at] == '"')
            {
                _at++;
                return value.ToString();
            }

            if (_text[_at] == '\\' && _at + 1 < _text.Length)
                _at++;
            value.Append(_text[_at]);
        }

        return null;
    }

    private void SkipSpaces()
    {
        while (_at < _text.Length && _text[_at] == ' ')
            _at++;
    }

    private Criterion? Wrong()
    {
        reading.Refuse("value", Name, "_filter cannot be read.");
        return null;
    }
}
