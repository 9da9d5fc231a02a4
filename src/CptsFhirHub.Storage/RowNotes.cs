using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>Notes the rows that would be inserted: table and values. What it is asked, it asks the database.</summary>
internal sealed class RowNotes(Session inner, Action<string, IReadOnlyList<object?>> note) : Session
{
    public override bool IsWriter => true;

    public override bool IsBroken => inner.IsBroken;

    public override bool OthersMayWrite => inner.OthersMayWrite;

    public override Statement Get(string sql) =>
        sql.StartsWith("INSERT INTO ", StringComparison.Ordinal) ? new Note(note, sql.Split(' ', 4)[2]) : inner.Get(sql);

    public override void Execute(string sql) => throw new NotSupportedException();

    public override void BeginReading() => throw new NotSupportedException();

    public override void EndReading() => throw new NotSupportedException();

    public override void BeginWriting() => throw new NotSupportedException();

    public override void Commit() => throw new NotSupportedException();

    public override void RollBack() => throw new NotSupportedException();

    public override void Trim() => inner.Trim();

    public override void Interrupt() => inner.Interrupt();

    public override void TidyUp() => throw new NotSupportedException();

    public override void Dispose()
    {
        // The connection is another's.
    }

    private sealed class Note(Action<string, IReadOnlyList<object?>> note, string table) : Statement
    {
        private readonly List<object?> _values = [];
        private bool _isRead;

        public override Statement Add(long value) => Noted(value);

        public override Statement Add(double value) => Noted(value);

        public override Statement Add(string? value) => Noted(value);

        public override Statement Add(ReadOnlySpan<byte> value) => Noted(value.ToArray());

        public override Statement Add(long? value) => Noted(value);

        public override Statement AddBytes(byte[]? value) => Noted(value);

        public override int Run() => throw new NotSupportedException();

        public override void Send() => note(table, _values);

        /// <summary>A symbol that the database does not have: no row bears this number.</summary>
        public override bool Next() => _isRead = !_isRead;

        public override void Reset()
        {
            // It is used once.
        }

        public override long Long(int column) => -1;

        public override int Int(int column) => -1;

        public override double Double(int column) => -1;

        public override bool IsNull(int column) => false;

        public override string Text(int column) => throw new NotSupportedException();

        public override byte[] Blob(int column) => throw new NotSupportedException();

        public override object? Any(int column) => throw new NotSupportedException();

        private Note Noted(object? value)
        {
            _values.Add(value);
            return this;
        }
    }
}
