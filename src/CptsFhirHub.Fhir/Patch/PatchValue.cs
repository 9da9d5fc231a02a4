using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Patch;

/// <summary>
/// Makes the element that an operation puts into a resource. The definitions say its JSON name (choice types), whether it is an
/// item of a list, and which type it must have. https://hl7.org/fhir/R4/fhirpatch.html#concept
/// </summary>
internal static class PatchValue
{
    private static readonly string[] Numbers = ["integer", "decimal", "positiveInt", "unsignedInt"];

    /// <summary>The child <c>value[x]</c> of a parameter or part; null when it has none.</summary>
    public static Element? TypedValue(Element part)
    {
        foreach (var child in part.Children)
            if (child.Name.StartsWith("value", StringComparison.Ordinal) && child.Name.Length > 5)
                return child;
        return null;
    }

    /// <summary>The element <paramref name="name"/> below <paramref name="parent"/>, filled with what <paramref name="part"/> carries.</summary>
    public static (Element? Node, string? Fault) Build(ChildDefinition parent, string name, Element part)
    {
        var typed = TypedValue(part);
        var resource = part.Child("resource");
        var parts = part.All("part");
        if ((typed is null ? 0 : 1) + (resource is null ? 0 : 1) + (parts.Length > 0 ? 1 : 0) != 1)
            return (null, "A value is either value[x], a resource or parts.");

        var definition = parent.Child(name) ?? (typed is null ? null : parent.Child(string.Concat(name, typed.Name.AsSpan(5))));
        if (definition is null)
            return (null, typed is not null && IsChoice(parent, name)
                ? "The element is not allowed to have that type."
                : "The definitions know no such element there.");
        if (typed is not null)
            return OfTyped(definition, typed);
        if (resource is not null)
            return definition.Type is { IsResource: true }
                ? (resource.Copy(definition.JsonName, definition.Element.IsList), null)
                : (null, "A resource does not fit the element.");
        return OfParts(definition, parts);
    }

    /// <summary>True when <paramref name="name"/> stands for a choice of types: <c>deceased</c>.</summary>
    private static bool IsChoice(ChildDefinition parent, string name) =>
        parent.Shape?.Children.Any(child => child.IsChoice && child.Name == name) == true;

    private static (Element? Node, string? Fault) OfTyped(ChildDefinition definition, Element typed)
    {
        var set = R4.Definitions;
        var suffix = typed.Name[5..];
        var given = set.Type(string.Concat(char.ToLowerInvariant(suffix[0]).ToString(), suffix.AsSpan(1))) is { IsPrimitive: true } primitive
            ? primitive
            : set.Type(suffix);
        if (given is null)
            return (null, "The value has a type that R4 does not know.");

        // The ids of resources and the urls of extensions are of a System type, which the definitions do not hold.
        var wanted = definition.Type;
        var isPrimitive = wanted is null or { IsPrimitive: true };
        if (isPrimitive != given.IsPrimitive || !isPrimitive && given.Name != wanted!.Name && !set.IsSubtype(given.Name, wanted.Name))
            return (null, $"The element has the type {definition.TypeName}, the value another.");
        if (isPrimitive && typed.Value is not null && typed.Kind != KindOf(wanted?.Name))
            return (null, $"The element has the type {definition.TypeName}, the value another.");
        return (typed.Copy(definition.JsonName, definition.Element.IsList), null);
    }

    private static (Element? Node, string? Fault) OfParts(ChildDefinition definition, ReadOnlySpan<Element> parts)
    {
        if (definition.Type is null or { IsPrimitive: true } or { IsResource: true })
            return (null, $"The element has the type {definition.TypeName}: its value is not given in parts.");
        var node = Element.Named(definition.JsonName, definition.Element.IsList);
        foreach (var part in parts)
        {
            var (child, fault) = Build(definition, part.Text("name") ?? "", part);
            if (child is null)
                return (null, fault);
            if (!child.IsListItem && node.Child(child.Name) is not null)
                return (null, "An element that occurs once is given twice.");
            node.Append(child);
        }

        return (node, null);
    }

    private static ElementKind KindOf(string? primitive) =>
        primitive == "boolean" ? ElementKind.Boolean : Numbers.Contains(primitive) ? ElementKind.Number : ElementKind.String;
}
