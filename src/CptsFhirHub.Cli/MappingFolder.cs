using System.Text.Json;
using CptsFhirHub.Coordination.Intake;
using CptsFhirHub.Coordination.Intake.Described;
using CptsFhirHub.Coordination.Intake.Hl7v2;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Cli;

/// <summary>A source of the mappings: how its messages are read, and its map ready to run.</summary>
internal sealed class MappingFolder
{
    private readonly string _reader;
    private readonly DescribedSource? _described;

    private MappingFolder(string reader, DescribedSource? described, CompiledMap map)
    {
        _reader = reader;
        _described = described;
        Map = map;
    }

    public CompiledMap Map { get; }

    /// <summary>The mappings beside the program.</summary>
    public static string Beside => Path.Combine(AppContext.BaseDirectory, "mappings");

    /// <summary>Opens a source; null, with the reason said, when there is none of that name or its map is faulty.</summary>
    public static MappingFolder? Open(string? mappings, string source, Desk desk)
    {
        mappings ??= Beside;
        var file = Path.Combine(mappings, source, "source.json");
        if (!File.Exists(file))
        {
            var known = Directory.Exists(mappings)
                ? Directory.GetFiles(mappings, "source.json", SearchOption.AllDirectories).Select(found => Path.GetFileName(Path.GetDirectoryName(found)))
                : [];
            desk.Refuse("not-found", mappings, $"there is no source {source}; there are: {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
            return null;
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        if (Text(document, "reader") is not ("described" or "hl7v2") || Text(document, "map") is null)
        {
            desk.Refuse("invalid", file, "a source names a reader (described or hl7v2) and a map.");
            return null;
        }

        var described = Described(file);
        if (Text(document, "reader") == "described" && described is null)
        {
            desk.Say(DescribedSource.Of(document.RootElement).Issues);
            return null;
        }

        var loaded = Load(mappings);
        var compiled = loaded.Library.Compile(Text(document, "map")!);
        desk.Say(loaded.Issues);
        desk.Say(compiled.Issues);
        return compiled.Map is { } map ? new(Text(document, "reader")!, described, map) : null;
    }

    /// <summary>
    /// Opens one map, text or resource; maps it imports may stand beside it. Null, with the reason said, when it is faulty.
    /// </summary>
    public static MappingFolder? OpenFile(string file, string? definitions, Desk desk)
    {
        if (definitions is not null && !Directory.Exists(definitions))
        {
            desk.Refuse("not-found", definitions, "there is no such folder.");
            return null;
        }

        var parsed = ReadMap(file);
        if (desk.Say(parsed.Issues) || parsed.Map is not { } map)
            return null;
        var others = map.Imports.Count == 0 ? []
            : Directory.GetFiles(Path.GetDirectoryName(Path.GetFullPath(file))!, "*.map").Order(StringComparer.Ordinal).Select(ReadMap)
                .Where(other => other.IsSound && other.Map!.Url != map.Url).Select(other => other.Map!);
        var further = (definitions is null ? [] : DefinitionFiles.All(definitions)).SelectMany(DefinitionFiles.Read).ToList();
        var library = new MappingLibrary(R4.Definitions.With(further), others.Append(map), further.Where(one => one.ResourceType == "ConceptMap"));
        var compiled = library.Compile(map.Url);
        desk.Say(compiled.Issues);
        return compiled.Map is { } ready ? new("fhir", null, ready) : null;
    }

    private static SourceReading Resource(Parsed parsed) => new(parsed.Resource?.Root, null, parsed.Issues);

    private static ParsedMap ReadMap(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var text = System.Text.Encoding.UTF8.GetString(bytes);
        if (text.AsSpan().TrimStart('\uFEFF').TrimStart() is not ['{' or '<', ..])
            return MapParser.Parse(text);
        var read = Desk.Parse(bytes);
        return read.Resource is { } resource ? StructureMapResource.Read(resource.Root) : new(null, read.Issues);
    }

    /// <summary>Reads a message; a file of several lines gives several.</summary>
    public (IReadOnlyList<SourceReading> Readings, IReadOnlyList<Issue> Issues) Read(byte[] bytes, bool isCsv) => (_reader, isCsv) switch
    {
        ("fhir", _) => ([Resource(Desk.Parse(bytes))], []),
        ("described", _) => Lines(_described!.Read(bytes, isCsv ? "text/csv" : "application/json", sender: null)),
        _ => ([Hl7v2Reader.Read(bytes)], []),
    };

    private static (IReadOnlyList<SourceReading> Readings, IReadOnlyList<Issue> Issues) Lines(SourceLines lines) =>
        ([.. lines.Lines.Select(line => line.Reading with
        {
            Issues = [.. line.Reading.Issues.Select(issue => issue with { Path = $"line {line.Number}, {issue.Path}" })],
        })], lines.Issues);

    /// <summary>All maps, concept maps and logical models: a source's map may use those of another folder.</summary>
    private static LoadedLibrary Load(string mappings)
    {
        var texts = Directory.GetFiles(mappings, "*.map", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => (Path.GetRelativePath(mappings, file), File.ReadAllText(file)));
        var resources = DefinitionFiles.OfMappings(mappings).Concat(DefinitionFiles.Beside())
            .Select(file => (File: Path.GetFileName(file), Root: FhirJson.Parse(File.ReadAllBytes(file)).Resource?.Root))
            .Where(read => read.Root is { ResourceType: "ConceptMap" } || read.Root?.Text("kind") == "logical")
            .Select(read => (read.File, read.Root!))
            .Concat(Directory.GetFiles(mappings, "source.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(Described).OfType<DescribedSource>().DistinctBy(source => source.RootName, StringComparer.Ordinal).Select(source => (source.RootName, source.LogicalModel)));
        return MappingLibrary.Load(R4.Definitions, texts, resources);
    }

    /// <summary>The source that a <c>source.json</c> describes; null when it names another reader, or describes none that could be used.</summary>
    private static DescribedSource? Described(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        if (Text(document, "reader") != "described")
            return null;
        var other = DescribedSource.SharedWith(document.RootElement) is { } folder
            ? Path.Combine(Path.GetDirectoryName(file)!, "..", Path.GetFileName(folder), "source.json") : null;
        using var shared = other is not null && File.Exists(other) ? JsonDocument.Parse(File.ReadAllBytes(other)) : null;
        var communes = Path.Combine(Path.GetDirectoryName(file)!, "..", "communs", "communes.csv");
        return DescribedSource.Of(document.RootElement, shared?.RootElement, File.Exists(communes) ? new(File.ReadLines(communes)) : null).Source;
    }

    private static string? Text(JsonDocument document, string name) =>
        document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
