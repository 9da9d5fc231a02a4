using System.Text;

namespace CptsFhirHub.Cli;

/// <summary>A CSV file with a header: cells by the name of their column, without the blanks around them.</summary>
internal sealed class CsvTable
{
    private readonly Dictionary<string, int> _columns;
    private readonly List<string[]> _rows;

    private CsvTable(Dictionary<string, int> columns, List<string[]> rows) => (_columns, _rows) = (columns, rows);

    public int Count => _rows.Count;

    public bool Has(string column) => _columns.ContainsKey(column);

    /// <summary>A cell; empty when there is no such column or the row is too short.</summary>
    public string this[int row, string column] =>
        _columns.TryGetValue(column, out var at) && at < _rows[row].Length ? _rows[row][at] : "";

    /// <summary>Reads a file with commas; null when it has no header.</summary>
    public static CsvTable? Read(byte[] bytes)
    {
        Dictionary<string, int>? columns = null;
        List<string[]> rows = [];
        using var reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0)
                continue;
            var cells = Cells(line);
            if (columns is null)
            {
                columns = new(StringComparer.Ordinal);
                for (var i = 0; i < cells.Length; i++)
                    columns.TryAdd(cells[i], i);
            }
            else
            {
                rows.Add(cells);
            }
        }

        return columns is null ? null : new(columns, rows);
    }

    private static string[] Cells(string line)
    {
        if (!line.Contains('"', StringComparison.Ordinal))
            return line.Split(',', StringSplitOptions.TrimEntries);
        List<string> cells = [];
        var cell = new StringBuilder();
        var isQuoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && isQuoted && i + 1 < line.Length && line[i + 1] == '"')
                cell.Append(line[i++]);
            else if (line[i] == '"')
                isQuoted = !isQuoted;
            else if (line[i] == ',' && !isQuoted)
                End();
            else
                cell.Append(line[i]);
        }

        End();
        return [.. cells];

        void End()
        {
            cells.Add(cell.ToString().Trim());
            cell.Clear();
        }
    }
}
