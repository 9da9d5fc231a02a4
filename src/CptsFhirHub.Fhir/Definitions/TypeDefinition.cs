using System.Diagnostics;

namespace CptsFhirHub.Fhir.Definitions;

/// <summary>A resource type, datatype, primitive or logical model. https://hl7.org/fhir/R4/structuredefinition.html</summary>
[DebuggerDisplay("{Name}")]
public sealed class TypeDefinition
{
    internal TypeDefinition(Definition definition, TypeDefinition? baseType, IReadOnlyList<ElementDefinition> elements)
    {
        Definition = definition;
        Base = baseType;
        Elements = elements;
        Root = elements[0];
        Node = new(this);
        Invariants = baseType is null ? Root.Invariants : [.. baseType.Invariants, .. Root.Invariants];
    }

    /// <summary>The name: <c>Patient</c>, <c>HumanName</c>, <c>string</c>.</summary>
    public string Name => Definition.Name;

    /// <summary>The canonical URL.</summary>
    public string Url => Definition.Url;

    /// <summary>The type it derives from; null for Element and Resource.</summary>
    public TypeDefinition? Base { get; }

    /// <summary>The name of <see cref="Base"/>.</summary>
    public string? BaseName => Base?.Name;

    /// <summary>True for <c>string</c>, <c>code</c>, <c>date</c> and their like.</summary>
    public bool IsPrimitive => Definition.Traits!.Kind == "primitive-type";

    /// <summary>True for a resource type.</summary>
    public bool IsResource => Definition.Traits!.Kind == "resource";

    /// <summary>True when no instance has this type itself: Element, BackboneElement, Resource, DomainResource.</summary>
    public bool IsAbstract => Definition.Traits!.IsAbstract;

    /// <summary>The first element, whose children are the type's.</summary>
    public ElementDefinition Root { get; }

    /// <summary>The root as the start of a walk.</summary>
    public ChildDefinition Node { get; }

    /// <summary>Every element, inherited ones included, in the order of the specification.</summary>
    public IReadOnlyList<ElementDefinition> Elements { get; }

    /// <summary>The rules of the type as a whole, inherited ones first.</summary>
    public IReadOnlyList<Invariant> Invariants { get; }

    /// <summary>The conformance resource it was read from.</summary>
    public Definition Definition { get; }

    /// <summary>The child with that JSON name, choice types resolved; null when unknown.</summary>
    public ChildDefinition? Child(string jsonName) => Root.OwnChild(jsonName);
}
