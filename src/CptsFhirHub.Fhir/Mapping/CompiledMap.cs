using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>
/// A map ready to run, made by <see cref="MappingLibrary.Compile"/>. Holds no state of a run: one may be run by many threads at once.
/// </summary>
public sealed class CompiledMap
{
    internal CompiledMap(StructureMap map, GroupCode entry, GroupTable groups, ConstantCode[] constants, MappingLibrary library)
    {
        Constants = constants;
        Map = map;
        Entry = entry;
        Groups = groups;
        Library = library;
        Source = entry.Parameters.First(parameter => !parameter.IsTarget);
        Target = entry.Parameters.First(parameter => parameter.IsTarget);
    }

    /// <summary>The map as it was read.</summary>
    public StructureMap Map { get; }

    /// <summary>The type of what it makes, when the map says.</summary>
    public string? TargetType => Target.TypeName;

    /// <summary>The type of what it reads, when the map says.</summary>
    public string? SourceType => Source.TypeName;

    internal GroupCode Entry { get; }

    internal GroupTable Groups { get; }

    internal ConstantCode[] Constants { get; }

    internal MappingLibrary Library { get; }

    internal ParameterCode Source { get; }

    internal ParameterCode Target { get; }

    /// <summary>Maps a source tree. Never throws on bad data: the issues name the rule and the place.</summary>
    public MapResult Run(Element source, MapContext context)
    {
        if (TargetType is not { } targetType)
            return new(null, [Issue.Error("invalid", Map.Name, $"The first group of the map {Map.Name} does not say which type it makes.")]);
        if (SourceType is { } expected && source.ResourceType is { } given && given != expected
            && !Library.Definitions.IsSubtype(given, expected))
            return new(null, [Issue.Error("structure", given, $"The map {Map.Name} reads a {expected}, not a {given}.")]);

        var target = Element.OfResource(targetType);
        return new MapRun(this, context, source, target).Go();
    }
}
