using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>
/// <c>_include</c> and <c>_revinclude</c>: what the matches refer to and what refers to them; with <c>:iterate</c> again from
/// what was found.
/// https://hl7.org/fhir/R4/search.html#revinclude
/// </summary>
internal sealed class IncludeSearch(Session session, Symbols symbols, long tenant, SearchQuery query, ResourceReading reading)
{
    /// <summary>Included resources of one page.</summary>
    private const int IncludedMax = 1_000;

    private readonly HashSet<long> _seen = [];
    private readonly List<Stored> _included = [];
    private readonly Dictionary<string, List<Condition>> _rights = new(StringComparer.Ordinal);
    private List<(long Type, long Parameter)>? _ways;

    /// <summary>True when there was more to include than one page carries.</summary>
    public bool IsCut { get; private set; }

    /// <summary>True when <c>:iterate</c> would lead further than the search may go.</summary>
    public bool IsTooDeep { get; private set; }

    public IReadOnlyList<Stored> Run(List<Stored> matches, IReadOnlyList<FoundRow> rows)
    {
        foreach (var row in rows)
            _seen.Add(row.Rid);

        var round = matches.Zip(rows, (stored, row) => new Found(row.Rid, stored.Type, stored.Id)).ToList();
        for (var turn = 0; round.Count > 0 && !IsCut && turn <= query.IncludeDepth; turn++)
        {
            var next = new List<Found>();
            foreach (var include in query.Includes)
                if (turn == 0 || include.Iterates)
                    Follow(include, round, next, isCovered: turn == 0 && include.IsCovered);
            round = next;
            IsTooDeep = turn == query.IncludeDepth && next.Count > 0;
        }

        return _included;
    }

    private void Follow(Include include, List<Found> from, List<Found> next, bool isCovered)
    {
        var parameter = include.Parameter?.Code;
        var rows = new List<(long Rid, long Type)>();
        if (include.IsReverse)
            foreach (var one in from)
                Referring(include, one, parameter, rows);
        else
            Referred(include, [.. from.Where(one => include.SourceType == "*" || include.SourceType == one.Type).Select(one => one.Rid)], parameter, rows);

        foreach (var ofType in rows.Where(row => !_seen.Contains(row.Rid)).DistinctBy(row => row.Rid).GroupBy(row => row.Type))
            Add([.. ofType.Select(row => row.Rid)], symbols.Text(session, ofType.Key), isCovered, next);
    }

    /// <summary>What the resources refer to.</summary>
    private void Referred(Include include, List<long> from, string? parameter, List<(long Rid, long Type)> rows)
    {
        long? target = null;
        var numbers = parameter is null ? [] : ConditionFactory.Numbers(session, symbols, include.SourceType, parameter);
        if (from.Count == 0 || (parameter is not null && numbers.Count == 0)
            || (include.TargetType is not null && (target = symbols.Find(session, SymbolKind.Type, include.TargetType)) is null))
            return;
        foreach (var some in Keyed.Chunks(from))
        {
            var sql = new SqlText().Add($"SELECT r.rid, r.type FROM index_reference x {Dialect.OrderedJoin} resource r");
            sql.Add(" ON r.tenant = ? AND r.type = x.target_type AND r.id = x.target_id WHERE x.rid IN (", tenant);
            Keyed.AddTo(sql, some).Add(") AND r.deleted = 0");
            if (parameter is not null)
                sql.Add($" AND x.param IN ({string.Join(", ", numbers.Select(_ => "?"))})", [.. numbers]);
            if (target is not null)
                sql.Add(" AND x.target_type = ?", target);

            // The order of the index: asked twice, the same comes in the same order on any database.
            Read(sql.Add(" ORDER BY x.rid, x.param, x.target_id, x.target_type"), rows);
        }
    }

