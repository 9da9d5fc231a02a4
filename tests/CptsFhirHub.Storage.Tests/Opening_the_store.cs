namespace CptsFhirHub.Storage.Tests;

public sealed class Opening_the_store
{
    [Fact]
    public async Task A_second_opening_finds_everything_and_goes_on_counting()
    {
        var folder = Directory.CreateTempSubdirectory("hub-again-");
        await using (var first = await TempStore.OpenAsync(folder.FullName))
        {
            await first.AddAsync("""{"resourceType":"Patient","id":"a"}""");
            Assert.Equal(1, await first.Store.Registry.NextNumberAsync(TempStore.Tenant, "tracking", CancellationToken.None));
        }

        await using (var second = await TempStore.OpenAsync(folder.FullName))
        {
            Assert.NotNull(await second.GetAsync("Patient", "a"));
            await second.AddAsync("""{"resourceType":"Patient","id":"b"}""");
            Assert.Equal(["b", "a"], await second.FindAsync(new("Patient", [])));
            Assert.True(await second.Store.Registry.NextNumberAsync(TempStore.Tenant, "tracking", CancellationToken.None) > 1);
        }

        TempStore.Forget(folder.FullName);
    }

    [Fact]
    public async Task Numbers_of_a_sequence_never_repeat()
    {
        await using var store = await TempStore.OpenAsync();
        var numbers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() =>
            store.Store.Registry.NextNumberAsync(TempStore.Tenant, "tracking", CancellationToken.None))));
        Assert.Equal(100, numbers.Distinct().Count());
        Assert.Equal(1, await store.Store.Registry.NextNumberAsync(TempStore.OtherTenant, "tracking", CancellationToken.None));
    }

    [Fact]
    public async Task An_assertion_is_used_once_even_by_ten_at_a_time()
    {
        await using var store = await TempStore.OpenAsync();
        var now = DateTimeOffset.UnixEpoch;
        var used = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() =>
            store.Store.Registry.TryUseAssertionAsync(new("iss", "jti", now.AddMinutes(5)), now, CancellationToken.None))));
        Assert.Single(used, wasFirst => wasFirst);
        Assert.True(await store.Store.Registry.TryUseAssertionAsync(new("iss", "jti", now.AddMinutes(20)), now.AddMinutes(10), CancellationToken.None));
    }

    [Fact]
    public async Task A_store_that_is_closed_refuses()
    {
        var store = await TempStore.OpenAsync();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.AddAsync("""{"resourceType":"Patient"}"""));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.GetAsync("Patient", "a"));
    }

    [Fact]
    public async Task A_provider_that_is_not_known_is_refused() => await Assert.ThrowsAsync<ArgumentException>(() =>
        HubStore.OpenAsync(new() { DataDirectory = "x", Provider = "oracle" }, CancellationToken.None));
}
