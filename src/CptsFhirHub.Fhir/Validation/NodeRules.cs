using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>What a node of some definition needs checked, prepared once.</summary>
internal sealed class NodeRules
{
    private NodeRules(ChildDefinition definition)
    {
        TypeName = definition.TypeName;
        Format = Formats.Of(definition.TypeName);
        IsPrimitive = Format != Format.None;
        IsAnyResource = definition.Type is { IsResource: true, IsAbstract: true };
        Required = definition.Shape is { } shape ? [.. shape.Children.Where(child => child.Min > 0 && !IsPrimitive)] : [];
        Binding = definition.Element.Binding is { } bound
            && (bound.Additional is not null || bound is { ValueSet: not null, Strength: >= BindingStrength.Extensible }) ? bound : null;
        Values = IsPrimitive ? definition.Element.Values : null;
        Profiles = definition.Reference?.Profiles ?? [];

        var isRoot = ReferenceEquals(definition.Element, definition.Type?.Root);
        IEnumerable<Invariant> stated = definition.Type?.Invariants ?? [];
        if (!isRoot)
            stated = stated.Concat(definition.Element.Invariants);
        if (definition.Element.ContentTarget is { } target)
            stated = stated.Concat(target.Invariants);
        Invariants = [.. stated.DistinctBy(invariant => invariant.Key).Select(InvariantCheck.Compile).OfType<CompiledInvariant>()];
    }

    public string TypeName { get; }

    public Format Format { get; }

    public bool IsPrimitive { get; }

    /// <summary>True where any resource may stand: contained, Bundle.entry.resource.</summary>
    public bool IsAnyResource { get; }

    public ElementDefinition[] Required { get; }

    /// <summary>The binding when it is one to check.</summary>
    public Binding? Binding { get; }

    public ValueRules? Values { get; }

    /// <summary>Profiles of the type, such as SimpleQuantity.</summary>
    public IReadOnlyList<string> Profiles { get; }

    public CompiledInvariant[] Invariants { get; }

    /// <summary>The rules of a node; two threads that prepare the same come to the same.</summary>
    public static NodeRules Of(ChildDefinition definition)
    {
        if (definition.Prepared is NodeRules known)
            return known;
        var prepared = new NodeRules(definition);
        definition.Prepared = prepared;
        return prepared;
    }
}
