using System.Globalization;
using CptsFhirHub.Storage.Migrations.Postgres;
using CptsFhirHub.Storage.Sql;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CptsFhirHub.Storage.Postgres;

/// <summary>A PostgreSQL server, which several hubs may share.</summary>
internal sealed class PostgresDatabase : Database
{
    /// <summary>Everyday commands are prepared by the driver at their second use, and stay so on their connection.</summary>
    private const int PreparedMax = 256;

    private const int ConnectSeconds = 5;
    private const int CommandSeconds = 60;

    /// <summary>Looks at a transaction whose end is unknown, with <see cref="ResolvePauseMs"/> between them.</summary>
    private const int ResolveTries = 8;

    private const int ResolvePauseMs = 250;

    /// <summary>
    /// What is longer than some 2 kB is packed as it is stored, by lz4 in less than half the time of the server's own way. A server before 14, or built
    /// without it, goes on as it does; both read what either has packed.
    /// </summary>
    private const string PackQuickly =
        """
        SELECT set_config(name, 'lz4', false) FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)
        """;

    private readonly NpgsqlDataSource _source;
    private readonly string _connectionString;

    public PostgresDatabase(string connectionString)
    {
        // The text may hold a password, and what its reader says of it too: neither is repeated.
        var settings = Read(connectionString)
            ?? throw new ArgumentException("The connection string of the storage is not one of PostgreSQL.", nameof(connectionString));

        // The readers' pool is our own: a connection keeps its prepared commands, and is looked after for as long as it lives.
        settings.Pooling = false;
        settings.Enlist = false;
        settings.IncludeErrorDetail = false;
        settings.Timeout = Math.Min(settings.Timeout, ConnectSeconds);
        settings.CommandTimeout = CommandSeconds;
        settings.MaxAutoPrepare = PreparedMax;
        settings.AutoPrepareMinUsages = 2;
        settings.ApplicationName ??= "cpts-fhir-hub";
        _connectionString = settings.ConnectionString;
        Schema = settings.SearchPath?.Split(',')[0].Trim();
        _source = NpgsqlDataSource.Create(settings);

        // A read waits for the server on the thread that asked. All readers must be able to wait while others go on.
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, 2 * ReadersMax), ports);
    }

    public override int ReadersMax => 32;

    public override int IdleReadersMax => 16;

    public override bool ReadsTogether => true;

    /// <summary>The schema that the connection string names first; null: the server's default.</summary>
    private string? Schema { get; }

    public override Session Open(bool isReader)
    {
        var connection = Connect();
        try
        {
            Configure(connection, isReader);
            return new PostgresSession(this, connection, isWriter: !isReader);
        }
        catch (Exception failure)
        {
            connection.Dispose();
            if (failure is NpgsqlException lost)
                throw lost is PostgresException refused ? Unavailable(refused) : Lost();
            throw;
        }
    }

    public override async Task MigrateAsync(CancellationToken cancellationToken)
    {
        using var connection = Connect();

        // Two hubs that start at once: the second waits, and finds the work done. The lock ends with the connection.
        await RunAsync(connection, "SELECT pg_advisory_lock(hashtext('cpts-fhir-hub migrations'), hashtext(current_schema()))", cancellationToken);
        switch (await LatestAsync(connection, cancellationToken))
        {
            case LatestMigration.Id:
                return;
            case null when await HasNoTablesAsync(connection, cancellationToken):
                await RunAsync(connection, LatestMigration.Script(), cancellationToken);
                return;
            case { } newer when IsNewer(newer, LatestMigration.Id):
                throw StoreUnavailableException.Newer(newer);
            default:
                await using (var context = PostgresContext.Of(_connectionString, Schema))
                    await context.Database.MigrateAsync(cancellationToken);
                return;
        }
    }

    public override Task BackUpAsync(string file, CancellationToken cancellationToken) =>
        PostgresTool.RunAsync("pg_dump", _connectionString, ["--format=custom", "--no-owner", "--schema", SchemaName(), "--file", file], cancellationToken);

    public override async Task RestoreAsync(string file, CancellationToken cancellationToken)
    {
        using (var connection = Connect())
        {
            await RunAsync(connection, $"CREATE SCHEMA IF NOT EXISTS {SchemaName()}", cancellationToken);
            if (!await HasNoTablesAsync(connection, cancellationToken))
                throw new InvalidOperationException("The database holds tables already: a backup is restored into one that holds nothing.");
        }

        await PostgresTool.RunAsync(
            "pg_restore", _connectionString,
            ["--no-owner", "--single-transaction", "--exit-on-error", "--schema", SchemaName(), "--dbname", new NpgsqlConnectionStringBuilder(_connectionString).Database ?? "", file],
            cancellationToken);
    }

    /// <summary>What became of a transaction whose COMMIT was not answered.</summary>
    public bool HasCommitted(long transaction) => Resolve(
        $"SELECT pg_xact_status('{transaction.ToString(CultureInfo.InvariantCulture)}'::xid8)", static status => status switch
        {
            "in progress" => null,
            _ => status is "committed",
        });

    /// <summary>
    /// The same of one whose number was not told: it is over when the turn to write is free, and was committed when what it created is there.
    /// </summary>
    public bool HasCreated(long tenant, long type, string id) => Resolve(
        $"""
        SET lock_timeout = '20s';
        BEGIN;
        LOCK TABLE writer_turn IN EXCLUSIVE MODE;
        SELECT rid FROM resource WHERE tenant = {tenant.ToString(CultureInfo.InvariantCulture)} AND type = {type.ToString(CultureInfo.InvariantCulture)} AND id = @id;
        COMMIT
        """,
        static rid => rid is not null,
        new("id", id));

    /// <param name="told">What the answer says; null when it is too early to say.</param>
    private bool Resolve(string question, Func<object?, bool?> told, NpgsqlParameter? value = null)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                using var connection = Connect();
                using var command = new NpgsqlCommand(question, connection);
                if (value is not null)
                    command.Parameters.Add(value.Clone());
                if (told(command.ExecuteScalar()) is { } answer)
                    return answer;
            }
            catch (Exception failure) when (failure is NpgsqlException or StoreUnavailableException && tries < ResolveTries)
            {
                // It comes back, or it does not: then the sender learns that nothing is certain, and repeats.
            }

            if (tries == ResolveTries)
                throw new StoreUnavailableException(StoreUnavailableException.Uncertain, "The database did not say whether it committed.");
            Thread.Sleep(ResolvePauseMs);
        }
    }

    public override void Dispose() => _source.Dispose();

    public static StoreUnavailableException Lost() =>
        new("08000", "The connection to the database was lost or refused.", mayBeTriedAgain: true);

    public static StoreUnavailableException Unavailable(PostgresException refused)
    {
        // Messages on data (class 22) quote it; deadlocks and the like (40), a server that goes (08, 57P) and one whose connections are all
        // taken for the moment are worth another try.
        var isOnData = refused.SqlState.StartsWith("22", StringComparison.Ordinal);
        var mayBeTriedAgain = refused.SqlState[..2] is "40" or "08" || refused.SqlState.StartsWith("57P", StringComparison.Ordinal)
            || refused.SqlState == PostgresErrorCodes.TooManyConnections;
        return new(refused.SqlState, isOnData ? "The database refused a value." : refused.MessageText, mayBeTriedAgain);
    }

    /// <summary>The schema, in the letters of an identifier: it becomes a part of commands.</summary>
    private string SchemaName()
    {
        var name = Schema ?? "public";
        return name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '_')
            ? name
            : throw new InvalidOperationException("The schema's name must be of small letters, digits and underscores.");
    }

    private static NpgsqlConnectionStringBuilder? Read(string connectionString)
    {
        try
        {
            return new(connectionString);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private NpgsqlConnection Connect()
    {
        try
        {
            return _source.OpenConnection();
        }
        catch (PostgresException refused)
        {
            throw Unavailable(refused);
        }
        catch (Exception failure) when (failure is NpgsqlException or IOException or TimeoutException)
        {
            throw Lost();
        }
    }

    private static void Configure(NpgsqlConnection connection, bool isReader)
    {
        // A plan for a short query is not worth compiling; nobody waits for ever for another's lock.
        using var command = new NpgsqlCommand("SET jit = off; SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = '60s'", connection);
        if (isReader)
        {
            command.CommandText += "; SET default_transaction_read_only = on; SET statement_timeout = '60s'";
            command.ExecuteNonQuery();
            return;
        }

        // What the writer asks and changes is told by keys: planned anew for each set of rows it would cost a fifth of an update. The plan that is kept
        // must not be that of a table that was small then, read from end to end.
        command.CommandText += $"; SET synchronous_commit = on; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET random_page_cost = 1.1; {PackQuickly}";
        command.ExecuteNonQuery();
        command.CommandText =
            """
            SELECT current_setting('synchronous_commit') = 'on' AND current_setting('fsync') = 'on'
                AND current_setting('full_page_writes') = 'on' AND current_setting('server_encoding') = 'UTF8' AND NOT pg_is_in_recovery()
            """;
        if (command.ExecuteScalar() is not true)
        {
            throw new StoreUnavailableException(
                "durability", "PostgreSQL must run with fsync=on and full_page_writes=on, be in UTF8, and not be a standby.");
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<string?> LatestAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""SELECT to_regclass('"__EFMigrationsHistory"') IS NOT NULL""", connection);
        if (await command.ExecuteScalarAsync(cancellationToken) is not true)
            return null;
        command.CommandText = """SELECT max("MigrationId") FROM "__EFMigrationsHistory" """;
        return await command.ExecuteScalarAsync(cancellationToken) as string ?? "";
    }

    private static async Task<bool> HasNoTablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()", connection);
        return await command.ExecuteScalarAsync(cancellationToken) is 0L;
    }
}
