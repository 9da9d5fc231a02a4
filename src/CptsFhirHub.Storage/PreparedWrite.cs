using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage;

/// <summary>
/// A <see cref="Write"/> with everything that needs no database worked out: done by the caller, many at a time, so that the
/// writer only writes.
/// </summary>
internal sealed record PreparedWrite(Write Write)
{
    /// <summary>The bytes of the resource, not yet stamped.</summary>
    public ReadOnlyMemory<byte> Json { get; private init; }

    public IReadOnlyList<IndexValue> Values { get; private init; } = [];

    /// <summary>Those of the values that stand in the index.</summary>
    public IReadOnlyList<IndexValue> Rows { get; init; } = [];

    /// <summary>What worked the values out; null for a write without a resource.</summary>
    private SearchExtraction? Extraction { get; init; }

    public IReadOnlyList<HashedKey> Keys { get; private init; } = [];

    /// <summary>Where the writer stamps the bytes.</summary>
    private JsonStampPlaces Places { get; init; }

    /// <summary>What tells the keys of a resource; asked by a guard alone.</summary>
    public Func<Resource, IEnumerable<LookupKey>> KeysOf { get; private init; } = static _ => [];

    public static PreparedWrite Of(Write write, StoreOptions options, SearchExtraction extraction) => write switch
    {
        Write.Create create => OfResource(write, create.Resource, options, extraction),
        Write.Update update => OfResource(write, update.Resource, options, extraction),
        Write.UpdateWhere update => OfResource(write, update.Resource, options, extraction),
        Write.Guard guard => new(write) { Keys = [.. guard.Keys.Select(HashedKey.Of)], KeysOf = options.LookupKeysOf },
        _ => new(write),
    };

    /// <summary>The bytes of the resource as that version of it.</summary>
    public byte[] Stamped(string id, long version, string lastUpdated) =>
        FhirJson.Stamp(Json.Span, Places, id, version.ToString(CultureInfo.InvariantCulture), lastUpdated);

    /// <summary>The same write; its values worked out again when search parameters have changed since.</summary>
    public PreparedWrite Renewed(SearchExtraction extraction, StoreOptions options) =>
        Extraction is null || ReferenceEquals(Extraction, extraction) ? this : Of(Write, options, extraction);

    private static PreparedWrite OfResource(Write write, Resource resource, StoreOptions options, SearchExtraction extraction)
    {
        var values = extraction.Extract(resource);
        return new(write)
        {
            Json = resource.Json,
            Values = values,
            Rows = WiderParameters.WithoutSpare(resource.Type, values),
            Keys = HashedKey.OfBearer(options.LookupKeysOf(resource)),
            Places = FhirJson.StampPlaces(
                resource.Json.Span, hasIdOrMeta: resource.Root.Child("id") is not null || resource.Root.Child("meta") is not null),
            Extraction = extraction,
        };
    }
}

