using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace CptsFhirHub.Tests;

/// <summary>
/// Where the hubs and stores of this test project remember: in a schema of a PostgreSQL database, one for each folder.
/// HUB_TEST_PG is its connection string; <c>tools/postgres.sh</c> starts one.
/// </summary>
internal static class StorePlace
{
    public const string Provider = "postgres";

    private static readonly string Server = Environment.GetEnvironmentVariable("HUB_TEST_PG") ?? "";
    private static readonly ConcurrentDictionary<string, Lazy<string>> Made = new(StringComparer.Ordinal);

    /// <summary>The folders whose schema may be another's afterwards, and schemas of former ones: emptied, with all their tables.</summary>
    private static readonly ConcurrentDictionary<string, string?> Shared = new(StringComparer.Ordinal);
    private static readonly ConcurrentBag<string> Emptied = [];
    private static string? _shape;

    /// <summary>True when there is no such database here.</summary>
    public static bool IsMissing => Server.Length == 0;

    public static void SkipWhenMissing()
    {
        const string what = "There is no PostgreSQL: install the Debian package 'postgresql', and set HUB_TEST_PG (tools/postgres.sh).";
        var required = (Environment.GetEnvironmentVariable("HUB_TESTS_REQUIRE") ?? "").Split(',').Contains("postgres");
        if (IsMissing && required)
            Assert.Fail($"HUB_TESTS_REQUIRE names postgres. {what}");
        Assert.SkipWhen(IsMissing, what);
    }

    /// <summary>
    /// Says that a store which holds nothing will do for that folder, whoever made its tables: to make and to drop them costs a
    /// quarter of a second, to empty them a few milliseconds.
    /// </summary>
    public static void Reuse(string folder)
    {
        if (!IsMissing)
            Shared[folder] = Emptied.TryTake(out var schema) ? schema : null;
    }

    /// <summary>The connection string of what is kept for that folder.</summary>
    public static string ConnectionString(string folder)
    {
        SkipWhenMissing();
        return Made.GetOrAdd(folder, static place => new(() =>
        {
            var schema = Schema(place);
            Run($"CREATE SCHEMA IF NOT EXISTS {schema}");
            return new NpgsqlConnectionStringBuilder(Server) { SearchPath = schema }.ConnectionString;
        })).Value;
    }

    /// <summary>The folder is gone, and with it all that was kept.</summary>
    public static void Forget(string folder)
    {
        var schema = Schema(folder);
        var isShared = Shared.TryRemove(folder, out _);
        if (!Made.TryRemove(folder, out _))
            return;
        if (isShared && IsEmptied(schema))
            Emptied.Add(schema);
        else
            Run($"DROP SCHEMA {schema} CASCADE");
    }

    private static string Schema(string folder) =>
        Shared.GetValueOrDefault(folder) ?? "t" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..20];

    /// <summary>Empties the tables of that schema; false when they are not those of the others, or somebody still uses them.</summary>
    private static bool IsEmptied(string schema)
    {
        const string shape = """
            SELECT md5(string_agg(what, ' ' ORDER BY what)) FROM (
                SELECT tablename || ' ' || indexname || ' ' || replace(indexdef, @schema, '') FROM pg_indexes WHERE schemaname = @schema
                UNION ALL
                SELECT c.relname || ' ' || a.attname || ' ' || a.atttypid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                WHERE c.relnamespace = @schema::regnamespace AND c.relkind = 'r' AND a.attnum > 0) AS every(what)
            """;
        const string others = """
            SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
            WHERE c.relnamespace = @schema::regnamespace AND l.pid <> pg_backend_pid()
            """;
        using var connection = new NpgsqlConnection(Server);
        connection.Open();
        if (Ask(shape) is not string found || (Interlocked.CompareExchange(ref _shape, found, null) ?? found) != found || Ask(others) is not 0L)
            return false;
        var tables = ((string)Ask("SELECT string_agg(quote_ident(tablename), ' ') FROM pg_tables WHERE schemaname = @schema AND tablename <> '__EFMigrationsHistory'")!).Split(' ');
        var sequences = Ask("SELECT string_agg(quote_ident(sequencename), ' ') FROM pg_sequences WHERE schemaname = @schema") is string names ? names.Split(' ') : [];
        Run(string.Concat([
            .. tables.Select(table => $"DELETE FROM {schema}.{table};"),
            .. sequences.Select(sequence => $"ALTER SEQUENCE {schema}.{sequence} RESTART;")]));
        return true;

        object? Ask(string sql)
        {
            using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddWithValue("schema", schema);
            return command.ExecuteScalar();
        }
    }

    private static void Run(string sql)
    {
        using var connection = new NpgsqlConnection(Server);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
