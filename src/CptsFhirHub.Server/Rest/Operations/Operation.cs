using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>Where an operation is called. https://hl7.org/fhir/R4/operations.html#executing</summary>
[Flags]
internal enum Levels
{
    System = 1,
    Type = 2,
    Instance = 4,
}

/// <summary>
/// A parameter of an operation: <c>url</c> of type <c>uri</c>. A type that begins with a capital letter cannot stand in a URL; one with parts
/// has none.
/// </summary>
internal sealed record OperationParameter(string Name, string Type, bool IsRequired = false, bool Repeats = false, bool IsOutput = false)
{
    public bool IsPrimitive => Type.Length > 0 && !char.IsAsciiLetterUpper(Type[0]);

    /// <summary>What it consists of, when it has no type.</summary>
    public IReadOnlyList<OperationParameter> Parts { get; init; } = [];
}

/// <summary>Carries an operation out.</summary>
internal delegate Task<Answer> OperationRun(OperationCall call, Collaborators hub, CancellationToken cancellationToken);

/// <summary>
/// One operation: its routes, its place in the CapabilityStatement and its OperationDefinition all follow from this line.
/// </summary>
/// <param name="Name">Without the dollar sign.</param>
/// <param name="Types">The types it is for; empty: all of them, or none when it is the system's alone.</param>
internal sealed record Operation(string Name, Levels Levels, IReadOnlyList<string> Types, string Title, OperationRun Run)
{
    public IReadOnlyList<OperationParameter> Parameters { get; init; } = [];

    /// <summary>What else a caller should know.</summary>
    public string? Comment { get; init; }

    /// <summary>True when it changes something: then it is called by POST alone.</summary>
    public bool AffectsState { get; init; }

    /// <summary>True when it changes something, and doing it twice comes to the same as doing it once.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>True when parameters it does not know are handed on.</summary>
    public bool TakesOthers { get; init; }

    /// <summary>True when its body is no resource: then another room takes it at an address of its own.</summary>
    public bool IsRoutedElsewhere { get; init; }

    /// <summary>What the caller must be allowed to do with the type.</summary>
    public Deeds Deed { get; init; } = Deeds.None;

    /// <summary>The definition of the specification that it follows, wholly or in part; null for one of the hub's own.</summary>
    public string? Follows { get; init; }

    /// <summary>The id of its OperationDefinition: <c>ValueSet-expand</c>.</summary>
    public string Id => $"{Owner}-{Name}";

    /// <summary>The canonical URL of its OperationDefinition.</summary>
    public string Url => $"https://cpts-fhir-hub.example/fhir/OperationDefinition/{Id}";

    /// <summary>The type in the id; the CapabilityStatement for one that is about the system, Resource for one of all types.</summary>
    public string Owner { get; init; } = Types.Count > 0 ? Types[0] : (Levels & ~Levels.System) == (CptsFhirHub.Server.Rest.Operations.Levels)0 ? "System" : "Resource";

    /// <summary>The lines it adds to the table of routes.</summary>
    public IEnumerable<Route> Routes()
    {
        if (IsRoutedElsewhere)
            yield break;
        IEnumerable<string> owners = Types.Count > 0 ? Types : ["{type}"];
        List<string> patterns = [];
        if (Levels.HasFlag(Levels.System))
            patterns.Add($"${Name}");
        foreach (var owner in owners)
        {
            if (Levels.HasFlag(Levels.Type))
                patterns.Add($"{owner}/${Name}");
            if (Levels.HasFlag(Levels.Instance))
                patterns.Add($"{owner}/{{id}}/${Name}");
        }

        foreach (var pattern in patterns)
        {
            if (!AffectsState)
                yield return new("GET", pattern, $"${Name}", Deed, BodyKind.None, Handle);
            yield return new("POST", pattern, $"${Name}", Deed, BodyKind.Optional, Handle)
            {
                AffectsState = AffectsState,
                IsRepeatable = IsRepeatable,
            };
        }
    }

    private Task<Answer> Handle(FhirRequest request, Collaborators hub, CancellationToken cancellationToken) =>
        Run(OperationCall.Read(this, request), hub, cancellationToken);
}
