using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>
/// A CSV file as source trees, one a line. Semicolon, comma or tab, quoted line breaks, UTF-8 or Windows-1252;
/// header names count without case, accents, blanks, hyphens or underscores.
/// </summary>
internal static class CsvLines
{
    public const int BytesMax = 50 * 1024 * 1024;
    public const int LinesMax = 100_000;
    public const int ColumnsMax = 200;
    public const int FieldCharsMax = 10_000;

    private static readonly char[] Delimiters = [';', ',', '\t', '|'];

    /// <param name="bytes">The file.</param>
    /// <param name="rootName">The logical model of a line.</param>
    /// <param name="columns">Column name to the path it fills; one not listed is kept under its own name and reported.</param>
    /// <param name="shape">What a line may say.</param>
    /// <param name="key">The business key of a line's tree.</param>
    /// <param name="prepare">What the sender's own words need before the check.</param>
    public static SourceLines Read(
        ReadOnlyMemory<byte> bytes,
        string rootName,
        IReadOnlyList<Column> columns,
        SourceShape shape,
        Func<Element, string?> key,
        Action<Element>? prepare = null)
    {
        if (bytes.Length > BytesMax)
            return SourceLines.Refused(new(Severity.Fatal, "too-long", "file", $"More than {BytesMax} bytes."));
        var text = SourceText.Decode(bytes.Span);
        if (string.IsNullOrWhiteSpace(text))
            return SourceLines.Refused(new(Severity.Fatal, "required", "file", "The file is empty."));

        List<Issue> issues = [];
        List<SourceLine> lines = [];
        Column[]? header = null;
        foreach (var record in CsvRecords.Split(text, DelimiterOf(text)))
        {
            if (header is null)
            {
                header = ReadHeader(record, columns, issues);
                if (issues.Any(issue => issue.IsError))
                    break;
                continue;
            }

            if (lines.Count == LinesMax)
            {
                issues.Add(Issue.Error("too-long", $"line {record.Line}", $"More than {LinesMax} lines: the rest was not read."));
                break;
            }

            lines.Add(ReadLine(record, header, rootName, shape, key, prepare));
        }

        return new(lines, issues);
    }

    private static SourceLine ReadLine(
        CsvRecord record,
        Column[] header,
        string rootName,
        SourceShape shape,
        Func<Element, string?> key,
        Action<Element>? prepare)
    {
        var number = record.Line;
        string Place(string path) => Array.Find(header, column => SamePath(column.Path, path)) is { } column
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

        var root = Element.OfResource(rootName);
        for (var i = 0; i < Math.Min(fields.Count, header.Length); i++)
            header[i].Fill(root, fields[i].Trim());
        prepare?.Invoke(root);
        shape.Check(root, Place, issues);
        return new(number, record.Text, new(root, key(root), issues));
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

        var byName = columns
            .SelectMany(column => column.Names.Select(name => (Name: Fold(name), Column: column)))
            .DistinctBy(pair => pair.Name)
            .ToDictionary(pair => pair.Name, pair => pair.Column);
        var header = names
            .Select(name => byName.TryGetValue(Fold(name), out var known) ? known with { Name = name.Trim() } : Column.Unknown(name.Trim()))
            .ToArray();

        if (!header.Any(column => column.IsKnown))
            issues.Add(new(Severity.Fatal, "structure", "line 1", "No column name is known: the first line must be the header."));
        foreach (var twice in header.Where(column => column.Name.Length > 0).GroupBy(column => column.Path).Where(group => group.Count() > 1))
            issues.Add(Issue.Error("structure", $"line 1, column \"{twice.First().Name}\"", "This column occurs twice."));
        return header;
    }

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

    private static string Fold(string name) =>
        PlainText.Words(name.Trim('\uFEFF', ' ')).Replace(" ", "", StringComparison.Ordinal);

    private static bool SamePath(string columnPath, string path)
    {
        var open = path.IndexOf('[', StringComparison.Ordinal);
        return columnPath.Replace("[]", "", StringComparison.Ordinal) == (open < 0 ? path : path[..open]);
    }
}

/// <summary>A column and the path it fills; several values in one field are separated by <see cref="Separators"/> when the path is a list.</summary>
internal sealed record Column(string Name, string Path)
{
    /// <summary>Other names senders give it.</summary>
    public string[] Aliases { get; init; } = [];

    /// <summary>What separates several values in one field of a list path.</summary>
    public string Separators { get; init; } = ",/|";

    public bool IsKnown { get; private init; } = true;

    public IEnumerable<string> Names => Aliases.Prepend(Name);

    public static Column Of(string name, params string[] aliases) => new(name, name) { Aliases = aliases };

    public static Column Unknown(string name) =>
        new(name, PlainText.Words(name).Replace(' ', '_').ToLowerInvariant()) { IsKnown = false };

    /// <summary>Puts the field's text at the path; an empty field is absent.</summary>
    public void Fill(Element root, string text)
    {
        if (text.Length == 0 || Path.Length == 0)
            return;
        var at = root;
        var names = Path.Split('.');
        foreach (var name in names[..^1])
            at = at.Child(name) ?? at.Add(name);
        if (!names[^1].EndsWith("[]", StringComparison.Ordinal))
        {
            at.With(names[^1], text);
            return;
        }

        foreach (var item in text.Split(Separators.ToCharArray(), StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            at.WithItem(names[^1][..^2], item);
    }
}
