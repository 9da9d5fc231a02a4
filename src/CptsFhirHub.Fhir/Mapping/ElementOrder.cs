using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>
/// Puts children in the order of the specification: rules run in the order of the map, which is another. What the definitions do
/// not know keeps its place behind.
/// </summary>
internal static class ElementOrder
{
    public static void Apply(Element element, ChildDefinition? definition)
    {
        if (definition is null)
            return;
        var keys = new int[element.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            var child = element[i];
            Apply(child, definition.Of(child));
            keys[i] = definition.Child(child.Name)?.Element.Position ?? int.MaxValue;
        }

        for (var i = 1; i < keys.Length; i++)
        {
            if (keys[i - 1] <= keys[i])
                continue;
            element.SortChildren(keys);
            return;
        }
    }
}
