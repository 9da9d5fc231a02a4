using CptsFhirHub.Storage.Postgres;
using CptsFhirHub.Tests;
using Npgsql;

namespace CptsFhirHub.Storage.Tests.Postgres;

/// <summary>The server ends connections while the hub works, as it does when it is restarted.</summary>
public sealed class Lost_connections
{
    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    [Theory]
    [InlineData("40P01", true)]
    [InlineData("57P01", true)]
    [InlineData("08006", true)]
    [InlineData("53300", true)]
    [InlineData("53100", false)]
    [InlineData("22P02", false)]
    public void What_may_go_through_a_moment_later_is_tried_again_and_no_value_is_told(string state, bool isTriedAgain)
    {
        var told = PostgresDatabase.Unavailable(new("a value: 1 23 45", "ERROR", "ERROR", state));
        Assert.Equal((state, isTriedAgain), (told.Code, told.MayBeTriedAgain));
        Assert.Equal(state.StartsWith("22", StringComparison.Ordinal), !told.Message.Contains("1 23 45", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_once_and_what_was_refused_is_tried_again_by_the_sender()
    {
        await using var store = await TempStore.OpenAsync();
        var server = new NpgsqlConnectionStringBuilder(StorePlace.ConnectionString(store.Folder)) { Pooling = false };
        using var end = new CancellationTokenSource();
        var killed = 0L;
        var killer = Task.Run(async () =>
        {
            await using var connection = new NpgsqlConnection(server.ConnectionString);
            await connection.OpenAsync();
            await using var kill = new NpgsqlCommand(
                """
                SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                WHERE c.relnamespace = current_schema()::regnamespace AND l.pid <> pg_backend_pid() AND l.pid IN
                    (SELECT pid FROM pg_stat_activity WHERE application_name = 'cpts-fhir-hub')
                """,
                connection);
            while (!end.IsCancellationRequested)
            {
                Interlocked.Add(ref killed, (long)(await kill.ExecuteScalarAsync())!);
                await Task.Delay(40);
            }
        });

        // However fast they are: they write until one of their connections was ended.
        var refused = 0;
        var written = new int[8];
        var writers = Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
        {
            for (var i = 0; i < 10 || Interlocked.Read(ref killed) == 0; i++)
            {
                written[n] = i + 1;
                var (system, json) = ($"urn:w{n}", $$"""{"resourceType":"Patient","identifier":[{"system":"urn:w{{n}}","value":"{{i}}"}]}""");
                while (true)
                {
                    try
                    {
                        // Half of them create under a condition, which a sender may repeat; the others are told exactly what became of them.
                        var condition = i % 2 == 0 ? TempStore.ByIdentifier("Patient", system, i.ToString()) : null;
                        var result = await store.CommitAsync(new Write.Create(TempStore.Read(json), condition));
                        Assert.True(result.Committed);
                        break;
                    }
                    catch (StoreUnavailableException failure)
                    {
                        Assert.NotEqual("08007", failure.Code);
                        Interlocked.Increment(ref refused);
                    }
                }
            }
        })).ToList();
        await Task.WhenAll(writers);
        await end.CancelAsync();
        await killer;

        for (var n = 0; n < written.Length; n++)
            for (var i = 0; i < written[n]; i++)
                Assert.Single(await store.FindAsync(TempStore.ByIdentifier("Patient", $"urn:w{n}", i.ToString())));
        Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
        Assert.True(await store.Store.IsReadyAsync(CancellationToken.None));
    }
}
