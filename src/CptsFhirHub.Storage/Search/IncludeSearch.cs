using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>
/// <c>_include</c> and <c>_revinclude</c>: what the matches refer to and what refers to them; with <c>:iterate</c> again from
/// what was found.
/// https://hl7.org/fhir/R4/search.html#revinclude
/// </summary>
internal sealed class IncludeSearch(Session session, Symbols symbols, long tenant, SearchQuery query)
{
    /// <summary>Included resources of one page.</summary>
    private const int IncludedMax = 1_000;

    private readonly HashSet<long> _seen = [];
    private readonly List<Stored> _included = [];
    private readonly Dictionary<string, List<Condition>> _rights = new(StringComparer.Ordinal);

    public IReadOnlyList<Stored> Run(List<Stored> matches, List<long> rows)
    {
        foreach (var row in rows)
            _seen.Add(row);

        var round = matches.Zip(rows, (stored, row) => new Found(row, stored)).ToList();
        for (var isFirst = true; round.Count > 0 && _included.Count < IncludedMax; isFirst = false)
        {
            var next = new List<Found>();
            foreach (var include in query.Includes)
                if (isFirst || include.Iterates)
                    foreach (var from in round)
                        Follow(include, from, next);
            round = next;
        }

        return _included;
    }

    private void Follow(Include include, Found from, List<Found> next)
    {
        if (Statement(include, from.Stored, from.Row) is not { } statement)
            return;

        // Read to the end first: loading a resource may use the same prepared command.
        var rows = new List<long>();
        while (statement.Next())
            rows.Add(statement.Long(0));
        foreach (var row in rows)
        {
            if (_included.Count >= IncludedMax || !_seen.Add(row))
                continue;
            if (ResourceRows.ReadCurrent(session, symbols, row) is not { IsDeleted: false } stored || !IsAllowed(stored.Type, row))
                continue;
            _included.Add(stored);
            next.Add(new(row, stored));
        }
    }

    private Statement? Statement(Include include, Stored from, long row)
    {
        long? parameter = null;
        if (include.Parameter is not null && (parameter = symbols.Find(session, SymbolKind.Parameter, include.Parameter.Code)) is null)
            return null;

        if (include.IsReverse)
        {
            if ((include.TargetType is not null && include.TargetType != from.Type)
                || symbols.Find(session, SymbolKind.Type, include.SourceType) is not { } source
                || symbols.Find(session, SymbolKind.Type, from.Type) is not { } target)
            {
                return null;
            }

            var reverse = new SqlText().Add(
                "SELECT DISTINCT rid FROM index_reference WHERE tenant = ? AND type = ? AND target_id = ? AND target_type = ?",
                tenant, source, from.Id, target);
            if (parameter is not null)
                reverse.Add(" AND param = ?", parameter);
            return reverse.Add(" ORDER BY rid DESC LIMIT ?", IncludedMax).Bind(session);
        }

        if (include.SourceType != from.Type)
            return null;
        var forward = new SqlText().Add(
            """
            SELECT DISTINCT r.rid FROM index_reference x JOIN resource r ON r.tenant = ? AND r.type = x.target_type AND r.id = x.target_id
            WHERE x.rid = ? AND r.deleted = 0
            """,
            tenant, row);
        if (parameter is not null)
            forward.Add(" AND x.param = ?", parameter);
        if (include.TargetType is not null)
        {
            if (symbols.Find(session, SymbolKind.Type, include.TargetType) is not { } target)
                return null;
            forward.Add(" AND x.target_type = ?", target);
        }

        return forward.Add(" LIMIT ?", IncludedMax).Bind(session);
    }

    /// <summary>A resource outside the caller's right is left out as if it were not there.</summary>
    private bool IsAllowed(string type, long row)
    {
        if (query.IncludeCriteria is not { } criteriaOf)
            return true;
        if (!_rights.TryGetValue(type, out var conditions))
        {
            var number = symbols.Find(session, SymbolKind.Type, type)!.Value;
            conditions = new ConditionFactory(session, symbols, tenant, number).Build(criteriaOf(type));
            _rights[type] = conditions;
        }

        var sql = new SqlText().Add("SELECT 1 FROM resource m WHERE m.rid = ?", row);
        foreach (var condition in conditions)
        {
            sql.Add(" AND ");
            condition.Check(sql, "m.rid");
        }

        return sql.Bind(session).Scalar() is not null;
    }

    private readonly record struct Found(long Row, Stored Stored);
}
