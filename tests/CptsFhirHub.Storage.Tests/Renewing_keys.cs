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

    private static IEnumerable<LookupKey> KeysOf(string kind, Resource resource) => [new(kind, resource.Id ?? "")];
}
