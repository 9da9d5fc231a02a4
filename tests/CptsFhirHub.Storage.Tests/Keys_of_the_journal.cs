using CptsFhirHub.Tests;

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

    [Fact]
    public async Task The_secret_of_an_earlier_release_leaves_the_database_and_its_keys_are_found()
    {
        var folder = Directory.CreateTempSubdirectory("hub-keys-").FullName;
        var secret = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        string id;
        await using (var store = await OpenAsync(folder, secret))
            id = (await ReceiveAsync(store, Key)).Message.Id;
        Facts(folder, "DELETE FROM store_fact WHERE name = 'journal-key-check'");
        Put(folder, "journal-key-secret", Convert.FromHexString(secret));

        // Without a setting SQLite moves it into a file; PostgreSQL, which others may share, keeps it and says so.
        await using (var store = await HubStore.OpenAsync(TempStore.Options(folder), CancellationToken.None))
        {
            Assert.Equal(id, Assert.Single(await store.Journal.FindAsync(new(TempStore.Tenant) { Key = Key }, CancellationToken.None)).Id);
            Assert.Equal(IsSqlite, store.Journal.SecretWarning is null);
        }

        Assert.Equal(IsSqlite ? 0 : 1, Facts(folder, "SELECT COUNT(*) FROM store_fact WHERE name = 'journal-key-secret'"));
        if (IsSqlite)
        {
            var file = Path.Combine(folder, "keys", "journal.key");
            Assert.Equal(secret, File.ReadAllText(file));
            if (!OperatingSystem.IsWindows())
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        // The same one as a setting takes it out of either.
        await using (var store = await OpenAsync(folder, secret))
            Assert.Equal(id, Assert.Single(await store.Store.Journal.FindAsync(new(TempStore.Tenant) { Key = Key }, CancellationToken.None)).Id);
        Assert.Equal(0, Facts(folder, "SELECT COUNT(*) FROM store_fact WHERE name = 'journal-key-secret'"));
        TempStore.Forget(folder);
    }

    [Fact]
    public async Task Another_secret_is_refused_and_a_lost_one_is_told()
    {
        var folder = Directory.CreateTempSubdirectory("hub-keys-").FullName;
        var (secret, other) = (new string('a', 64), new string('b', 64));
        await using (var store = await OpenAsync(folder, secret))
            await ReceiveAsync(store, Key);

        foreach (var wrong in (string[])[other, "short", new string('z', 64)])
        {
            var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => OpenAsync(folder, wrong));
            Assert.Equal("journal-secret", refused.Code);
            Assert.DoesNotContain(wrong, refused.Message, StringComparison.Ordinal);
        }

        if (IsSqlite)
        {
            await using (var store = await TempStore.OpenAsync(folder))
            {
                Assert.Contains("keys/journal.key is missing", store.Store.Journal.SecretWarning, StringComparison.Ordinal);
                Assert.Empty(await store.Store.Journal.FindAsync(new(TempStore.Tenant) { Key = Key }, CancellationToken.None));
            }

            await using (var store = await TempStore.OpenAsync(folder))
                Assert.Null(store.Store.Journal.SecretWarning);
            File.WriteAllText(Path.Combine(folder, "keys", "journal.key"), other);
        }

        // A hub that shares the database and is given none would hash under another: it does not start.
        await Assert.ThrowsAsync<StoreUnavailableException>(() => TempStore.OpenAsync(folder));
        TempStore.Forget(folder);
    }

    private static bool IsSqlite => StorePlace.Provider == StoreOptions.Sqlite;

    private static async Task<Opened> OpenAsync(string folder, string secret) =>
        new(await HubStore.OpenAsync(TempStore.Options(folder) with { JournalSecret = secret }, CancellationToken.None));

    private static long Facts(string folder, string sql)
    {
        using var database = HubStore.DatabaseOf(TempStore.Options(folder));
        using var session = database.Open(isReader: false);
        if (sql.StartsWith("SELECT", StringComparison.Ordinal))
            return session.Get(sql).Scalar() ?? 0;
        session.BeginWriting();
        session.Execute(sql);
        session.Commit();
        return 0;
    }

    private static void Put(string folder, string name, byte[] value)
    {
        using var database = HubStore.DatabaseOf(TempStore.Options(folder));
        using var session = database.Open(isReader: false);
        session.BeginWriting();
        session.Get("INSERT INTO store_fact (name, value) VALUES (?, ?)").Add(name).AddBytes(value).Run();
        session.Commit();
    }

    private sealed record Opened(HubStore Store) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Store.DisposeAsync();
    }

    private static Task<Receipt> ReceiveAsync(Opened store, string key) => ReceiveAsync(store.Store, key);

    private static Task<Receipt> ReceiveAsync(TempStore store, string key) => ReceiveAsync(store.Store, key);

    private static Task<Receipt> ReceiveAsync(HubStore store, string key) => store.Journal.ReceiveAsync(
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
