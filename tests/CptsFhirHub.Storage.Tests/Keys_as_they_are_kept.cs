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

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public async Task What_an_earlier_release_kept_is_found_until_it_is_kept_anew(int moreBytes)
    {
        await using var store = await TempStore.OpenAsync(keysOf: _ => [Key]);
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        await store.AddAsync("""{"resourceType":"Patient","id":"b"}""");
        using (var database = HubStore.DatabaseOf(TempStore.Options(store.Folder)))
        using (var earlier = database.Open(isReader: false))
        {
            byte[] hash = [.. HashedKey.Of(Key).Former!, .. new byte[moreBytes]];
            Assert.Equal(1, earlier.Get("UPDATE lookup SET hash = ? WHERE rid = (SELECT rid FROM resource WHERE id = 'a')").Add(hash).Run());
        }

        async Task<IReadOnlyList<LookupHit>> FindAsync(int most) => await store.Resources.FindAsync(TempStore.Tenant, [Key], CancellationToken.None, most);
        Assert.Equal(["Patient/a", "Patient/b"], (await FindAsync(most: 9)).Select(hit => hit.Reference).Order());
        Assert.Single(await FindAsync(most: 1));

        await store.Resources.RekeyAsync(["Patient"], afterRow: 0, CancellationToken.None);
        Assert.Empty((await store.Store.VerifyAsync(faultsMax: 9, CancellationToken.None)).Faults);
        Assert.Equal(2, (await FindAsync(most: 9)).Count);
    }
}
