using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using SQLitePCL;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>
/// Rows for one table that wait for each other. A command of many rows opens its trees once, and rows that belong at the end of one are
/// put there without a search from its root.
/// </summary>
/// <param name="into">The command up to its rows.</param>
/// <param name="values">One row, in parentheses.</param>
/// <param name="rest">What follows the rows.</param>
/// <param name="width">Parameters of a row.</param>
internal sealed partial class RowInsert(SqliteSession session, string into, string values, string rest, int width) : IDisposable
{
    /// <summary>Rows of one command: a few sizes, so that all of them stay prepared.</summary>
    private static readonly int[] Sizes = [32, 8, 2, 1];

    private readonly List<SqliteValue> _values = [];
    private readonly sqlite3_stmt?[] _commands = new sqlite3_stmt?[Sizes.Length];

    public int Rows => _values.Count / width;

    /// <summary>The rows that this command would insert; null when it is no INSERT of one row.</summary>
    public static RowInsert? Of(SqliteSession session, string sql)
    {
        var insert = InsertOfOneRow().Match(sql);
        if (!insert.Success)
            return null;
        var row = insert.Groups["row"].Value;

        // FAIL, and not the ABORT of a plain INSERT: that keeps a copy of each page in case it must undo the rows before the one at fault.
        // Here the whole transaction is undone then.
        return new(session, "INSERT OR FAIL" + insert.Groups["into"].Value, row, insert.Groups["rest"].Value, row.Count('?'));
    }

    public void Add(List<SqliteValue> row) => _values.AddRange(CollectionsMarshal.AsSpan(row));

    /// <summary>Sends all rows that wait.</summary>
    public void Flush()
    {
        var at = 0;
        try
        {
            for (var size = 0; at < _values.Count; size++)
                for (var take = Sizes[size] * width; _values.Count - at >= take; at += take)
                    Run(_commands[size] ??= session.Prepare(Text(Sizes[size])), at, take);
        }
        finally
        {
            _values.Clear();
        }
    }

    public void Clear() => _values.Clear();

    public void Dispose()
    {
        foreach (var command in _commands)
            command?.Dispose();
    }

    private void Run(sqlite3_stmt command, int from, int count)
    {
        try
        {
            var row = CollectionsMarshal.AsSpan(_values).Slice(from, count);
            var handle = command.DangerousGetHandle();
            var texts = session.Texts;
            var written = 0;
            for (var i = 0; i < row.Length; i++)
            {
                ref readonly var value = ref row[i];
                if (value.IsLong)
                {
                    session.Check(SqliteNative.Bind(handle, i + 1, value.Long));
                }
                else if (value.Other is string { Length: > 0 } text && Encoding.UTF8.TryGetBytes(text, texts.AsSpan(written), out var length))
                {
                    session.Check(SqliteNative.BindWhereItIs(handle, i + 1, texts, written, length));
                    written += length;
                }
                else if (value.Other is byte[] { Length: > 0 } bytes && bytes.AsSpan().TryCopyTo(texts.AsSpan(written)))
                {
                    session.Check(SqliteNative.BindBytesWhereTheyAre(handle, i + 1, texts, written, bytes.Length));
                    written += bytes.Length;
                }
                else
                {
                    session.Check(value.Bind(command, i + 1));
                }
            }

            session.Check(raw.sqlite3_step(command));
        }
        finally
        {
            _ = raw.sqlite3_reset(command);
        }
    }

    private string Text(int rows)
    {
        var text = new StringBuilder(into).Append(values);
        for (var i = 1; i < rows; i++)
            text.Append(", ").Append(values);
        return text.Append(rest).ToString();
    }

    [GeneratedRegex(
        @"^\s*INSERT(?<into> INTO \w+ \([^()]*\)\s+VALUES )(?<row>\([^()]*\))(?<rest>\s+ON CONFLICT DO NOTHING)?\s*$",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex InsertOfOneRow();
}
