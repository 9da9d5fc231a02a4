using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Server.Rest;

/// <summary>From the parameters of a request to a query, with the limits of the hub.</summary>
internal static class Searches
{
    /// <summary>The place where a page begins; only links that the hub wrote carry it.</summary>
    public const string CursorParameter = SearchQueryParser.CursorParameter;

    /// <summary>The query and what was passed over. What is not understood is refused, unless the client asks for leniency.</summary>
    public static ParsedSearch Parse(
        string type, IReadOnlyList<KeyValuePair<string, string>> parameters, bool isLenient, Collaborators hub)
    {
        var parsed = hub.Searches.Parse(type, parameters, isLenient);
        return parsed.IsSound ? parsed : throw new Refusal(400, parsed.Issues);
    }

    /// <summary>The parser of this hub: its search parameters, its base and its limits.</summary>
    public static SearchQueryParser Parser(
        DefinitionSet definitions, string fhirBase, Limits limits, Func<SearchParameter, bool>? isReady = null)
    {
        var searchLimits = new SearchLimits
        {
            Parameters = limits.SearchParameters,
            Count = limits.PageSize,
            CountMax = limits.PageSizeMax,
            ChainDepth = limits.ChainDepth,
            HasDepth = limits.HasDepth,
            Values = limits.SearchValues,
            Includes = limits.Includes,
            IncludeDepth = limits.IncludeDepth,
            SortKeys = limits.SortKeys,
            FilterLength = limits.FilterLength,
        };
        return new(definitions, fhirBase, searchLimits) { IsReady = isReady ?? (static _ => true) };
    }

    /// <summary>A page size as asked for, lowered to the limit.</summary>
    public static int PageSize(string text, Limits limits) =>
        text.Length > 0 && text.All(char.IsAsciiDigit)
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? Math.Clamp(count, 1, limits.PageSizeMax) : limits.PageSizeMax
            : throw new Refusal(400, "value", "_count is a whole number.");

    /// <summary>A page that is too large is lowered, as the specification has it; who asks to be taken at its word is refused.</summary>
    public static void RequirePage(FhirRequest request, Limits limits)
    {
        if (request.Prefer.Handling == "strict" && request.Parameters.Any(pair => pair.Key == "_count" && IsOver(pair.Value, limits.PageSizeMax)))
            throw new Refusal(400, "too-costly", $"_count is at most {limits.PageSizeMax} (PageSizeMax).", "_count");
    }

    private static bool IsOver(string text, int max) =>
        text.Length > 0 && text.All(char.IsAsciiDigit) && !(int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= max);
}
