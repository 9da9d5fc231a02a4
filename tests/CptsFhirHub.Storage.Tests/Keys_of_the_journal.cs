namespace CptsFhirHub.Storage.Tests;

/// <summary>A sender's own key may name a person: it is found again, and stands nowhere in clear.</summary>
public sealed class Keys_of_the_journal
{
    private const string Key = "MARTIN Jeanne 0251000001";

    [Fact]
    public async Task A_message_is_found_by_its_key_and_by_the_hash_that_is_shown()
    {
        await using var store = await TempStore.OpenAsync();
        var receipt = await ReceiveAsync(store, Key);
        await ReceiveAsync(store, "another");

        Assert.StartsWith("hk1:", receipt.Message.Key, StringComparison.Ordinal);
        foreach (var sought in new[] { Key, receipt.Message.Key! })
        {
            var found = await store.Store.Journal.FindAsync(new(TempStore.Tenant) { Key = sought }, CancellationToken.None);
            Assert.Equal(receipt.Message.Id, Assert.Single(found).Id);
        }

        Assert.Equal([receipt.Message.Key!], KeysKept(store, receipt.Message.Id));
    }

    [Fact]
    public async Task Two_stores_keep_one_key_as_two_hashes()
    {
        await using var one = await TempStore.OpenAsync();
        await using var other = await TempStore.OpenAsync();
        Assert.NotEqual((await ReceiveAsync(one, Key)).Message.Key, (await ReceiveAsync(other, Key)).Message.Key);
    }

    [Fact]
    public async Task Keys_that_stand_in_clear_are_rewritten_once_and_still_found()
    {
        var folder = Directory.CreateTempSubdirectory("hub-keys-").FullName;
        string first, second;
        await using (var store = await TempStore.OpenAsync(folder))
        {
            (first, second) = ((await ReceiveAsync(store, Key)).Message.Id, (await ReceiveAsync(store, "kept")).Message.Id);
            using var database = HubStore.DatabaseOf(TempStore.Options(folder));
            using var session = database.Open(isReader: false);
            session.BeginWriting();
            session.Get("UPDATE message SET key = ? WHERE id = ?").Add(Key).Add(first).Run();
            session.Execute("DELETE FROM store_fact WHERE name = 'journal-keys-rewritten'");
            session.Commit();
        }

        await using (var store = await TempStore.OpenAsync(folder))
        {
            foreach (var (key, id) in new[] { (Key, first), ("kept", second) })
            {
                var found = Assert.Single(await store.Store.Journal.FindAsync(new(TempStore.Tenant) { Key = key }, CancellationToken.None));
                Assert.Equal((id, true), (found.Id, found.Key!.StartsWith("hk1:", StringComparison.Ordinal)));
            }

            // The same message again is a repetition, as before.
            Assert.Equal(first, (await ReceiveAsync(store, Key)).First!.Id);
        }

        TempStore.Forget(folder);
    }

    private static Task<Receipt> ReceiveAsync(TempStore store, string key) => store.Store.Journal.ReceiveAsync(
        new Arrival(TempStore.Tenant, "guichet", "http", "c", "application/json", key, new byte[] { 1, 2, 3 }), CancellationToken.None);

    private static List<string> KeysKept(TempStore store, string id)
    {
        using var database = HubStore.DatabaseOf(TempStore.Options(store.Folder));
        using var session = database.Open(isReader: true);
        var statement = session.Get("SELECT key FROM message WHERE id = ?").Add(id);
        var kept = new List<string>();
        while (statement.Next())
            kept.Add(statement.Text(0));
        return kept;
    }
}
