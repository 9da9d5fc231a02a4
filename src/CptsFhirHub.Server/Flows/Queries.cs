using System.Runtime.CompilerServices;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>The few searches the flows make, built from the definitions so that a misspelt parameter fails at once.</summary>
internal static class Queries
{
    /// <summary>What one look at a person may bring: beyond it a person must look.</summary>
    public const int CountMax = 500;

    public static SearchQuery By(string type, params ReadOnlySpan<Criterion> criteria) =>
        new(type, criteria.ToArray()) { Count = CountMax, WantsTotal = false };

    /// <summary>The parameter refers to this resource.</summary>
    public static Criterion Refers(string type, string parameter, string reference)
    {
        var slash = reference.IndexOf('/', StringComparison.Ordinal);
        return Match(type, parameter, new SearchValue.Reference(reference[..slash], reference[(slash + 1)..], null));
    }

    /// <summary>The parameter refers to one of these resources.</summary>
    public static Criterion RefersToAny(string type, string parameter, IEnumerable<string> references) => new Criterion.Match(
        Parameter(type, parameter), null, [.. references.Select(reference => reference.Split('/'))
            .Select(parts => (SearchValue)new SearchValue.Reference(parts[0], parts[^1], null))]);

    /// <summary>The parameter has one of these codes.</summary>
    public static Criterion Token(string type, string parameter, string? system, params string[] codes) =>
        new Criterion.Match(Parameter(type, parameter), null, [.. codes.Select(code => (SearchValue)new SearchValue.Token(system, code))]);

    /// <summary>The parameter has this value in one of these systems.</summary>
    public static Criterion InOneOf(string type, string parameter, IEnumerable<string> systems, string value) =>
        new Criterion.Match(Parameter(type, parameter), null, [.. systems.Select(system => (SearchValue)new SearchValue.Token(system, value))]);

    /// <summary>The parameter has some code of that system.</summary>
    public static Criterion OfSystem(string type, string parameter, string system) => Match(type, parameter, new SearchValue.Token(system, null));

    public static Criterion Text(string type, string parameter, string value) => Match(type, parameter, new SearchValue.Text(value));

    /// <summary>The parameter's date falls within that date, which may be a year or a month; null when it is none.</summary>
    public static Criterion? Within(string type, string parameter, string date) =>
        PartialDate.TryParse(date, out var read) && read.UtcTicks(SearchZone.Paris) is var (low, high)
            ? Match(type, parameter, new SearchValue.Date(Prefix.Eq, low, high))
            : null;

    /// <summary>The parameter's instant compares so with that one.</summary>
    public static Criterion At(string type, string parameter, Prefix prefix, DateTimeOffset instant) =>
        Match(type, parameter, new SearchValue.Date(prefix, instant.UtcTicks, instant.UtcTicks + 1));

    /// <summary>The order from the earliest on.</summary>
    public static SortKey Soonest(string type, string parameter) => new(Parameter(type, parameter), Descending: false);

    public static async Task<IReadOnlyList<Stored>> FindAllAsync(
        this ResourceStore store, string tenant, SearchQuery query, CancellationToken cancellationToken) =>
        (await store.SearchAsync(tenant, query, cancellationToken)).Matches;

    /// <summary>Every match, a page at a time: of a walk over many no more is in memory.</summary>
    public static async IAsyncEnumerable<Stored> EachAsync(
        this ResourceStore store, string tenant, SearchQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await store.SearchAsync(tenant, query, cancellationToken);
            foreach (var match in page.Matches)
                yield return match;
            if (page.NextCursor is not { } next)
                yield break;
            query = query with { Cursor = next };
        }
    }

    /// <summary>Every match, however many, page after page.</summary>
    public static async Task<List<Stored>> WalkAsync(
        this ResourceStore store, string tenant, SearchQuery query, CancellationToken cancellationToken)
    {
        var all = new List<Stored>();
        while (true)
        {
            var page = await store.SearchAsync(tenant, query, cancellationToken);
            all.AddRange(page.Matches);
            if (page.NextCursor is not { } next)
                return all;
            query = query with { Cursor = next };
        }
    }

    /// <summary>The resource a relative reference names; null when it is unknown or deleted.</summary>
    public static async Task<Stored?> ReadAsync(
        this ResourceStore store, string tenant, string reference, CancellationToken cancellationToken)
    {
        var slash = reference.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0)
            return null;
        var stored = await store.ReadAsync(tenant, reference[..slash], reference[(slash + 1)..], cancellationToken);
        return stored is { IsDeleted: false } ? stored : null;
    }

    private static Criterion.Match Match(string type, string parameter, SearchValue value) => new(Parameter(type, parameter), null, [value]);

    public static SearchParameter Parameter(string type, string code) => R4.Definitions.SearchParameter(type, code)
        ?? throw new InvalidOperationException($"R4 has no search parameter {type}.{code}.");
}
