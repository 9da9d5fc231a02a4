using System.Buffers.Binary;
using System.Globalization;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>
/// The table <c>lookup</c>, one row a key, and <c>lookup_note</c>, one row a resource that has keys: the keys it stands under, so that its rows
/// are found again, each by what it is sought by. Where one process alone writes, the keys of new resources stand in <see cref="FreshKeys"/> first.
/// </summary>
internal static class KeyRows
{
    public const string Table = "lookup";

    private const string InsertKey = $"INSERT INTO {Table} (tenant, kind, hash, rid) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
    private const string DeleteKey = $"DELETE FROM {Table} WHERE tenant = ? AND {Dialect.KeyIs} AND rid = ?";
    private const string InsertNote = "INSERT INTO lookup_note (rid, keys) VALUES (?, ?)";
    private const string UpdateNote = "UPDATE lookup_note SET keys = ? WHERE rid = ?";
    private const string DeleteNote = "DELETE FROM lookup_note WHERE rid = ?";

    /// <summary>The keys of a resource that has none yet.</summary>
    public static void Add(WriteScope scope, long tenant, long rid, IReadOnlyList<HashedKey> keys)
    {
        if (keys.Count == 0)
            return;
        var kept = Kept(scope, keys);
        foreach (var key in kept)
            Stand(scope.Session, tenant, rid, key);
        scope.Session.Get(InsertNote).Add(rid).Add(Note(kept)).Send();
    }

    /// <summary>The keys of a resource, as they are now: what stands already is left where it is.</summary>
    /// <param name="note">What it noted; null for nothing.</param>
    public static void Replace(WriteScope scope, long tenant, long rid, string? note, IReadOnlyList<HashedKey> keys)
    {
        if (note is null)
        {
            Add(scope, tenant, rid, keys);
            return;
        }

        var session = scope.Session;
        var standing = Read(note);
        var wanted = Kept(scope, keys);
        var left = new HashSet<KeptKey>(standing);
        foreach (var key in wanted)
            if (!left.Remove(key))
                Stand(session, tenant, rid, key);
        foreach (var key in left)
            Delete(session, tenant, rid, key);
        if (wanted.Count == 0)
            session.Get(DeleteNote).Add(rid).SendTogether();
        else if (!wanted.SequenceEqual(standing))
            session.Get(UpdateNote).Add(Note(wanted)).Add(rid).SendTogether();
    }

    public static void Remove(Session session, long tenant, long rid, string? note)
    {
        if (note is null)
            return;
        foreach (var key in Read(note))
            Delete(session, tenant, rid, key);
        session.Get(DeleteNote).Add(rid).SendTogether();
    }

    /// <summary>The keys of a note; none when there is none.</summary>
    public static List<KeptKey> Read(string? note) => note is null ? [] : [.. note.Split(' ').Select(KeptKey.Read)];

    public static bool Stands(Session session, long tenant, long rid, KeptKey key) =>
        session.Get($"SELECT 1 FROM {Table} WHERE tenant = ? AND {Dialect.KeyIs} AND rid = ?")
            .Add(tenant).Add(key.Kind).Add(key.Hash).Add(rid).Scalar() is not null;

    /// <summary>The rows that no resource noted: how many each has.</summary>
    public static Dictionary<long, int> Unnoted(Session session)
    {
        var unnoted = new Dictionary<long, int>();
        var rows = session.Get($"SELECT k.rid, k.kind, k.hash, n.keys FROM {Table} k LEFT JOIN lookup_note n ON n.rid = k.rid");
        while (rows.Next())
        {
            var key = new KeptKey(rows.Long(1), rows.Blob(2));
            if (rows.IsNull(3) || !rows.Text(3).Split(' ').Contains(key.Text, StringComparer.Ordinal))
                unnoted[rows.Long(0)] = unnoted.GetValueOrDefault(rows.Long(0)) + 1;
        }

        return unnoted;
    }

    private static void Stand(Session session, long tenant, long rid, KeptKey key)
    {
        session.Outdate(key.Touched);
        if (session.Fresh?.TryAdd(tenant, key, rid) is not true)
            session.Get(InsertKey).Add(tenant).Add(key.Kind).Add(key.Hash).Add(rid).SendNew();
    }

    private static void Delete(Session session, long tenant, long rid, KeptKey key)
    {
        session.Outdate(key.Touched);
        session.Get(DeleteKey).Add(tenant).Add(key.Kind).Add(key.Hash).Add(rid).SendTogether();
        session.Fresh?.Remove(tenant, key, rid);
    }

    /// <summary>The keys with the numbers of their kinds, each once.</summary>
    private static List<KeptKey> Kept(WriteScope scope, IReadOnlyList<HashedKey> keys)
    {
        var kept = new List<KeptKey>(keys.Count);
        foreach (var key in keys)
            if (new KeptKey(scope.Intern(SymbolKind.LookupKind, key.Kind), key.Hash) is var one && !kept.Contains(one))
                kept.Add(one);
        return kept;
    }

    private static string Note(List<KeptKey> keys)
    {
        const int onStackMax = 1_024;
        var most = 0;
        foreach (var key in keys)
            most += (2 * key.Hash.Length) + KeptKey.KindMax;
        var text = most <= onStackMax ? stackalloc char[onStackMax] : new char[most];
        var length = 0;
        foreach (var key in keys)
        {
            if (length > 0)
                text[length++] = ' ';
            length += key.Write(text[length..]);
        }

        return new(text[..length]);
    }
}

/// <summary>A key as the note of its resource tells it: the number of its kind and, in hexadecimal digits, its hash.</summary>
internal readonly struct KeptKey(long kind, byte[] hash) : IEquatable<KeptKey>
{
    /// <summary>The whole hash but for keys of an earlier release, which are longer.</summary>
    private readonly ulong _beginning = hash.Length < sizeof(ulong) ? 0 : BinaryPrimitives.ReadUInt64BigEndian(hash);

    public long Kind => kind;

    public byte[] Hash => hash;

    public Touched Touched => TouchedBy(hash);

    /// <summary>What a question about a key rests on; keys of an earlier release are longer and begin alike.</summary>
    public static Touched TouchedBy(byte[] hash) => new(TouchedKind.Key, BinaryPrimitives.ReadInt64BigEndian(hash));

    /// <summary>No more signs stand beside the digits of the hash, the blank between two keys included.</summary>
    public const int KindMax = 22;

    public string Text => string.Create(CultureInfo.InvariantCulture, $"{kind}:{Convert.ToHexString(hash)}");

    /// <summary>Writes <see cref="Text"/>; how long it is.</summary>
    public int Write(Span<char> text)
    {
        if (!kind.TryFormat(text, out var digits, provider: CultureInfo.InvariantCulture) || !Convert.TryToHexString(hash, text[(digits + 1)..], out var hex))
            throw new ArgumentException("There is no room for a key.", nameof(text));
        text[digits] = ':';
        return digits + 1 + hex;
    }

    public static KeptKey Read(string text)
    {
        var end = text.IndexOf(':', StringComparison.Ordinal);
        return new(long.Parse(text.AsSpan(0, end), CultureInfo.InvariantCulture), Convert.FromHexString(text.AsSpan(end + 1)));
    }

    public bool Equals(KeptKey other) => _beginning == other._beginning && kind == other.Kind
        && (hash.Length == sizeof(ulong) && other.Hash.Length == sizeof(ulong) || hash.AsSpan().SequenceEqual(other.Hash));

    public override bool Equals(object? obj) => obj is KeptKey other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(kind, _beginning);
}
