using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Storage.Tests;

/// <summary>A release that finds resources by other keys: what is stored gets them, and loses the former.</summary>
public sealed class Renewing_keys
{
    [Fact]
    public async Task Stored_resources_are_found_by_their_new_keys_and_no_more_by_the_old()
    {
        var kind = "old";
        await using var store = await TempStore.OpenAsync(keysOf: resource => KeysOf(kind, resource));
        await store.AddAsync("""{"resourceType":"Patient","id":"p"}""");
        await store.AddAsync("""{"resourceType":"Patient","id":"gone"}""");
        await store.AddAsync("""{"resourceType":"Organization","id":"o","name":"x"}""");
        await store.CommitAsync(new Write.Delete("Patient", "gone"));
        kind = "new";

        var progress = await store.Resources.RekeyAsync(["Patient"], 0, CancellationToken.None);

        Assert.True(progress.IsDone);
        Assert.Equal(["Patient/p"], await FoundAsync("new", "p"));
        Assert.Empty(await FoundAsync("old", "p"));
        Assert.Empty(await FoundAsync("new", "gone"));
        Assert.Equal(["Organization/o"], await FoundAsync("old", "o"));
        await store.Resources.RekeyAsync(["Patient"], 0, CancellationToken.None);
        Assert.Equal(["Patient/p"], await FoundAsync("new", "p"));

        async Task<IEnumerable<string>> FoundAsync(string by, string id) =>
            (await store.Resources.FindAsync(TempStore.Tenant, [new(by, id)], CancellationToken.None)).Select(hit => hit.Reference);
    }

    [Fact]
    public async Task A_longer_key_of_an_earlier_release_is_found_until_it_is_renewed()
    {
        await using var store = await TempStore.OpenAsync(keysOf: resource => KeysOf("kind", resource));
        await store.AddAsync("""{"resourceType":"Patient","id":"p"}""");
        await store.SettleKeysAsync();
        using (var database = HubStore.DatabaseOf(TempStore.Options(store.Folder)))
        using (var former = database.Open(isReader: false))
            former.Get("UPDATE lookup SET hash = ?").Add([.. HashedKey.Of(new("kind", "p")).Hash, 1, 2, 3, 4, 5, 6, 7, 8]).Send();
        Assert.Equal("Patient/p", Assert.Single(await store.Resources.FindAsync(TempStore.Tenant, [new("kind", "p")], CancellationToken.None)).Reference);
    }

    [Fact]
    public async Task No_more_are_read_of_a_key_than_are_asked_for()
    {
        await using var store = await TempStore.OpenAsync(keysOf: _ => [new("kind", "all")]);
        for (var n = 0; n < 4; n++)
            await store.AddAsync($$"""{"resourceType":"Patient","id":"p{{n}}"}""");
        var found = await store.Resources.FindAsync(TempStore.Tenant, [new("kind", "all"), new("kind", "none")], CancellationToken.None, most: 3);
        Assert.Equal(["p0", "p1", "p2"], found.Select(hit => hit.Id));
        Assert.Equal(4, (await store.Resources.FindAsync(TempStore.Tenant, [new("kind", "all")], CancellationToken.None)).Count);
    }

    private static IEnumerable<LookupKey> KeysOf(string kind, Resource resource) => [new(kind, resource.Id ?? "")];
}
