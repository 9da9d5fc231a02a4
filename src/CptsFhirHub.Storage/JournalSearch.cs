using System.Text;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>Questions to the journal.</summary>
internal static class JournalSearch
{
    private const int CountMax = 1_000;

    public static IReadOnlyList<JournalMessage> Find(Session session, Symbols symbols, JournalFilter filter) =>
        Question(session, symbols, filter) is var (sql, values) ? All(session, symbols, Bound(session, sql, values)) : [];

    /// <summary>The SQL of a question and its values; null when it names a tenant or source that is unknown.</summary>
    /// <remarks>
    /// What belongs together (a person, a key, the rows of a file) is read in the order of arrival by its own index. All else is read by
    /// date, with the source or the state before it: a question about one day walks the lines of that day.
    /// </remarks>
    internal static (string Sql, IReadOnlyList<object?> Values)? Question(Session session, Symbols symbols, JournalFilter filter)
    {
        if (symbols.Find(session, SymbolKind.Tenant, filter.Tenant) is not { } tenant)
            return null;

        var sql = new StringBuilder("SELECT ").Append(JournalRows.Columns).Append(" FROM message m ").Append(Dialect.IndexedBy).Append(' ')
            .Append(IndexFor(filter)).Append(" WHERE m.tenant = ?");
        var values = new List<object?> { tenant };
        if (filter.Source is not null)
        {
            if (symbols.Find(session, SymbolKind.Source, filter.Source) is not { } source)
                return null;
            Where("m.source = ?", source);
        }

        var isFew = (filter.Key ?? filter.Patient ?? filter.ParentId ?? filter.Tracking) is not null;
        Where("m.state = ?", filter.State);
        Where("m.key = ?", filter.Key);
        Where("m.patient = ?", filter.Patient);
        Where("m.client = ?", filter.ClientId);
        Where("m.parent = ?", filter.ParentId);
        Where("m.tracking = ?", filter.Tracking);
        if (filter.IsWhole)
            sql.Append(" AND m.parent IS NULL");
        Where("m.received_at >= ?", filter.From?.UtcTicks);
        Where("m.received_at < ?", filter.To?.UtcTicks);
        if (isFew)
        {
            Where("m.seq < ?", filter.Before);
        }
        else if (filter.Before is { } before)
        {
            Where("(m.received_at, m.seq) < ((SELECT b.received_at FROM message b WHERE b.seq = ?), ?)", before);
            values.Add(before);
        }

        sql.Append(isFew ? " ORDER BY m.seq DESC LIMIT ?" : " ORDER BY m.received_at DESC, m.seq DESC LIMIT ?");
        values.Add(Math.Clamp((long)filter.Count, 0, CountMax));
        return (sql.ToString(), values);

        void Where(string condition, object? value)
        {
            if (value is null)
                return;
            sql.Append(" AND ").Append(condition);
            values.Add(value);
        }
    }

    public static IReadOnlyDictionary<string, long> Counts(Session session, Symbols symbols, string tenantName)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        if (symbols.Find(session, SymbolKind.Tenant, tenantName) is not { } tenant)
            return counts;
        var statement = session.Get("SELECT state, count(*) FROM message WHERE tenant = ? GROUP BY state").Add(tenant);
        while (statement.Next())
            counts[statement.Text(0)] = statement.Long(1);
        return counts;
    }

    public static IReadOnlyList<string> Lineage(Session session, Symbols symbols, string tenantName, string message)
    {
        var found = new List<string>();
        if (symbols.Find(session, SymbolKind.Tenant, tenantName) is not { } tenant)
            return found;
        var statement = session.Get("SELECT reference FROM lineage WHERE tenant = ? AND message = ? ORDER BY reference").Add(tenant).Add(message);
        while (statement.Next())
            found.Add(statement.Text(0));
        return found;
    }

    public static IReadOnlyList<JournalMessage> Origins(Session session, Symbols symbols, string tenantName, string reference)
    {
        if (symbols.Find(session, SymbolKind.Tenant, tenantName) is not { } tenant)
            return [];

        // '0' follows '/': the range holds every version of that resource and no other id that begins alike.
        var statement = session.Get(
            $"""
            SELECT DISTINCT {JournalRows.Columns} FROM lineage l JOIN message m ON m.id = l.message
            WHERE l.tenant = ? AND l.reference >= ? AND l.reference < ? ORDER BY m.seq
            """).Add(tenant).Add(reference + "/").Add(reference + "0");
        return All(session, symbols, statement);
    }

    /// <summary>The index that leaves the fewest lines: of what is rare first, and of states the one in which most messages end last.</summary>
    private static string IndexFor(JournalFilter filter) => filter switch
    {
        { Key: not null } => "message_key",
        { ParentId: not null } => "message_parent",
        { Tracking: not null } => "message_tracking",
        { Patient: not null } => "message_patient",
        { State: not null and not MessageState.Processed } => "message_in_state",
        { ClientId: not null } => "message_of_client",
        { Source: not null } => "message_of_source",
        { State: not null } => "message_in_state",
        _ => "message_of_tenant",
    };

    private static Statement Bound(Session session, string sql, IReadOnlyList<object?> values)
    {
        var statement = session.Get(sql);
        foreach (var value in values)
            statement.AddAny(value);
        return statement;
    }

    public static List<JournalMessage> All(Session session, Symbols symbols, Statement statement)
    {
        var found = new List<JournalMessage>();
        while (statement.Next())
            found.Add(JournalRows.Read(session, symbols, statement));
        return found;
    }
}
