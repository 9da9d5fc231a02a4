using System.Globalization;
using CptsFhirHub.Storage.Sqlite;

namespace CptsFhirHub.Storage.Tests.Sqlite;

/// <summary>A long log is moved into the database while the writer goes on, which begins it anew; whoever looks meanwhile sees what was committed.</summary>
public sealed class Log_moved_beside_the_writer : IDisposable
{
    private const int PageBytes = 4_096 + 24;
    private const int RowsOfACommit = 2_000;

    /// <summary>Pages at which SQLite has the writer move its log itself.</summary>
    private const int PagesOfTheWriter = 18_000;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-moved-");
    private int _rows;

    private string Database => Path.Combine(_folder.FullName, "hub.db");

    [Fact]
    public void The_writer_goes_on_and_begins_its_log_anew_and_what_a_kill_leaves_meanwhile_is_whole()
    {
        using var writer = Open();
        Fill(writer);
        for (var round = 0; round < 3; round++)
            CheckWhatAKillLeaves(round);

        var deadline = DateTime.UtcNow.AddSeconds(60);
        for (var before = 0L; GatheredLog.LengthOf(writer.Handle) is var length && length >= before; before = length)
        {
            Assert.True(DateTime.UtcNow < deadline && length < (long)PagesOfTheWriter * PageBytes, "The log is not begun anew.");
            Thread.Sleep(5);
            Commit(writer, 1);
        }

        using var reader = SqliteSession.Open(Database, isReader: true);
        Assert.Equal(_rows, reader.Scalar("SELECT count(*) FROM thing"));
        CheckWhatAKillLeaves(3);
    }

    [Fact]
    public void A_reader_sees_its_moment_however_often_the_log_is_moved_and_keeps_nobody_waiting()
    {
        using var writer = Open();
        Commit(writer, 1);
        using var reader = SqliteSession.Open(Database, isReader: true);
        reader.BeginReading();
        Assert.Equal(1, reader.Scalar("SELECT count(*) FROM thing"));
        Fill(writer);
        Fill(writer);
        Assert.Equal(1, reader.Scalar("SELECT count(*) FROM thing"));
        reader.EndReading();
        Assert.Equal(_rows, reader.Scalar("SELECT count(*) FROM thing"));
    }

    [Fact]
    public void A_writer_that_closes_while_its_log_is_moved_leaves_all_of_it_in_the_database()
    {
        using (var writer = Open())
        {
            Fill(writer);
            writer.TidyUp();
            Assert.Equal(0, new FileInfo(Database + "-wal").Length);
        }

        using var again = SqliteSession.Open(Database, isReader: false);
        Assert.Equal(_rows, again.Scalar("SELECT count(*) FROM thing"));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private SqliteSession Open()
    {
        var session = SqliteSession.Open(Database, isReader: false);
        session.Execute("CREATE TABLE thing (id INTEGER PRIMARY KEY, text TEXT)");
        return session;
    }

    /// <summary>As many commits as make a log that is moved.</summary>
    private void Fill(SqliteSession writer)
    {
        for (var pages = 0; pages < LogMoving.PagesFrom + 500; pages += RowsOfACommit / 4)
            Commit(writer, RowsOfACommit);
    }

    private void Commit(SqliteSession writer, int rows)
    {
        writer.BeginWriting();
        for (var i = 0; i < rows; i++)
            writer.Get("INSERT INTO thing (id, text) VALUES (?, ?)").Add(++_rows).Add(_rows.ToString(CultureInfo.InvariantCulture).PadRight(1_000, 'x')).Run();
        writer.Commit();
    }

    /// <summary>The files as they lie on the disk now, the database before its log: nothing begins that anew but this thread.</summary>
    private void CheckWhatAKillLeaves(int round)
    {
        var killed = Path.Combine(_folder.CreateSubdirectory(string.Create(CultureInfo.InvariantCulture, $"killed-{round}")).FullName, "hub.db");
        foreach (var end in (string[])["", "-wal"])
            File.Copy(Database + end, killed + end);
        using var again = SqliteSession.Open(killed, isReader: false);
        Assert.Equal(_rows, again.Scalar("SELECT count(*) FROM thing"));
        var integrity = again.Get("PRAGMA integrity_check");
        Assert.True(integrity.Next());
        Assert.Equal("ok", integrity.Text(0));
        integrity.Reset();
    }
}
