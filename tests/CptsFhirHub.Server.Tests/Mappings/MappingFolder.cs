using System.Text.Json;
using CptsFhirHub.Coordination.Intake;
using CptsFhirHub.Coordination.Intake.Described;
using CptsFhirHub.Coordination.Intake.Hl7v2;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.Mappings;

/// <summary>The folder <c>mappings/</c> as the hub loads it, and the way from a file of <c>examples/</c> to its Bundles.</summary>
internal static class MappingFolder
{
    private static readonly Lazy<LoadedLibrary> Loaded = new(Load);

    public static string Root { get; } = Repository.File("mappings");

    /// <summary>Every folder that is a source.</summary>
    public static string[] Sources { get; } = [.. Directory.GetFiles(Root, "source.json", SearchOption.AllDirectories)
        .Select(file => Path.GetFileName(Path.GetDirectoryName(file))!).Order(StringComparer.Ordinal)];

    private static readonly Dictionary<string, DescribedSource> Described = Sources
        .Select(source => (Name: source, Document: JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Root, source, "source.json")))))
        .Where(source => source.Document.RootElement.GetProperty("reader").GetString() == "described")
        .ToDictionary(source => source.Name, source => DescribedSource.Of(source.Document.RootElement, SharedBy(source.Document.RootElement)) is (var read, var issues) && read is not null
            ? read
            : throw new InvalidDataException(string.Join('\n', issues)));

    private static JsonElement? SharedBy(JsonElement description) => DescribedSource.SharedWith(description) is { } folder
        ? JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Root, folder, "source.json"))).RootElement
        : null;

    public static LoadedLibrary Library => Loaded.Value;

    /// <summary>The examples' inputs, as paths under <c>mappings/</c>.</summary>
    public static IEnumerable<string> Inputs() => Sources
        .SelectMany(source => Directory.GetFiles(Path.Combine(Root, source, "examples"), "*.in.*"))
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
        .Order(StringComparer.Ordinal);

    /// <summary>What the reader of its source makes of an input: one reading, or one a line.</summary>
    public static IReadOnlyList<SourceReading> Read(string input)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Root, input));
        if (Described.TryGetValue(SourceOf(input), out var described))
            return Readings(described.Read(bytes, "", sender: null));
        return [Hl7v2Reader.Read(bytes)];
    }

    public static MapResult Map(string input, Element tree, MapCoverage? coverage = null)
    {
        var compiled = Library.Library.Compile($"https://cpts-fhir-hub.example/fhir/StructureMap/{MapOf(SourceOf(input))}");
        Assert.Empty(compiled.Issues);
        return compiled.Map!.Run(tree, new()
        {
            Now = new(2025, 6, 21, 10, 0, 0, TimeSpan.FromHours(2)),
            Coverage = coverage,
            NewId = () => throw new InvalidOperationException("The shipped maps ask for no new id."),
        });
    }

    /// <summary>The expected output of reading <paramref name="number"/>, from 1: <c>x.out.json</c>, or <c>x.2.out.json</c> in a file of several lines.</summary>
    public static string Output(string input, int number, int count)
    {
        var stem = input[..input.IndexOf(".in.", StringComparison.Ordinal)];
        return Path.Combine(Root, count == 1 ? $"{stem}.out.json" : $"{stem}.{number}.out.json");
    }

    public static string SourceOf(string input) => input[..input.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>A call typed by the team is read by the map of sign-ups.</summary>
    private static string MapOf(string source) => source is "telephone" or "inscription" ? "doctolib" : source;

    private static LoadedLibrary Load() => MappingLibrary.Load(
        R4.Definitions,
        Files("*.map").Select(path => (Path.GetFileName(path), File.ReadAllText(path))),
        Files("*.conceptmap.json").Concat(Files("StructureDefinition-*.json"))
            .Select(path => (Path.GetFileName(path), FhirJson.Parse(File.ReadAllBytes(path)).Resource!.Root))
            .Concat(Described.Values.DistinctBy(source => source.RootName).Select(source => (source.RootName, source.LogicalModel))));

    private static string[] Files(string pattern) => Directory.GetFiles(Root, pattern, SearchOption.AllDirectories);

    private static List<SourceReading> Readings(SourceLines lines)
    {
        Assert.DoesNotContain(lines.Issues, issue => issue.IsError);
        return lines.Lines.Select(line => line.Reading).ToList();
    }
}
