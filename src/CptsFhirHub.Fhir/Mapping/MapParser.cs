using System.Buffers;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>What reading a map gave: the map as far as it could be read, and every fault with its line and column.</summary>
public sealed record ParsedMap(StructureMap? Map, IReadOnlyList<Issue> Issues)
{
    /// <summary>True when the map may be run.</summary>
    public bool IsSound => Map is not null && !Issues.Any(issue => issue.IsError);
}

/// <summary>
/// Reads the text of a map. https://hl7.org/fhir/R4/mapping-language.html
/// </summary>
/// <remarks>
/// The head, before the groups (MapRuleParser has the rest of the grammar):
/// <code>
/// map         : metadata* ('map' text '=' text)? (conceptMap | uses | imports | let)* group+
/// metadata    : '///' name ('.' name)* '=' (literal | '"""' markdown '"""')?
/// conceptMap  : 'conceptmap' text '{' ('prefix' name '=' text)* ('unmapped' 'for' name '=' name)* mapping* '}'
/// mapping     : name ':' code (equivalence name ':' code | '--')
/// uses        : 'uses' text ('alias' name)? 'as' ('source' | 'queried' | 'target' | 'produced')
/// imports     : 'imports' text
/// let         : 'let' name '=' fhirPath ';'
/// </code>
/// </remarks>
public static class MapParser
{
    /// <summary>The longest text that is read, in characters.</summary>
    public const int TextLengthMax = 2_000_000;

    internal const int IssuesMax = 50;

    private static readonly SearchValues<char> MetadataNames = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.");

    /// <summary>Reads a map. Never throws: the issues say what is wrong and where.</summary>
    public static ParsedMap Parse(string text)
    {
        if (text.Length > TextLengthMax)
            return new(null, [Issue.Error("too-long", "line 1", $"A map has at most {TextLengthMax} characters.")]);

        var (tokens, comments) = MapLexer.Read(text);
        var issues = new List<Issue>();
        var head = new Head();
        Metadata(tokens, head, issues);
        tokens.RemoveAll(token => token.Kind == MapTokenKind.DocComment);

        var cursor = new MapCursor(text, tokens);
        var rules = new MapRuleParser(cursor, comments, issues);
        while (cursor.Current.Kind != MapTokenKind.End && issues.Count < IssuesMax)
        {
            try
            {
                Statement(cursor, head, rules, comments);
            }
            catch (MapSyntaxException fault)
            {
                if (issues.Count < IssuesMax)
                    issues.Add(Issue.Error("structure", fault.Place.ToString(), fault.Message));
                cursor.RecoverTo("map", "conceptmap", "uses", "imports", "let", "group");
            }
        }

        if (head.Url is null)
            issues.Add(Issue.Error("required", "line 1, column 1", "The map has no url: begin with \"map 'url' = 'name'\" or \"/// url = 'url'\"."));
        if (head.Groups.Count == 0)
            issues.Add(Issue.Error("required", "line 1, column 1", "The map has no group."));
        return new(head.ToMap(), issues);
    }

