using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>
/// A CSV file as source trees, one a line. Semicolon, comma or tab, quoted line breaks, in any charset that French files have;
/// header names count by their letters and digits, without case and accents.
/// </summary>
internal static class CsvLines
{
    public const int BytesMax = 50 * 1024 * 1024;
    public const int LinesMax = 100_000;
    public const int ColumnsMax = 200;
    public const int FieldCharsMax = 10_000;

    /// <summary>How a workbook of the older kind begins.</summary>
    private static ReadOnlySpan<byte> OldWorkbook => [0xD0, 0xCF, 0x11, 0xE0];

    /// <summary>The beginning by which a file that is no text is told.</summary>
    private const int LookedAt = 4_096;

    private static readonly char[] Delimiters = [';', ',', '\t', '|'];

    /// <summary>Reads a file; a line that cannot be read costs nothing to its neighbours.</summary>
    public static SourceLines Read(ReadOnlyMemory<byte> bytes, LineModel model)
    {
        if (bytes.Length > BytesMax)
            return SourceLines.Refused(new(Severity.Fatal, "too-long", "file", $"More than {BytesMax} bytes."));
        if (bytes.Span.StartsWith("PK\u0003\u0004"u8) || bytes.Span.StartsWith(OldWorkbook))
            return SourceLines.Refused(new(Severity.Fatal, "structure", "file", "This is a spreadsheet's workbook, not a CSV file: save its sheet as CSV and send that."));
        var (text, charset) = SourceText.Read(bytes.Span);
        if (string.IsNullOrWhiteSpace(text))
            return SourceLines.Refused(new(Severity.Fatal, "required", "file", "The file is empty."));
        if (IsNoText(text))
            return SourceLines.Refused(new(Severity.Fatal, "structure", "file", "This file is not text: a CSV file is expected."));

        List<Issue> issues = [];
        List<SourceLine> lines = [];
        Column[]? header = null;
        var delimiter = model.Delimiter ?? DelimiterOf(text);
        foreach (var record in CsvRecords.Split(text, delimiter))
        {
            // What a spreadsheet writes to itself about the separator.
            if (record.Line == 1 && record.Text.Length == 5 && record.Text.StartsWith("sep=", StringComparison.OrdinalIgnoreCase))
                continue;
            if (header is null)
            {
                header = ReadHeader(record, model.Columns, issues);
                if (issues.Any(issue => issue.IsError))
                    break;
                continue;
            }

            if (lines.Count == LinesMax)
            {
                issues.Add(Issue.Error("too-long", $"line {record.Line}", $"More than {LinesMax} lines: the rest was not read."));
                break;
            }

            lines.Add(ReadLine(record, header, model));
        }

        return new(lines, issues)
        {
            Layout = $"Read as {charset}, fields separated by {NameOf(delimiter)}.",
            Columns = header is null ? [] : [.. header.Select(column => new ColumnUse(column.Name, column.IsKnown ? column.Path : null))],
        };
    }

    /// <summary>A control character may slip into a cell; of bytes that are something else they are every tenth.</summary>
    private static bool IsNoText(string text)
    {
        var (looked, controls) = (Math.Min(text.Length, LookedAt), 0);
        for (var i = 0; i < looked; i++)
            if (text[i] < ' ' && text[i] is not ('\t' or '\r' or '\n'))
                controls++;
        return controls > 8 && controls * 20 > looked;
    }

    private static string NameOf(char delimiter) => delimiter switch
    {
        ';' => "semicolons",
        ',' => "commas",
        '\t' => "tabs",
        _ => $"\"{delimiter}\"",
    };

    private static SourceLine ReadLine(CsvRecord record, Column[] header, LineModel model)
    {
        var number = record.Line;
        string Place(string path) => Array.Find(header, column => SamePath(column.PlainPath, path)) is { } column
            ? $"line {number}, column \"{column.Name}\""
            : $"line {number}, column \"{path}\"";

        var fields = record.Fields;
        List<Issue> issues = [];
        if (record.Fault is { } fault)
            issues.Add(Issue.Error("structure", $"line {number}", fault));
        else if (fields.Skip(header.Length).Any(field => field.Length > 0))
            issues.Add(Issue.Error("structure", $"line {number}",
                $"The line has {fields.Count} fields and the header {header.Length}: a separator stands in a text without quotes."));
        else if (fields.Count < header.Length)
            issues.Add(Issue.Warning("structure", $"line {number}",
                $"The line has {fields.Count} fields and the header {header.Length}: the last ones count as absent."));
        if (fields.Any(field => field.Length > FieldCharsMax))
            issues.Add(Issue.Error("too-long", $"line {number}", $"A field has more than {FieldCharsMax} characters."));
        if (issues.Any(issue => issue.IsError))
            return new(number, record.Text, new(null, null, issues));

        var root = Element.OfResource(model.RootName);
        for (var i = 0; i < Math.Min(fields.Count, header.Length); i++)
            header[i].Fill(root, SpreadsheetCell.Read(fields[i]));
        model.Prepare?.Invoke(root);
        model.Shape.Check(root, Place, issues);
        model.Check?.Invoke(root, Place, issues);
        return new(number, record.Text, new(root, model.Key(root), issues));
    }

