using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>
/// Runs a <see cref="SearchQuery"/>: the most selective criterion drives, the others check what it yields.
/// Pages are continued after the last resource shown, so that writes in between neither repeat nor hide one.
/// </summary>
internal sealed class SqlSearch
{
    private const int CountDefault = 20;
    private const int CountMax = 1_000;

    /// <summary>Up to this many matches one command gives the total and the page together.</summary>
    private const int SmallMax = 500;

    /// <summary>A driver that yields fewer than this is good enough: no other is tried.</summary>
    private const int SelectiveMax = 64;

    /// <summary>
    /// When every criterion yields at least this many, matches are dense: a page is found sooner by walking the resources from
    /// the newest on
    /// than by sorting all that a driver yields.
    /// </summary>
    private const int BroadMin = 2_000;

    /// <summary>Criteria of a lower rank (ids, identifiers, references, names) are taken to be selective without counting.</summary>
    private const int CountedRank = 100;

    private readonly Session _session;
    private readonly Symbols _symbols;
    private readonly SearchQuery _query;
    private readonly long _tenant;
    private readonly long _type;
    private readonly List<Condition> _conditions;
    private readonly Condition? _driver;
    private bool _isBroad;

    private SqlSearch(Session session, Symbols symbols, SearchQuery query, long tenant, long type)
    {
        (_session, _symbols, _query, _tenant, _type) = (session, symbols, query, tenant, type);
        _conditions = new ConditionFactory(session, symbols, tenant, type).Build(query.Criteria);
        _driver = ChooseDriver();
    }

    /// <summary>The keys of the resources that match, <paramref name="rowsMax"/> at most.</summary>
    public static List<long> FindRows(Session session, Symbols symbols, string tenant, SearchQuery query, int rowsMax) =>
        Of(session, symbols, tenant, query)?.Rows(rowsMax, before: null) ?? [];

    public static SearchPage Run(Session session, Symbols symbols, string tenant, SearchQuery query) =>
        Of(session, symbols, tenant, query)?.Page() ?? new([], [], query.WantsTotal ? 0 : null, null);

    private static SqlSearch? Of(Session session, Symbols symbols, string tenantName, SearchQuery query) =>
        symbols.Find(session, SymbolKind.Tenant, tenantName) is { } tenant
        && symbols.Find(session, SymbolKind.Type, query.ResourceType) is { } type
            ? new(session, symbols, query, tenant, type)
            : null;

    private SearchPage Page()
    {
        var count = Math.Clamp(_query.Count ?? CountDefault, 0, CountMax);
        var (rows, total, next) = _query.Sort.Count == 0 ? NewestFirst(count) : Sorted(count);

        var matches = new List<Stored>(rows.Count);
        foreach (var row in rows)
            if (ResourceRows.ReadCurrent(_session, _symbols, row) is { } stored)
                matches.Add(stored);
        var included = _query.Includes.Count == 0
            ? []
            : new IncludeSearch(_session, _symbols, _tenant, _query).Run(matches, rows);
        return new(matches, included, total, next);
    }

    /// <summary>
    /// Without <c>_sort</c>: the order of creation, the newest first. It never changes for a resource, whatever is written.
    /// </summary>
    private (List<long> Rows, int? Total, string? Next) NewestFirst(int count)
    {
        long? before = null;
        if (_query.Cursor is { } text)
        {
            if (SearchCursor.Read(text) is not { Values: [] } cursor)
                return ([], _query.WantsTotal ? Total() : null, null);
            before = cursor.Row;
        }

        List<long> rows;
        int? total = null;
        if (_query.WantsTotal && _driver is not null && !_isBroad)
        {
            rows = Rows(SmallMax, before: null);
            if (rows.Count < SmallMax)
            {
                total = rows.Count;
                rows.RemoveAll(row => row >= before);
            }
            else
            {
                total = Total();
                rows = Rows(count + 1, before);
            }
        }
        else
        {
            total = _query.WantsTotal ? Total() : null;
            rows = Rows(count + 1, before);
        }

        var hasMore = rows.Count > count;
        if (hasMore)
            rows.RemoveRange(count, rows.Count - count);
        return (rows, total, hasMore && count > 0 ? new SearchCursor(rows[^1], []).Write() : null);
    }

