using System.Globalization;
using CptsFhirHub.Storage;
using Npgsql;

namespace CptsFhirHub.Bench;

/// <summary>
/// Where the measured hub remembers: a folder and, on PostgreSQL, a schema of its own. Gone with its use, unless it is kept for the next.
/// </summary>
internal sealed class BenchPlace : IDisposable
{
    private const string FilledMark = "filled";
    private readonly string _server;
    private readonly string _schema;
    private readonly bool _isKept;

    private BenchPlace(string provider, string server, string folder, string schema, bool isKept)
    {
        (Provider, _server, Folder, _schema, _isKept) = (provider, server, folder, schema, isKept);
        Directory.CreateDirectory(folder);
        if (IsPostgres)
            Run($"CREATE SCHEMA IF NOT EXISTS {schema}");
    }

    public string Provider { get; }

    public string Folder { get; }

    public bool IsFilled => File.Exists(Path.Combine(Folder, FilledMark));

    public StoreOptions Options => new() { Provider = Provider, ConnectionString = ConnectionString, DataDirectory = Folder };

    /// <summary>The hub's settings for this place.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["Hub__DataDirectory"] = Folder,
        ["Hub__Storage__Provider"] = Provider,
        ["Hub__Storage__ConnectionString"] = ConnectionString,
    };

    /// <summary>What <see cref="BareEndpoint"/> opens.</summary>
    public string Database => IsPostgres ? ConnectionString : Path.Combine(Folder, "hub.db");

    private bool IsPostgres => Provider == StoreOptions.Postgres;

    private string ConnectionString => IsPostgres ? new NpgsqlConnectionStringBuilder(_server) { SearchPath = _schema }.ConnectionString : "";

    /// <summary>A new place; or, when <paramref name="kept"/> names a folder, the one in it for stores of that many resources.</summary>
    public static BenchPlace Of(string provider, string server, string kept, int resources)
    {
        if (kept.Length == 0)
            return new(provider, server, Directory.CreateTempSubdirectory("hub-bench-").FullName, $"bench_{Guid.NewGuid():N}", isKept: false);
        var name = string.Create(CultureInfo.InvariantCulture, $"bench_{provider}_{resources}");
        return new(provider, server, Path.Combine(kept, name), name, isKept: true);
    }

    public void MarkFilled() => File.WriteAllText(Path.Combine(Folder, FilledMark), "");

    /// <summary>What the store takes on the disk.</summary>
    public double Megabytes()
    {
        const double megabyte = 1024 * 1024;
        if (!IsPostgres)
            return new DirectoryInfo(Folder).GetFiles("hub.db*").Sum(file => file.Length) / megabyte;
        using var connection = new NpgsqlConnection(_server);
        connection.Open();
        using var command = new NpgsqlCommand(
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = $1::regnamespace",
            connection);
        command.Parameters.AddWithValue(_schema);
        return (long)command.ExecuteScalar()! / megabyte;
    }

    /// <summary>What a database that has been in use for a day knows of its tables.</summary>
    public void Analyze()
    {
        if (!IsPostgres)
            return;
        using var connection = new NpgsqlConnection(ConnectionString);
        connection.Open();
        using var command = new NpgsqlCommand("ANALYZE", connection) { CommandTimeout = 0 };
        command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        if (_isKept)
            return;
        Directory.Delete(Folder, recursive: true);
        if (IsPostgres)
            Run($"DROP SCHEMA {_schema} CASCADE");
    }

    private void Run(string sql)
    {
        using var connection = new NpgsqlConnection(_server);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.ExecuteNonQuery();
    }
}
