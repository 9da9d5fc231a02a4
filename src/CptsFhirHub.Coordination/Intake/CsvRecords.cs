using System.Text;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>One record of a CSV text: the line where it starts, its text, its fields, and the fault of its quotes if any.</summary>
internal readonly record struct CsvRecord(int Line, string Text, IReadOnlyList<string> Fields, string? Fault);

/// <summary>
/// Splits a CSV text into records (RFC 4180). A quote that is never closed, or that is closed in the middle of a field, costs its own
/// line only: the next record starts on the next line, so that one bad address does not swallow the rest of the file.
/// </summary>
internal static class CsvRecords
{
    public static IEnumerable<CsvRecord> Split(string text, char delimiter)
    {
        var at = 0;
        var line = 1;
        while (at < text.Length)
        {
            var (record, end) = Next(text, at, line, delimiter);
            if (record.Fields.Any(field => !string.IsNullOrWhiteSpace(field)) || record.Fault is not null)
                yield return record;
            line += LineBreaks(text.AsSpan(at, end - at));
            at = end;
        }
    }

    private static (CsvRecord Record, int End) Next(string text, int start, int line, char delimiter)
    {
        List<string> fields = [];
        var at = start;
        while (true)
        {
            var (field, next) = at < text.Length && text[at] == '"' ? Quoted(text, at, delimiter) : Plain(text, at, delimiter);
            if (field is null)
            {
                var end = EndOfLine(text, start);
                return (new(line, text[start..end], [], "A quote is not closed, or not doubled inside its field."), AfterBreak(text, end));
            }

            fields.Add(field);
            at = next;
            if (at < text.Length && text[at] == delimiter)
                at++;
            else
                return (new(line, text[start..at], fields, null), AfterBreak(text, at));
        }
    }

    private static (string? Field, int Next) Plain(string text, int at, char delimiter)
    {
        var start = at;
        while (at < text.Length && text[at] != delimiter && text[at] is not ('\r' or '\n'))
            at++;
        return (text[start..at], at);
    }

    private static (string? Field, int Next) Quoted(string text, int at, char delimiter)
    {
        var field = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] != '"')
            {
                if (field.Length == CsvLines.FieldCharsMax)
                    return (null, at);
                field.Append(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] == '"')
            {
                field.Append('"');
                at++;
            }
            else
            {
                at++;
                var isEnd = at == text.Length || text[at] == delimiter || text[at] is '\r' or '\n';
                return (isEnd ? field.ToString() : null, at);
            }
        }

        return (null, at);
    }

    private static int EndOfLine(string text, int at)
    {
        var length = text.AsSpan(at).IndexOfAny('\r', '\n');
        return length < 0 ? text.Length : at + length;
    }

    private static int AfterBreak(string text, int at)
    {
        if (at < text.Length && text[at] == '\r')
            at++;
        // A CR alone ends a line too; CR LF is one break.
        if (at < text.Length && text[at] == '\n')
            at++;
        return at;
    }

    private static int LineBreaks(ReadOnlySpan<char> text)
    {
        var count = 0;
        for (var i = 0; i < text.Length; i++)
            if (text[i] == '\n' || text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n'))
                count++;
        return count;
    }
}
