namespace CptsFhirHub.Storage.Sql;

/// <summary>
/// A prepared command. Parameters are bound in order; after the last row has been read it is ready for the next use.
/// Belongs to one <see cref="Session"/> and, with it, to one thread at a time.
/// </summary>
internal abstract class Statement
{
    public abstract Statement Add(long value);

    public abstract Statement Add(double value);

    public abstract Statement Add(string? value);

    public abstract Statement Add(ReadOnlySpan<byte> value);

    public abstract Statement Add(long? value);

    /// <summary>Bytes, or null.</summary>
    public abstract Statement AddBytes(byte[]? value);

    /// <summary>A column of numbers. For questions about many things at once, where <see cref="Database.ReadsTogether"/> says so.</summary>
    public virtual Statement Add(long[] values) => throw new NotSupportedException();

    /// <summary>A column of texts, none of them null.</summary>
    public virtual Statement Add(string[] values) => throw new NotSupportedException();

    public Statement AddAny(object? value) => value switch
    {
        null => throw new ArgumentNullException(nameof(value)),
        long number => Add(number),
        int number => Add(number),
        string text => Add(text),
        double real => Add(real),
        byte[] bytes => Add(bytes),
        _ => throw new ArgumentException($"A parameter cannot be a {value.GetType().Name}.", nameof(value)),
    };

    /// <summary>Runs a command that gives no rows; the rows it changed.</summary>
    public abstract int Run();

    /// <summary>
    /// Runs a command whose outcome nobody asks for. It may wait for the next command that is asked, or for the commit, and be sent with
    /// it; if it fails, that one does.
    /// </summary>
    public abstract void Send();

    /// <summary>
    /// As <see cref="Send"/>, for a row that no other command that waits touches: those of one kind may then go as one command, in any order.
    /// </summary>
    public virtual void SendTogether() => Send();

    /// <summary>
    /// As <see cref="Send"/>, for a row of a resource (its last column) that has none in the database yet: two that say the same are one. What was
    /// sent meanwhile (<see cref="Session.Flights"/>) is in the database.
    /// </summary>
    public virtual void SendNew() => Send();

    /// <summary>Moves to the next row; after the last the statement is reset and false comes back.</summary>
    public abstract bool Next();

    /// <summary>Leaves the remaining rows unread.</summary>
    public abstract void Reset();

    public abstract long Long(int column);

    public abstract int Int(int column);

    public abstract double Double(int column);

    public abstract bool IsNull(int column);

    public abstract string Text(int column);

    public abstract byte[] Blob(int column);

    /// <summary>The value as long, double, string or null: what <see cref="AddAny"/> takes back.</summary>
    public abstract object? Any(int column);

    public long? LongOrNull(int column) => IsNull(column) ? null : Long(column);

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    /// <summary>The first column of the only row, or null when there is none.</summary>
    public long? Scalar()
    {
        if (!Next())
            return null;
        var value = LongOrNull(0);
        Reset();
        return value;
    }
}
