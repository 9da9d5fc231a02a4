using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage;

/// <summary>Keeps resources: commit, read, history, search. Every call names its tenant.</summary>
public sealed class ResourceStore
{
    public Task<CommitResult> CommitAsync(string tenant, IReadOnlyList<Write> writes, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>The current version, deleted ones included (see <see cref="Stored.IsDeleted"/>); null when the id was never known.</summary>
    public Task<Stored?> ReadAsync(string tenant, string type, string id, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<Stored?> VReadAsync(string tenant, string type, string id, long version, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Versions, newest first. <paramref name="type"/> null: the whole tenant; <paramref name="id"/> null: the whole type.</summary>
    public Task<HistoryPage> HistoryAsync(
        string tenant, string? type, string? id, HistoryQuery query, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<SearchPage> SearchAsync(string tenant, SearchQuery query, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<LookupHit>> FindAsync(string tenant, IReadOnlyList<LookupKey> keys, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}

/// <summary>A page of a search. <paramref name="Total"/> is null when it was not asked for.</summary>
public sealed record SearchPage(IReadOnlyList<Stored> Matches, IReadOnlyList<Stored> Included, int? Total, string? NextCursor);

/// <summary>What part of a history is wanted.</summary>
public sealed record HistoryQuery(int Count = 50, string? Cursor = null, DateTimeOffset? Since = null);

/// <summary>A page of a history.</summary>
public sealed record HistoryPage(IReadOnlyList<Stored> Versions, int? Total, string? NextCursor);
