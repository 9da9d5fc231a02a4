using System.Security.Cryptography;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>The maps of all folders, compiled when the first message needs them.</summary>
internal sealed class SourceMaps(string mappings, string profiles, TimeProvider time)
{
    private readonly Lazy<MappingLibrary> _library = new(() => LoadLibrary(mappings, profiles));
    private readonly Lazy<string> _fingerprint = new(() => Fingerprint(mappings));

    public MappingLibrary Library => _library.Value;

    /// <summary>The files of the maps, as they are published.</summary>
    public IReadOnlyList<DefinitionFile> Files { get; } =
        [.. Directory.GetFiles(mappings, "*.map", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(DefinitionFile.Of)];

    /// <summary>The files of the concept maps, as they are published.</summary>
    public IReadOnlyList<DefinitionFile> ConceptMapFiles { get; } =
        [.. Directory.GetFiles(mappings, "*.conceptmap.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(DefinitionFile.Of)];

    public void Prepare(string url) => Library.Compile(url);

    public Mapped Run(string url, Element tree) => Run(Library, url, tree);

    /// <summary>Runs the map of that URL as that library holds it.</summary>
    public Mapped Run(MappingLibrary library, string url, Element tree)
    {
        if (library.Compile(url).Map is not { } map)
            throw new InvalidDataException($"The map {url} cannot be used.");

        var result = map.Run(tree, new() { Now = time.GetUtcNow(), NewId = () => Guid.CreateVersion7(time.GetUtcNow()).ToString() });
        return Mapped.Of(result.Target, result.Issues);
    }

    public IReadOnlyList<UnreadField> Uncovered(string url, Element tree) => Uncovered(Library, url, tree);

    /// <summary>The fields of a tree that no rule of the map of that URL reads.</summary>
    public IReadOnlyList<UnreadField> Uncovered(MappingLibrary library, string url, Element tree)
    {
        var coverage = new MapCoverage();
        library.Compile(url).Map?.Run(
            tree, new() { Now = time.GetUtcNow(), NewId = () => Guid.CreateVersion7(time.GetUtcNow()).ToString(), Coverage = coverage });
        return coverage.Unread(tree);
    }

    /// <summary>The map with its version and the fingerprint of all map texts: what one word changed is another version.</summary>
    public string VersionOf(string url, string version) => $"{url}|{version}+{_fingerprint.Value}";

    private static string Fingerprint(string mappings)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in Directory.GetFiles(mappings, "*map*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            hash.AppendData(File.ReadAllBytes(file));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..8];
    }

    private static MappingLibrary LoadLibrary(string mappings, string profiles)
    {
        var texts = Directory.GetFiles(mappings, "*.map", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => (Path.GetRelativePath(mappings, file), File.ReadAllText(file)));
        var resources = Directory.GetFiles(mappings, "*.conceptmap.json", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(mappings, "StructureDefinition-*.json", SearchOption.AllDirectories))
            .Concat(Directory.Exists(profiles) ? Directory.GetFiles(profiles, "StructureDefinition-*.json") : [])
            .Order(StringComparer.Ordinal)
            .Select(file => (File: Path.GetFileName(file), Parsed: FhirJson.Parse(File.ReadAllBytes(file))))
            .Where(read => read.Parsed.Resource is { Type: "ConceptMap" } || read.Parsed.Resource?.Root.Text("kind") == "logical")
            .Select(read => (read.File, read.Parsed.Resource!.Root));
        var loaded = MappingLibrary.Load(R4.Definitions, texts, resources.Concat(SourceFolders.DescribedModels(mappings)));
        return loaded.Issues.FirstOrDefault(issue => issue.IsError) is { } fault
            ? throw new InvalidDataException($"{fault.Path}: {fault.Text}")
            : loaded.Library;
    }
}
