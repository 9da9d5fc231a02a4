using Microsoft.Data.Sqlite;

namespace CptsFhirHub.Bench;

/// <summary>The floor on the embedded database: a reader a thread, one writer.</summary>
internal sealed class BareSqlite : IBareStore
{
    private readonly string _databaseFile;
    private readonly ThreadLocal<Reader> _readers;
    private readonly Lock _one = new();
    private readonly SqliteCommand _command;
    private readonly SqliteParameter _id;
    private readonly SqliteParameter _json;

    public BareSqlite(string databaseFile)
    {
        _databaseFile = databaseFile;
        _readers = new(() => new(Open()), trackAllValues: true);
        var connection = Open();
        using var create = connection.CreateCommand();
        create.CommandText = "CREATE TABLE IF NOT EXISTS bench_bare (id TEXT PRIMARY KEY, json BLOB NOT NULL) WITHOUT ROWID";
        create.ExecuteNonQuery();
        _command = connection.CreateCommand();
        _command.CommandText = IBareStore.Insert;
        _id = _command.Parameters.Add("@id", SqliteType.Text);
        _json = _command.Parameters.Add("@json", SqliteType.Blob);
        _command.Prepare();
    }

    public byte[]? Read(string id) => _readers.Value!.Read(id);

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

    public void Dispose()
    {
        _command.Connection?.Dispose();
        _readers.Dispose();
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={_databaseFile}");
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

        public Reader(SqliteConnection connection)
        {
            using var numbers = connection.CreateCommand();
            numbers.CommandText = "SELECT tenant, type FROM resource WHERE id = 'bench-p0'";
            using var row = numbers.ExecuteReader();
            row.Read();
            _command = connection.CreateCommand();
            _command.CommandText = IBareStore.Select;
            _command.Parameters.AddWithValue("@tenant", row.GetInt64(0));
            _command.Parameters.AddWithValue("@type", row.GetInt64(1));
            _id = _command.Parameters.Add("@id", SqliteType.Text);
            _command.Prepare();
        }

        public byte[]? Read(string id)
        {
            _id.Value = id;
            return _command.ExecuteScalar() as byte[];
        }
    }
}
