using System.Diagnostics;
using System.Globalization;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>Versions of a resource, a type or a tenant, newest first. https://hl7.org/fhir/R4/http.html#history</summary>
internal static class HistorySearch
{
    private const int CountMax = 1_000;

    public static HistoryPage Run(Session session, Symbols symbols, string tenantName, string? type, string? id, HistoryQuery query)
    {
        var nothing = new HistoryPage([], 0, null);
        if (symbols.Find(session, SymbolKind.Tenant, tenantName) is not { } tenant)
            return nothing;

        ResourceRow? sole = null;
        var where = new SqlText().Add("SELECT count(*) FROM (SELECT 1 FROM resource_version v WHERE ");
        var page = new SqlText().Add(
            $"SELECT {ResourceRows.StoredColumns}, v.vid, v.method, "
            + "(SELECT p.deleted FROM resource_version p WHERE p.rid = v.rid AND p.version = v.version - 1) FROM resource_version v JOIN resource r ON r.rid = v.rid WHERE ");
        if (type is null)
        {
            Both("v.tenant = ?", tenant);
        }
        else if (symbols.Find(session, SymbolKind.Type, type) is not { } typeNumber)
        {
            return nothing;
        }
        else if (id is null)
        {
            Both("v.tenant = ? AND v.type = ?", tenant, typeNumber);
        }
        else
        {
            if (ResourceRows.Find(session, tenant, typeNumber, id) is not { } resource)
                return nothing;
            Both("v.rid = ?", resource.Rid);
            sole = resource;
        }

        if (query.Since is { } since)
            Both(" AND v.vid >= ?", FirstSince(session, since.UtcTicks));
        if (query.At is var (low, high))
        {
            Both(
                """
                 AND v.vid < ? AND NOT EXISTS (
                    SELECT 1 FROM resource_version n WHERE n.rid = v.rid AND n.version = v.version + 1 AND n.last_updated <= ?)
                """, FirstSince(session, high), low);
        }

        if (query.Only is { } only)
            Both(Named(session, symbols, tenant, only));
        if (query.Cursor is { } cursor)
            page.Add(" AND v.vid < ?", long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var before) ? before : 0);

        var count = Math.Clamp(query.Count, 0, CountMax);
        page.Add(" ORDER BY v.vid DESC LIMIT ?", count + 1);

        var versions = new List<Stored>();
        long last = 0;
        var hasMore = false;
        var statement = page.Bind(session);
        while (statement.Next())
        {
            if (versions.Count == count)
            {
                hasMore = true;
                statement.Reset();
                break;
            }

            last = statement.Long(6);
            versions.Add(ResourceRows.Stored(session, symbols, statement, tenantName) with
            {
                Method = NameOf((Method)statement.Int(7)),
                IsNew = statement.IsNull(8) || statement.Int(8) != 0,
            });
        }

        return new(versions, Total(), hasMore && count > 0 ? last.ToString(CultureInfo.InvariantCulture) : null);

        // The versions of a resource are numbered without a gap.
        int? Total() => sole is not null && query is { Since: null, At: null, Only: null } ? (int)sole.Version : Counted(session, where, query.TotalMax);

        void Both(string sql, params ReadOnlySpan<object?> values)
        {
            where.Add(sql, values);
            page.Add(sql, values);
        }
    }

    private static int? Counted(Session session, SqlText versions, int? totalMax)
    {
        var total = versions.Add(" LIMIT ?) c", (totalMax ?? int.MaxValue) + 1L).Bind(session).Scalar()!.Value;
        return total <= (totalMax ?? int.MaxValue) ? (int)total : null;
    }

    /// <summary>
    /// The key of the first version that is not older than that instant. Later versions never bear an earlier instant: a few seeks find it,
    /// however many versions there are.
    /// </summary>
    private static long FirstSince(Session session, long ticks)
    {
        var (before, from) = (0L, (session.Scalar("SELECT max(vid) FROM resource_version") ?? 0) + 1);
        while (before + 1 < from)
        {
            var middle = before + ((from - before) / 2);
            var statement = session.Get("SELECT vid, last_updated FROM resource_version WHERE vid >= ? ORDER BY vid LIMIT 1").Add(middle);
            if (!statement.Next())
                throw new UnreachableException();
            if (statement.Long(1) >= ticks)
                from = middle;
            else
                before = statement.Long(0);
            statement.Reset();
        }

        return from;
    }

    /// <summary>The condition that a version is one of these. Only numbers stand in it, and they come from the store.</summary>
    private static string Named(Session session, Symbols symbols, long tenant, IReadOnlyList<(string Type, string Id, long? Version)> only)
    {
        var whole = new List<string>();
        var single = new List<string>();
        foreach (var (type, id, version) in only.Distinct())
        {
            if (symbols.Find(session, SymbolKind.Type, type) is not { } typeNumber || ResourceRows.Find(session, tenant, typeNumber, id) is not { } row)
                continue;
            if (version is { } number)
                single.Add(string.Create(CultureInfo.InvariantCulture, $"({row.Rid}, {number})"));
            else
                whole.Add(row.Rid.ToString(CultureInfo.InvariantCulture));
        }

        List<string> either = [];
        if (whole.Count > 0)
            either.Add($"v.rid IN ({string.Join(", ", whole)})");
        if (single.Count > 0)
            either.Add($"(v.rid, v.version) IN (VALUES {string.Join(", ", single)})");
        return either.Count == 0 ? " AND 1 = 0" : $" AND ({string.Join(" OR ", either)})";
    }

    private static string NameOf(Method method) => method switch
    {
        Method.Post => "POST",
        Method.Delete => "DELETE",
        Method.Patch => "PATCH",
        _ => "PUT",
    };
}
