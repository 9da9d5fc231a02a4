using CptsFhirHub.Storage.Sqlite;

namespace CptsFhirHub.Storage.Tests.Sqlite;

/// <summary>What is bound comes back as it was, whichever way it went: with other rows or alone, in the room for texts or beside it.</summary>
public sealed class Values_as_they_are_bound
{
    private static readonly string Long = new('é', 20_000);

    private static readonly string?[] Texts = ["", "a", null, "Zoë 👵", Long, "a\0b", "\"'", Long + Long];

    [Fact]
    public void Rows_that_are_sent_together()
    {
        using var place = new SqliteFile();
        using var session = place.Open();
        for (var i = 0; i < 100; i++)
        {
            session.Get("INSERT INTO value (number, real, text, bytes) VALUES (?, ?, ?, ?)")
                .Add(long.MaxValue - i).Add(i / 7.0).Add(Texts[i % Texts.Length]).AddBytes(Bytes(i)).Send();
        }

        // A row that nobody sends leaves nothing behind.
        session.Get("INSERT INTO value (number, real, text, bytes) VALUES (?, ?, ?, ?)").Add(1).Add("half");
        var rows = session.Get("SELECT number, real, text, bytes FROM value ORDER BY number DESC");
        for (var i = 0; i < 100; i++)
        {
            Assert.True(rows.Next());
            Assert.Equal(long.MaxValue - i, rows.Long(0));
            Assert.Equal(i / 7.0, rows.Double(1));
            Assert.Equal(Texts[i % Texts.Length], rows.TextOrNull(2));
            Assert.Equal(Bytes(i), rows.IsNull(3) ? null : rows.Blob(3));
        }

        Assert.False(rows.Next());
    }

    [Fact]
    public void Values_of_a_question()
    {
        using var place = new SqliteFile();
        using var session = place.Open();
        foreach (var text in Texts)
        {
            var answer = session.Get("SELECT ?, ?, ?, ?").Add(text).Add(-1.5).AddBytes([0, 255]).Add((long?)null);
            Assert.True(answer.Next());
            Assert.Equal(text, answer.TextOrNull(0));
            Assert.Equal(-1.5, answer.Any(1));
            Assert.Equal([0, 255], answer.Blob(2));
            Assert.Null(answer.LongOrNull(3));
            answer.Reset();
        }
    }

    [Fact]
    public void A_command_that_was_closed_is_refused()
    {
        using var place = new SqliteFile();
        using var session = place.Open();
        var command = session.Get("SELECT ?");
        ((IDisposable)command).Dispose();
        Assert.Throws<StoreUnavailableException>(() => command.Add(1));
        Assert.Throws<StoreUnavailableException>(() => command.Next());
    }

    private static byte[]? Bytes(int i) => (i % 3) switch
    {
        0 => null,
        1 => [],
        _ => [(byte)i, 0, 255],
    };

    private sealed class SqliteFile : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-bound-");

        public SqliteSession Open()
        {
            var session = SqliteSession.Open(Path.Combine(_folder.FullName, "bound.db"), isReader: false);
            session.Execute("CREATE TABLE value (number INTEGER NOT NULL, real REAL NOT NULL, text TEXT, bytes BLOB)");
            return session;
        }

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
