using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CptsFhirHub.Storage.Tests;

public sealed class Keys_as_they_are_kept
{
    private static readonly LookupKey Key = new("near", "names-day|martin|jeanne|0309");

    [Fact]
    public void Keys_about_one_thing_begin_alike_and_differ_after_that()
    {
        var one = HashedKey.Of(Key).Hash;
        var other = HashedKey.Of(new("near", "names-year|martin|jeanne|1947")).Hash;
        var foreign = HashedKey.Of(new("near", "names-day|durand|jeanne|0309")).Hash;

        Assert.Equal(one[..3], other[..3]);
        Assert.NotEqual(one[3..], other[3..]);
        Assert.NotEqual(one[..3], foreign[..3]);
    }

    [Theory]
    [InlineData("phone|0251900196")]
    [InlineData("urn:system|")]
    [InlineData("||")]
    [InlineData("Patient/a")]
    public void A_key_of_one_thing_is_kept_as_ever(string value) => Assert.Null(HashedKey.Of(new("kind", value)).Former);

    [Fact]
    public void Short_texts_hashed_together_have_the_hashes_that_they_have_alone()
    {
        Span<byte> blocks = stackalloc byte[ShortHashes.Lanes * ShortHashes.BlockBytes];
        Span<ulong> hashes = stackalloc ulong[ShortHashes.Lanes];
        for (var longest = ShortHashes.Lanes - 1; longest <= ShortHashes.TextMax; longest++)
        {
            var texts = Enumerable.Range(0, ShortHashes.Lanes).Select(lane => RandomNumberGenerator.GetBytes(longest - lane)).ToList();
            blocks.Clear();
            for (var lane = 0; lane < texts.Count; lane++)
            {
                var block = blocks.Slice(lane * ShortHashes.BlockBytes, ShortHashes.BlockBytes);
                texts[lane].CopyTo(block);
                ShortHashes.End(block, texts[lane].Length);
            }

            ShortHashes.Compute(blocks, hashes);
            Assert.Equal(texts.Select(text => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(text))), hashes.ToArray());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(21)]
    public void A_resource_bears_its_keys_where_each_is_sought(int count)
    {
        // Some are of one thing and some of none, some too long to be hashed with others, some not of ASCII letters.
        var keys = Enumerable.Range(0, count).Select(n => new LookupKey("near", (n % 4) switch
        {
            0 => $"phone|+3325190{n:0000}",
            1 => $"names-home|lefèvre{n}|zoé|aizenay",
            2 => $"names-home|{new string('m', 30 + n)}|jeanne|les sables d'olonne",
            _ => $"{n}",
        })).ToList();

        Assert.Equal(
            keys.Select(key => $"{key.Kind} {Convert.ToHexString(HashedKey.Of(key).Hash)}"),
            HashedKey.OfBearer(keys).Select(key => $"{key.Kind} {Convert.ToHexString(key.Hash)}"));
    }