    /// <summary>The <c>/// name = 'value'</c> lines before the first group.</summary>
    private static void Metadata(List<MapToken> tokens, Head head, List<Issue> issues)
    {
        foreach (var token in tokens.TakeWhile(token => !token.IsWord("group")))
        {
            if (token.Kind != MapTokenKind.DocComment || token.Text.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var equals))
                continue;
            var path = token.Text[..equals].Trim();
            // A sentence with an equals sign somewhere is a comment.
            if (path.AsSpan().ContainsAnyExcept(MetadataNames))
                continue;
            var value = MetadataValue(token.Text[(equals + 1)..].Trim());
            switch (path)
            {
                case "url": head.Url = value; break;
                case "name": head.Name = value; break;
                case "title": head.Title = value; break;
                case "status": head.Status = value; break;
                case "version": head.Version = value; break;
                case "description": head.Description = value; break;
                default:
                    if (MapMetadataPath.IsKnown(path, isComplex: value is null))
                        head.Metadata.Add(new(path, value));
                    else
                        issues.Add(Issue.Warning("structure", token.Place.ToString(), $"'{path}' is no element of a StructureMap that metadata may give."));
                    break;
            }
        }
    }

    /// <summary>The text of a literal; null when there is none.</summary>
    private static string? MetadataValue(string text)
    {
        const string Quotes = MapLexer.TripleQuote;
        if (text.Length >= 2 * Quotes.Length && text.StartsWith(Quotes, StringComparison.Ordinal) && text.EndsWith(Quotes, StringComparison.Ordinal))
            return text[Quotes.Length..^Quotes.Length].Trim('\r', '\n');
        var first = MapLexer.Read(text).Tokens[0];
        return first.Kind switch
        {
            MapTokenKind.End => null,
            MapTokenKind.String or MapTokenKind.DoubleString => first.Text,
            MapTokenKind.DateTime => first.Text.TrimStart('@').TrimStart('T'),
            _ => text.TrimEnd(';').TrimEnd(),
        };
    }

    private static void Statement(MapCursor cursor, Head head, MapRuleParser rules, IReadOnlyDictionary<int, string> comments)
    {
        var at = cursor.Current;
        if (cursor.TryWord("map"))
        {
            head.Url = cursor.QuotedText("the map's url");
            cursor.Symbol("=", "the map's url");
            head.Name = cursor.Current.IsText ? cursor.Take().Text : cursor.Name("the map's name");
            cursor.TrySymbol(";");
        }
        else if (cursor.TryWord("conceptmap"))
        {
            head.ConceptMaps.Add(ConceptMap(cursor));
        }
        else if (cursor.TryWord("uses"))
        {
            var structure = Uses(cursor);
            cursor.TrySymbol(";");
            head.Structures.Add(structure with { Documentation = comments.GetValueOrDefault(at.Place.Line) });
        }
        else if (cursor.TryWord("imports"))
        {
            head.Imports.Add(cursor.QuotedText("the url of the map to import"));
            cursor.TrySymbol(";");
        }
        else if (cursor.TryWord("let"))
        {
            var name = cursor.Name("the constant's name");
            cursor.Symbol("=", "the constant's name");
            head.Constants.Add(new(name, cursor.FhirPath("an expression"), at.Place));
            cursor.Symbol(";", "the constant");
        }
        else if (cursor.Current.IsWord("group"))
        {
            head.Groups.Add(rules.Group());
        }
        else
        {
            throw cursor.Expected("'map', 'uses', 'imports', 'conceptmap', 'let' or 'group'", after: null);
        }
    }

    private static MapStructure Uses(MapCursor cursor)
    {
        var url = cursor.QuotedText("the url of the structure");
        var alias = cursor.TryWord("alias") ? cursor.Name("the structure's alias") : null;
        cursor.Word("as", "the structure");
        var mode = cursor.Name("'source', 'queried', 'target' or 'produced'");
        return mode is "source" or "queried" or "target" or "produced"
            ? new(url, mode, alias)
            : throw cursor.Fault($"A structure is used as source, queried, target or produced, not as '{mode}'.");
    }

    private static Element ConceptMap(MapCursor cursor)
    {
        var id = (cursor.Current.IsText ? cursor.Take().Text : cursor.Name("the concept map's id")).TrimStart('#');
        var map = Element.OfResource("ConceptMap").With("id", id).With("status", "draft");
        var prefixes = new Dictionary<string, string>();
        var groups = new Dictionary<(string, string), Element>();
        var unmapped = new Dictionary<string, string>();
        cursor.Symbol("{", "the concept map's id");
        while (!cursor.TrySymbol("}"))
        {
            if (cursor.Current.IsWord("prefix") && !cursor.Ahead(1).IsSymbol(":"))
            {
                cursor.Take();
                var prefix = cursor.Name("a prefix");
                cursor.Symbol("=", "the prefix");
                prefixes[prefix] = cursor.QuotedText("the code system's url");
                cursor.TrySymbol(";");
            }
            else if (cursor.Current.IsWord("unmapped") && !cursor.Ahead(1).IsSymbol(":"))
            {
                cursor.Take();
                cursor.Word("for", "'unmapped'");
                var prefix = cursor.Name("a prefix");
                cursor.Symbol("=", "the prefix");
                unmapped[Resolve(prefix)] = cursor.Name("the mode");
                cursor.TrySymbol(";");
            }
            else
            {
                Mapping();
            }
        }

        foreach (var ((source, _), group) in groups)
            if (unmapped.TryGetValue(source, out var mode))
                group.Add("unmapped").With("mode", mode);
        return map;

        string Resolve(string prefix) =>
            prefixes.TryGetValue(prefix, out var url) ? url : throw cursor.Fault($"The prefix '{prefix}' is not declared.");

        void Mapping()
        {
            var source = Resolve(cursor.Name("a prefix, or '}'"));
            var code = Code();
            var equivalence = Equivalence(cursor);
            // What has no target names none, though it may.
            var isAlone = equivalence == "unmatched" && !(cursor.Current.IsName && cursor.Ahead(1).IsSymbol(":") && cursor.Current.Place.Line == cursor.Ahead(-1).Place.Line);
            var target = isAlone ? "" : Resolve(cursor.Name("a prefix"));
            var targetCode = isAlone ? null : Code();
            cursor.TrySymbol(";");
            if (!groups.TryGetValue((source, target), out var group))
                groups[(source, target)] = group = map.AddItem("group").With("source", source).With("target", target);
            Element? element = null;
            foreach (var known in group.All("element"))
                if (known.Text("code") == code)
                    element = known;
            element ??= group.AddItem("element").With("code", code);
            element.AddItem("target").With("code", targetCode).With("equivalence", equivalence);
        }

        string Code()
        {
            cursor.Symbol(":", "the prefix");
            return cursor.Current.IsText || cursor.Current.IsName || cursor.Current.Kind == MapTokenKind.Number
                ? cursor.Take().Text
                : throw cursor.Expected("a code", after: null);
        }
    }

    private static string Equivalence(MapCursor cursor)
    {
        var sign = cursor.Take().Text;
        if (sign is "-" or "<" or ">" && cursor.TrySymbol("-"))
            sign += "-";
        return MapEquivalence.Code(sign) ?? throw cursor.Fault($"'{sign}' is no equivalence: -, =, ==, !=, --, <=, <-, >=, >- or ~.");
    }

    private sealed class Head
    {
        public string? Url { get; set; }

        public string? Name { get; set; }

        public string? Title { get; set; }

        public string? Status { get; set; }

        public string? Version { get; set; }

        public string? Description { get; set; }

        public List<MapMetadata> Metadata { get; } = [];

        public List<MapStructure> Structures { get; } = [];

        public List<string> Imports { get; } = [];

        public List<MapConstant> Constants { get; } = [];

        public List<MapGroup> Groups { get; } = [];

        public List<Element> ConceptMaps { get; } = [];

        public StructureMap ToMap() => new()
        {
            Url = Url ?? "",
            Name = Name ?? Url?[(Url.LastIndexOf('/') + 1)..] ?? "",
            Title = Title,
            Status = Status ?? "draft",
            Version = Version,
            Description = Description,
            Metadata = Metadata,
            Structures = Structures,
            Imports = Imports,
            Constants = Constants,
            Groups = Groups,
            ConceptMaps = ConceptMaps,
        };
    }
}
