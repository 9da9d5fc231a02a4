using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.Xml;

/// <summary>Where XML puts the children of an element: attribute or element, and in which order.</summary>
internal static class XmlOrder
{
    /// <summary>The position of a child among the elements of its parent, as the specification lists them.</summary>
    public static int Of(ChildDefinition parent, ChildDefinition child)
    {
        if (parent.Shape is not { } shape)
            return int.MaxValue;
        for (var i = 0; i < shape.Children.Count; i++)
            if (ReferenceEquals(shape.Children[i], child.Element))
                return i;
        return int.MaxValue;
    }

    /// <summary>True for what XML writes as an attribute: the <c>id</c> of what is no resource, the <c>url</c> of an extension.</summary>
    public static bool IsAttribute(ChildDefinition parent, string name) => name switch
    {
        "id" => parent.Type is not { IsResource: true },
        "url" => parent.TypeName == "Extension",
        _ => false,
    };
}
