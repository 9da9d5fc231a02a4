using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>
/// Where a question costs a way to a server and back: the resources of a page, brought by the question that finds them when these are few.
/// </summary>
/// <param name="isLast">True when the moment is asked for nothing else.</param>
internal sealed class PageAlong(Session session, Symbols symbols, string tenant, ResourceReading reading, bool isLast)
{
    private const int IsOfPage = 2;

    /// <summary>Before the rows that are found, each with its key as <c>rid</c> and, as <c>ok</c>, 1 for a match and 0 for none.</summary>
    public static void Begin(SqlText sql) => sql.Add("WITH f AS MATERIALIZED (");

    /// <summary>After them. The page stands in SELECTs of its own and behind fences: each of its rows is sought by its key, whatever the planner makes of the rest.</summary>
    /// <param name="most">Of so many rows or more none is brought: they are not all that match.</param>
    public static void End(SqlText sql, int most, long? before, int count) => sql.Add(
        $"""
        ) SELECT NULL, NULL, NULL, NULL, NULL, NULL, f.rid, f.ok FROM f
        UNION ALL
        SELECT {ResourceRows.StoredColumns}, p.rid, {IsOfPage} FROM (
          SELECT DISTINCT f.rid FROM f WHERE f.ok = 1 AND f.rid < (SELECT ?) AND (SELECT count(*) FROM f) < (SELECT ?) ORDER BY f.rid DESC LIMIT (SELECT ?)) p
        JOIN LATERAL (SELECT * FROM resource WHERE rid = p.rid OFFSET 0) r ON TRUE
        JOIN LATERAL (SELECT * FROM resource_version WHERE vid = r.vid OFFSET 0) v ON TRUE
        """,
        before ?? long.MaxValue, (long)most, (long)count);

    /// <summary>Asks; the rows that are found, how many there were, and the page kept for whoever reads it.</summary>
    public (int Seen, HashSet<long> Matches) Ask(SqlText sql, int most)
    {
        if (isLast)
            session.EndReadingWithNext();
        var statement = sql.Bind(session);
        var (seen, matches) = (0, new HashSet<long>());
        while (statement.Next())
        {
            var (rid, kind) = (statement.Long(6), statement.Int(7));
            if (kind == IsOfPage)
            {
                reading.Know(rid, ResourceRows.Stored(session, symbols, statement, tenant));
                continue;
            }

            seen++;
            if (kind != 0)
                matches.Add(rid);
        }

        if (isLast && seen >= most)
            session.ReadOn();
        return (seen, matches);
    }
}
