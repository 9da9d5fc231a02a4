using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Terminology;

namespace CptsFhirHub.Fhir.Search;

/// <summary>How much a search may ask for. Every bound is tested at, and one past.</summary>
public sealed record SearchLimits
{
    /// <summary>The limits used where none are given.</summary>
    public static SearchLimits Default { get; } = new();

    /// <summary>Parameters of one search.</summary>
    public int Parameters { get; init; } = 64;

    /// <summary>Values joined by commas in one parameter.</summary>
    public int Values { get; init; } = 500;

    /// <summary>References followed by one chained parameter.</summary>
    public int ChainDepth { get; init; } = 3;

    /// <summary><c>_has</c> inside <c>_has</c>.</summary>
    public int HasDepth { get; init; } = 2;

    /// <summary>Levels that <c>:below</c> and <c>:above</c> follow among parts of places and organisations.</summary>
    public int HierarchyDepth { get; init; } = 5;

    /// <summary>Codes that a value set or a branch of a code system may stand for.</summary>
    public int Codes { get; init; } = 5_000;

    /// <summary>Words asked of <c>_text</c> or <c>_content</c>.</summary>
    public int Words { get; init; } = 32;

    /// <summary>Characters of <c>_filter</c>.</summary>
    public int FilterLength { get; init; } = 4_096;

    /// <summary><c>_include</c> and <c>_revinclude</c> of one search.</summary>
    public int Includes { get; init; } = 32;

    /// <summary>References that <c>_include:iterate</c> follows from a match on.</summary>
    public int IncludeDepth { get; init; } = 16;

    /// <summary>Keys of <c>_sort</c>.</summary>
    public int SortKeys { get; init; } = 8;

    /// <summary>Up to here a total is counted that nobody asked for.</summary>
    public int Total { get; init; } = 1_000;

    /// <summary><c>_count</c> when it is not given.</summary>
    public int Count { get; init; } = 20;

    /// <summary>The greatest <c>_count</c>; a greater one is lowered to it.</summary>
    public int CountMax { get; init; } = 1_000;
}

/// <summary>What reading a search gave.</summary>
/// <param name="Query">The search as far as it was understood.</param>
/// <param name="Issues">What was not: errors refuse the search, warnings were passed over.</param>
/// <param name="Used">The parameters that took part, for the self link.</param>
public sealed record ParsedSearch(SearchQuery Query, IReadOnlyList<Issue> Issues, IReadOnlyList<KeyValuePair<string, string>> Used)
{
    /// <summary>True when nothing refuses it.</summary>
    public bool IsSound => !Issues.Any(issue => issue.IsError);
}

/// <summary>Reads the parameters of a search URL. https://hl7.org/fhir/R4/search.html</summary>
/// <param name="definitions">The types and their search parameters, own ones included.</param>
/// <param name="ownBase">Our FHIR base: an absolute reference below it means a resource of ours. Null when unknown.</param>
/// <param name="limits">How much may be asked for.</param>
public sealed class SearchQueryParser(DefinitionSet definitions, string? ownBase = null, SearchLimits? limits = null)
{
    /// <summary>The parameter that carries the place where a page begins, in the links we give out.</summary>
    public const string CursorParameter = "_cursor";

    private readonly SearchLimits _limits = limits ?? SearchLimits.Default;
    private readonly Vocabulary _vocabulary = new(definitions);

    /// <summary>
    /// False for a parameter that is known but whose index is still being filled: a search by it would miss what is there.
    /// </summary>
    public Func<SearchParameter, bool> IsReady { get; init; } = static _ => true;

    /// <summary>
    /// True for a parameter that searches answer here: not those with rules of their own, nor composites of three parts other than a code
    /// and two numbers, which are all that R4 has.
    /// </summary>
    public static bool IsServed(SearchParameter parameter) => parameter.Type switch
    {
        SearchParameterType.Special => parameter.Code == "near",
        SearchParameterType.Composite => parameter.Components.Count == 2 || CompositeParts.IsCodeAndTwoNumbers(parameter),
        _ => parameter.Code != "phonetic" && (parameter.Expression.Length > 0 || IsFullText(parameter)),
    };

    /// <summary>The same for one type: <c>_content</c> is answered for those alone that are written for people to read.</summary>
    public static bool IsServed(SearchParameter parameter, string resourceType) =>
        IsServed(parameter) && FullText.IsServed(parameter, resourceType);

    /// <summary>True for <c>_text</c> and <c>_content</c>, which ask for words.</summary>
    public static bool IsFullText(SearchParameter parameter) => parameter.Code is "_text" or "_content";

