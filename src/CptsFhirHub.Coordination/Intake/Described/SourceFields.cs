using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Described;

/// <summary>The fields of a described source, under all the names that senders give them.</summary>
internal sealed class SourceFields
{
    private const int DepthMax = JsonTree.DepthMax;

    private readonly IReadOnlyList<SourceField> _fields;
    private readonly Column[] _columns;

    public SourceFields(IReadOnlyList<SourceField> fields)
    {
        _fields = fields;
        _columns = [.. fields.Select(field => new Column(field.Column, field.Member.Path) { Aliases = field.Names, Separators = field.Separators })];
        Typed = new([.. fields.Select(field => field.Typed)], isTyped: true);
        Strict = new([.. fields.Select(field => field.Member)]);
    }

    /// <summary>What people typed: a wrong optional value costs that value only.</summary>
    public SourceShape Typed { get; }

    /// <summary>What programs send: a wrong value is refused, so that it is mended.</summary>
    public SourceShape Strict { get; }

    /// <summary>The columns, with the names that one sender has of its own; those go before all others.</summary>
    public IReadOnlyList<Column> Columns(SourceSender? own)
    {
        if (own is null || own.Columns.Count == 0)
            return _columns;
        return
        [
            .. own.Columns.Select(pair => Array.Find(_columns, column => column.Path == pair.Value)! with { Name = pair.Key, Aliases = [] }),
            .. _columns.Where(column => !own.Columns.Values.Contains(column.Path)),
        ];
    }

    /// <summary>Fills a tree from names and texts: a form. A name that is not known is kept apart and told.</summary>
    public void FillNamed(Element root, IReadOnlyList<(string Name, string Text)> pairs, SourceSender? own, List<Issue> issues)
    {
        var columns = Columns(own);
        foreach (var isOwnName in (ReadOnlySpan<bool>)[true, false])
            foreach (var (name, text) in pairs)
                if (CsvLines.Find(columns, name, isOwnName, []) is { } column)
                    column.Fill(root, text.Trim());
        foreach (var (name, text) in pairs)
        {
            if (CsvLines.Find(columns, name, isOwnName: true, []) is not null || CsvLines.Find(columns, name, isOwnName: false, []) is not null)
                continue;
            Column.Unknown(name).Fill(root, text.Trim());
            issues.Add(new(Severity.Information, "informational", $"field \"{Column.Unknown(name).Path}\"", "This value is not known here; it is kept and not used."));
        }
    }

    /// <summary>The tree of a JSON object under the fields' own names.</summary>
    public Element Renamed(Element said, SourceSender? own)
    {
        var root = Element.OfResource(said.ResourceType!);
        var others = new List<(string Name, Element Value)>();
        Move(said, root, "", "", others, 0);

        // A field's own name goes before its other names.
        foreach (var (name, value) in others)
            if (CsvLines.Find(Columns(own), name, isOwnName: true, []) is { } named)
                named.Fill(root, value.Value!);
            else if (CsvLines.Find(_columns, name, isOwnName: false, []) is { } known)
                known.Fill(root, value.Value!);
            else
                Keep(root, name, value);
        return root;
    }

    /// <summary>The text at a path without lists, or null.</summary>
    public static string? TextAt(Element root, string path)
    {
        var at = root;
        foreach (var name in path.Split('.'))
        {
            if (at.Child(name) is not { } child)
                return null;
            at = child;
        }

        return at.Value;
    }

    private void Move(Element from, Element to, string shape, string path, List<(string, Element)> others, int depth)
    {
        foreach (var child in from.Children)
        {
            var at = path.Length == 0 ? child.Name : $"{path}.{child.Name}";
            var segment = SegmentOf(shape, child.Name);
            var isGroup = child.Value is null;
            if (isGroup && depth < DepthMax && (segment is null || !IsBranch(shape + segment)))
                Move(child, to, "\0", at, others, depth + 1);
            else if (segment is null || (!isGroup && !IsLeaf(shape + segment)))
                others.Add((at, child));
            else if (isGroup)
                Move(child, to.Append(Element.Named(Bare(segment), child.IsListItem)), $"{shape}{segment}.", at, others, depth + 1);
            else
                Put(to, shape + segment, Bare(segment), child);
        }
    }

    private void Put(Element to, string path, string name, Element value)
    {
        var field = _fields.FirstOrDefault(field => field.Member.Path == path);
        if (field is not null && path.EndsWith("[]", StringComparison.Ordinal) && !value.IsListItem && value.Kind == ElementKind.String)
        {
            foreach (var item in Column.Items(value.Value!, field.Separators))
                to.WithItem(name, item);
            return;
        }

        // A post code or a phone that a program wrote as a number is a text all the same.
        var isText = field?.Member.Kind is not (ValueKind.Count or ValueKind.Flag or ValueKind.Tick);
        to.Append(Element.Primitive(name, value.Kind == ElementKind.Number && isText ? ElementKind.String : value.Kind, value.Value!, value.IsListItem));
    }

    private static void Keep(Element root, string name, Element value)
    {
        // Left where the check of the fields finds and tells it: under its own name at the top, apart when it stood deeper.
        if (!name.Contains('.', StringComparison.Ordinal))
            root.Append(value.Copy());
        else
            (root.Child(SourceShape.Others) ?? root.Add(SourceShape.Others))
                .Append(Element.Primitive(name.Replace('.', '_'), ElementKind.String, value.Value!));
    }

    /// <summary>The segment of the fields' paths that stands below a prefix under that name, in whatever spelling.</summary>
    private string? SegmentOf(string shape, string name)
    {
        var folded = CsvLines.Fold(name);
        foreach (var field in _fields)
        {
            var path = field.Member.Path;
            if (!path.StartsWith(shape, StringComparison.Ordinal))
                continue;
            var dot = path.IndexOf('.', shape.Length);
            var segment = dot < 0 ? path[shape.Length..] : path[shape.Length..dot];
            if (CsvLines.Fold(Bare(segment)) == folded)
                return segment;
        }

        return null;
    }

    private bool IsLeaf(string path) => _fields.Any(field => field.Member.Path == path);

    private bool IsBranch(string path) =>
        _fields.Any(field => field.Member.Path.StartsWith(path, StringComparison.Ordinal) && field.Member.Path.AsSpan(path.Length) is ['.', ..]);

    private static string Bare(string segment) => segment.Replace("[]", "", StringComparison.Ordinal);
}