    private (List<long> Rows, int? Total, string? Next) Sorted(int count)
    {
        SearchCursor? cursor = null;
        if (_query.Cursor is { } text)
        {
            cursor = SearchCursor.Read(text);
            if (cursor is null || cursor.Values.Count != _query.Sort.Count)
                return ([], _query.WantsTotal ? Total() : null, null);
        }

        var sort = new SortSql(_query.Sort, code => _symbols.Find(_session, SymbolKind.Parameter, code));
        var sql = new SqlText();
        SortSql.Begin(sql);
        Matching(sql, columns: sort.Columns, _driver);
        sort.End(sql, cursor, count + 1);

        var rows = new List<long>();
        object?[] last = [];
        var hasMore = false;
        var statement = sql.Bind(_session);
        while (statement.Next())
        {
            if (rows.Count == count)
            {
                hasMore = true;
                statement.Reset();
                break;
            }

            rows.Add(statement.Long(0));
            last = [.. Enumerable.Range(1, _query.Sort.Count).Select(statement.Any)];
        }

        return (rows, _query.WantsTotal ? Total() : null, hasMore && count > 0 ? new SearchCursor(rows[^1], last).Write() : null);
    }

    private List<long> Rows(int rowsMax, long? before)
    {
        var sql = new SqlText();
        Matching(sql, columns: null, _isBroad ? null : _driver);
        if (before is { } bound)
            sql.Add(" AND m.rid < ?", bound);
        sql.Add(" ORDER BY m.rid DESC LIMIT ?", rowsMax);

        var rows = new List<long>();
        var statement = sql.Bind(_session);
        while (statement.Next())
            rows.Add(statement.Long(0));
        return rows;
    }

    private int Total()
    {
        var sql = new SqlText().Add("SELECT count(*) FROM (");
        Matching(sql, columns: null, _driver);
        return (int)sql.Add(") c").Bind(_session).Scalar()!.Value;
    }

    /// <summary>SELECT of the resources that match, as m.rid, with further columns if wanted; an AND may follow.</summary>
    private void Matching(SqlText sql, Action<SqlText>? columns, Condition? driver)
    {
        sql.Add(driver is null ? "SELECT m.rid" : "SELECT DISTINCT m.rid");
        columns?.Invoke(sql);
        if (driver is null)
        {
            sql.Add(" FROM resource m WHERE m.tenant = ? AND m.type = ? AND m.deleted = 0", _tenant, _type);
        }
        else
        {
            sql.Add(" FROM (");
            driver.Drive(sql);
            sql.Add(") m WHERE TRUE");
        }

        foreach (var condition in _conditions)
        {
            if (condition == driver)
                continue;
            sql.Add(" AND ");
            condition.Check(sql, "m.rid");
        }
    }

    private Condition? ChooseDriver()
    {
        var candidates = _conditions.Where(condition => condition.CanDrive).OrderBy(condition => condition.Rank).ToList();
        if (candidates.Count == 0 || (candidates.Count == 1 && candidates[0].Rank < CountedRank))
            return candidates.FirstOrDefault();

        // The rank is a guess; a count that stops early costs little and knows this very value.
        var best = candidates[0];
        var fewest = long.MaxValue;
        foreach (var candidate in candidates)
        {
            var sql = new SqlText().Add("SELECT count(*) FROM (");
            candidate.Drive(sql);
            var yields = sql.Add(" LIMIT ?) c", Math.Min(fewest, BroadMin)).Bind(_session).Scalar()!.Value;
            if (yields < fewest)
                (best, fewest) = (candidate, yields);
            if (fewest < SelectiveMax)
                break;
        }

        _isBroad = fewest >= BroadMin;
        return best;
    }
}