    private static Column[] ReadHeader(CsvRecord record, IReadOnlyList<Column> columns, List<Issue> issues)
    {
        var names = record.Fields;
        if (record.Fault is not null)
        {
            issues.Add(new(Severity.Fatal, "structure", "line 1", "A quote of the header is not closed."));
            return [];
        }

        if (names.Count > ColumnsMax)
        {
            issues.Add(new(Severity.Fatal, "too-long", "line 1", $"More than {ColumnsMax} columns."));
            return [];
        }

        // A column's own name goes before the other names it may have: beside "nom_naissance", "nom" is the name in use.
        var header = new Column[names.Count];
        HashSet<string> taken = [];
        foreach (var isOwnName in (ReadOnlySpan<bool>)[true, false])
            for (var i = 0; i < names.Count; i++)
                if (header[i] is null && Find(columns, names[i], isOwnName, taken) is { } known)
                    header[i] = known with { Name = names[i].Trim() };

        // What stands in brackets is advice to who fills it in: "ALD (O/N)".
        for (var i = 0; i < names.Count; i++)
            if (header[i] is null && WithoutAdvice(names[i]) is { } bare
                && (Find(columns, bare, isOwnName: true, taken) ?? Find(columns, bare, isOwnName: false, taken)) is { } advised)
                header[i] = advised with { Name = names[i].Trim() };
        for (var i = 0; i < names.Count; i++)
            header[i] ??= Column.Unknown(names[i].Trim());

        if (!header.Any(column => column.IsKnown))
        {
            issues.Add(new(Severity.Fatal, "structure", "line 1", "No column name is known: the first line must be the header."));
            return [];
        }

        foreach (var same in header.GroupBy(column => Fold(column.Name)))
        {
            var place = $"line 1, column \"{same.First().Name}\"";
            if (same.Count() > 1 && same.Any(column => column.IsKnown))
                issues.Add(Issue.Error("structure", place, "This column occurs twice."));
            else if (same.Key.Length > 0 && !same.First().IsKnown)
                issues.Add(new(Severity.Information, "informational", place, "This column is not known here; it is kept and not used."));
        }

        return header;
    }

    internal static Column? Find(IReadOnlyList<Column> columns, string name, bool isOwnName, HashSet<string> taken)
    {
        var folded = Fold(name);
        foreach (var column in columns)
            if ((isOwnName ? Fold(column.Name) == folded : column.Aliases.Any(alias => Fold(alias) == folded)) && taken.Add(column.Path))
                return column;
        return null;
    }

    private static string? WithoutAdvice(string name) =>
        name.TrimEnd() is [.., ')'] closed && closed.IndexOf('(', StringComparison.Ordinal) is > 0 and var open ? closed[..open] : null;

    private static char DelimiterOf(string text)
    {
        var best = Delimiters[0];
        var most = 0;
        foreach (var delimiter in Delimiters)
        {
            var count = 0;
            var isQuoted = false;
            foreach (var c in text)
            {
                if (c == '"')
                    isQuoted = !isQuoted;
                else if (c is '\n' or '\r' && !isQuoted)
                    break;
                else if (c == delimiter && !isQuoted)
                    count++;
            }

            if (count > most)
                (best, most) = (delimiter, count);
        }

        return best;
    }

    /// <summary>Letters and digits alone: <c>Né(e) le</c> and <c>NEE LE</c>, <c>A.L.D.</c> and <c>ald</c> are one.</summary>
    internal static string Fold(string name) => PlainText.Joined(name);

    private static bool SamePath(string columnPath, string path)
    {
        var open = path.IndexOf('[', StringComparison.Ordinal);
        return columnPath.AsSpan().SequenceEqual(open < 0 ? path : path.AsSpan(0, open));
    }
}

/// <summary>How the lines of one kind of file are read.</summary>
/// <param name="RootName">The logical model of a line.</param>
/// <param name="Columns">Which column fills which path; one that is not listed is kept under its own name and reported.</param>
/// <param name="Shape">What a line may say.</param>
/// <param name="Key">The business key of a line's tree.</param>
internal sealed record LineModel(string RootName, IReadOnlyList<Column> Columns, SourceShape Shape, Func<Element, string?> Key)
{
    /// <summary>What separates the fields; guessed from the header when null.</summary>
    public char? Delimiter { get; init; }

    /// <summary>What the sender's own words need before the check.</summary>
    public Action<Element>? Prepare { get; init; }

    /// <summary>What several values say together; the function turns a path into a place.</summary>
    public Action<Element, Func<string, string>, List<Issue>>? Check { get; init; }
}

/// <summary>A column and the path it fills. A path that ends with <c>[]</c> is a list, whose values stand in one field.</summary>
internal sealed record Column(string Name, string Path)
{
    private readonly string[] _names = Path.Split('.');

    /// <summary>Other names senders give it.</summary>
    public string[] Aliases { get; init; } = [];

    /// <summary>What separates several values in one field of a list path.</summary>
    public string Separators { get; init; } = ",/|";

    public bool IsKnown { get; private init; } = true;

    /// <summary>The path without the mark of a list.</summary>
    public string PlainPath { get; } = Path.Replace("[]", "", StringComparison.Ordinal);

    /// <summary>A column that nobody expects: its texts stand apart, where no name of ours can collide with theirs.</summary>
    public static Column Unknown(string name) =>
        new(name, $"{SourceShape.Others}.{PlainText.Words(name).Replace(' ', '_').ToLowerInvariant()}") { IsKnown = false };

    /// <summary>The values of a list that stand in one text; one when nothing parts them.</summary>
    public static string[] Items(string text, string separators) => separators.Length == 0
        ? [text.Trim()]
        : text.Split(separators.ToCharArray(), StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Puts the field's text at the path; an empty field is absent.</summary>
    public void Fill(Element root, string text)
    {
        if (text.Length == 0 || Name.Length == 0)
            return;
        var at = root;
        foreach (var name in _names.AsSpan(0, _names.Length - 1))
            at = at.Child(name) ?? at.Add(name);
        var last = _names[^1];
        if (!last.EndsWith("[]", StringComparison.Ordinal))
        {
            if (at.Child(last) is null)
                at.With(last, text);
            return;
        }

        foreach (var item in Items(text, Separators))
            at.WithItem(last[..^2], item);
    }
}
