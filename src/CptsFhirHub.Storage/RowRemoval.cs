using System.Text;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>Takes away the rows that a resource has in one table, but for those it is to have.</summary>
internal sealed class RowRemoval
{
    /// <summary>Rows that a command names; a resource with more gets all of them anew.</summary>
    private const int NamedMax = 256;

    private readonly string _all;
    private readonly string _columns;
    private readonly string _marks;
    private readonly int _first;
    private readonly string?[] _commands = new string?[int.Log2(NamedMax) + 1];

    /// <param name="columns">As an insert binds them: the tenant, perhaps the type, what tells the row, the resource.</param>
    public RowRemoval(string table, string columns)
    {
        Table = table;
        var names = columns.Split(',', StringSplitOptions.TrimEntries);
        _first = names[1] == "type" ? 2 : 1;
        var telling = names[_first..^1];
        Telling = telling;
        _all = $"DELETE FROM {table} WHERE rid = ?";
        _columns = string.Join(", ", telling);
        _marks = "(" + string.Join(", ", telling.Select(_ => "?")) + ")";
    }

    public string Table { get; }

    /// <summary>The columns that tell a row of a resource from its others.</summary>
    public IReadOnlyList<string> Telling { get; }

    /// <summary>The place of the first of them in a row.</summary>
    public int First => _first;

    /// <summary>False when more were to stay than a command names: then none has.</summary>
    public bool Send(Session session, long rid, List<IReadOnlyList<object?>> staying)
    {
        if (session.TryRemove(this, rid, staying))
            return true;
        if (staying.Count is 0 or > NamedMax)
        {
            session.Get(_all).Add(rid).Send();
            return staying.Count == 0;
        }

        // A few sizes, so that all of them stay prepared: the last row is named more than once.
        var size = staying.Count == 1 ? 0 : int.Log2(staying.Count - 1) + 1;
        var command = session.Get(_commands[size] ??= Text(1 << size)).Add(rid);
        for (var i = 0; i < 1 << size; i++)
        {
            var row = staying[Math.Min(i, staying.Count - 1)];
            for (var column = _first; column < row.Count - 1; column++)
                command.AddAny(row[column]);
        }

        command.Send();
        return true;
    }

    private string Text(int rows)
    {
        var text = new StringBuilder(_all).Append(" AND (").Append(_columns).Append(") NOT IN (VALUES ").Append(_marks);
        for (var i = 1; i < rows; i++)
            text.Append(", ").Append(_marks);
        return text.Append(')').ToString();
    }
}
