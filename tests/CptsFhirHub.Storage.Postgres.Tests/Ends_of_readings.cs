using CptsFhirHub.Storage.Postgres;
using CptsFhirHub.Storage.Sql;
using CptsFhirHub.Tests;
using Npgsql;

namespace CptsFhirHub.Storage.Tests.Postgres;

/// <summary>The end of a reading travels with its last question: the server holds nothing open for it afterwards, whatever became of that question.</summary>
public sealed class Ends_of_readings : IDisposable
{
    private readonly string _name = $"ends of readings {Guid.NewGuid():N}";
    private readonly PostgresDatabase _database;
    private readonly Session _session;

    public Ends_of_readings()
    {
        var folder = Path.Combine(Path.GetTempPath(), _name);
        var settings = new NpgsqlConnectionStringBuilder(StorePlace.ConnectionString(folder)) { ApplicationName = _name };
        _database = new(settings.ConnectionString);
        _session = _database.Open(isReader: true);
        StorePlace.Forget(folder);
    }

    public void Dispose()
    {
        _session.Dispose();
        _database.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_is_open_when_the_last_question_is_answered_to_its_end_or_not(bool isReadToItsEnd)
    {
        _session.BeginReading();
        Assert.Equal(7, _session.Scalar("SELECT 7"));
        _session.EndReadingWithNext();
        var last = _session.Get("SELECT n FROM generate_series(1, 5) n");
        for (var row = 0; row < (isReadToItsEnd ? 6 : 2); row++)
            last.Next();
        _session.EndReading();
        Assert.Equal("idle", State());
        Answers();
    }

    [Fact]
    public void A_question_after_the_last_is_answered_all_the_same()
    {
        _session.BeginReading();
        _session.EndReadingWithNext();
        var last = _session.Get("SELECT n FROM generate_series(1, 3) n");
        Assert.True(last.Next());
        Assert.Equal(8, _session.Scalar("SELECT 8"));
        Assert.True(last.Next());
        Assert.Equal(2, last.Long(0));
        _session.EndReading();
        Assert.Equal("idle", State());
        Answers();
    }

    [Fact]
    public void Nothing_is_open_when_the_last_question_fails_or_never_comes()
    {
        _session.BeginReading();
        _session.EndReadingWithNext();
        Assert.Throws<StoreUnavailableException>(() => _session.Scalar("SELECT 1 / (SELECT 0)"));
        _session.EndReading();
        Assert.Equal("idle", State());

        _session.BeginReading();
        Assert.Equal(7, _session.Scalar("SELECT 7"));
        _session.EndReadingWithNext();
        _session.EndReading();
        Assert.Equal("idle", State());
        Answers();
    }

    [Fact]
    public void Questions_that_are_asked_together_may_be_the_last()
    {
        _session.BeginReading();
        _session.EndReadingWithNext();
        _session.Foresee(() =>
        {
            _session.RestsOn(new(TouchedKind.Beginning, 0));
            Assert.Null(_session.Scalar("SELECT 9::bigint"));
        });
        Assert.Equal("idle", State());
        Assert.Equal(9, _session.Scalar("SELECT 9::bigint"));
        _session.EndReading();
        Answers();
    }

    [Fact]
    public void A_question_that_is_all_of_a_reading_needs_no_transaction_and_what_follows_it_sees_one_moment_again()
    {
        const string isolation = "SELECT CASE current_setting('transaction_isolation') WHEN 'read committed' THEN 1 ELSE 2 END";
        _session.BeginReading();
        _session.EndReadingWithNext();
        Assert.Equal(1, _session.Scalar(isolation));
        Assert.Equal("idle", State());

        _session.ReadOn();
        Assert.Equal(2, _session.Scalar(isolation));
        Assert.Equal("idle in transaction", State());
        _session.EndReadingWithNext();
        Assert.Equal(2, _session.Scalar(isolation));
        Assert.Equal("idle", State());

        _session.ReadOn();
        Assert.Equal(2, _session.Scalar(isolation));
        _session.EndReading();
        Assert.Equal("idle", State());
        Answers();
    }

    /// <summary>A whole reading goes through as if nothing had been before.</summary>
    private void Answers()
    {
        _session.BeginReading();
        Assert.Equal(5, _session.Scalar("SELECT 5"));
        _session.EndReading();
        Assert.Equal("idle", State());
        Assert.False(_session.IsBroken);
    }

    /// <summary>What the server says of the one connection.</summary>
    private string? State()
    {
        using var connection = new NpgsqlConnection(Environment.GetEnvironmentVariable("HUB_TEST_PG"));
        connection.Open();
        using var command = new NpgsqlCommand("SELECT state FROM pg_stat_activity WHERE application_name = $1", connection);
        command.Parameters.Add(new() { Value = _name });
        return (string?)command.ExecuteScalar();
    }
}
