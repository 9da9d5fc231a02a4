using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>The current state of a resource, without its content.</summary>
/// <param name="Note">The look-up keys that it stands under: see <see cref="KeyRows"/>.</param>
internal sealed record ResourceRow(long Rid, string Id, long Version, bool IsDeleted, string? Note);

/// <summary>
/// The tables <c>resource</c> (one row a resource, pointing to its current version) and <c>resource_version</c> (one row a
/// version, never changed).
/// </summary>
internal static class ResourceRows
{
    internal const string StoredColumns = "v.version, v.last_updated, v.deleted, v.json, r.id, v.type";

    private const string NoteOf = "(SELECT n.keys FROM lookup_note n WHERE n.rid = r.rid)";

    public static ResourceRow? Find(Session session, long tenant, long type, string id)
    {
        var statement = session.Get($"SELECT r.rid, r.version, r.deleted, {NoteOf} FROM resource r WHERE r.tenant = ? AND r.type = ? AND r.id = ?")
            .Add(tenant).Add(type).Add(id);
        if (!statement.Next())
            return null;
        var row = new ResourceRow(statement.Long(0), id, statement.Long(1), statement.Int(2) != 0, statement.TextOrNull(3));
        statement.Reset();
        return row;
    }

    /// <summary>The same with the current version, in one question.</summary>
    public static (ResourceRow? Row, Stored? Stored) FindWithContent(
        Session session, string tenant, long tenantNumber, string type, long typeNumber, string id)
    {
        var statement = session.Get(
            $"""
            SELECT {StoredColumns}, r.rid, {NoteOf} FROM resource r JOIN resource_version v ON v.vid = r.vid
            WHERE r.tenant = ? AND r.type = ? AND r.id = ?
            """)
            .Add(tenantNumber).Add(typeNumber).Add(id);
        if (!statement.Next())
            return (null, null);
        var stored = Stored(statement, tenant, type);
        var row = new ResourceRow(statement.Long(6), id, stored.Version, stored.IsDeleted, statement.TextOrNull(7));
        statement.Reset();
        return (row, stored);
    }

    public static ResourceRow Find(Session session, long rid) =>
        TryFind(session, rid) ?? throw new InvalidDataException("An index row has no resource.");

    public static ResourceRow? TryFind(Session session, long rid)
    {
        var statement = session.Get($"SELECT r.id, r.version, r.deleted, {NoteOf} FROM resource r WHERE r.rid = ?").Add(rid);
        if (!statement.Next())
            return null;
        var row = new ResourceRow(rid, statement.Text(0), statement.Long(1), statement.Int(2) != 0, statement.TextOrNull(3));
        statement.Reset();
        return row;
    }

    public static long Insert(WriteScope scope, long tenant, long type, string id, long version, Method method, byte[] json)
    {
        var rid = scope.Keys.NextResource();
        scope.Session.Outdate(new(TouchedKind.Named, type, id));
        var vid = AddVersion(scope, tenant, type, rid, version, method, json);
        scope.Session.Get(
            "INSERT INTO resource (rid, tenant, type, id, version, deleted, vid, last_updated) VALUES (?, ?, ?, ?, ?, 0, ?, ?)")
            .Add(rid).Add(tenant).Add(type).Add(id).Add(version).Add(vid).Add(scope.Ticks).Send();
        scope.Session.Created(tenant, type, id);
        return rid;
    }

    public static void Replace(WriteScope scope, long tenant, long type, string id, long rid, long version, Method method, byte[] json)
    {
        scope.Session.Outdate(new(TouchedKind.Named, type, id));
        scope.Session.Outdate(new(TouchedKind.Row, rid));
        var vid = AddVersion(scope, tenant, type, rid, version, method, json);
        scope.Session.Get("UPDATE resource SET version = ?, deleted = ?, vid = ?, last_updated = ? WHERE rid = ?")
            .Add(version).Add(method == Method.Delete ? 1 : 0).Add(vid).Add(scope.Ticks).Add(rid).SendTogether();
    }

    /// <summary>Takes away every version but the current one; how many there were.</summary>
    public static int EraseEarlier(Session session, long rid) => session.Get(
        "DELETE FROM resource_version WHERE rid = ? AND vid <> (SELECT r.vid FROM resource r WHERE r.rid = ?)").Add(rid).Add(rid).Run();

    public static Stored? ReadCurrent(Session session, Symbols symbols, long rid)
    {
        var statement = OfCurrent(session, rid);
        if (!statement.Next())
            return null;
        var stored = Stored(session, symbols, statement, symbols.Text(session, statement.Long(6)));
        statement.Reset();
        return stored;
    }

    /// <summary>Asks for what <see cref="ReadCurrent(Session, Symbols, long)"/> reads, and does not read it.</summary>
    public static void AskCurrent(Session session, long rid)
    {
        var statement = OfCurrent(session, rid);
        statement.Next();
        statement.Reset();
    }

    public static Stored? ReadCurrent(Session session, string tenant, long tenantNumber, string type, long typeNumber, string id)
    {
        var statement = session.Get(
            $"""
            SELECT {StoredColumns} FROM resource r JOIN resource_version v ON v.vid = r.vid
            WHERE r.tenant = ? AND r.type = ? AND r.id = ?
            """)
            .Add(tenantNumber).Add(typeNumber).Add(id);
        return One(statement, tenant, type);
    }