    /// <summary>
    /// Reads decoded parameters. What is not understood becomes an error, or a warning when <paramref name="isLenient"/>; values
    /// that cannot be
    /// read are errors always. Parameters that shape the answer (<c>_summary</c>, <c>_elements</c>, <c>_format</c>,
    /// <c>_pretty</c>) are passed over.
    /// </summary>
    public ParsedSearch Parse(string resourceType, IEnumerable<KeyValuePair<string, string>> parameters, bool isLenient = false)
    {
        var reading = new SearchReading(definitions, _vocabulary, ownBase, _limits, isLenient) { IsReady = IsReady };
        var criteria = new List<Criterion>();
        var includes = new List<Include>();
        var used = new List<KeyValuePair<string, string>>();
        var query = new SearchQuery(resourceType, criteria) { Includes = includes, IncludeDepth = _limits.IncludeDepth, Count = _limits.Count, TotalMax = _limits.Total };

        foreach (var (name, value) in parameters)
        {
            if (used.Count == _limits.Parameters)
            {
                reading.Refuse("too-costly", name, $"A search has at most {_limits.Parameters} parameters.");
                break;
            }

            // An empty value is as good as an absent parameter.
            if (value.Length == 0 || name is "_summary" or "_elements" or "_format" or "_pretty")
                continue;
            var faults = reading.Issues.Count;
            query = Read(reading, query, criteria, includes, name, value);
            if (reading.Issues.Count == faults)
                used.Add(new(name, value));
        }

        return new(query with { Criteria = ReverseChains.Bind(criteria) }, reading.Issues, used);
    }

    private SearchQuery Read(
        SearchReading reading, SearchQuery query, List<Criterion> criteria, List<Include> includes, string name, string value)
    {
        switch (name)
        {
            case "_count":
                return query with { Count = reading.Count(value) };
            case "_sort":
                var keys = query.Sort.Concat(reading.Sort(query.ResourceType, value)).ToList();
                if (keys.Count > _limits.SortKeys)
                    reading.Refuse("too-costly", name, $"A search is sorted by at most {_limits.SortKeys} keys.");
                return query with { Sort = keys };
            case "_total":
                if (value is not ("none" or "estimate" or "accurate"))
                    reading.Refuse("value", name, "_total is none, estimate or accurate.");
                return query with { WantsTotal = value != "none", TotalMax = null };
            case "_contained" when value == "false":
                return query;
            case CursorParameter:
                return query with { Cursor = value };
        }

        if (name.StartsWith("_include", StringComparison.Ordinal) || name.StartsWith("_revinclude", StringComparison.Ordinal))
        {
            if (IncludeReading.Read(reading, definitions, query.ResourceType, name, value) is { } include)
                includes.Add(include);
            if (includes.Count > _limits.Includes)
                reading.Refuse("too-costly", name, $"A search has at most {_limits.Includes} includes.");
        }
        else if (reading.Criterion(query.ResourceType, name, value) is { } criterion)
        {
            criteria.Add(criterion);
        }

        return query;
    }
}

/// <summary>
/// Reads <c>_include</c> and <c>_revinclude</c>: <c>Task:focus</c>, <c>Task:focus:ServiceRequest</c>, <c>Task:*</c>, <c>*</c>.
/// </summary>
internal static class IncludeReading
{
    public static Include? Read(SearchReading reading, DefinitionSet definitions, string resourceType, string name, string value)
    {
        var colon = name.IndexOf(':', StringComparison.Ordinal);
        var word = colon < 0 ? name : name[..colon];
        var isReverse = word == "_revinclude";
        var modifier = colon < 0 ? "" : name[(colon + 1)..];
        if (!isReverse && word != "_include" || modifier is not ("" or "iterate" or "recurse"))
        {
            reading.PassOver(name, "This parameter or modifier is not known.");
            return null;
        }

        // Without :iterate, what the matches refer to: they are of the type searched. What refers to them may be of any.
        if (value == "*")
            return new(isReverse || modifier.Length > 0 ? "*" : resourceType, null, null, isReverse, modifier.Length > 0);

        var parts = value.Split(':');
        if (parts.Length is < 2 or > 3 || !definitions.IsResourceType(parts[0]))
        {
            reading.PassOver(name, "An include is Type:parameter or Type:parameter:Target.");
            return null;
        }

        SearchParameter? parameter = null;
        if (parts[1] != "*")
        {
            parameter = definitions.SearchParameter(parts[0], parts[1]);
            if (parameter is not { Type: SearchParameterType.Reference })
            {
                reading.PassOver(name, "An include names a reference parameter of the type.");
                return null;
            }
        }

        return new(parts[0], parameter, parts.Length == 3 && parts[2].Length > 0 ? parts[2] : null, isReverse, modifier.Length > 0);
    }
}
