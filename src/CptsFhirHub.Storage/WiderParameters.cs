using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage;

/// <summary>
/// Parameters whose texts others of the same type have too: whatever is found by <c>family</c> or <c>given</c> is found by <c>name</c>. Such
/// a text stands in the index once, under the narrower parameter, and a search by the wider one looks under all of them: a patient is a
/// quarter fewer rows.
/// </summary>
/// <remarks>
/// A row under the wider parameter beside one under a narrower is spare: it comes from an older release, or from indexing one parameter
/// anew, and changes no answer.
/// </remarks>
internal static class WiderParameters
{
    /// <summary>So many values are looked through one by one; of more, a set is made.</summary>
    private const int ScannedMax = 128;

    private static readonly string[] OfName = ["family", "given"];
    private static readonly string[] OfAddress = ["address-city", "address-country", "address-postalcode", "address-state"];

    /// <summary>The narrower parameters; none for most.</summary>
    public static ReadOnlySpan<string> Parts(string type, string code) => (type, code) switch
    {
        ("Patient" or "Practitioner", "name") => OfName,
        ("Patient" or "Practitioner" or "RelatedPerson" or "Person" or "Organization" or "Location", "address") => OfAddress,
        _ => [],
    };

    /// <summary>The values that get rows of their own.</summary>
    public static IReadOnlyList<IndexValue> WithoutSpare(string type, List<IndexValue> values)
    {
        if (Parts(type, "address").IsEmpty && Parts(type, "name").IsEmpty)
            return values;
        var rows = new List<IndexValue>(values.Count);
        var narrower = values.Count > ScannedMax ? Narrower(type, values) : null;
        foreach (var value in values)
            if (value is not IndexValue.String text || !IsSpare(type, text, values, narrower))
                rows.Add(value);
        return rows;
    }

    private static bool IsSpare(
        string type, IndexValue.String text, List<IndexValue> values, HashSet<(string Code, string Folded, string Exact)>? narrower)
    {
        foreach (var part in Parts(type, text.Parameter.Code))
        {
            if (narrower is not null)
            {
                if (narrower.Contains((part, text.Folded, text.Exact)))
                    return true;
                continue;
            }

            foreach (var value in values)
                if (value is IndexValue.String other && other.Parameter.Code == part && other.Exact == text.Exact && other.Folded == text.Folded)
                    return true;
        }

        return false;
    }

    private static HashSet<(string Code, string Folded, string Exact)> Narrower(string type, List<IndexValue> values)
    {
        var narrower = new HashSet<(string, string, string)>();
        foreach (var value in values)
            if (value is IndexValue.String text && Parts(type, text.Parameter.Code).IsEmpty)
                narrower.Add((text.Parameter.Code, text.Folded, text.Exact));
        return narrower;
    }
}
