using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>Loads the current versions of the resources found, many with one command.</summary>
internal sealed class ResourceReading(Session session, Symbols symbols, string tenant)
{
    private readonly Dictionary<long, Stored> _known = [];

    /// <summary>A resource that was read with something else.</summary>
    public void Know(long rid, Stored stored) => _known[rid] = stored;

    /// <summary>The resources in the order of their keys; none of them is deleted while the search's moment lasts.</summary>
    /// <param name="isLast">True when the moment is asked for nothing else.</param>
    public List<Stored> Read(List<long> rids, bool isLast = false)
    {
        if (rids.Count == 0)
            return [];
        var byRid = new Dictionary<long, Stored>(_known);
        var unknown = _known.Count == 0 ? rids : rids.FindAll(rid => !_known.ContainsKey(rid));
        var left = unknown.Count;
        foreach (var some in Keyed.Chunks(unknown))
        {
            left -= some.Length;
            if (isLast && left == 0)
                session.EndReadingWithNext();
            var sql = new SqlText().Add(
                $"SELECT {ResourceRows.StoredColumns}, r.rid FROM resource r JOIN resource_version v ON v.vid = r.vid WHERE r.rid IN (");
            var statement = Keyed.AddTo(sql, some).Add(")").Bind(session);
            while (statement.Next())
                byRid[statement.Long(6)] = ResourceRows.Stored(session, symbols, statement, tenant);
        }

        var read = new List<Stored>(rids.Count);
        foreach (var rid in rids)
            if (byRid.TryGetValue(rid, out var stored))
                read.Add(stored);
        return read;
    }
}

/// <summary>Lists of keys in a command. Their lengths are few, so that prepared commands come back; the last key fills up.</summary>
internal static class Keyed
{
    private static readonly int[] Lengths = [1, 5, 10, 20, 50, 100];

    public static IEnumerable<long[]> Chunks(List<long> keys) => keys.Chunk(Lengths[^1]);

    public static SqlText AddTo(SqlText sql, long[] keys)
    {
        var length = Array.Find(Lengths, one => one >= keys.Length);
        for (var i = 0; i < length; i++)
            sql.Add(i == 0 ? "?" : ", ?", keys[Math.Min(i, keys.Length - 1)]);
        return sql;
    }
}
