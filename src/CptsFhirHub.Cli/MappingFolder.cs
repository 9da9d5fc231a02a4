using System.Text.Json;
using CptsFhirHub.Coordination.Intake;
using CptsFhirHub.Coordination.Intake.Described;
using CptsFhirHub.Coordination.Intake.Doctolib;
using CptsFhirHub.Coordination.Intake.Hl7v2;
using CptsFhirHub.Coordination.Intake.Prado;
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
    public static MappingFolder? Open(string? mappings, string source, TextWriter error)
    {
        mappings ??= Beside;
        var file = Path.Combine(mappings, source, "source.json");
        if (!File.Exists(file))
        {
            var known = Directory.Exists(mappings)
                ? Directory.GetFiles(mappings, "source.json", SearchOption.AllDirectories).Select(found => Path.GetFileName(Path.GetDirectoryName(found)))
                : [];
            error.WriteLine($"fatal not-found {mappings}: there is no source {source}; there are: {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
            return null;
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        if (Text(document, "reader") is not ("described" or "doctolib" or "hl7v2" or "prado") || Text(document, "map") is null)
        {
            error.WriteLine($"fatal invalid {file}: a source names a reader (described, doctolib, hl7v2 or prado) and a map.");
            return null;
        }

        var described = Described(file);
        if (Text(document, "reader") == "described" && described is null)
        {
            HubCommand.Say(DescribedSource.Of(document.RootElement).Issues, error);
            return null;
        }

        var loaded = Load(mappings);
        var compiled = loaded.Library.Compile(Text(document, "map")!);
        HubCommand.Say(loaded.Issues, error);
        HubCommand.Say(compiled.Issues, error);
        return compiled.Map is { } map ? new(Text(document, "reader")!, described, map) : null;
    }

    /// <summary>Reads a message; a file of several lines gives several.</summary>
    public (IReadOnlyList<SourceReading> Readings, IReadOnlyList<Issue> Issues) Read(byte[] bytes, bool isCsv) => (_reader, isCsv) switch
    {
        ("described", _) => Lines(_described!.Read(bytes, isCsv ? "text/csv" : "application/json", sender: null)),
        ("prado", _) => Lines(PradoReader.Read(bytes)),
        ("doctolib", true) => Lines(DoctolibReader.ReadExport(bytes)),
        ("doctolib", false) => ([DoctolibReader.Read(bytes)], []),
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
                .Select(Described).OfType<DescribedSource>().Select(source => (source.RootName, source.LogicalModel)));
        return MappingLibrary.Load(R4.Definitions, texts, resources);
    }

    /// <summary>The source that a <c>source.json</c> describes; null when it names another reader, or describes none that could be used.</summary>
    private static DescribedSource? Described(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        return Text(document, "reader") == "described" ? DescribedSource.Of(document.RootElement).Source : null;
    }

    private static string? Text(JsonDocument document, string name) =>
        document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
