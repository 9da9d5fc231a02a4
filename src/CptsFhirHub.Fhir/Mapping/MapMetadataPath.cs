using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>
/// Metadata of a map's head as elements of its StructureMap, and back: <c>/// jurisdiction.coding.code = 'FR'</c>.
/// A name that comes again in a list begins a new item. https://hl7.org/fhir/R4/structuremap.html
/// </summary>
internal static class MapMetadataPath
{
    private const int DepthMax = 8;

    /// <summary>What the text writes with words of its own, and what is no metadata.</summary>
    private static readonly string[] Elsewhere =
        ["url", "name", "title", "status", "version", "description", "structure", "import", "group", "contained", "extension", "modifierExtension", "text"];

    private static ChildDefinition Root => R4.Definitions.Type("StructureMap")!.Node;

    /// <summary>True when the path leads to an element that may hold a value of that kind.</summary>
    public static bool IsKnown(string path, bool isComplex)
    {
        var names = path.Split('.');
        if (names.Length > DepthMax || Elsewhere.Contains(names[0]))
            return false;
        var at = Root;
        foreach (var name in names)
        {
            if (at.Child(name) is not { } child)
                return false;
            at = child;
        }

        return isComplex || at.Type?.IsPrimitive == true;
    }

    /// <summary>Writes one line into the resource.</summary>
    public static void Write(Element resource, MapMetadata line)
    {
        var names = line.Path.Split('.');
        var (at, definition) = (resource, Root);
        for (var i = 0; i < names.Length; i++)
        {
            if (definition.Child(names[i]) is not { } child)
                return;
            definition = child;
            var isList = child.Element.IsList;
            if (i == names.Length - 1 && line.Value is { } value)
                at.Append(Element.Primitive(names[i], MapPrimitives.KindOf(child.TypeName), value, isList));
            else if (i < names.Length - 1 && at.All(names[i]) is [.., var last])
                at = last;
            else
                at = isList ? at.AddItem(names[i]) : at.Add(names[i]);
        }
    }

    /// <summary>The lines of a resource's own elements.</summary>
    public static List<MapMetadata> Read(Element resource)
    {
        var lines = new List<MapMetadata>();
        foreach (var child in resource.Children)
            if (!Elsewhere.Contains(child.Name) && child.Name != "id")
                Read(child, child.Name, lines, 1);
        return lines;
    }

    private static void Read(Element element, string path, List<MapMetadata> lines, int depth)
    {
        if (depth > DepthMax)
            return;
        if (element.IsPrimitive)
        {
            if (element.Value is { } value)
                lines.Add(new(path, value));
            return;
        }

        lines.Add(new(path, null));
        foreach (var child in element.Children)
            if (child.Name is not ("extension" or "modifierExtension"))
                Read(child, $"{path}.{child.Name}", lines, depth + 1);
    }
}
