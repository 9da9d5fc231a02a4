using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage;

/// <summary>
/// Parameters whose texts others of the same type have too: whatever is found by <c>family</c> or <c>given</c> is found by <c>name</c>, and
/// a number by <c>phone</c> and by <c>telecom</c>. Such a text stands in the index once, under the narrower parameter, and a search by the
/// wider one looks under all of them: a patient is a quarter fewer rows.
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
    private static readonly string[] OfTelecom = ["phone", "email"];
    private static readonly string[] OfAddress = ["address-city", "address-country", "address-postalcode", "address-state"];

    /// <summary>The narrower parameters; none for most.</summary>
    public static ReadOnlySpan<string> Parts(string type, string code) => (type, code) switch
    {
        ("Patient" or "Practitioner", "name") => OfName,
        ("Patient" or "Practitioner" or "RelatedPerson" or "Person" or "Organization" or "Location", "address") => OfAddress,
        ("Patient" or "Practitioner" or "PractitionerRole" or "RelatedPerson" or "Person", "telecom") => OfTelecom,
        _ => [],
    };

    /// <summary>The values that get rows of their own.</summary>
    public static IReadOnlyList<IndexValue> WithoutSpare(string type, List<IndexValue> values)
    {
        if (Parts(type, "address").IsEmpty && Parts(type, "telecom").IsEmpty)
            return values;
        var rows = new List<IndexValue>(values.Count);
        var narrower = values.Count > ScannedMax ? Narrower(type, values) : null;
        foreach (var value in values)
            if (!IsSpare(type, value, values, narrower))
                rows.Add(value);
        return rows;
    }

    private static bool IsSpare(string type, IndexValue value, List<IndexValue> values, HashSet<(string Part, string? Text, string? Beside)>? narrower)
    {
        foreach (var part in Parts(type, value.Parameter.Code))
        {
            if (RowOf(value) is not var (text, beside))
                return false;
            if (narrower is not null)
            {
                if (narrower.Contains((part, text, beside)))
                    return true;
                continue;
            }

            foreach (var other in values)
                if (other.Parameter.Code == part && RowOf(other) == (text, beside))
                    return true;
        }

        return false;
    }

    private static HashSet<(string Part, string? Text, string? Beside)> Narrower(string type, List<IndexValue> values)
    {
        var narrower = new HashSet<(string, string?, string?)>();
        foreach (var value in values)
            if (Parts(type, value.Parameter.Code).IsEmpty && RowOf(value) is var (text, beside))
                narrower.Add((value.Parameter.Code, text, beside));
        return narrower;
    }

    /// <summary>What tells the row of a text, or of a code without a text of its own.</summary>
    private static (string? Text, string? Beside)? RowOf(IndexValue value) => value switch
    {
        IndexValue.String text => (text.Folded, text.Exact),
        IndexValue.Token { Text: null or "" } token => (token.Code, token.System),
        _ => null,
    };
}
