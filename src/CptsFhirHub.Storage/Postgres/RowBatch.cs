using Npgsql;
using NpgsqlTypes;

namespace CptsFhirHub.Storage.Postgres;

/// <summary>Work on many rows of one table that waits to be sent as one command.</summary>
internal interface IWaitingRows
{
    /// <summary>What there is so far as a command; nothing waits then.</summary>
    NpgsqlBatchCommand Take();
}

/// <summary>Rows for one table that are sent as one command, a column being one array: a tenth of the cost of a command a row.</summary>
internal sealed class RowBatch(string sql) : IWaitingRows
{
    private readonly List<Column> _columns = [];

    public int Rows { get; private set; }

    /// <summary>True when a row that says the same as another of its resource is left out.</summary>
    public bool IsOnce { get; init; }

    public void Add(List<BoundValue> row)
    {
        if (IsOnce && IsThere(row))
            return;
        while (_columns.Count < row.Count)
            _columns.Add(new());
        for (var i = 0; i < row.Count; i++)
            _columns[i].Add(row[i]);
        Rows++;
    }

    /// <summary>Looks back over the rows of the same resource: these came last.</summary>
    private bool IsThere(List<BoundValue> row)
    {
        var last = row.Count - 1;
        for (var at = Rows - 1; at >= 0 && _columns[last].Is(at, row[last]); at--)
        {
            var column = 0;
            while (column < last && _columns[column].Is(at, row[column]))
                column++;
            if (column == last)
                return true;
        }

        return false;
    }

    /// <summary>The rows so far as a command; the batch is empty then.</summary>
    public NpgsqlBatchCommand Take()
    {
        var command = new NpgsqlBatchCommand(sql);
        AddTo(command);
        return command;
    }

    /// <summary>The columns so far become parameters of a command; the batch is empty then.</summary>
    public void AddTo(NpgsqlBatchCommand command)
    {
        foreach (var column in _columns)
            command.Parameters.Add(column.Parameter());
        _columns.Clear();
        Rows = 0;
    }

    /// <summary>A column of numbers.</summary>
    public static NpgsqlParameter Numbers(long[] values) => new NpgsqlParameter<long[]>
    {
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint,
        TypedValue = values,
    };

    /// <summary>Values of one column. A column of numbers becomes one of reals when a real comes: its type in the table says so.</summary>
    private sealed class Column
    {
        private readonly List<BoundValue> _values = [];
        private ValueKind _kind;
        private bool _hasNull;

        public void Add(BoundValue value)
        {
            if (_values.Count == 0 || value.Kind == ValueKind.Real)
                _kind = value.Kind;
            _hasNull |= value.HasNone;
            _values.Add(value);
        }

        /// <summary>A whole number is the same as a real that says so: both go into one column.</summary>
        public bool Is(int row, BoundValue value) => _values[row] is { HasNone: false } one && one.Kind != value.Kind && !value.HasNone
            ? Real(one).Equals(Real(value))
            : _values[row].IsSame(value);

        public NpgsqlParameter Parameter() => _kind switch
        {
            ValueKind.Number => Values(static value => value.Number),
            ValueKind.Real => Values(Real),
            ValueKind.Bytes => Array(static value => (byte[]?)value.Other),
            _ => Array(static value => (string?)value.Other),
        };

        private static double Real(BoundValue value) => value.Kind == ValueKind.Real ? value.Real : value.Number;

        private NpgsqlParameter Values<T>(Func<BoundValue, T> read)
            where T : struct => _hasNull ? Array(value => value.HasNone ? (T?)null : read(value)) : Array(read);

        private NpgsqlParameter<T[]> Array<T>(Func<BoundValue, T> read) => new()
        {
            NpgsqlDbType = NpgsqlDbType.Array | BoundValue.TypeOf(_kind),
            TypedValue = [.. _values.Select(read)],
        };
    }
}
