using System.Text;

namespace CptsFhirHub.Generator;

/// <summary>How a sender writes its files.</summary>
internal sealed record CsvHabit(char Separator = ';', string Break = "\n", bool IsWindows1252 = false, bool HasMark = false, int BlankLinesAtEnd = 0);

/// <summary>A file of separated values, with the line at which each record begins.</summary>
internal sealed class CsvText(CsvHabit habit)
{
    private readonly StringBuilder _text = new();
    private int _line = 1;

    /// <summary>Adds a record; gives its line.</summary>
    public int Add(params IEnumerable<string> fields) => AddRaw(Join(fields));

    public string Join(IEnumerable<string> fields) => string.Join(habit.Separator, fields.Select(Quoted));

    /// <summary>Adds a line as it stands, right or wrong.</summary>
    public int AddRaw(string line)
    {
        var begins = _line;
        _text.Append(line).Append(habit.Break);
        _line += 1 + line.Count(c => c == '\n');
        return begins;
    }

    public byte[] ToBytes()
    {
        for (var i = 0; i < habit.BlankLinesAtEnd; i++)
            _text.Append(habit.Break);
        var text = _text.ToString();
        return habit.IsWindows1252 ? [.. text.Select(Windows1252)] : habit.HasMark ? [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(text)] : Encoding.UTF8.GetBytes(text);
    }

    private string Quoted(string field) => field.Contains(habit.Separator, StringComparison.Ordinal) || field.IndexOfAny(['"', '\n']) >= 0
        ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;

    // All that the tables of this generator hold stands in Latin 1, but for two letters.
    private static byte Windows1252(char c) => c switch { 'Œ' => 0x8C, 'œ' => 0x9C, '’' => 0x92, < '\u0100' => (byte)c, _ => (byte)'?' };
}
