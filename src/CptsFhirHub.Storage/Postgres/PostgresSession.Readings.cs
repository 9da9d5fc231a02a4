using Npgsql;

namespace CptsFhirHub.Storage.Postgres;

/// <summary>Readings: one moment for all that is asked, whose beginning and end travel with the questions, or stay unsent where one question is all.</summary>
internal sealed partial class PostgresSession
{
    /// <summary>What begins the reading.</summary>
    private NpgsqlBatchCommand? _beginning;

    public override void BeginReading()
    {
        Begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        _beginning = _queue[^1];
    }

    public override void EndReadingWithNext() => _endsWithNext = _isInTransaction && !IsWriter;

    public override void ReadOn()
    {
        _open?.Reset();
        if (_isEnding || !_isInTransaction)
            BeginReading();
    }

    public override void EndReading()
    {
        // What is left of the last answer is taken first: the end of the transaction stands behind it.
        _open?.Reset();
        if (_isEnding && !_hasFailed && !IsBroken)
            _isInTransaction = false;
        RollBack();
    }

    /// <summary>Asks the last question of a reading, with the end of the transaction behind it. Where something is amiss, <see cref="EndReading"/> asks for that end again.</summary>
    private NpgsqlDataReader QueryLast(PostgresStatement statement)
    {
        // A question alone sees one moment by itself.
        if (_queue is [var only] && only == _beginning && _waiting == 0)
        {
            _queue.Clear();
            (_endsWithNext, _isInTransaction) = (false, false);
            var alone = Guarded(Prepared(statement), static command => command.ExecuteReader());
            _open = statement;
            return alone;
        }

        (_endsWithNext, _isEnding) = (false, true);
        _queue.Add(statement.BatchCommand());
        var reader = Guarded(Batch(new("COMMIT")), static batch => batch.ExecuteReader());
        _open = statement;
        return reader;
    }
}
