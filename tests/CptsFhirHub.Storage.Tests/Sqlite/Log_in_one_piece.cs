using CptsFhirHub.Storage.Sqlite;

namespace CptsFhirHub.Storage.Tests.Sqlite;

/// <summary>Pages of the log that wait to be written together are there for whoever may see them, and for nobody else.</summary>
public sealed class Log_in_one_piece : IDisposable
{
    /// <summary>Rows of a transaction that is many times what waits at once, and what the cache holds.</summary>
    private const int Many = 4_000;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-log-");

    [Fact]
    public void A_large_transaction_reads_what_it_wrote_and_others_only_what_was_committed()
    {
        Assert.NotNull(GatheredLog.Way);
        using var writer = Open("CREATE TABLE thing (id INTEGER PRIMARY KEY, text TEXT)");
        using var reader = SqliteSession.Open(Database, isReader: true);
        writer.BeginWriting();
        Add(writer, 1, Many);
        Assert.Equal((long)Many * (Many + 1) / 2, writer.Scalar("SELECT sum(id) FROM thing WHERE length(text) = 1000"));
        Assert.Equal(0, reader.Scalar("SELECT count(*) FROM thing"));
        writer.Commit();
        Assert.Equal(Many, reader.Scalar("SELECT count(*) FROM thing"));

        // What comes after a transaction that was given up takes its place in the log.
        writer.BeginWriting();
        Add(writer, Many + 1, Many);
        writer.RollBack();
        Assert.Equal(Many, writer.Scalar("SELECT count(*) FROM thing"));
        writer.BeginWriting();
        Add(writer, Many + 1, 1);
        writer.Commit();
        Assert.Equal(Many + 1, reader.Scalar("SELECT count(*) FROM thing"));
        Assert.Equal("ok", Integrity(reader));
    }

    [Fact]
    public void What_was_committed_lies_in_the_files_and_what_was_not_does_not_count()
    {
        using var writer = Open("CREATE TABLE thing (id INTEGER PRIMARY KEY, text TEXT)");
        for (var round = 0; round < 3; round++)
        {
            writer.BeginWriting();
            Add(writer, (round * Many) + 1, Many);
            writer.Commit();
            writer.BeginWriting();
            Add(writer, (round + 1) * Many + 1, Many);

            // The files as they lie on the disk now are what a killed process leaves.
            var crashed = Path.Combine(_folder.CreateSubdirectory($"crashed-{round}").FullName, "hub.db");
            foreach (var end in (string[])["", "-wal"])
                File.Copy(Database + end, crashed + end);
            using (var again = SqliteSession.Open(crashed, isReader: false))
            {
                Assert.Equal((round + 1) * Many, again.Scalar("SELECT count(*) FROM thing"));
                Assert.Equal("ok", Integrity(again));
            }

            writer.RollBack();

            // The log begins anew, once moved into the database and once cut.
            writer.Execute(round == 0 ? "PRAGMA wal_checkpoint(RESTART)" : "PRAGMA wal_checkpoint(TRUNCATE)");
        }

        Assert.Equal(3 * Many, writer.Scalar("SELECT count(*) FROM thing"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_given_up_does_not_come_back_over_what_another_committed(bool isClosed)
    {
        const int some = 100;
        var first = Open("CREATE TABLE thing (id INTEGER PRIMARY KEY, text TEXT)");
        using var second = SqliteSession.Open(Database, isReader: false);
        first.BeginWriting();
        Add(first, 1, some);
        first.RollBack();
        second.BeginWriting();
        Add(second, some + 1, some);
        second.Commit();
        if (!isClosed)
        {
            first.BeginWriting();
            Add(first, 1, 1);
            first.Commit();
        }

        first.Dispose();
        using var reader = SqliteSession.Open(Database, isReader: true);
        Assert.Equal(isClosed ? some : some + 1, reader.Scalar("SELECT count(*) FROM thing"));
        Assert.Equal("ok", Integrity(reader));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Database => Path.Combine(_folder.FullName, "hub.db");

    private SqliteSession Open(string table)
    {
        var writer = SqliteSession.Open(Database, isReader: false);
        writer.Execute("PRAGMA cache_size = 16");
        writer.Execute(table);
        return writer;
    }

    private static void Add(SqliteSession writer, int first, int count)
    {
        for (var id = first; id < first + count; id++)
            writer.Get("INSERT INTO thing (id, text) VALUES (?, ?)").Add((long)id).Add(new string('x', 1000)).Send();
        writer.Flush();
    }

    private static string Integrity(SqliteSession session)
    {
        var statement = session.Get("PRAGMA integrity_check");
        Assert.True(statement.Next());
        var told = statement.Text(0);
        statement.Reset();
        return told;
    }
}