/// <summary>A <see cref="LookupKey"/> as it is kept: identity traits are found again, not read back.</summary>
/// <param name="Hash">Keys about one thing begin alike, so that they stand on one page: a person's are written to a few pages, not to one each.</param>
/// <param name="Former">What earlier releases kept of the key, or began with, when that is something else.</param>
internal readonly record struct HashedKey(string Kind, byte[] Hash, byte[]? Former)
{
    /// <summary>Two of a thousand million keys meet by chance once in fifty: a key leads to what is then compared, or asked for its keys.</summary>
    private const int Bytes = 8;

    /// <summary>Of these, the bytes that keys about one thing share.</summary>
    private const int SharedBytes = 3;

    /// <summary>The bytes that an earlier release kept of the same hash; both begin alike.</summary>
    private const int FormerBytes = 16;

    private const int ShortMax = 256;

    /// <summary>Fewer are hashed one by one.</summary>
    private const int TogetherMin = 3;

    /// <summary>Kept, as each hash that is asked for by itself makes and frees one.</summary>
    [ThreadStatic]
    private static IncrementalHash? _hashing;

    /// <summary>As a key is sought: where it is kept, and where earlier releases kept it.</summary>
    public static HashedKey Of(LookupKey key)
    {
        var most = Encoding.UTF8.GetMaxByteCount(key.Kind.Length + 1 + key.Value.Length);
        var text = most <= ShortMax ? stackalloc byte[ShortMax] : new byte[most];
        _ = TryWrite(key, text, out var length);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        var hashing = _hashing ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hashing.AppendData(text[..length]);
        hashing.GetHashAndReset(hash);
        return Of(key, BinaryPrimitives.ReadUInt64BigEndian(hash), isSought: true);
    }

    /// <summary>The keys that a resource bears, as they are kept.</summary>
    public static IReadOnlyList<HashedKey> OfBearer(IEnumerable<LookupKey> keys)
    {
        var all = keys as IReadOnlyList<LookupKey> ?? [.. keys];
        if (all.Count == 0)
            return [];
        var hashed = new HashedKey[all.Count];
        Span<int> waiting = stackalloc int[ShortHashes.Lanes];
        Span<byte> blocks = stackalloc byte[ShortHashes.Lanes * ShortHashes.BlockBytes];
        blocks.Clear();
        var count = 0;
        for (var i = 0; i < hashed.Length; i++)
        {
            var block = blocks.Slice(count * ShortHashes.BlockBytes, ShortHashes.BlockBytes);
            if (!ShortHashes.AreFast || hashed.Length < TogetherMin || !TryWrite(all[i], block[..ShortHashes.TextMax], out var length))
            {
                hashed[i] = Of(all[i]) with { Former = null };
                block.Clear();
                continue;
            }

            ShortHashes.End(block, length);
            waiting[count++] = i;
            if (count < ShortHashes.Lanes)
                continue;
            HashTogether(all, hashed, waiting, blocks);
            count = 0;
        }

        HashTogether(all, hashed, waiting[..count], blocks);
        return hashed;
    }

    private static void HashTogether(IReadOnlyList<LookupKey> keys, HashedKey[] hashed, ReadOnlySpan<int> waiting, Span<byte> blocks)
    {
        if (waiting.IsEmpty)
            return;
        Span<ulong> hashes = stackalloc ulong[ShortHashes.Lanes];
        ShortHashes.Compute(blocks, hashes);
        for (var lane = 0; lane < waiting.Length; lane++)
            hashed[waiting[lane]] = Of(keys[waiting[lane]], hashes[lane], isSought: false);
        blocks.Clear();
    }

    private static bool TryWrite(LookupKey key, Span<byte> text, out int length)
    {
        length = 0;
        if (!Encoding.UTF8.TryGetBytes(key.Kind, text, out var kind) || kind == text.Length)
            return false;
        text[kind] = (byte)'\n';
        var fits = Encoding.UTF8.TryGetBytes(key.Value, text[(kind + 1)..], out var value);
        length = kind + 1 + value;
        return fits;
    }

    private static HashedKey Of(LookupKey key, ulong hash, bool isSought)
    {
        var shared = Shared(key.Value);
        if (shared.IsEmpty)
            return new(key.Kind, Kept(hash), Former: null);
        const int own = Bytes - SharedBytes;
        var beside = BinaryPrimitives.ReverseEndianness(Number(shared)) >> (own * 8) << (own * 8);
        return new(key.Kind, Kept(beside | (hash >> (SharedBytes * 8))), isSought ? Kept(hash) : null);
    }

    private static byte[] Kept(ulong hash)
    {
        var kept = new byte[Bytes];
        BinaryPrimitives.WriteUInt64BigEndian(kept, hash);
        return kept;
    }

    /// <summary>The last hash that begins with this one: keys of an earlier release lie between the two.</summary>
    public static byte[] LastAfter(byte[] hash)
    {
        var last = new byte[FormerBytes];
        last.AsSpan().Fill(byte.MaxValue);
        hash.CopyTo(last, 0);
        return last;
    }

    /// <summary>What a key of several parts is about: its second, after the name of the parts.</summary>
    private static ReadOnlySpan<char> Shared(ReadOnlySpan<char> value)
    {
        var first = value.IndexOf('|');
        var rest = value[(first + 1)..];
        var second = rest.IndexOf('|');
        return first > 0 && second > 0 ? rest[..second] : default;
    }

    /// <summary>FNV-1a, its halves put together: it spreads the things, and need not hide them. http://www.isthe.com/chongo/tech/comp/fnv/</summary>
    private static ulong Number(ReadOnlySpan<char> text)
    {
        const ulong basis = 14_695_981_039_346_656_037;
        const ulong prime = 1_099_511_628_211;
        var number = basis;
        foreach (var letter in text)
            number = (number ^ letter) * prime;
        return number ^ (number >> 32);
    }
}
