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
        if (Made.TryRemove(folder, out _))
            Run($"DROP SCHEMA {Schema(folder)} CASCADE");
    }

    private static string Schema(string folder) =>
        "t" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..20];

    private static void Run(string sql)
    {
        using var connection = new NpgsqlConnection(Server);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
