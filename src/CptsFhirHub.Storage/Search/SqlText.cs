using System.Text;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>SQL in the making: text and values grow together, so that a value never becomes text.</summary>
internal sealed class SqlText
{
    /// <summary>So many alternatives stand side by side.</summary>
    private const int PlainMax = 32;

    private readonly StringBuilder _text = new();
    private readonly List<object?> _values = [];
    private int _aliases;

    /// <summary>A table alias not used yet in this command.</summary>
    public string Alias() => $"t{++_aliases}";

    public SqlText Add(string sql)
    {
        _text.Append(sql);
        return this;
    }

    /// <summary>SQL with one value for each question mark in it.</summary>
    public SqlText Add(string sql, params ReadOnlySpan<object?> values)
    {
        _text.Append(sql);
        foreach (var value in values)
            _values.Add(value);
        return this;
    }

    /// <summary>
    /// Alternatives, from 0 to <paramref name="count"/> - 1, in parentheses where they are many: SQLite refuses an expression deeper than a thousand, and a
    /// plain row of them is as deep as it is long.
    /// </summary>
    public SqlText Either(int count, Action<int> add)
    {
        Either(0, count, add);
        return this;
    }

    private void Either(int from, int to, Action<int> add)
    {
        if (to - from > PlainMax)
        {
            var half = from + ((to - from) / 2);
            Add("(");
            Either(from, half, add);
            Add(") OR (");
            Either(half, to, add);
            Add(")");
            return;
        }

        for (var i = from; i < to; i++)
        {
            if (i > from)
                Add(" OR ");
            add(i);
        }
    }

    /// <summary>The end of an <c>EXISTS (SELECT 1 ...</c>.</summary>
    public SqlText EndExists() => Add($" {Dialect.OneByOne})");

    /// <summary>The command, bound.</summary>
    public Statement Bind(Session session)
    {
        var statement = session.Get(_text.ToString());
        foreach (var value in _values)
            statement.AddAny(value);
        return statement;
    }
}
