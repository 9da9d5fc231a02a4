using CptsFhirHub.Storage.Migrations.Sqlite;
using CptsFhirHub.Storage.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace CptsFhirHub.Storage.Tests.Sqlite;

public sealed class Opening_a_file
{
    [Fact]
    public async Task The_newest_migration_is_the_one_that_counts_as_up_to_date()
    {
        await using var store = await TempStore.OpenAsync();
        await using var context = HubContext.OfSqlite(Path.Combine(store.Folder, "hub.db"));
        Assert.Equal(LatestMigration.Id, context.Database.GetMigrations().Last());
        Assert.False(context.Database.HasPendingModelChanges());
    }

    [Fact]
    public void An_empty_database_gets_what_the_migrations_add_up_to()
    {
        using var context = HubContext.OfSqlite("unused.db");
        Assert.Equal(Lines(context.GetService<IMigrator>().GenerateScript()), Lines(LatestMigration.Script()));

        static IEnumerable<string> Lines(string script) => script.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0);
    }

    [Fact]
    public async Task The_migrations_themselves_make_a_database_that_works()
    {
        var folder = Directory.CreateTempSubdirectory("hub-migrated-");
        await using (var context = HubContext.OfSqlite(Path.Combine(folder.FullName, "hub.db")))
            await context.Database.MigrateAsync();
        await using (var store = await TempStore.OpenAsync(folder.FullName))
            await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_file_of_a_newer_release_is_left_alone()
    {
        var folder = Directory.CreateTempSubdirectory("hub-newer-");
        await using (await TempStore.OpenAsync(folder.FullName))
        {
        }

        await using (var context = HubContext.OfSqlite(Path.Combine(folder.FullName, "hub.db")))
            await context.Database.ExecuteSqlRawAsync("INSERT INTO __EFMigrationsHistory VALUES ('29990101000000_Later', '99.0.0')");
        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => TempStore.OpenAsync(folder.FullName));
        Assert.Equal((StoreUnavailableException.NewerSchema, true), (refusal.Code, refusal.IsForGood));
        Assert.Contains("29990101000000_Later", refusal.Message, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_store_of_the_release_before_gets_the_notes_of_its_keys()
    {
        var folder = Directory.CreateTempSubdirectory("hub-former-");
        await using (var store = await TempStore.OpenAsync(folder.FullName, keysOf: KeysOf))
            foreach (var id in (string[])["a", "b", "c"])
                await store.AddAsync($$"""{"resourceType":"Patient","id":"{{id}}"}""");
        await using (var context = HubContext.OfSqlite(Path.Combine(folder.FullName, "hub.db")))
            await context.GetService<IMigrator>().MigrateAsync("20261122181500_MessagesOfClient");
        await using (var store = await TempStore.OpenAsync(folder.FullName, keysOf: KeysOf))
        {
            Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
            await store.CommitAsync(new Write.Delete("Patient", "a"), new Write.Update(TempStore.Read("""{"resourceType":"Patient","id":"b","active":true}"""), "b"));
            Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
            var hits = await store.Resources.FindAsync(TempStore.Tenant, [new("kind", "one|thing|a"), new("kind", "one|thing|b")], CancellationToken.None);
            Assert.Equal("Patient/b", Assert.Single(hits).Reference);
        }

        folder.Delete(recursive: true);

        static IEnumerable<LookupKey> KeysOf(Fhir.Model.Resource resource) => [new("kind", $"one|thing|{resource.Id}"), new("other", resource.Id!), new("kind", "shared")];
    }

    [Fact]
    public async Task Commits_reach_the_disk_before_they_return()
    {
        await using var store = await TempStore.OpenAsync();
        using var session = SqliteSession.Open(Path.Combine(store.Folder, "hub.db"), isReader: false);
        Assert.Equal(2, session.Scalar("PRAGMA synchronous"));
        Assert.Equal(1, session.Scalar("PRAGMA foreign_keys"));
        Assert.Equal(5_000, session.Scalar("PRAGMA busy_timeout"));
    }

    [Fact]
    public async Task Rows_that_wait_for_each_other_are_there_when_they_are_asked_for_and_gone_with_their_transaction()
    {
        const string insert = "INSERT INTO feed (tenant, name, number) VALUES (?, ?, 7) ON CONFLICT DO NOTHING";
        const int rows = 75;
        await using var store = await TempStore.OpenAsync();
        using var session = SqliteSession.Open(Path.Combine(store.Folder, "hub.db"), isReader: false);
        session.BeginWriting();
        Add();
        Assert.Equal(rows, Count());
        Add();
        Assert.Equal(rows, Count());
        session.RollBack();
        session.BeginWriting();
        Add();
        session.RollBack();
        session.BeginWriting();
        Assert.Equal(0, Count());
        Add();
        session.Commit();
        Assert.Equal((rows, 1), (Count(), session.Scalar("SELECT count(*) FROM feed WHERE name = '' AND number = 7")));

        // What is at fault is told by the command that sends it.
        session.BeginWriting();
        session.Get(insert).Add(1).Add((string?)null).Send();
        Assert.Throws<StoreUnavailableException>(() => session.Commit());
        session.RollBack();
        Assert.Equal(rows, Count());

        long? Count() => session.Scalar("SELECT count(*) FROM feed");

        void Add()
        {
            for (var n = 0; n < rows; n++)
                session.Get(insert).Add(1).Add(n == 0 ? "" : new string('x', n)).Send();
        }
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_crash()
    {
        await using var store = await TempStore.OpenAsync();
        var ids = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Task.Run(async () =>
            (await store.AddAsync($$"""{"resourceType":"Patient","identifier":[{"system":"urn:s","value":"{{n}}"}]}""")).Id)));
        var receipt = await store.Store.Journal.ReceiveAsync(
            new Arrival(TempStore.Tenant, "doctolib", "http", "c", "application/json", "k", new byte[] { 1, 2, 3 }), CancellationToken.None);

        // The files as they lie on the disk now are what a killed process leaves.
        var crashed = Directory.CreateTempSubdirectory("hub-crash-");
        foreach (var file in (string[])["hub.db", "hub.db-wal"])
            File.Copy(Path.Combine(store.Folder, file), Path.Combine(crashed.FullName, file));
        await using (var again = await TempStore.OpenAsync(crashed.FullName))
        {
            for (var n = 0; n < ids.Length; n++)
            {
                Assert.NotNull(await again.GetAsync("Patient", ids[n]));
                Assert.Equal([ids[n]], await again.FindAsync(TempStore.ByIdentifier("Patient", "urn:s", n.ToString())));
            }

            var unsettled = Assert.Single(await again.Store.Journal.UnsettledAsync(10, 0, CancellationToken.None));
            Assert.Equal(receipt.Message.Id, unsettled.Id);
            Assert.Equal(new byte[] { 1, 2, 3 }, await again.Store.Journal.RawAsync(TempStore.Tenant, unsettled.Id, CancellationToken.None));
            Assert.Equal(2, (await again.AddAsync("""{"resourceType":"Patient","id":"new"}""")).Version + 1);
        }

        crashed.Delete(recursive: true);
    }
}
