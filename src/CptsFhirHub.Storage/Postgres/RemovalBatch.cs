using Npgsql;

namespace CptsFhirHub.Storage.Postgres;

/// <summary>
/// The rows of many resources that are to go from one table, but for those that stay, as one command: it reads the rows of each resource by the
/// index that has them together, and compares them with what stays in memory.
/// </summary>
internal sealed class RemovalBatch(RowRemoval removal) : IWaitingRows
{
    private readonly string _all = $"DELETE FROM {removal.Table} w WHERE w.rid = ANY($1)";
    private readonly string _others = Others(removal);
    private readonly RowBatch _staying = new(sql: "");
    private readonly List<BoundValue> _row = [];
    private List<long> _resources = [];

    public bool IsEmpty => _resources.Count == 0;

    public void Add(long rid, List<IReadOnlyList<object?>> staying)
    {
        _resources.Add(rid);
        foreach (var row in staying)
        {
            _row.Clear();
            _row.Add(new(ValueKind.Number, Number: rid));
            for (var i = 0; i < removal.Telling.Count; i++)
                _row.Add(BoundValue.Of(row[removal.First + i]));
            _staying.Add(_row);
        }
    }

    public NpgsqlBatchCommand Take()
    {
        var command = new NpgsqlBatchCommand(_staying.Rows == 0 ? _all : _others);
        command.Parameters.Add(RowBatch.Numbers([.. _resources]));
        _staying.AddTo(command);
        _resources = [];
        return command;
    }

    private static string Others(RowRemoval removal)
    {
        var columns = string.Join(", ", removal.Telling);
        var parameters = string.Join(", ", Enumerable.Range(2, removal.Telling.Count + 1).Select(number => $"${number}"));
        var same = string.Join(" AND ", removal.Telling.Select(column => $"s.{column} = w.{column}"));
        return $"""
            DELETE FROM {removal.Table} w WHERE w.rid = ANY($1)
                AND NOT EXISTS (SELECT 1 FROM unnest({parameters}) AS s(rid, {columns}) WHERE s.rid = w.rid AND {same})
            """;
    }
}
