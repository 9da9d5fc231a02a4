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
        var (last, isInOrder) = (int.MinValue, true);
        foreach (var child in element.Children)
        {
            if (child.Count > 0)
                Apply(child, definition.Of(child));
            var place = PlaceOf(child, definition);
            isInOrder &= last <= place;
            last = place;
        }

        if (isInOrder)
            return;
        var places = new int[element.Count];
        for (var i = 0; i < places.Length; i++)
            places[i] = PlaceOf(element[i], definition);
        element.SortChildren(places);
    }

    private static int PlaceOf(Element child, ChildDefinition definition) => definition.Child(child.Name)?.Element.Position ?? int.MaxValue;
}
