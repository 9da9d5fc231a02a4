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
    private static readonly List<HashedKey> NoKeys = [];

    /// <summary>The bytes of the resource, not yet stamped.</summary>
    public ReadOnlyMemory<byte> Json { get; private init; }

    public IReadOnlyList<IndexValue> Values { get; private init; } = [];

    /// <summary>Those of the values that stand in the index.</summary>
    public IReadOnlyList<IndexValue> Rows { get; init; } = [];

    /// <summary>What worked the values out; null for a write without a resource.</summary>
    private SearchExtraction? Extraction { get; init; }

    public IReadOnlyList<HashedKey> Keys { get; private init; } = NoKeys;

    public static PreparedWrite Of(Write write, StoreOptions options, SearchExtraction extraction) => write switch
    {
        Write.Create create => OfResource(write, create.Resource, options, extraction),
        Write.Update update => OfResource(write, update.Resource, options, extraction),
        Write.UpdateWhere update => OfResource(write, update.Resource, options, extraction),
        Write.Guard guard => new(write) { Keys = [.. guard.Keys.Select(HashedKey.Of)] },
        _ => new(write),
    };

    /// <summary>The same write; its values worked out again when search parameters have changed since.</summary>
    public PreparedWrite Renewed(SearchExtraction extraction, StoreOptions options) =>
        Extraction is null || ReferenceEquals(Extraction, extraction) ? this : Of(Write, options, extraction);

    private static PreparedWrite OfResource(Write write, Resource resource, StoreOptions options, SearchExtraction extraction)
    {
        var keys = NoKeys;
        foreach (var key in options.LookupKeysOf(resource))
            (keys == NoKeys ? keys = [] : keys).Add(HashedKey.Of(key));
        var values = extraction.Extract(resource);
        return new(write)
        {
            Json = resource.Json,
            Values = values,
            Rows = WiderParameters.WithoutSpare(resource.Type, values),
            Keys = keys,
            Extraction = extraction,
        };
    }
}

/// <summary>A <see cref="LookupKey"/> as it is kept: identity traits are found again, not read back.</summary>
internal readonly record struct HashedKey(string Kind, byte[] Hash)
{
    /// <summary>Two of a thousand million keys meet by chance once in fifty: a key only leads to what is then compared.</summary>
    private const int Bytes = 8;

    /// <summary>The bytes that an earlier release kept of the same hash; both begin alike.</summary>
    private const int FormerBytes = 16;

    private const int ShortMax = 256;

    public static HashedKey Of(LookupKey key)
    {
        var most = Encoding.UTF8.GetMaxByteCount(key.Kind.Length + 1 + key.Value.Length);
        var text = most <= ShortMax ? stackalloc byte[ShortMax] : new byte[most];
        var length = Encoding.UTF8.GetBytes(key.Kind, text);
        text[length++] = (byte)'\n';
        length += Encoding.UTF8.GetBytes(key.Value, text[length..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..length], hash);
        return new(key.Kind, hash[..Bytes].ToArray());
    }

    /// <summary>The last hash that begins with this one: keys of an earlier release lie between the two.</summary>
    public byte[] Last()
    {
        var last = new byte[FormerBytes];
        last.AsSpan().Fill(byte.MaxValue);
        Hash.CopyTo(last, 0);
        return last;
    }
}
