using CptsFhirHub.Storage.Postgres;
using CptsFhirHub.Tests;
using Npgsql;

namespace CptsFhirHub.Storage.Tests.Postgres;

/// <summary>
/// Resources that are created without a condition are written down while the transaction before is under way, and sent with their commit. The keys
/// they were given hold only as long as no other hub has given any.
/// </summary>
public sealed class Commits_in_one_flight
{
    [Fact]
    public async Task Plain_creates_of_two_hubs_stand_once_each_and_their_versions_follow_one_another()
    {
        var folder = Directory.CreateTempSubdirectory("hub-shared-").FullName;
        var hubs = new[] { await TempStore.OpenAsync(folder), await TempStore.OpenAsync(folder) };

        var created = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => Task.Run(async () =>
        {
            List<string> ids = [];
            for (var i = 0; i < 15; i++)
            {
                var result = await hubs[n % 2].CommitAsync(
                    new Write.Create(TempStore.Read($$"""{"resourceType":"Patient","identifier":[{"system":"urn:s","value":"{{n}}-{{i}}"}]}""")),
                    new Write.Create(TempStore.Read($$"""{"resourceType":"Practitioner","identifier":[{"system":"urn:s","value":"{{n}}-{{i}}"}]}""")));
                ids.Add(Assert.IsType<Written.Created>(result[0]).Stored.Id);
            }

            return ids;
        })));

        Assert.Equal(created.SelectMany(ids => ids).Order(), (await hubs[0].FindAsync(new("Patient", []) { Count = 1000 })).Order());
        for (var n = 0; n < created.Length; n++)
            Assert.Equal([created[n][^1]], await hubs[(n + 1) % 2].FindAsync(TempStore.ByIdentifier("Patient", "urn:s", $"{n}-14")));
        foreach (var hub in hubs)
        {
            Assert.Empty((await hub.Store.VerifyAsync(10, CancellationToken.None)).Faults);
            await hub.DisposeAsync();
        }

        TempStore.Forget(folder);
    }

    [Fact]
    public async Task Plain_creates_stand_once_each_although_the_server_ends_the_connection_in_the_midst_of_them()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","identifier":[{"system":"urn:s","value":"first"}]}""");
        var killed = 0L;
        var writers = Enumerable.Range(0, 6).Select(n => Task.Run(async () =>
        {
            var i = 0;
            for (; i < 20 || Interlocked.Read(ref killed) < 3; i++)
            {
                while (true)
                {
                    try
                    {
                        await store.AddAsync($$"""{"resourceType":"Patient","identifier":[{"system":"urn:s","value":"{{n}}-{{i}}"}]}""");
                        break;
                    }
                    catch (StoreUnavailableException failure)
                    {
                        // Refused, and not: perhaps.
                        Assert.NotEqual("08007", failure.Code);
                    }
                }
            }

            return i;
        })).ToList();

        var settings = new NpgsqlConnectionStringBuilder(StorePlace.ConnectionString(store.Folder)) { Pooling = false };
        await using (var connection = new NpgsqlConnection(settings.ConnectionString))
        {
            await connection.OpenAsync();
            await using var kill = new NpgsqlCommand(
                """
                SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l
                WHERE l.relation = 'writer_turn'::regclass AND l.mode = 'ExclusiveLock' AND l.pid <> pg_backend_pid()
                """,
                connection);
            while (!writers.TrueForAll(writer => writer.IsCompleted))
            {
                Interlocked.Add(ref killed, (long)(await kill.ExecuteScalarAsync())!);
                await Task.Delay(20);
            }
        }

        var counts = await Task.WhenAll(writers);
        for (var n = 0; n < counts.Length; n++)
            for (var i = 0; i < counts[n]; i++)
                Assert.Single(await store.FindAsync(TempStore.ByIdentifier("Patient", "urn:s", $"{n}-{i}")));
        Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task A_flight_that_rests_on_keys_of_yesterday_changes_nothing()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient"}""");
        using var database = new PostgresDatabase(StorePlace.ConnectionString(store.Folder));
        using var session = database.Open(isReader: false);
        var last = session.Scalar("SELECT max(vid) FROM resource_version")!.Value;

        Fly(last - 1);
        Assert.Null(session.Scalar("SELECT number FROM feed"));
        Fly(last);
        Assert.Equal(7, session.Scalar("SELECT number FROM feed"));

        void Fly(long version)
        {
            session.BeginFlight(version);
            session.Get("INSERT INTO feed (tenant, name, number) VALUES (?, ?, ?)").Add(1).Add("of nobody").Add(7).Send();
            session.Seal();
            if (Record.Exception(session.Fly) is not null)
                session.RollBack();
        }
    }

    [Fact]
    public async Task Nothing_is_asked_while_a_transaction_is_written_down()
    {
        await using var store = await TempStore.OpenAsync();
        using var database = new PostgresDatabase(StorePlace.ConnectionString(store.Folder));
        using var session = database.Open(isReader: false);

        session.BeginFlight(version: 0);
        Assert.NotNull(Record.Exception(() => session.Scalar("SELECT 1")));
        session.RollBack();
        Assert.Equal(1, session.Scalar("SELECT 1"));
    }

    [Fact]
    public async Task Whether_a_transaction_was_committed_is_told_when_it_is_over()
    {
        await using var store = await TempStore.OpenAsync();
        var settings = new NpgsqlConnectionStringBuilder(StorePlace.ConnectionString(store.Folder)) { Pooling = false };
        using var database = new PostgresDatabase(settings.ConnectionString);
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await using var other = await connection.BeginTransactionAsync();
        await using (var write = new NpgsqlCommand(
            """
            LOCK TABLE writer_turn IN EXCLUSIVE MODE;
            INSERT INTO resource (rid, vid, version, last_updated, tenant, type, deleted, id) VALUES (900, 900, 1, 1, 8, 9, 0, 'x')
            """,
            connection, other))
        {
            await write.ExecuteNonQueryAsync();
        }

        var (there, missing) = (Task.Run(() => database.HasCreated(8, 9, "x")), Task.Run(() => database.HasCreated(8, 9, "y")));
        Assert.False(there.IsCompleted || missing.IsCompleted);
        await other.CommitAsync();
        Assert.True(await there);
        Assert.False(await missing);
    }
}
