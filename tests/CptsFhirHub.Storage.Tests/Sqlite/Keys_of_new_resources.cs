using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace CptsFhirHub.Storage.Tests.Sqlite;

/// <summary>
/// The look-up keys of what was created last are noted with it and stand in memory until they settle in their tree: nobody who looks for them
/// sees a difference, before, while and after.
/// </summary>
public sealed class Keys_of_new_resources
{
    [Fact]
    public async Task They_are_found_before_they_settle_and_after()
    {
        await using var store = await TempStore.OpenAsync(keysOf: KeysOf);
        foreach (var id in (string[])["a", "b", "c"])
            await store.AddAsync(Patient(id, "old"));
        await store.CommitAsync(new Write.Update(TempStore.Read(Patient("b", "new")), "b"), new Write.Delete("Patient", "c"));
        Assert.Equal(0, Count(store, "lookup"));

        for (var settled = 0; settled < 2; settled++)
        {
            Assert.Equal(["Patient/a"], await FoundAsync(store, "old"));
            Assert.Equal(["Patient/b"], await FoundAsync(store, "new"));
            Assert.Equal(["Patient/a", "Patient/b"], await FoundAsync(store, "all"));
            Assert.Single(await store.Resources.FindAsync(TempStore.Tenant, [new("kind", "all")], CancellationToken.None, most: 1));
            Assert.Equal(2, (await store.Resources.FindReadAsync(TempStore.Tenant, [new("kind", "all")], _ => 5, 5, CancellationToken.None)).Count);
            Assert.True((await store.CommitAsync(new Write.Guard([new("kind", "all")], ["Patient/a", "Patient/b"]))).Committed);
            Assert.False((await store.CommitAsync(new Write.Guard([new("kind", "new")], []))).Committed);
            Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
            await store.SettleKeysAsync();
        }

        Assert.Equal(4, Count(store, "lookup"));
        await store.CommitAsync(new Write.Update(TempStore.Read(Patient("b", "newer")), "b"), new Write.Delete("Patient", "a"));
        Assert.Equal(["Patient/b"], await FoundAsync(store, "newer", "old", "new"));
        Assert.Equal(2, Count(store, "lookup"));
        Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task A_commit_that_does_not_hold_leaves_none()
    {
        await using var store = await TempStore.OpenAsync(keysOf: KeysOf);
        await store.AddAsync(Patient("a", "old"));
        var stopped = await store.CommitAsync(
            new Write.Create(TempStore.Read(Patient("b", "other")), Id: "b"), new Write.Update(TempStore.Read(Patient("a", "new")), "a"),
            new Write.Guard([new("kind", "new")], []));

        Assert.False(stopped.Committed);
        Assert.Empty(await FoundAsync(store, "other", "new"));
        Assert.Equal(["Patient/a"], await FoundAsync(store, "old", "all"));
        await store.SettleKeysAsync();
        Assert.Equal(2, Count(store, "lookup"));
        Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task They_are_there_after_a_crash_and_settled_after_a_close()
    {
        var (folder, crashed) = (Directory.CreateTempSubdirectory("hub-keys-"), Directory.CreateTempSubdirectory("hub-crashed-"));
        await using (var store = await TempStore.OpenAsync(folder.FullName, keysOf: KeysOf))
        {
            await store.AddAsync(Patient("a", "old"));
            await store.SettleKeysAsync();
            await store.AddAsync(Patient("b", "new"));

            // The files as they lie on the disk now are what a killed process leaves.
            foreach (var file in folder.GetFiles("hub.db*"))
                if (!file.Name.EndsWith("-shm", StringComparison.Ordinal))
                    file.CopyTo(Path.Combine(crashed.FullName, file.Name));
        }

        using (var closed = SqliteSession.Open(Path.Combine(folder.FullName, "hub.db"), isReader: true))
            Assert.Equal(4, closed.Scalar("SELECT count(*) FROM lookup"));
        await using (var again = await TempStore.OpenAsync(crashed.FullName, keysOf: KeysOf))
        {
            Assert.Equal(["Patient/a"], await FoundAsync(again, "old"));
            Assert.Equal(["Patient/a", "Patient/b"], await FoundAsync(again, "all"));
            await again.CommitAsync(new Write.Update(TempStore.Read(Patient("b", "newer")), "b"));
            Assert.Equal(["Patient/b"], await FoundAsync(again, "new", "newer"));
            await again.AddAsync(Patient("c", "last"));
            await again.SettleKeysAsync();
            Assert.Equal(6, Count(again, "lookup"));
            Assert.Empty((await again.Store.VerifyAsync(10, CancellationToken.None)).Faults);
        }

        folder.Delete(recursive: true);
        crashed.Delete(recursive: true);
    }

    [Fact]
    public async Task A_store_of_the_release_before_has_all_of_them_settled()
    {
        var folder = Directory.CreateTempSubdirectory("hub-former-");
        await using (var store = await TempStore.OpenAsync(folder.FullName, keysOf: KeysOf))
            await store.AddAsync(Patient("a", "old"));
        await using (var context = HubContext.OfSqlite(Path.Combine(folder.FullName, "hub.db")))
            await context.GetService<IMigrator>().MigrateAsync("20261122182000_KeyNotes");
        await using (var store = await TempStore.OpenAsync(folder.FullName, keysOf: KeysOf))
        {
            Assert.Equal(["Patient/a"], await FoundAsync(store, "old"));
            await store.AddAsync(Patient("b", "new"));
            Assert.Equal(2, Count(store, "lookup"));
            Assert.Equal(["Patient/a", "Patient/b"], await FoundAsync(store, "all"));
            Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
        }

        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task They_settle_a_portion_with_each_commit_and_readers_that_began_before_still_find_them()
    {
        await using var store = await TempStore.OpenAsync();
        var file = Path.Combine(store.Folder, "hub.db");
        var fresh = new FreshKeys(together: 2, portion: 2);
        using var writer = SqliteSession.Open(file, isReader: false, fresh);
        fresh.Read(writer);
        Commit(() => Add(1, 11, 12, 13));
        Assert.Equal([1L], fresh.Find(1, 1, Hash(12)));

        // The second resource closes the five keys, and two of them settle with it or with what follows.
        var reader = fresh.Enter();
        Commit(() => Add(2, 12, 14));
        Commit(() => Remove(1, 13));
        Assert.Empty(fresh.Find(1, 1, Hash(13)));
        Commit(() => Add(3, 15));
        Commit(() => Assert.False(fresh.TryAdd(1, new(1, Hash(16)), rid: 2)));
        Assert.Equal("1:11 1:12 2:12 2:14", Settled());
        Assert.Equal(2, FreshKeys.SettledIn(writer));
        Assert.Equal([1L, 2L], fresh.Find(1, 1, Hash(12)));
        Assert.Equal([3L], fresh.Find(1, 1, Hash(15)));

        // A reader that began before they settled may not see them in the tree: the next ones wait for it.
        Commit(() => Add(4, 17));
        Assert.Equal([1L, 2L], fresh.Find(1, 1, Hash(12)));
        fresh.Leave(reader);
        Commit(() => { });
        Assert.Empty(fresh.Find(1, 1, Hash(12)));
        Assert.Equal(4, FreshKeys.SettledIn(writer));

        // What is rolled back was never there, and what was to leave stays.
        writer.BeginWriting();
        Add(5, 18);
        var mark = fresh.Mark();
        Add(5, 19);
        fresh.Remove(1, new(1, Hash(18)), 5);
        fresh.UndoTo(mark);
        writer.Commit();
        fresh.Committed();
        Assert.Equal([5L], fresh.Find(1, 1, Hash(18)));
        Assert.Empty(fresh.Find(1, 1, Hash(19)));
        writer.BeginWriting();
        Add(6, 20);
        fresh.Settle(writer, isAll: true);
        writer.RollBack();
        fresh.RolledBack();
        Assert.Empty(fresh.Find(1, 1, Hash(20)));
        Commit(() => { });
        Assert.Equal("1:11 1:12 2:12 2:14 3:15 4:17 5:18", Settled());

        void Commit(Action work)
        {
            writer.BeginWriting();
            work();
            fresh.Settle(writer, isAll: false);
            writer.Commit();
            fresh.Committed();
        }

        void Add(long rid, params ReadOnlySpan<byte> keys)
        {
            foreach (var key in keys)
                Assert.True(fresh.TryAdd(1, new(1, Hash(key)), rid));
        }

        void Remove(long rid, byte key)
        {
            writer.Get("DELETE FROM lookup WHERE rid = ? AND hash = ?").Add(rid).Add(Hash(key)).Send();
            fresh.Remove(1, new(1, Hash(key)), rid);
        }

        string Settled()
        {
            var rows = writer.Get("SELECT rid, hash FROM lookup ORDER BY hash, rid");
            var text = new List<string>();
            while (rows.Next())
                text.Add($"{rows.Long(0)}:{rows.Blob(1)[^1]}");
            return string.Join(' ', text);
        }
    }

    private static byte[] Hash(byte last) => [0, 0, 0, 0, 0, 0, 0, last];

    private static IEnumerable<LookupKey> KeysOf(Resource resource) => [new("kind", resource.Root.Text("language")!), new("kind", "all")];

    private static string Patient(string id, string key) => $$"""{"resourceType":"Patient","id":"{{id}}","language":"{{key}}"}""";

    private static async Task<IEnumerable<string>> FoundAsync(TempStore store, params string[] keys) =>
        (await store.Resources.FindAsync(TempStore.Tenant, [.. keys.Select(key => new LookupKey("kind", key))], CancellationToken.None))
        .Select(hit => hit.Reference).Distinct();

    private static long? Count(TempStore store, string table)
    {
        using var session = SqliteSession.Open(Path.Combine(store.Folder, "hub.db"), isReader: true);
        return session.Scalar($"SELECT count(*) FROM {table}");
    }
}
