using System.Globalization;
using System.Text;
using CptsFhirHub.Tests;
using Npgsql;

namespace CptsFhirHub.Storage.Tests.Postgres;

/// <summary>
/// The writer's commands keep their plan. One that was made while a table was empty must not be that of a table that has grown: in the first minute
/// of a store nobody has counted its rows.
/// </summary>
public sealed class Plans_of_the_writer
{
    private const int Rounds = 400;
    private const int Together = 3;
    private const int Rows = Rounds * Together;

    /// <summary>What one tree may have been read for each row; from end to end it would be half of all rows.</summary>
    private const int ReadsMax = 20;

    [Fact]
    public async Task A_store_that_grows_from_nothing_reads_what_it_changes_and_not_all_that_is_there()
    {
        var folder = Directory.CreateTempSubdirectory("hub-plans-").FullName;
        var settings = new NpgsqlConnectionStringBuilder(StorePlace.ConnectionString(folder));
        try
        {
            await using (var store = await TempStore.OpenAsync(folder))
            {
                for (var round = 0; round < Rounds; round++)
                    await RoundAsync(store, round);
            }

            await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
            await ToldAsync(source);
            await using var command = source.CreateCommand(
                """
                SELECT string_agg(place || ': ' || read, ', ') FROM (
                    SELECT relname AS place, seq_tup_read AS read FROM pg_stat_user_tables WHERE schemaname = current_schema()
                    UNION ALL
                    SELECT indexrelname, idx_tup_read FROM pg_stat_user_indexes WHERE schemaname = current_schema()) AS r
                WHERE read > $1
                """);
            command.Parameters.Add(new() { Value = (long)(ReadsMax * Rows) });
            Assert.Equal("", await command.ExecuteScalarAsync() as string ?? "");
        }
        finally
        {
            StorePlace.Forget(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A few messages come, and are settled with what they write; somebody is changed, somebody is sent for.</summary>
    private static async Task RoundAsync(TempStore store, int round)
    {
        var journal = store.Store.Journal;
        var receipts = await Task.WhenAll(Enumerable.Range(0, Together).Select(n => journal.ReceiveAsync(
            new Arrival(TempStore.Tenant, "doctolib", "http", "c", "text/plain", $"{round} {n}", Encoding.UTF8.GetBytes($"{round} {n}")), CancellationToken.None)));
        await Task.WhenAll(receipts.Select((receipt, n) => store.CommitAsync(
            new Write.Create(TempStore.Read("""{"resourceType":"Patient","active":true}"""), Id: $"p-{round}-{n}"),
            new Write.Settle(new(receipt.Message.Id, MessageState.Processed) { Attempts = 0, Resources = [$"Patient/p-{round}-{n}/_history/1"] }))));
        await Task.WhenAll(Enumerable.Range(0, Together).Select(n => store.CommitAsync(new Write.Update(
            TempStore.Read($$"""{"resourceType":"Patient","birthDate":"1950-01-{{(round % 28) + 1:00}}"}"""), string.Create(CultureInfo.InvariantCulture, $"p-{round}-{n}")))));
    }

    /// <summary>The server counts what a connection has read when that has ended.</summary>
    private static async Task ToldAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("SELECT n_tup_ins FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname = 'message'");
        var deadline = DateTime.UtcNow.AddMinutes(1);
        while (await command.ExecuteScalarAsync() is not (long)Rows)
        {
            Assert.True(DateTime.UtcNow < deadline, "The server does not tell what was read.");
            await Task.Delay(20);
        }
    }
}
