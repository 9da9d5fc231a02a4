using Npgsql;

namespace CptsFhirHub.Storage.Postgres;

/// <summary>Transactions that ask nothing: written down while another is under way, and sent whole.</summary>
internal sealed partial class PostgresSession
{
    /// <summary>
    /// Stops the transaction unless that is the last version. The version with the highest key is the current one of its resource, which no erasure
    /// takes away: who writes any makes it higher.
    /// </summary>
    private const string IsLast = "SELECT 1 / (coalesce(max(vid), 0) = $1)::int FROM resource_version";

    /// <summary>True while a transaction is written down that asks nothing.</summary>
    private bool _isPacking;

    private (long Tenant, long Type, string Id)? _created;
    private (long Tenant, long Type, string Id)? _flying;

    public override bool CanFly => true;

    public override bool IsFull => _waiting >= WaitingMax / 4;

    public override void BeginFlight(long version)
    {
        (_isPacking, _created) = (true, null);
        _foreseen.Clear();
        _queue.Add(new("BEGIN"));
        _queue.Add(new(TakeTurn));
        var check = new NpgsqlBatchCommand(IsLast);
        check.Parameters.Add(new BoundValue(ValueKind.Number, Number: version).Parameter(used: null));
        _queue.Add(check);
    }

    public override void Created(long tenant, long type, string id) => _created = (tenant, type, id);

    public override void Seal()
    {
        EndRows();
        _queue.Add(new("COMMIT"));
        Batch(last: null);
        (_isPacking, _flying) = (false, _created);
    }

    public override void Fly()
    {
        CountTables();
        (_isInTransaction, _isEnding, _hasFailed) = (true, false, false);
        try
        {
            Guarded(_batch, static batch => batch.ExecuteNonQuery());
            _running = null;
        }
        catch (StoreUnavailableException) when (IsLost)
        {
            // As at any commit: only the server knows, and what it took must not be written again.
            if (_flying is not { } created || !_database.HasCreated(created.Tenant, created.Type, created.Id))
                throw;
        }

        _isInTransaction = false;
    }

    /// <summary>What is written down for later must not ask: another transaction is under way on the connection.</summary>
    private void MayAsk()
    {
        if (_isPacking)
            throw new InvalidOperationException("This transaction was to ask nothing.");
    }
}
