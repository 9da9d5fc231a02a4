using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>A condition resolved against the store. <paramref name="Match"/> is null when nothing matches.</summary>
internal sealed record Resolved(SearchQuery Query, Stored? Match)
{
    /// <summary>The precondition that lets the commit fail when the answer has changed since.</summary>
    public Write.Expect Unchanged => new(Query, Match?.Reference);
}

/// <summary>Conditions on writes: If-Match, If-None-Exist and criteria in the URL. https://hl7.org/fhir/R4/http.html#cond-update</summary>
internal static class Conditions
{
    // No version has it: what is expected of a resource that is not there never holds.
    private const long NoVersion = 0;

    /// <summary>
    /// The version that <c>If-Match</c> wants to be the current one; null when there is no such header. Of several ETags it is the one
    /// that is current, for <c>*</c> whichever is. Refuses with 400 what is not an ETag of ours. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1
    /// </summary>
    public static long? Version(string? ifMatch, long? current)
    {
        if (string.IsNullOrWhiteSpace(ifMatch))
            return null;
        if (ifMatch.Trim() == "*")
            return current ?? NoVersion;
        long? named = null;
        foreach (var tag in ifMatch.Split(',', StringSplitOptions.TrimEntries))
        {
            if (Opaque(tag) is not ['"', .., '"'] text || !long.TryParse(text[1..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var version))
                throw new Refusal(400, "value", "If-Match carries an ETag such as W/\"3\", several, or *.");
            if (named is null || version == current)
                named = version;
        }

        return named;
    }

    /// <summary>
    /// True when <c>If-None-Match</c> names that ETag, or any. Tags are compared weakly.
    /// https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
    /// </summary>
    public static bool Names(string ifNoneMatch, string etag) =>
        ifNoneMatch.Trim() == "*" || ifNoneMatch.Split(',', StringSplitOptions.TrimEntries).Any(tag => Opaque(tag) == Opaque(etag));

    private static string Opaque(string tag) => tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;

    /// <summary>The query of a condition. Refuses with 412 when it has no criterion: it would match everything.</summary>
    public static SearchQuery Parse(string type, IEnumerable<KeyValuePair<string, string>> parameters, Collaborators hub)
    {
        // A condition is never read leniently: what is passed over would widen it.
        var query = Searches.Parse(type, [.. parameters], isLenient: false, hub).Query;
        if (query.Criteria.Count == 0)
            throw new Refusal(412, "required", "The condition has no search criterion.");
        return query with { Includes = [], Sort = [], Count = 2, WantsTotal = false, Cursor = null };
    }

    /// <summary>The one resource within the caller's right that meets the condition, or none; refuses with 412 when there are more.</summary>
    public static async Task<Resolved> ResolveAsync(
        string type, IEnumerable<KeyValuePair<string, string>> parameters, Caller caller, Collaborators hub, CancellationToken cancellationToken)
    {
        var query = Sight.Narrow(Parse(type, parameters, hub), caller.Policy);
        var page = await hub.Store.SearchAsync(caller.Tenant, query, cancellationToken);
        if (page.Matches.Count > 1)
            throw new Refusal(412, "multiple-matches", "The condition matches several resources; it may match one at most.");
        return new(query, page.Matches.Count == 1 ? page.Matches[0] : null);
    }

    /// <summary>True for a logical id. https://hl7.org/fhir/R4/datatypes.html#id</summary>
    public static bool IsId(string id) =>
        id.Length is > 0 and <= 64 && id.AsSpan().IndexOfAnyExcept(IdCharacters) < 0;

    private static readonly System.Buffers.SearchValues<char> IdCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");

    /// <summary>True when R4 knows the type and the hub serves it.</summary>
    public static bool IsServed(string type) => ServedTypes.All.Contains(type) && R4.Definitions.IsResourceType(type);
}
