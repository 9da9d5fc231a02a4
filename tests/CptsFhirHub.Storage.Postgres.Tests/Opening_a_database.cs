using CptsFhirHub.Storage.Migrations.Postgres;
using CptsFhirHub.Tests;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace CptsFhirHub.Storage.Tests.Postgres;

public sealed class Opening_a_database
{
    [Fact]
    public void The_newest_migration_is_the_one_that_counts_as_up_to_date()
    {
        using var context = PostgresContext.Of("Host=unused", schema: null);
        Assert.Equal(LatestMigration.Id, context.Database.GetMigrations().Last());
        Assert.False(context.Database.HasPendingModelChanges());
    }

    [Fact]
    public void An_empty_database_gets_what_the_migrations_add_up_to()
    {
        using var context = PostgresContext.Of("Host=unused", schema: null);
        Assert.Equal(Lines(context.GetService<IMigrator>().GenerateScript()), Lines(LatestMigration.Script()));

        static IEnumerable<string> Lines(string script) => script.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0);
    }

    [Fact]
    public async Task The_migrations_themselves_make_a_database_that_works()
    {
        var folder = Directory.CreateTempSubdirectory("hub-migrated-").FullName;
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(StorePlace.ConnectionString(folder));
        await using (var context = PostgresContext.Of(connection.ConnectionString, connection.SearchPath))
            await context.Database.MigrateAsync();
        await using (var store = await TempStore.OpenAsync(folder))
            await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        TempStore.Forget(folder);
    }

    [Fact]
    public async Task A_database_of_a_newer_release_is_left_alone()
    {
        var folder = Directory.CreateTempSubdirectory("hub-newer-").FullName;
        await using (await TempStore.OpenAsync(folder))
        {
        }

        var connection = new Npgsql.NpgsqlConnectionStringBuilder(StorePlace.ConnectionString(folder));
        await using (var context = PostgresContext.Of(connection.ConnectionString, connection.SearchPath))
            await context.Database.ExecuteSqlRawAsync("""INSERT INTO "__EFMigrationsHistory" VALUES ('29990101000000_Later', '99.0.0')""");
        var refusal = await Assert.ThrowsAsync<StoreUnavailableException>(() => TempStore.OpenAsync(folder));
        Assert.Equal((StoreUnavailableException.NewerSchema, true), (refusal.Code, refusal.IsForGood));
        Assert.Contains("29990101000000_Later", refusal.Message, StringComparison.Ordinal);
        TempStore.Forget(folder);
    }

    [Fact]
    public async Task A_store_of_the_release_before_gets_the_notes_of_its_keys()
    {
        var folder = Directory.CreateTempSubdirectory("hub-former-").FullName;
        await using (var store = await TempStore.OpenAsync(folder, keysOf: KeysOf))
            foreach (var id in (string[])["a", "b", "c"])
                await store.AddAsync($$"""{"resourceType":"Patient","id":"{{id}}"}""");
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(StorePlace.ConnectionString(folder));
        await using (var context = PostgresContext.Of(connection.ConnectionString, connection.SearchPath))
            await context.GetService<IMigrator>().MigrateAsync("20261122181500_MessagesOfClient");
        await using (var store = await TempStore.OpenAsync(folder, keysOf: KeysOf))
        {
            Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
            await store.CommitAsync(new Write.Delete("Patient", "a"), new Write.Update(TempStore.Read("""{"resourceType":"Patient","id":"b","active":true}"""), "b"));
            Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
            var hits = await store.Resources.FindAsync(TempStore.Tenant, [new("kind", "one|thing|a"), new("kind", "one|thing|b")], CancellationToken.None);
            Assert.Equal("Patient/b", Assert.Single(hits).Reference);
        }

        TempStore.Forget(folder);

        static IEnumerable<LookupKey> KeysOf(Fhir.Model.Resource resource) => [new("kind", $"one|thing|{resource.Id}"), new("other", resource.Id!), new("kind", "shared")];
    }

    [Fact]
    public async Task A_long_resource_is_packed_the_quick_way_where_the_server_knows_it()
    {
        await using var store = await TempStore.OpenAsync();
        var note = string.Join(' ', Enumerable.Range(0, 1_000).Select(n => $"note {n}"));
        await store.AddAsync($$"""{"resourceType":"Patient","id":"a","name":[{"text":"{{note}}"}]}""");

        await using var source = Npgsql.NpgsqlDataSource.Create(StorePlace.ConnectionString(store.Folder));
        await using var knows = source.CreateCommand("SELECT count(*) FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)");
        if (await knows.ExecuteScalarAsync() is 1L)
        {
            await using var packed = source.CreateCommand("SELECT pg_column_compression(json) FROM resource_version");
            Assert.Equal("lz4", await packed.ExecuteScalarAsync());
        }

        var read = await store.Resources.ReadAsync(TempStore.Tenant, "Patient", "a", CancellationToken.None);
        Assert.Contains(note, System.Text.Encoding.UTF8.GetString(read!.Json.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hubs_that_start_at_once_do_not_get_in_each_others_way()
    {
        var folder = Directory.CreateTempSubdirectory("hub-together-").FullName;
        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => TempStore.OpenAsync(folder))));
        for (var n = 0; n < stores.Length; n++)
            await stores[n].AddAsync($$"""{"resourceType":"Patient","id":"p{{n}}"}""");
        foreach (var store in stores)
        {
            Assert.Equal(["p5", "p4", "p3", "p2", "p1", "p0"], await store.FindAsync(new("Patient", [])));
            await store.DisposeAsync();
        }

        TempStore.Forget(folder);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_as_such() => await Assert.ThrowsAsync<StoreUnavailableException>(() =>
        HubStore.OpenAsync(
            new() { DataDirectory = "unused", Provider = StoreOptions.Postgres, ConnectionString = "Host=127.0.0.1;Port=1;Username=nobody" },
            CancellationToken.None));

    [Fact]
    public async Task A_connection_string_that_is_none_is_refused_without_being_repeated()
    {
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => HubStore.OpenAsync(
            new() { DataDirectory = "unused", Provider = StoreOptions.Postgres, ConnectionString = "Passwort=geheim" }, CancellationToken.None));
        Assert.DoesNotContain("geheim", refused.Message, StringComparison.Ordinal);
    }
}
