using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CptsFhirHub.Bench;

/// <summary>
/// The floor: Kestrel and prepared statements, nothing else. It reads the very bytes that the hub has stored, and writes each body it gets
/// in a durable transaction of its own, in the same database. No rights, no checks, no index, no audit.
/// </summary>
internal static class BareEndpoint
{
    public static async Task RunAsync(string address, string databaseFile)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Urls.Add(address);

        var readers = new ThreadLocal<Reader>(() => new(databaseFile), trackAllValues: true);
        using var writer = new Writer(databaseFile);
        app.MapGet("/health/ready", () => "ready");
        app.MapGet("/fhir/Patient/{id}", (string id) => readers.Value!.Read(id) is { } json
            ? Results.Bytes(json, "application/fhir+json")
            : Results.NotFound());
        app.MapPost("/fhir/Patient", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            return Results.Created($"/fhir/Patient/{writer.Write(body.ToArray())}", value: null);
        });
        await app.RunAsync();
    }

    private static SqliteConnection Open(string databaseFile)
    {
        var connection = new SqliteConnection($"Data Source={databaseFile}");
        connection.Open();
        using var pragma = connection.CreateCommand();
        pragma.CommandText = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;";
        pragma.ExecuteNonQuery();
        return connection;
    }

    private sealed class Reader
    {
        private readonly SqliteCommand _command;
        private readonly SqliteParameter _id;

        public Reader(string databaseFile)
        {
            var connection = Open(databaseFile);
            using var numbers = connection.CreateCommand();
            numbers.CommandText = "SELECT tenant, type FROM resource WHERE id = 'bench-p0'";
            using var row = numbers.ExecuteReader();
            row.Read();
            _command = connection.CreateCommand();
            _command.CommandText =
                "SELECT v.json FROM resource r JOIN resource_version v ON v.vid = r.vid WHERE r.tenant = $tenant AND r.type = $type AND r.id = $id";
            _command.Parameters.AddWithValue("$tenant", row.GetInt64(0));
            _command.Parameters.AddWithValue("$type", row.GetInt64(1));
            _id = _command.Parameters.Add("$id", SqliteType.Text);
            _command.Prepare();
        }

        public byte[]? Read(string id)
        {
            _id.Value = id;
            return _command.ExecuteScalar() as byte[];
        }
    }

    private sealed class Writer : IDisposable
    {
        private readonly Lock _one = new();
        private readonly SqliteCommand _command;
        private readonly SqliteParameter _id;
        private readonly SqliteParameter _json;

        public Writer(string databaseFile)
        {
            var connection = Open(databaseFile);
            using var create = connection.CreateCommand();
            create.CommandText = "CREATE TABLE IF NOT EXISTS bench_bare (id TEXT PRIMARY KEY, json BLOB NOT NULL) WITHOUT ROWID";
            create.ExecuteNonQuery();
            _command = connection.CreateCommand();
            _command.CommandText = "INSERT INTO bench_bare (id, json) VALUES ($id, $json)";
            _id = _command.Parameters.Add("$id", SqliteType.Text);
            _json = _command.Parameters.Add("$json", SqliteType.Blob);
            _command.Prepare();
        }

        public string Write(byte[] json)
        {
            var id = Guid.CreateVersion7().ToString();
            lock (_one)
            {
                _id.Value = id;
                _json.Value = json;
                _command.ExecuteNonQuery();
            }

            return id;
        }

        public void Dispose() => _command.Connection?.Dispose();
    }
}
