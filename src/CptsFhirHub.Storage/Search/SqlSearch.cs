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

    /// <summary>A driver that yields fewer is read to its end: one command gives the page and the total.</summary>
    private const int SmallMax = 100;

    /// <summary>The same for a driver that does not come in order: walking the newest resources instead costs more than sorting these.</summary>
    private const int SmallUnorderedMax = 1_000;

    /// <summary>Where matches are dense, walking so many of the newest resources fills a page; if it does not, they are sparse.</summary>
    private const int WalkMax = 1_000;

    /// <summary>Counting a sparse driver stops here: beyond, one is as good as another.</summary>
    private const int ComparedMax = 20_000;

    private readonly Session _session;
    private readonly Symbols _symbols;
    private readonly SearchQuery _query;
    private readonly long _tenant;
    private readonly long _type;
    private readonly ConditionFactory _make;
    private readonly List<Condition> _conditions;
    private readonly List<Condition> _drivers;
    private PageAlong? _along;

    private SqlSearch(Session session, Symbols symbols, SearchQuery query, long tenant, long type)
    {
        (_session, _symbols, _query, _tenant, _type) = (session, symbols, query, tenant, type);
        _make = new ConditionFactory(session, symbols, tenant, type, query.ResourceType);
        _conditions = _make.Build(query.Criteria);
        _drivers = [.. _conditions.Where(condition => condition.CanDrive).OrderBy(condition => condition.Rank)];
    }

    private int PageSize => Math.Clamp(_query.Count ?? CountDefault, 0, CountMax);

    /// <summary>The keys of the resources that match, <paramref name="rowsMax"/> at most.</summary>
    public static List<long> FindRows(Session session, Symbols symbols, string tenant, SearchQuery query, int rowsMax) =>
        Of(session, symbols, tenant, query with { WantsTotal = false, Cursor = null, Sort = [] })?.NewestFirst(rowsMax).Rows.ConvertAll(row => row.Rid) ?? [];

    /// <summary>One search, or the same search of several types: then their matches are one list.</summary>
    /// <param name="isLast">True when its moment is asked for nothing else.</param>
    public static SearchPage Run(Session session, Symbols symbols, string tenant, IReadOnlyList<SearchQuery> queries, bool isLast = false)
    {
        var first = queries[0];
        var searches = queries.Select(query => Of(session, symbols, tenant, query)).OfType<SqlSearch>().ToList();
        if (searches.Count == 0)
            return new([], [], first.WantsTotal ? 0 : null, null);

        var reading = new ResourceReading(session, symbols, tenant);
        if (queries.Count == 1 && first.Includes.Count == 0 && session.CanForesee)
            searches[0]._along = new(session, symbols, tenant, reading, isLast);
        var count = searches[0].PageSize;
        var found = searches.ConvertAll(search => search.Find(count));
        if (found.Contains(Found.Nowhere))
            return new([], [], null, null) { IsCursorForeign = true };
        var rows = found.Count == 1 ? found[0].Rows : SearchOrder.Merge(found.Select(one => one.Rows), first.Sort, count);
        var total = found.Aggregate((int?)0, (sum, one) => sum + one.Total);
        var hasMore = found.Exists(one => one.HasMore) || found.Sum(one => one.Rows.Count) > rows.Count;
        var next = hasMore && rows.Count > 0 ? new SearchCursor(rows[^1].Rid, rows[^1].Keys).Write() : null;

        if (first.Includes.Count == 0)
            return new(reading.Read([.. rows.Select(row => row.Rid)], isLast), [], total, next);
        var includes = new IncludeSearch(session, symbols, searches[0]._tenant, first, reading, isLast);
        var (matches, included) = includes.Run(rows, queries.Count == 1 ? first.ResourceType : null);
        return new(matches, included, total, next) { IsCut = includes.IsCut, IsTooDeep = includes.IsTooDeep };
    }

    private static SqlSearch? Of(Session session, Symbols symbols, string tenantName, SearchQuery query) =>
        symbols.Find(session, SymbolKind.Tenant, tenantName) is { } tenant
        && symbols.Find(session, SymbolKind.Type, query.ResourceType) is { } type
            ? new(session, symbols, query, tenant, type)
            : null;

    private Found Find(int count) => _query.Sort.Count == 0 ? NewestFirst(count) : Sorted(count);

    /// <summary>
    /// Without <c>_sort</c>: the order of creation, the newest first. It never changes for a resource, whatever is written.
    /// </summary>
    private Found NewestFirst(int count)
    {
        long? before = null;
        if (_query.Cursor is { } text)
        {
            if (SearchCursor.Read(text) is not { Values: [] } cursor)
                return Found.Nowhere;
            before = cursor.Row;
        }

        if (AllOfFew(count, before) is { } all)
        {
            var shown = before is { } bound ? all.FindAll(rid => rid < bound) : all;
            return Page(shown, count, _query.WantsTotal ? all.Count : null);
        }

        // One more tells whether there is a next page.
        var wanted = count + 1;
        var isWhole = true;
        var walker = _drivers.Find(driver => driver.IsOrdered);
        var rows = walker is null && _drivers.Count == 0 ? Matching(null, wanted, before) : Walked(walker, wanted, before, out isWhole);
        if (rows.Count < wanted && !isWhole)
            rows = Matching(Fewest(), wanted, before);
        return Page(rows, count, TotalOf(rows.Count < wanted && before is null ? rows.Count : null));
    }

    /// <summary>All matches, the newest first, when some criterion yields few; else null.</summary>
    /// <param name="count">Of those before <paramref name="before"/> so many are shown.</param>
    private List<long>? AllOfFew(int count, long? before)
    {
        if (_drivers is not [var first, ..])
            return null;

        // Where others check what it yields, no more is checked in vain than they would be for a page.
        var most = _conditions.Count == 1 ? MaxOf(first) : SmallMax;
        if (AllOf(first, most, count, before) is { } few)
            return few;
        var small = _drivers.Find(driver => (driver != first || MaxOf(driver) > most) && Yields(driver, MaxOf(driver)) < MaxOf(driver));
        return small is null ? null : Matching(small, MaxOf(small), before: null);
    }

    /// <summary>All matches, the newest first, when the driver yields fewer than <paramref name="most"/>; else null. One question tells both.</summary>
    private List<long>? AllOf(Condition driver, int most, int count, long? before)
    {
        var sql = new SqlText();
        if (_along is not null)
            PageAlong.Begin(sql);
        sql.Add("SELECT m.rid, CASE WHEN TRUE");
        AddChecks(sql, driver);
        sql.Add(" THEN 1 ELSE 0 END AS ok FROM (SELECT d.rid FROM (");
        driver.Drive(sql);
        sql.Add(") d LIMIT ?) m", most);
        if (_along is not null)
            PageAlong.End(sql, most, before, count);
        var (seen, matches) = _along?.Ask(sql, most) ?? Ask(sql);
        return seen < most ? [.. matches.OrderDescending()] : null;
    }

    private (int Seen, HashSet<long> Matches) Ask(SqlText sql)
    {
        var statement = sql.Bind(_session);
        var (seen, matches) = (0, new HashSet<long>());
        for (; statement.Next(); seen++)
            if (statement.Long(1) != 0)
                matches.Add(statement.Long(0));
        return (seen, matches);
    }

    private int? TotalOf(int? known)
    {
        if (!_query.WantsTotal || known is not null)
            return _query.WantsTotal ? known : null;
        if (_query.TotalMax is not { } totalMax)
            return Total();

        // Unasked, only what an index tells by itself is counted.
        if (_conditions is not [{ IsOrdered: true } only])
            return null;
        var sql = new SqlText().Add("SELECT count(*) FROM (");
        only.Drive(sql);
        var counted = (int)sql.Add(" LIMIT ?) c", totalMax + 1).Bind(_session).Scalar()!.Value;
        return counted <= totalMax ? counted : null;
    }

    private static Found Page(List<long> rows, int count, int? total) =>
        new(rows.Take(count).Select(rid => new FoundRow(rid, [])).ToList(), total, rows.Count > count && count > 0);

    private Found Sorted(int count)
    {
        SearchCursor? cursor = null;
        if (_query.Cursor is { } text)
        {
            cursor = SearchCursor.Read(text);
            if (cursor is null || !SortSql.Fits(cursor, _query.Sort))
                return Found.Nowhere;
        }

        var driver = Small() ?? Fewest();
        var sort = new SortSql(_query.Sort, _make.Numbers);
        var sql = new SqlText();
        var isWalk = sort.IsByInstant && (driver is null || Yields(driver, ComparedMax) >= WalkMax);
        if (isWalk)
        {
            sort.WalkByInstant(sql, _tenant, _type, cursor);
            AddChecks(sql, driver: null);
            sort.EndByInstant(sql, count + 1);
        }
        else
        {
            SortSql.Begin(sql);
            AddMatching(sql, sort.Columns, driver);
            sort.End(sql, cursor, count + 1);
        }

        var rows = new List<FoundRow>();
        var statement = sql.Bind(_session);
        while (statement.Next())
            rows.Add(new(statement.Long(0), [.. Enumerable.Range(1, _query.Sort.Count).Select(statement.Any)]));
        var hasMore = rows.Count > count;
        if (hasMore)
            rows.RemoveRange(count, rows.Count - count);
        return new(rows, SortedTotal(driver), hasMore && count > 0);
    }

    private int? SortedTotal(Condition? driver)
    {
        if (!_query.WantsTotal)
            return null;
        if (_query.TotalMax is not { } totalMax)
            return Total();
        if (driver is not null && Yields(driver, totalMax + 1) <= totalMax)
            return Matching(driver, totalMax + 1, before: null).Count;
        return driver is null ? TotalUpTo(totalMax) : null;
    }

    /// <summary>A driver that yields few resources; null when none does.</summary>
    private Condition? Small() => _drivers.Find(driver => Yields(driver, MaxOf(driver)) < MaxOf(driver));

    private static int MaxOf(Condition driver) => driver.IsOrdered ? SmallMax : SmallUnorderedMax;

    /// <summary>The driver that yields fewest; null when nothing can drive.</summary>
    private Condition? Fewest() =>
        _drivers.Count < 2 ? _drivers.FirstOrDefault() : _drivers.MinBy(driver => Yields(driver, ComparedMax));

    private long Yields(Condition driver, int countMax)
    {
        var sql = new SqlText().Add("SELECT count(*) FROM (SELECT rid FROM (");
        driver.Drive(sql);
        return sql.Add(") d LIMIT ?) c", countMax).Bind(_session).Scalar()!.Value;
    }

    /// <summary>
    /// Of the newest that <paramref name="walker"/> yields, or of the newest resources at all, those that match.
    /// </summary>
    /// <param name="isWhole">True when the walk has seen everything: then fewer than wanted means that there are no more.</param>
    private List<long> Walked(Condition? walker, int rowsMax, long? before, out bool isWhole)
    {
        // Where the walk ends is looked up first: a LIMIT inside would have every row of it checked, however early the page is full.
        var end = new SqlText().Add("SELECT f.rid FROM (");
        if (walker is null)
            end.Add("SELECT rid FROM resource WHERE tenant = ? AND type = ? AND deleted = 0", _tenant, _type);
        else
            walker.Drive(end);
        end.Add(") f");
        if (before is { } bound)
            end.Add(" WHERE f.rid < ?", bound);
        var floor = end.Add(" ORDER BY f.rid DESC LIMIT 1 OFFSET ?", WalkMax).Bind(_session).Scalar();
        isWhole = floor is null;
        return Matching(walker, rowsMax, before, floor);
    }

    private List<long> Matching(Condition? driver, int rowsMax, long? before, long? floor = null)
    {
        var sql = new SqlText();
        AddMatching(sql, columns: null, driver);
        if (before is { } bound)
            sql.Add(" AND m.rid < ?", bound);
        if (floor is { } lowest)
            sql.Add(" AND m.rid >= ?", lowest);
        return Keys(sql.Add(" ORDER BY m.rid DESC LIMIT ?", rowsMax));
    }

    private List<long> Keys(SqlText sql)
    {
        var rows = new List<long>();
        var statement = sql.Bind(_session);
        while (statement.Next())
            rows.Add(statement.Long(0));
        return rows;
    }

    private int Total() => TotalUpTo(int.MaxValue)!.Value;

    private int? TotalUpTo(int totalMax)
    {
        var sql = new SqlText().Add("SELECT count(*) FROM (");
        AddMatching(sql, columns: null, Small() ?? Fewest());
        var total = sql.Add(" LIMIT ?) c", (long)totalMax + 1).Bind(_session).Scalar()!.Value;
        return total <= totalMax ? (int)total : null;
    }

    /// <summary>SELECT of the resources that match, as m.rid, with further columns if wanted; an AND may follow.</summary>
    private void AddMatching(SqlText sql, Action<SqlText>? columns, Condition? driver)
    {
        sql.Add(driver is null or { IsOrdered: true } ? "SELECT m.rid" : "SELECT DISTINCT m.rid");
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

        AddChecks(sql, driver);
    }

    private void AddChecks(SqlText sql, Condition? driver)
    {
        foreach (var condition in _conditions)
        {
            if (condition == driver)
                continue;
            sql.Add(" AND ");
            condition.Check(sql, "m.rid");
        }
    }

    private sealed record Found(List<FoundRow> Rows, int? Total, bool HasMore)
    {
        /// <summary>What follows a cursor that was never given out.</summary>
        public static readonly Found Nowhere = new([], null, HasMore: false);
    }
}

/// <summary>A match: the resource's key, and what it is sorted by.</summary>
internal readonly record struct FoundRow(long Rid, IReadOnlyList<object?> Keys);