    [Fact]
    public void Keys_are_noted_as_each_of_them_is_written()
    {
        KeptKey[] keys = [new(1, [0, 255, 16]), new(long.MaxValue, new byte[16])];
        Span<char> text = stackalloc char[60];
        foreach (var key in keys)
        {
            Assert.Equal(key.Text, text[..key.Write(text)].ToString());
            Assert.True(key.Text.Length < (2 * key.Hash.Length) + KeptKey.KindMax);
            Assert.Equal(key, KeptKey.Read(key.Text));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public async Task What_an_earlier_release_kept_is_found_until_it_is_kept_anew(int moreBytes)
    {
        await using var store = await TempStore.OpenAsync(keysOf: _ => [Key]);
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        await store.AddAsync("""{"resourceType":"Patient","id":"b"}""");
        await store.SettleKeysAsync();
        using (var database = HubStore.DatabaseOf(TempStore.Options(store.Folder)))
        using (var earlier = database.Open(isReader: false))
        {
            byte[] hash = [.. HashedKey.Of(Key).Former!, .. new byte[moreBytes]];
            Assert.Equal(1, earlier.Get("UPDATE lookup SET hash = ? WHERE rid = (SELECT rid FROM resource WHERE id = 'a')").Add(hash).Run());
            var note = new KeptKey(earlier.Scalar("SELECT kind FROM lookup WHERE rid = (SELECT rid FROM resource WHERE id = 'a')")!.Value, hash).Text;
            Assert.Equal(1, earlier.Get("UPDATE lookup_note SET keys = ? WHERE rid = (SELECT rid FROM resource WHERE id = 'a')").Add(note).Run());
        }

        async Task<IReadOnlyList<LookupHit>> FindAsync(int most) => await store.Resources.FindAsync(TempStore.Tenant, [Key], CancellationToken.None, most);
        Assert.Equal(["Patient/a", "Patient/b"], (await FindAsync(most: 9)).Select(hit => hit.Reference).Order());
        Assert.Single(await FindAsync(most: 1));

        await store.Resources.RekeyAsync(["Patient"], afterRow: 0, CancellationToken.None);
        Assert.Empty((await store.Store.VerifyAsync(faultsMax: 9, CancellationToken.None)).Faults);
        Assert.Equal(2, (await FindAsync(most: 9)).Count);
        store.Resources.AreKeysRenewed = true;
        Assert.Equal(2, (await FindAsync(most: 9)).Count);
    }

    [Fact]
    public async Task What_stands_under_keys_is_read_at_once_and_a_key_that_many_share_is_passed_over()
    {
        LookupKey other = new("near", "phone|0251000001");
        await using var store = await TempStore.OpenAsync(keysOf: resource => resource.Id == "a" ? [Key, other] : [Key]);
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        await store.AddAsync("""{"resourceType":"Patient","id":"b"}""");

        async Task<IEnumerable<string>> ReadAsync(int most, int count) =>
            (await store.Resources.FindReadAsync(TempStore.Tenant, [Key, other], key => key == Key ? most : 1, count, CancellationToken.None)).Select(found => found.Reference);
        Assert.Equal(["Patient/a", "Patient/b"], (await ReadAsync(most: 2, count: 9)).Order());
        Assert.Equal(["Patient/a"], await ReadAsync(most: 1, count: 9));
        Assert.Single(await ReadAsync(most: 2, count: 1));
    }

    [Fact]
    public async Task A_resource_under_a_key_that_is_not_its_own_is_never_taken_for_one_that_bears_it()
    {
        LookupKey own = new("records", "Patient/a"), other = new("records", "Patient/b");
        await using var store = await TempStore.OpenAsync(keysOf: resource => [resource.Id == "a" ? own : other]);
        await store.AddAsync("""{"resourceType":"Basic","id":"a"}""");
        await store.AddAsync("""{"resourceType":"Basic","id":"b"}""");
        await store.SettleKeysAsync();
        using (var database = HubStore.DatabaseOf(TempStore.Options(store.Folder)))
        using (var forger = database.Open(isReader: false))
            Assert.Equal(1, forger.Get("UPDATE lookup SET hash = ? WHERE rid = (SELECT rid FROM resource WHERE id = 'b')").Add(HashedKey.Of(own).Hash).Run());

        Assert.Equal(2, (await store.Resources.FindAsync(TempStore.Tenant, [own], CancellationToken.None)).Count);
        var bearer = Assert.Single(await store.Resources.BearersAsync(TempStore.Tenant, [own], CancellationToken.None));
        Assert.Equal((own, "Basic/a"), (bearer.Key, bearer.Reference));
        Assert.True(await HoldsAsync("Basic/a"));
        Assert.True(await HoldsAsync("Basic/a", "Basic/b"));
        Assert.False(await HoldsAsync("Basic/b"));
        Assert.False(await HoldsAsync());
        Assert.False(await HoldsAsync("Basic/a", "Basic/c"));

        async Task<bool> HoldsAsync(params string[] expected) =>
            (await store.Resources.CommitAsync(TempStore.Tenant, [new Write.Guard([own], expected)], CancellationToken.None)).Committed;
    }
}
