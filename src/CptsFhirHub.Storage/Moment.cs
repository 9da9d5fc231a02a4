using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>
/// One moment of a tenant, read as long as need be: however much is written meanwhile, everything read belongs together. Only a page at a
/// time is held in memory.
/// </summary>
public sealed class Moment
{
    private const int PageSize = 500;
    private readonly Session _session;
    private readonly Symbols _symbols;
    private readonly string _tenant;

    internal Moment(Session session, Symbols symbols, string tenant) => (_session, _symbols, _tenant) = (session, symbols, tenant);

    /// <summary>The instant of the newest version there is; null when there is none. Later commits bear no earlier instant.</summary>
    public DateTimeOffset? NewestAt =>
        _session.Scalar("SELECT last_updated FROM resource_version ORDER BY vid DESC LIMIT 1") is { } ticks ? new(ticks, TimeSpan.Zero) : null;

    /// <summary>Everything a search finds, the newest first.</summary>
    public IEnumerable<Stored> All(SearchQuery query)
    {
        var next = query with { Count = PageSize, WantsTotal = false, Includes = [], Sort = [], Cursor = null };
        while (true)
        {
            var page = SqlSearch.Run(_session, _symbols, _tenant, [next]);
            foreach (var stored in page.Matches)
                yield return stored;
            if (page.NextCursor is null)
                yield break;
            next = next with { Cursor = page.NextCursor };
        }
    }

    /// <summary>The ids of a type that were deleted at that instant or later and are still so.</summary>
    public List<string> DeletedSince(string type, DateTimeOffset since)
    {
        var ids = new List<string>();
        if (_symbols.Find(_session, SymbolKind.Tenant, _tenant) is not { } tenant || _symbols.Find(_session, SymbolKind.Type, type) is not { } number)
            return ids;
        var statement = _session.Get("SELECT id FROM resource WHERE tenant = ? AND type = ? AND deleted = 1 AND last_updated >= ? ORDER BY rid")
            .Add(tenant).Add(number).Add(since.UtcTicks);
        while (statement.Next())
            ids.Add(statement.Text(0));
        return ids;
    }
}
