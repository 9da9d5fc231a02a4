using System.Collections.Concurrent;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>What compiling gave: a map to run, or null and the reasons with their line and column.</summary>
public sealed record Compilation(CompiledMap? Map, IReadOnlyList<Issue> Issues)
{
    /// <summary>True when the whole map can be run.</summary>
    public bool IsSound => Map is not null && !Issues.Any(issue => issue.IsError);
}

/// <summary>A library, and the faults of what could not be taken into it.</summary>
public sealed record LoadedLibrary(MappingLibrary Library, IReadOnlyList<Issue> Issues);

/// <summary>
/// The maps, concept maps and models that belong together. Immutable: <see cref="With"/> gives a new library, so that a run under
/// way keeps the one it began with. Maps are compiled when first asked for.
/// </summary>
public sealed class MappingLibrary
{
    private const int ImportsMax = 100;

    private readonly Dictionary<string, StructureMap> _maps;
    private readonly Dictionary<string, ConceptTranslation> _conceptMaps;
    private readonly ConcurrentDictionary<string, Compilation> _compiled = new(StringComparer.Ordinal);

    /// <summary>A library of these maps and ConceptMap resources. A later one takes the place of an earlier one with its URL.</summary>
    public MappingLibrary(DefinitionSet definitions, IEnumerable<StructureMap> maps, IEnumerable<Element> conceptMaps)
    {
        Definitions = definitions;
        _maps = new(StringComparer.Ordinal);
        foreach (var map in maps)
            _maps[map.Url] = map;
        _conceptMaps = new(StringComparer.Ordinal);
        foreach (var conceptMap in conceptMaps)
            if (conceptMap.Text("url") is { } url)
                _conceptMaps[url] = ConceptTranslation.Of(conceptMap);
        foreach (var map in _maps.Values)
            foreach (var contained in map.ConceptMaps)
                _conceptMaps[$"{map.Url}#{contained.Text("id")}"] = ConceptTranslation.Of(contained);
    }

    /// <summary>Types and logical models.</summary>
    public DefinitionSet Definitions { get; }

    /// <summary>The maps by URL.</summary>
    public IReadOnlyCollection<StructureMap> Maps => _maps.Values;

    /// <summary>
    /// A library from map texts and conformance resources: StructureDefinitions of logical models, ConceptMaps, StructureMaps.
    /// What is unsound is left out and told in the issues.
    /// </summary>
    /// <param name="definitions">The types below the models.</param>
    /// <param name="texts">Map texts, each with the name of its file for the issues.</param>
    /// <param name="resources">Resources, each with the name of its file for the issues.</param>
    public static LoadedLibrary Load(
        DefinitionSet definitions, IEnumerable<(string File, string Text)> texts, IEnumerable<(string File, Element Resource)> resources)
    {
        var issues = new List<Issue>();
        var maps = new List<StructureMap>();
        var models = new List<Element>();
        var conceptMaps = new List<Element>();
        foreach (var (file, resource) in resources)
        {
            switch (resource.ResourceType)
            {
                case "StructureDefinition": models.Add(resource); break;
                case "ConceptMap": conceptMaps.Add(resource); break;
                case "StructureMap": Take(file, StructureMapResource.Read(resource)); break;
                default: issues.Add(Issue.Warning("not-supported", file, $"A mapping library holds no {resource.ResourceType}.")); break;
            }
        }

        foreach (var (file, text) in texts)
            Take(file, MapParser.Parse(text));
        return new(new(models.Count == 0 ? definitions : definitions.With(models), maps, conceptMaps), issues);

        void Take(string file, ParsedMap parsed)
        {
            issues.AddRange(parsed.Issues.Select(issue => issue with { Path = $"{file}, {issue.Path}" }));
            if (parsed.IsSound)
                maps.Add(parsed.Map!);
        }
    }

    /// <summary>The library with one map more, or another in the place of the one with its URL.</summary>
    public MappingLibrary With(StructureMap map) => new(this, map);

    /// <summary>The library with one ConceptMap more, or another in the place of the one with its URL.</summary>
    public MappingLibrary WithConceptMap(Element conceptMap) => new(this, conceptMap);

    /// <summary>The map with that URL, ready to run; without a map the issues say why not.</summary>
    public Compilation Compile(string url) =>
        CompileWhatIsSound(url) is { IsSound: true } sound ? sound : CompileWhatIsSound(url) with { Map = null };

    /// <summary>
    /// The map with that URL without the rules that cannot be compiled, which the issues tell: to try a map that is being written.
    /// </summary>
    public Compilation CompileWhatIsSound(string url) =>
        // An unknown URL is not remembered: it comes from a caller, who may have many.
        _maps.TryGetValue(url, out var map) ? _compiled.GetOrAdd(url, (_, known) => Build(known), map)
            : new(null, [Issue.Error("not-found", url, "There is no map with that URL.")]);

    internal ConceptTranslation? Translation(string url, StructureMap map, MapContext context)
    {
        if (_conceptMaps.TryGetValue(url.StartsWith('#') ? map.Url + url : url, out var known))
            return known;
        return context.ConceptMap?.Invoke(url) is { } found ? ConceptTranslation.Of(found) : null;
    }

    /// <summary>True when an import names that URL; <c>*</c> stands for any text.</summary>
    internal static bool Matches(string import, string url)
    {
        var star = import.IndexOf('*', StringComparison.Ordinal);
        return star < 0
            ? import == url
            : url.Length >= import.Length - 1
                && url.StartsWith(import[..star], StringComparison.Ordinal)
                && url.EndsWith(import[(star + 1)..], StringComparison.Ordinal);
    }

    private MappingLibrary(MappingLibrary other, Element conceptMap)
    {
        Definitions = other.Definitions;
        _maps = other._maps;
        _conceptMaps = new(other._conceptMaps, StringComparer.Ordinal);
        if (conceptMap.Text("url") is { } url)
            _conceptMaps[url] = ConceptTranslation.Of(conceptMap);
    }

    private MappingLibrary(MappingLibrary other, StructureMap map)
    {
        Definitions = other.Definitions;
        _maps = new(other._maps, StringComparer.Ordinal) { [map.Url] = map };
        _conceptMaps = new(other._conceptMaps, StringComparer.Ordinal);
        foreach (var contained in map.ConceptMaps)
            _conceptMaps[$"{map.Url}#{contained.Text("id")}"] = ConceptTranslation.Of(contained);
    }

    private Compilation Build(StructureMap map)
    {
        var issues = new List<Issue>();
        var code = MapCompiler.Compile(WithImports(map, issues), Definitions);
        issues.AddRange(code.Issues);
        return new(code.Entry is null ? null : new CompiledMap(map, code.Entry, code.Groups, code.Constants, this), issues);
    }

    private List<StructureMap> WithImports(StructureMap map, List<Issue> issues)
    {
        var all = new List<StructureMap> { map };
        for (var at = 0; at < all.Count; at++)
        {
            if (all.Count > ImportsMax)
            {
                issues.Add(Issue.Error("too-costly", map.Name, $"A map uses at most {ImportsMax} others."));
                break;
            }

            foreach (var import in all[at].Imports)
            {
                var found = _maps.Values.Where(other => Matches(import, other.Url)).ToList();
                if (found.Count == 0)
                    issues.Add(Issue.Error("not-found", all[at].Name, $"The map imports {import}, which is not there."));
                all.AddRange(found.Where(other => !all.Contains(other)));
            }
        }

        return all;
    }
}
