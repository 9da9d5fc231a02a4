using System.Diagnostics;
using CptsFhirHub.Storage.Sql;
using Npgsql;

namespace CptsFhirHub.Storage.Postgres;

/// <summary>
/// A command of a <see cref="PostgresSession"/>. Rows are read as they come; when the session needs its connection for another command
/// in between, the rest is taken into memory first.
/// </summary>
internal sealed class PostgresStatement(PostgresSession session, string sql) : Statement, IDisposable
{
    private readonly List<BoundValue> _values = [];
    private readonly NpgsqlCommand _command = new() { CommandText = Spelling.Of(sql) };
    private NpgsqlDataReader? _reader;
    private List<object?[]>? _kept;
    private int _row;

    /// <summary>The rows that wait for this change of a row told by its keys; made when they are first wanted.</summary>
    private RowBatch? _together;

    /// <summary>The rows that wait for this insert and are known not to be there.</summary>
    private RowBatch? _new;

    /// <summary>The rows of this insert that wait to be sent together; null when it is no such insert.</summary>
    public RowBatch? Batch { get; } = Spelling.OfManyRows(sql) is { } many ? new(many) : null;

    public string Sql => _command.CommandText;

    public override Statement Add(long value) => Bind(new(ValueKind.Number, Number: value));

    public override Statement Add(double value) => Bind(new(ValueKind.Real, Real: value));

    /// <summary>PostgreSQL has no U+0000 in texts. What is kept holds none; a question or a sender's key may, and then finds nothing.</summary>
    public override Statement Add(string? value) =>
        Bind(new(ValueKind.Text, Other: value is null ? null : Fit(value)));

    public override Statement Add(long[] values) => Bind(new(ValueKind.Numbers, Other: values));

    public override Statement Add(string[] values) => Bind(new(ValueKind.Texts, Other: Array.ConvertAll(values, Fit)));

    public override Statement Add(ReadOnlySpan<byte> value) => Bind(new(ValueKind.Bytes, Other: value.ToArray()));

    public override Statement Add(long? value) => Bind(new(ValueKind.Number, Number: value ?? 0, IsNull: value is null));

    public override Statement AddBytes(byte[]? value) => Bind(new(ValueKind.Bytes, Other: value));

    public override int Run()
    {
        var changed = session.Run(this);
        Reset();
        return changed;
    }

    public override void Send()
    {
        session.Send(this, Batch, _values);
        _values.Clear();
    }

    public override void SendNew()
    {
        _new ??= new(Spelling.OfManyRows(sql, mayBeThere: false) ?? throw new NotSupportedException("This is no insert of a row.")) { IsOnce = true };
        session.Send(this, _new, _values);
        _values.Clear();
    }

    public override void SendTogether()
    {
        _together ??= Batch ?? new(Spelling.OfManyKeys(sql) ?? throw new NotSupportedException("This is no change of a row told by its keys."));
        session.Send(this, _together, _values);
        _values.Clear();
    }

    public override bool Next()
    {
        if (_kept is null && _reader is null && session.Foreseen(this, _values) is { } foreseen)
            (_kept, _row) = (foreseen, -1);
        if (_kept is not null)
        {
            if (++_row < _kept.Count)
                return true;
            Reset();
            return false;
        }

        try
        {
            _reader ??= session.Query(this);
            if (_reader.Read())
                return true;
        }
        catch (Exception failure)
        {
            Reset();
            throw session.Failure(failure);
        }

        Reset();
        return false;
    }

    public override void Reset()
    {
        _values.Clear();
        _kept = null;
        if (_reader is null)
            return;
        var reader = _reader;
        _reader = null;
        session.Close(this, reader);
    }

    /// <summary>Takes the row that stands and all the others into memory: the connection is needed.</summary>
    public void Keep()
    {
        var reader = _reader ?? throw new UnreachableException();
        var rows = new List<object?[]>();
        try
        {
            do
            {
                var row = new object?[reader.FieldCount];
                for (var column = 0; column < row.Length; column++)
                    row[column] = reader.IsDBNull(column) ? null : reader.GetValue(column);
                rows.Add(row);
            }
            while (reader.Read());
        }
        catch (Exception failure) when (failure is NpgsqlException or IOException)
        {
            throw session.Failure(failure);
        }
        finally
        {
            _reader = null;
            session.Close(this, reader);
        }

        (_kept, _row) = (rows, 0);
    }

    /// <summary>The command with its values.</summary>
    public NpgsqlCommand Command()
    {
        var parameters = _command.Parameters;
        for (var i = 0; i < _values.Count; i++)
        {
            var used = i < parameters.Count ? parameters[i] : null;
            var parameter = _values[i].Parameter(used);
            if (used is null)
                parameters.Add(parameter);
            else if (used != parameter)
                parameters[i] = parameter;
        }

        return _command;
    }

    /// <summary>The command with its values as a part of a batch.</summary>
    public NpgsqlBatchCommand BatchCommand()
    {
        var command = new NpgsqlBatchCommand(_command.CommandText);
        foreach (var value in _values)
            command.Parameters.Add(value.Parameter(used: null));
        return command;
    }

    public override long Long(int column) => _kept is null
        ? _reader!.GetInt64(column)
        : Convert.ToInt64(_kept[_row][column], System.Globalization.CultureInfo.InvariantCulture);

    public override int Int(int column) => checked((int)Long(column));

    public override double Double(int column) => _kept is null ? _reader!.GetDouble(column) : (double)_kept[_row][column]!;

    public override bool IsNull(int column) => _kept is null ? _reader!.IsDBNull(column) : _kept[_row][column] is null;

    public override string Text(int column) => _kept is null ? _reader!.GetString(column) : (string)_kept[_row][column]!;

    public override byte[] Blob(int column) => _kept is null ? _reader!.GetFieldValue<byte[]>(column) : (byte[])_kept[_row][column]!;

    public override object? Any(int column)
    {
        var value = _kept is null ? (_reader!.IsDBNull(column) ? null : _reader.GetValue(column)) : _kept[_row][column];
        return value is int number ? (long)number : value;
    }

    public void Dispose() => _command.Dispose();

    private static string Fit(string value) => value.Contains('\0', StringComparison.Ordinal) ? value.Replace('\0', '\uFFFD') : value;

    private PostgresStatement Bind(BoundValue value)
    {
        _values.Add(value);
        return this;
    }
}
