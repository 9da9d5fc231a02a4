using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage;

/// <summary>
/// Parameters whose values others of the same type have too: whatever is found by <c>family</c> or <c>given</c> is found by <c>name</c>, a
/// number by <c>phone</c> and by <c>telecom</c>, a person by <c>patient</c> and by <c>subject</c>. Such a value stands in the index once, under
/// the narrower parameter, and a search by the wider one looks under all of them: a patient is a quarter fewer rows, an observation a fifth.
/// </summary>
/// <remarks>
/// A row under the wider parameter beside one under a narrower is spare: it comes from an older release, or from indexing one parameter
/// anew, and changes no answer.
/// </remarks>
internal static class WiderParameters
{
    /// <summary>So many values are looked through one by one; of more, a set is made.</summary>
    private const int ScannedMax = 128;

    /// <summary>What a narrower parameter of references adds to the path of the wider one.</summary>
    private const string OfOneType = ".where(resolve() is ";

    private static readonly SearchValues<char> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly ConcurrentDictionary<string, FrozenDictionary<string, string[]>> OfTypes = new(StringComparer.Ordinal);

    /// <summary>The narrower parameters; none for most.</summary>
    public static ReadOnlySpan<string> Parts(string type, string code) => Of(type).GetValueOrDefault(code);

    /// <summary>The values that get rows of their own.</summary>
    public static IReadOnlyList<IndexValue> WithoutSpare(string type, List<IndexValue> values)
    {
        var wider = Of(type);
        if (wider.Count == 0)
            return values;
        var rows = new List<IndexValue>(values.Count);
        var narrower = values.Count > ScannedMax ? Narrower(wider, values) : null;

        // Values of one parameter stand side by side.
        SearchParameter? parameter = null;
        string[]? parts = null;
        foreach (var value in values)
        {
            if (!ReferenceEquals(value.Parameter, parameter))
            {
                parameter = value.Parameter;
                parts = wider.GetValueOrDefault(parameter.Code);
            }

            if (parts is null || !IsSpare(parts, value, values, narrower))
                rows.Add(value);
        }

        return rows;
    }

    private static FrozenDictionary<string, string[]> Of(string type) => OfTypes.GetOrAdd(type, Find);

    private static FrozenDictionary<string, string[]> Find(string type)
    {
        var parameters = R4.Definitions.SearchParameters(type);
        var parts = new Dictionary<string, string[]>(StringComparer.Ordinal);
        foreach (var (wider, narrower) in OfTexts(type))
            parts[wider] = narrower;
        foreach (var wider in parameters.Where(parameter => parameter.Type == SearchParameterType.Reference))
            if (parameters.Where(parameter => IsPartOf(wider, parameter)).Select(parameter => parameter.Code).ToArray() is { Length: > 0 } narrower)
                parts[wider.Code] = narrower;
        return parts.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>True when it has the references of the wider one to resources of one type, and no others.</summary>
    private static bool IsPartOf(SearchParameter wider, SearchParameter parameter)
    {
        var begin = wider.Expression + OfOneType;
        return parameter.Expression.StartsWith(begin, StringComparison.Ordinal)
            && parameter.Expression.AsSpan(begin.Length) is [.. var word, ')'] && !word.ContainsAnyExcept(Letters);
    }

    private static IEnumerable<(string Wider, string[] Narrower)> OfTexts(string type)
    {
        if (type is "Patient" or "Practitioner")
            yield return ("name", ["family", "given"]);
        if (type is "Patient" or "Practitioner" or "RelatedPerson" or "Person" or "Organization" or "Location")
            yield return ("address", ["address-city", "address-country", "address-postalcode", "address-state"]);
        if (type is "Patient" or "Practitioner" or "PractitionerRole" or "RelatedPerson" or "Person")
            yield return ("telecom", ["phone", "email"]);
        if (type is "Observation")
        {
            yield return ("combo-code", ["code", "component-code"]);
            yield return ("combo-value-concept", ["value-concept", "component-value-concept"]);
        }
    }

    private static bool IsSpare(string[] parts, IndexValue value, List<IndexValue> values, HashSet<(string Part, string? Text, string? Beside)>? narrower)
    {
        if (RowOf(value) is not var (text, beside))
            return false;
        if (narrower is not null)
        {
            foreach (var part in parts)
                if (narrower.Contains((part, text, beside)))
                    return true;
            return false;
        }

        foreach (var other in values)
            if (RowOf(other) is var (itsText, itsBeside) && itsText == text && itsBeside == beside && Array.IndexOf(parts, other.Parameter.Code) >= 0)
                return true;
        return false;
    }

    private static HashSet<(string Part, string? Text, string? Beside)> Narrower(FrozenDictionary<string, string[]> wider, List<IndexValue> values)
    {
        var narrower = new HashSet<(string, string?, string?)>();
        foreach (var value in values)
            if (!wider.ContainsKey(value.Parameter.Code) && RowOf(value) is var (text, beside))
                narrower.Add((value.Parameter.Code, text, beside));
        return narrower;
    }

    /// <summary>What tells the row of a text, of a reference, or of a code without a text of its own.</summary>
    private static (string? Text, string? Beside)? RowOf(IndexValue value) => value switch
    {
        IndexValue.String text => (text.Folded, text.Exact),
        IndexValue.Token { Text: null or "" } token => (token.Code, token.System),
        IndexValue.Reference { Type: { } type, Id: { } id } => (id, type),
        IndexValue.Reference { Url: { } url } => (url, null),
        _ => null,
    };
}