    public static Stored? ReadVersion(
        Session session, string tenant, long tenantNumber, string type, long typeNumber, string id, long version)
    {
        var statement = session.Get(
            $"""
            SELECT {StoredColumns} FROM resource r JOIN resource_version v ON v.rid = r.rid AND v.version = ?
            WHERE r.tenant = ? AND r.type = ? AND r.id = ?
            """)
            .Add(version).Add(tenantNumber).Add(typeNumber).Add(id);
        return One(statement, tenant, type);
    }

    /// <param name="most">No more of them are read.</param>
    public static List<(string Type, string Id)> FindByKey(Session session, Symbols symbols, long tenant, HashedKey key, int most = int.MaxValue)
    {
        var found = new List<(string, string)>();
        if (symbols.Find(session, SymbolKind.LookupKind, key.Kind) is not { } kind)
            return found;
        AddFound(session, symbols, tenant, kind, key.Hash, most, found);

        // A store of an earlier release gets its keys anew little by little; until then some stand where that one put them.
        if (key.Former is { } former && found.Count < most)
            AddFound(session, symbols, tenant, kind, former, most == int.MaxValue ? most : most - found.Count, found);
        return found;
    }

    /// <summary>The rows of the resources that stand under a key; what reads them together needs no more.</summary>
    public static List<long> RowsOfKey(Session session, Symbols symbols, long tenant, HashedKey key, int most)
    {
        List<long> rows = [];
        if (symbols.Find(session, SymbolKind.LookupKind, key.Kind) is not { } kind)
            return rows;
        Add(key.Hash);
        if (key.Former is { } former && rows.Count < most)
            Add(former);
        return rows;

        void Add(byte[] hash)
        {
            var statement = session.Get($"SELECT l.rid FROM lookup l WHERE l.tenant = ? AND l.kind = ? AND {Dialect.KeyBegins} ORDER BY l.hash, l.rid LIMIT ?")
                .Add(tenant).Add(kind).Add(hash).Add(HashedKey.LastAfter(hash)).Add(most - rows.Count);
            while (statement.Next())
                rows.Add(statement.Long(0));
            foreach (var rid in session.Fresh?.Find(tenant, kind, hash, session.IsWriter) ?? [])
                if (rows.Count < most && !rows.Contains(rid))
                    rows.Add(rid);
        }
    }

    /// <summary>Asks for what <see cref="FindByKey"/> reads, and does not read it.</summary>
    public static void AskKey(Session session, Symbols symbols, long tenant, HashedKey key)
    {
        // A kind that nobody has a key of yet is asked for as well: else the run would ask for it by itself, each time.
        session.RestsOn(KeptKey.TouchedBy(key.Hash));
        if (symbols.Find(session, SymbolKind.LookupKind, key.Kind) is not { } kind)
            return;
        Ask(key.Hash);
        if (key.Former is { } former)
            Ask(former);

        void Ask(byte[] hash)
        {
            session.RestsOn(KeptKey.TouchedBy(hash));
            var statement = OfKey(session, tenant, kind, hash, int.MaxValue);
            statement.Next();
            statement.Reset();
        }
    }

    private static Statement OfCurrent(Session session, long rid) => session.Get(
        $"SELECT {StoredColumns}, v.tenant FROM resource r JOIN resource_version v ON v.vid = r.vid WHERE r.rid = ?").Add(rid);

    private static Statement OfKey(Session session, long tenant, long kind, byte[] hash, int most) => session.Get(
        $"""
        SELECT r.type, r.id, r.rid FROM lookup l JOIN resource r ON r.rid = l.rid
        WHERE l.tenant = ? AND l.kind = ? AND {Dialect.KeyBegins} ORDER BY l.hash, l.rid LIMIT ?
        """)
        .Add(tenant).Add(kind).Add(hash).Add(HashedKey.LastAfter(hash)).Add(most);

    private static void AddFound(
        Session session, Symbols symbols, long tenant, long kind, byte[] hash, int most, List<(string Type, string Id)> found)
    {
        var statement = OfKey(session, tenant, kind, hash, most);
        HashSet<long> rows = [];
        while (statement.Next())
            if (rows.Add(statement.Long(2)))
                found.Add((symbols.Text(session, statement.Long(0)), statement.Text(1)));
        foreach (var rid in session.Fresh?.Find(tenant, kind, hash, session.IsWriter) ?? [])
        {
            if (rows.Count >= most || !rows.Add(rid))
                continue;
            var fresh = session.Get("SELECT r.type, r.id FROM resource r WHERE r.rid = ?").Add(rid);
            if (fresh.Next())
                found.Add((symbols.Text(session, fresh.Long(0)), fresh.Text(1)));
            fresh.Reset();
        }
    }

    public static Stored Stored(Session session, Symbols symbols, Statement row, string tenant) =>
        Stored(row, tenant, symbols.Text(session, row.Long(5)));

    private static Stored? One(Statement statement, string tenant, string type)
    {
        if (!statement.Next())
            return null;
        var stored = Stored(statement, tenant, type);
        statement.Reset();
        return stored;
    }

    public static Stored Stored(Statement row, string tenant, string type) =>
        new(tenant, type, row.Text(4), row.Long(0), new(row.Long(1), TimeSpan.Zero), row.Int(2) != 0, row.Blob(3));

    private static long AddVersion(WriteScope scope, long tenant, long type, long rid, long version, Method method, byte[] json)
    {
        var vid = scope.Keys.NextVersion();
        scope.Session.Get(
            """
            INSERT INTO resource_version (vid, tenant, type, rid, version, last_updated, deleted, method, json)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
            .Add(vid).Add(tenant).Add(type).Add(rid).Add(version).Add(scope.Ticks)
            .Add(method == Method.Delete ? 1 : 0).Add((long)method).AddBytes(json).Send();
        return vid;
    }
}
