using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// What <c>type()</c> gives for an item: SimpleTypeInfo, ClassInfo, or TupleTypeInfo for an element that has a structure but no type
/// of its own. https://hl7.org/fhirpath/N1/#reflection
/// </summary>
/// <param name="Type">The type.</param>
/// <param name="Shape">Its place in the definitions; null for a System type.</param>
internal sealed record Reflected(TypeSpecifier Type, Shape? Shape)
{
    public string Kind => Shape is null || Shape.Node.Type is { IsPrimitive: true } ? "SimpleTypeInfo"
        : IsAnonymous ? "TupleTypeInfo"
        : "ClassInfo";

    private bool IsAnonymous => Shape is { Node: var node } && node.Shape is { } place && place.Path.Contains('.', StringComparison.Ordinal);

    private string BaseType => Shape is null ? "System.Any"
        : Shape.Node.Type is not { } type ? "FHIR.Element"
        : IsAnonymous ? "FHIR." + type.Name
        : type.BaseName is { } name ? "FHIR." + name
        : "System.Any";

    public static Reflected Of(Item item)
    {
        if (item.Shape is { } shape)
            return new(new("FHIR", shape.Type), shape);
        if (Item.SystemType(item.Value) is { } system)
            return new(new("System", system), null);
        return item.Element?.ResourceType is { } resource ? new(new("FHIR", resource), null) : new(new("System", "Any"), null);
    }

    public void Take(string name, ref Gathering into)
    {
        switch (name)
        {
            case "name":
                into.Add(Item.Of(Type.Name));
                break;
            case "namespace" when Type.Namespace is { } space:
                into.Add(Item.Of(space));
                break;
            case "baseType":
                into.Add(Item.Of(BaseType));
                break;
            case "element" when Shape is { Node.Shape: { } place } && Kind != "SimpleTypeInfo":
                foreach (var child in place.Children)
                    into.Add(new Item(new Part(child, Kind == "TupleTypeInfo"), null));
                break;
        }
    }

    public override string ToString() => Type.ToString();

    /// <summary>One element of a class or tuple: its name, its type, and whether it is counted from one, which FHIR never does.</summary>
    internal sealed record Part(ElementDefinition Element, bool IsOfTuple)
    {
        public string Kind => IsOfTuple ? "TupleTypeInfoElement" : "ClassInfoElement";

        public void Take(string name, ref Gathering into)
        {
            switch (name)
            {
                case "name":
                    into.Add(Item.Of(Element.Name));
                    break;
                case "type":
                    into.Add(Item.Of(Element.IsList ? $"List<{TypeName}>" : TypeName));
                    break;
                case "isOneBased":
                    into.Add(Item.Of(false));
                    break;
            }
        }

        public override string ToString() => Element.Name;

        // A choice is any of several types.
        private string TypeName => Element.Types.Count switch
        {
            1 => "FHIR." + Element.Types[0].Code,
            0 => "FHIR.Element",
            _ => "System.Any",
        };
    }
}
