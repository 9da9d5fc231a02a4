using Npgsql;

namespace CptsFhirHub.Bench;

/// <summary>The floor on PostgreSQL: pooled connections with prepared commands, a transaction a write.</summary>
internal sealed class BarePostgres : IBareStore
{
    private readonly NpgsqlDataSource _source;
    private readonly int _tenant;
    private readonly int _type;

    public BarePostgres(string connectionString)
    {
        _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { MaxAutoPrepare = 10, AutoPrepareMinUsages = 2 });
        using var connection = _source.OpenConnection();
        using var command = new NpgsqlCommand("CREATE TABLE IF NOT EXISTS bench_bare (id text PRIMARY KEY, json bytea NOT NULL)", connection);
        command.ExecuteNonQuery();
        command.CommandText = "SELECT tenant, type FROM resource WHERE id = 'bench-p0'";
        using var row = command.ExecuteReader();
        row.Read();
        (_tenant, _type) = (row.GetInt32(0), row.GetInt32(1));
    }

    public byte[]? Read(string id)
    {
        using var connection = _source.OpenConnection();
        using var command = new NpgsqlCommand(IBareStore.Select, connection);
        command.Parameters.AddWithValue("tenant", _tenant);
        command.Parameters.AddWithValue("type", _type);
        command.Parameters.AddWithValue("id", id);
        return command.ExecuteScalar() as byte[];
    }

    public string Write(byte[] json)
    {
        var id = Guid.CreateVersion7().ToString();
        using var connection = _source.OpenConnection();
        using var command = new NpgsqlCommand(IBareStore.Insert, connection);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("json", json);
        command.ExecuteNonQuery();
        return id;
    }

    public void Dispose() => _source.Dispose();
}
