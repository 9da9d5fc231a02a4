using System.Diagnostics;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Definitions;

/// <summary>
/// What is known of one node when walking down a tree: its element and the one type it has there.
/// Start at <see cref="TypeDefinition.Node"/> and go on with <see cref="Of(Element)"/>.
/// </summary>
[DebuggerDisplay("{Element.Path} as {TypeName}")]
public sealed class ChildDefinition
{
    private TypeDefinition? _type;

    internal ChildDefinition(ElementDefinition element, string jsonName, TypeReference? reference)
    {
        Element = element;
        JsonName = jsonName;
        Reference = reference;
        TypeName = reference?.Code ?? (element.ContentTarget is { Types: [var first, ..] } ? first.Code : "Element");
    }

    internal ChildDefinition(TypeDefinition type)
    {
        Element = type.Root;
        JsonName = TypeName = type.Name;
        _type = type;
    }

    /// <summary>The element's definition.</summary>
    public ElementDefinition Element { get; }

    /// <summary>
    /// What validation prepared for nodes of this definition: kept here, since it is looked up for every node of every
    /// resource.
    /// </summary>
    internal object? Prepared { get; set; }

    /// <summary>The JSON name it was found under.</summary>
    public string JsonName { get; }

    /// <summary>The allowed type that the JSON name chose; null for the root of a type and for a content reference.</summary>
    public TypeReference? Reference { get; }

    /// <summary>The name of the type: <c>Quantity</c>, <c>code</c>, <c>BackboneElement</c>, <c>Resource</c> (any resource).</summary>
    public string TypeName { get; }

    /// <summary>The type; null when a definition names a type that is not loaded.</summary>
    public TypeDefinition? Type => _type ??= Element.Set.Type(TypeName);

    /// <summary>The element that lists the children: this one, the target of its content reference, or its type's root.</summary>
    public ElementDefinition? Shape =>
        Element.Children.Count > 0 ? Element : Element.ContentTarget ?? Type?.Root;

    /// <summary>The child with that JSON name, or null when the type has none such.</summary>
    public ChildDefinition? Child(string jsonName) => Shape?.OwnChild(jsonName);

    /// <summary>
    /// The definition of a child node: <see cref="Child"/> by its name, and where the node is a resource, the root of its own type.
    /// Null when unknown.
    /// </summary>
    public ChildDefinition? Of(Element node) =>
        node.ResourceType is { } resourceType ? Element.Set.Type(resourceType)?.Node : Child(node.Name);
}
