using System.Globalization;
using System.Text;
using System.Text.Json;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>
/// Many values that are asked for in one and the same way, as one parameter: a table of rows that a command reads first, to seek each of them. Its
/// text is the same for two values and for ten thousand, and no limit of parameters or of terms is met.
/// </summary>
internal sealed class ValueList
{
    private readonly IReadOnlyList<ValuePredicate> _values;

    private ValueList(string sql, IReadOnlyList<ValuePredicate> values)
    {
        Sql = sql;
        _values = values;
    }

    /// <summary>The predicate that all of them have.</summary>
    public string Sql { get; }

    /// <summary>The lists of these values, one for each way of asking; those that bring no value stand in a list of their own.</summary>
    public static List<ValueList> Of(IReadOnlyList<ValuePredicate> values) =>
        [.. values.GroupBy(value => value.Sql, StringComparer.Ordinal).Select(group => new ValueList(group.Key, [.. group]))];

    /// <summary>
    /// <c>FROM</c> the list and the table, whose rows are sought for each value; what the rows must be as well follows <c>ON</c> in
    /// <paramref name="fixedSql"/>.
    /// </summary>
    public void Join(SqlText sql, string table, string fixedSql, params ReadOnlySpan<object?> fixedValues)
    {
        if (_values[0].Values.Length == 0)
        {
            sql.Add($" FROM {table} WHERE {fixedSql} AND ", fixedValues).Add(Sql);
            return;
        }

        var list = sql.Alias();
        sql.Add(" FROM ");
        AddRows(sql);
        sql.Add($" {list} {Dialect.OrderedJoin} {table} ON {fixedSql} AND ", fixedValues).Add(Asked(list));
    }

    /// <summary>A boolean expression: the columns of the row have one of these values.</summary>
    public void Check(SqlText sql)
    {
        if (Columns() is not var (columns, also))
        {
            sql.Add("(").Either(_values.Count, i => sql.Add(Sql, _values[i].Values)).Add(")");
            return;
        }

        // A table that depends on no row is made once for the whole command.
        sql.Add($"({also}({string.Join(", ", columns)}) IN (SELECT {Names(columns.Count)} FROM ");
        AddRows(sql);
        sql.Add($" {sql.Alias()}))");
    }

    /// <summary>The rows as a table of the columns c1, c2 and so on.</summary>
    private void AddRows(SqlText sql)
    {
        var (first, rows) = (_values[0].Values, sql.Alias());
        sql.Add("(SELECT ");
        for (var i = 0; i < first.Length; i++)
        {
            var value = string.Create(CultureInfo.InvariantCulture, $"{rows}.value ->> {i}");
            sql.Add(i > 0 ? ", " : "").Add(first[i] switch
            {
                string => value,
                double => $"CAST({value} AS double precision)",
                _ => $"CAST({value} AS bigint)",
            }).Add(string.Create(CultureInfo.InvariantCulture, $" AS c{i + 1}"));
        }

        sql.Add($" FROM {Dialect.Listed} {rows})", Text());
    }

    /// <summary>The predicate with the columns of the list in the place of its parameters.</summary>
    private string Asked(string list)
    {
        var (text, columns) = (new StringBuilder(), 0);
        foreach (var letter in Sql)
        {
            if (letter == '?')
                text.Append(CultureInfo.InvariantCulture, $"{list}.c{++columns}");
            else
                text.Append(letter);
        }

        return text.ToString();
    }

    /// <summary>The columns that the predicate compares with its values, and what else it says; null when it does not ask for equal ones alone.</summary>
    private (List<string> Columns, string Also)? Columns()
    {
        var (columns, also) = (new List<string>(), "");
        foreach (var part in Sql[1..^1].Split(" AND "))
        {
            if (part.EndsWith(" = ?", StringComparison.Ordinal))
                columns.Add(part[..^4]);
            else if (part.Contains('?', StringComparison.Ordinal) || part.Contains('(', StringComparison.Ordinal))
                return null;
            else
                also += $"{part} AND ";
        }

        return columns.Count > 0 && columns.TrueForAll(column => column.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_'))
            ? (columns, also)
            : null;
    }

    private static string Names(int count) =>
        string.Join(", ", Enumerable.Range(1, count).Select(n => string.Create(CultureInfo.InvariantCulture, $"c{n}")));

    private string Text()
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartArray();
            foreach (var row in _values)
            {
                json.WriteStartArray();
                foreach (var value in row.Values)
                    Add(json, value);
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    private static void Add(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case string text:
                // PostgreSQL knows no U+0000, and nothing that is kept holds one.
                json.WriteStringValue(text.Replace('\0', '\uFFFD'));
                break;
            case double real:
                json.WriteNumberValue(real);
                break;
            default:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