    /// <summary>What refers to the resource.</summary>
    private void Referring(Include include, Found one, string? parameter, List<(long Rid, long Type)> rows)
    {
        long? source = null;
        if ((include.TargetType is not null && include.TargetType != one.Type)
            || (include.SourceType != "*" && (source = symbols.Find(session, SymbolKind.Type, include.SourceType)) is null)
            || symbols.Find(session, SymbolKind.Type, one.Type) is not { } target)
        {
            return;
        }

        // The index begins with type and parameter: without them each of those that occur is sought.
        foreach (var (type, by) in Ways(source, include.SourceType, parameter))
            Read(
                new SqlText().Add(
                    "SELECT rid, type FROM index_reference WHERE tenant = ? AND type = ? AND param = ? AND target_id = ? AND target_type = ? ORDER BY rid DESC",
                    tenant, type, by, one.Id, target),
                rows);
    }

    private IEnumerable<(long Type, long Parameter)> Ways(long? source, string sourceType, string? parameter)
    {
        if (source is { } type && parameter is not null)
            return NumbersOf(sourceType).Select(number => (type, number));
        return (_ways ??= AllWays()).Where(way => (source is null || way.Type == source)
            && (parameter is null || NumbersOf(symbols.Text(session, way.Type)).Contains(way.Parameter)));

        List<long> NumbersOf(string ofType) => ConditionFactory.Numbers(session, symbols, ofType, parameter);
    }

    /// <summary>The types and parameters that have references: seeks that skip from one to the next.</summary>
    private List<(long Type, long Parameter)> AllWays()
    {
        var ways = new List<(long, long)>();
        for (var type = Next("type", 0, "TRUE"); type is { } found; type = Next("type", found, "TRUE"))
            for (var parameter = Next("param", 0, "type = ?", found); parameter is { } by; parameter = Next("param", by, "type = ?", found))
                ways.Add((found, by));
        return ways;

        long? Next(string column, long after, string within, params ReadOnlySpan<object?> values) =>
            new SqlText().Add("SELECT " + column + " FROM index_reference WHERE tenant = ? AND ", tenant).Add(within, values)
                .Add($" AND {column} > ? ORDER BY {column} LIMIT 1", after).Bind(session).Scalar();
    }

    private void Read(SqlText sql, List<(long Rid, long Type)> rows)
    {
        var statement = sql.Add(" LIMIT ?", IncludedMax + 1).Bind(session);
        while (statement.Next())
            rows.Add((statement.Long(0), statement.Long(1)));
    }

    /// <summary>A resource outside the caller's right is left out as if it were not there, and nothing is followed from it.</summary>
    private void Add(List<long> rows, string type, bool isCovered, List<Found> next)
    {
        var allowed = isCovered ? rows : Allowed(rows, type);
        if (_included.Count + allowed.Count > IncludedMax)
        {
            IsCut = true;
            allowed = allowed[..(IncludedMax - _included.Count)];
        }

        foreach (var rid in allowed)
            _seen.Add(rid);
        var stored = reading.Read(allowed);
        _included.AddRange(stored);
        next.AddRange(stored.Zip(allowed, (one, rid) => new Found(rid, one.Type, one.Id)));
    }

    private List<long> Allowed(List<long> rows, string type)
    {
        if (query.IncludeCriteria is not { } criteriaOf)
            return rows;
        if (!_rights.TryGetValue(type, out var conditions))
        {
            var number = symbols.Find(session, SymbolKind.Type, type)!.Value;
            conditions = new ConditionFactory(session, symbols, tenant, number, type).Build(criteriaOf(type));
            _rights[type] = conditions;
        }

        if (conditions.Count == 0)
            return rows;
        var allowed = new HashSet<long>(rows.Count);
        foreach (var some in Keyed.Chunks(rows))
        {
            var sql = Keyed.AddTo(new SqlText().Add("SELECT m.rid FROM resource m WHERE m.rid IN ("), some).Add(")");
            foreach (var condition in conditions)
            {
                sql.Add(" AND ");
                condition.Check(sql, "m.rid");
            }

            var statement = sql.Bind(session);
            while (statement.Next())
                allowed.Add(statement.Long(0));
        }

        return rows.FindAll(allowed.Contains);
    }

    private readonly record struct Found(long Rid, string Type, string Id);
}
