using Npgsql;
using NpgsqlTypes;

namespace CptsFhirHub.Storage.Postgres;

/// <summary>What a parameter is. The database is told, for nulls too: a command is prepared for these types.</summary>
internal enum ValueKind
{
    Number,
    Real,
    Text,
    Bytes,
    Numbers,
    Texts,
}

/// <summary>The value of a parameter, not boxed.</summary>
internal readonly record struct BoundValue(ValueKind Kind, long Number = 0, double Real = 0, object? Other = null, bool IsNull = false)
{
    public bool HasNone => IsNull || (Other is null && Kind is ValueKind.Text or ValueKind.Bytes);

    /// <summary>A parameter with this value: <paramref name="used"/> itself when it fits.</summary>
    /// <param name="used">The parameter of the last time, or null.</param>
    public NpgsqlParameter Parameter(NpgsqlParameter? used)
    {
        if (HasNone)
            return new NpgsqlParameter { NpgsqlDbType = TypeOf(Kind), Value = DBNull.Value };
        switch (Kind)
        {
            case ValueKind.Number:
                var number = used as NpgsqlParameter<long> ?? new() { NpgsqlDbType = NpgsqlDbType.Bigint };
                number.TypedValue = Number;
                return number;
            case ValueKind.Real:
                var real = used as NpgsqlParameter<double> ?? new() { NpgsqlDbType = NpgsqlDbType.Double };
                real.TypedValue = Real;
                return real;
            case ValueKind.Text:
                var text = used as NpgsqlParameter<string> ?? new() { NpgsqlDbType = NpgsqlDbType.Text };
                text.TypedValue = (string)Other!;
                return text;
            case ValueKind.Numbers:
                var numbers = used as NpgsqlParameter<long[]> ?? new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
                numbers.TypedValue = (long[])Other!;
                return numbers;
            case ValueKind.Texts:
                var texts = used as NpgsqlParameter<string[]> ?? new() { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
                texts.TypedValue = (string[])Other!;
                return texts;
            default:
                var bytes = used as NpgsqlParameter<byte[]> ?? new() { NpgsqlDbType = NpgsqlDbType.Bytea };
                bytes.TypedValue = (byte[])Other!;
                return bytes;
        }
    }

    /// <summary>The same value; bytes are compared one by one.</summary>
    public bool IsSame(BoundValue other) => Kind == ValueKind.Bytes && Other is byte[] bytes && other.Other is byte[] others
        ? other.Kind == ValueKind.Bytes && bytes.AsSpan().SequenceEqual(others)
        : Equals(other);

    public void AddTo(ref HashCode code)
    {
        if (Other is byte[] bytes)
            code.AddBytes(bytes);
        else
            code.Add(this);
    }

    /// <summary>A value of a row that was noted.</summary>
    public static BoundValue Of(object? value) => value switch
    {
        long number => new(ValueKind.Number, Number: number),
        double real => new(ValueKind.Real, Real: real),
        string text => new(ValueKind.Text, Other: text),
        byte[] bytes => new(ValueKind.Bytes, Other: bytes),
        _ => throw new ArgumentException("A row cannot be told by such a value.", nameof(value)),
    };

    public static NpgsqlDbType TypeOf(ValueKind kind) => kind switch
    {
        ValueKind.Number => NpgsqlDbType.Bigint,
        ValueKind.Real => NpgsqlDbType.Double,
        ValueKind.Text => NpgsqlDbType.Text,
        _ => NpgsqlDbType.Bytea,
    };
}
