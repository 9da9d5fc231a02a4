using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>
/// <c>_include</c> and <c>_revinclude</c>: what the matches refer to and what refers to them; with <c>:iterate</c> again from
/// what was found.
/// https://hl7.org/fhir/R4/search.html#revinclude
/// </summary>
/// <param name="isLast">True when the moment of the search is asked for nothing else.</param>
internal sealed class IncludeSearch(Session session, Symbols symbols, long tenant, SearchQuery query, ResourceReading reading, bool isLast)
{
    /// <summary>Included resources of one page.</summary>
    private const int IncludedMax = 1_000;

    private readonly HashSet<long> _seen = [];
    private readonly List<Stored> _included = [];

    /// <summary>Allowed, and not read yet: what one round includes is read together.</summary>
    private readonly List<long> _toRead = [];

    private readonly Dictionary<string, List<Condition>> _rights = new(StringComparer.Ordinal);
    private List<(long Type, long Parameter)>? _ways;

    /// <summary>True when there was more to include than one page carries.</summary>
    public bool IsCut { get; private set; }

    /// <summary>True when <c>:iterate</c> would lead further than the search may go.</summary>
    public bool IsTooDeep { get; private set; }

    /// <summary>The matches and what they include, read.</summary>
    /// <param name="type">The type of all the matches; null when they are of several.</param>
    public (List<Stored> Matches, List<Stored> Included) Run(IReadOnlyList<FoundRow> rows, string? type)
    {
        foreach (var row in rows)
            _seen.Add(row.Rid);

        // What refers to a match is sought by its id. For what it refers to its key is enough: then both are read together.
        List<Stored>? matches = null;
        List<Found> round;
        if (type is not null && !query.Includes.Any(include => include.IsReverse))
        {
            round = [.. rows.Select(row => new Found(row.Rid, type, Id: ""))];
        }
        else
        {
            matches = reading.Read([.. rows.Select(row => row.Rid)]);
            round = [.. matches.Zip(rows, (stored, row) => new Found(row.Rid, stored.Type, stored.Id))];
        }

        for (var turn = 0; (round.Count > 0 && !IsCut && turn <= query.IncludeDepth) || turn == 0; turn++)
        {
            var includes = query.Includes.Where(include => turn == 0 || include.Iterates).ToList();
            var referred = Referred(includes, round);
            foreach (var include in includes)
                Follow(include, round, referred, isCovered: turn == 0 && include.IsCovered);
            round = ReadRound(rows, ref matches);
            IsTooDeep = turn == query.IncludeDepth && round.Count > 0;
        }

        return (matches!, _included);
    }

    /// <summary>Reads what a round includes, and the matches when they have not been read.</summary>
    private List<Found> ReadRound(IReadOnlyList<FoundRow> rows, ref List<Stored>? matches)
    {
        var before = matches is null ? rows.Count : 0;
        var rids = matches is null ? rows.Select(row => row.Rid).Concat(_toRead).ToList() : [.. _toRead];
        var read = reading.Read(rids, isLast && !query.Includes.Any(include => include.Iterates));
        matches ??= read[..before];
        var included = read[before..];
        _included.AddRange(included);
        var next = included.Zip(_toRead, (one, rid) => new Found(rid, one.Type, one.Id)).ToList();
        _toRead.Clear();
        return next;
    }

    private void Follow(Include include, List<Found> from, List<Referral> referred, bool isCovered)
    {
        var rows = new List<(long Rid, long Type)>();
        if (include.IsReverse)
            foreach (var one in from)
                Referring(include, one, include.Parameter?.Code, rows);
        else
            rows.AddRange(Of(include, from, referred));

        foreach (var ofType in rows.Where(row => !_seen.Contains(row.Rid)).DistinctBy(row => row.Rid).GroupBy(row => row.Type))
            Add([.. ofType.Select(row => row.Rid)], symbols.Text(session, ofType.Key), isCovered);
    }

    /// <summary>What the resources refer to, asked for all the includes at once.</summary>
    private List<Referral> Referred(List<Include> includes, List<Found> from)
    {
        var ways = includes.Where(include => !include.IsReverse && IsKnown(include)).ToList();
        var sources = from.Where(one => ways.Exists(include => Leads(include, one))).Select(one => one.Rid).ToList();
        var referred = new List<Referral>();
        if (sources.Count == 0)
            return referred;
        List<long> parameters = ways.Exists(include => include.Parameter is null) ? [] : [.. ways.SelectMany(Parameters).Distinct()];
        foreach (var some in Keyed.Chunks(sources))
        {
            var sql = new SqlText().Add($"SELECT x.rid, x.param, r.rid, r.type FROM index_reference x {Dialect.OrderedJoin} resource r");
            sql.Add(" ON r.tenant = ? AND r.type = x.target_type AND r.id = x.target_id WHERE x.rid IN (", tenant);
            Keyed.AddTo(sql, some).Add(") AND r.deleted = 0");
            if (parameters.Count > 0)
                sql.Add($" AND x.param IN ({string.Join(", ", parameters.Select(_ => "?"))})", [.. parameters]);

            // The order of the index: asked twice, the same comes in the same order on any database.
            sql.Add(" ORDER BY x.rid, x.param, x.target_id, x.target_type LIMIT ?", ways.Count * (IncludedMax + 1));
            var statement = sql.Bind(session);
            while (statement.Next())
                referred.Add(new(statement.Long(0), statement.Long(1), statement.Long(2), statement.Long(3)));
        }

        return referred;
    }

    /// <summary>Of what the resources refer to, what one include is about.</summary>
    private IEnumerable<(long Rid, long Type)> Of(Include include, List<Found> from, List<Referral> referred)
    {
        if (referred.Count == 0 || !IsKnown(include))
            return [];
        var sources = from.Where(one => Leads(include, one)).Select(one => one.Rid).ToHashSet();
        var parameters = Parameters(include);
        var target = Target(include);
        return referred
            .Where(one => sources.Contains(one.From) && (include.Parameter is null || parameters.Contains(one.Parameter)) && (target is null || one.Type == target))
            .Select(one => (one.Rid, one.Type));
    }

    private static bool Leads(Include include, Found from) => include.SourceType == "*" || include.SourceType == from.Type;

    /// <summary>False when some name in it stands in no row.</summary>
    private bool IsKnown(Include include) =>
        (include.Parameter is null || Parameters(include).Count > 0) && (include.TargetType is null || Target(include) is not null);

    private List<long> Parameters(Include include) =>
        include.Parameter is { } parameter ? ConditionFactory.Numbers(session, symbols, include.SourceType, parameter.Code) : [];

    private long? Target(Include include) => include.TargetType is { } type ? symbols.Find(session, SymbolKind.Type, type) : null;

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
    private void Add(List<long> rows, string type, bool isCovered)
    {
        var allowed = isCovered ? rows : Allowed(rows, type);
        var left = IncludedMax - _included.Count - _toRead.Count;
        if (allowed.Count > left)
        {
            IsCut = true;
            allowed = allowed[..left];
        }

        foreach (var rid in allowed)
            _seen.Add(rid);
        _toRead.AddRange(allowed);
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

    /// <summary>A resource, and another that it refers to.</summary>
    private readonly record struct Referral(long From, long Parameter, long Rid, long Type);
}
