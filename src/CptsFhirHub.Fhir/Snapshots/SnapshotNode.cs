using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Snapshots;

/// <summary>One element of a snapshot or differential as a tree: what it is, its parts, and its slices.</summary>
internal sealed class SnapshotNode
{
    public SnapshotNode(string name, string? sliceName, Element element)
    {
        (Name, SliceName, Element) = (name, sliceName, element);
        TypesFound = element.All("type").Length;
    }

    /// <summary>The last step of the path: <c>identifier</c>, <c>value[x]</c>.</summary>
    public string Name { get; }

    /// <summary>The slice, or null for the element itself.</summary>
    public string? SliceName { get; set; }

    /// <summary>The ElementDefinition.</summary>
    public Element Element { get; private set; }

    /// <summary>False for an element that a differential only passes through.</summary>
    public bool IsStated { get; private set; } = true;

    /// <summary>The number of types that the base allowed, whatever has been narrowed since.</summary>
    public int TypesFound { get; }

    public List<SnapshotNode> Children { get; } = [];

    public List<SnapshotNode> Slices { get; } = [];

    public bool IsChoice => Name.EndsWith("[x]", StringComparison.Ordinal);

    /// <summary>A view of a structure as a tree; null when it has no element.</summary>
    public static SnapshotNode? Read(Element structure, string view, bool isSnapshot, List<Issue> issues)
    {
        if (structure.Child(view) is not { } holder)
            return null;
        var elements = holder.All("element");
        if (elements.Length > ElementsMax)
        {
            issues.Add(Issue.Error("too-costly", $"StructureDefinition.{view}", "The structure has too many elements."));
            return null;
        }

        var hasSliceIds = false;
        foreach (var element in elements)
            hasSliceIds |= element.Text("id")?.Contains(':', StringComparison.Ordinal) == true;

        SnapshotNode? root = null;
        var open = new List<SnapshotNode>();
        foreach (var element in elements)
        {
            var path = element.Text("path") ?? "";
            var steps = path.Split('.');
            if (steps.Length > DepthMax || steps.Any(step => step.Length == 0))
            {
                issues.Add(Issue.Error("value", Place(element), "The path of the element is not well formed."));
                continue;
            }

            root ??= new(steps[0], null, Element.Named("element", isListItem: true)) { IsStated = false };
            if (steps[0] != root.Name)
            {
                issues.Add(Issue.Error("value", Place(element), "The path does not begin with the type of the structure."));
                continue;
            }

            var sliceNames = SliceNames(element, steps, hasSliceIds && !isSnapshot);
            var at = root;
            if (open.Count == 0)
                open.Add(root);
            for (var i = 1; i < steps.Length; i++)
            {
                var isLast = i == steps.Length - 1;
                if (sliceNames is null && !isLast && i < open.Count && open[i].Name == steps[i])
                {
                    at = open[i];
                    continue;
                }

                at = at.Step(steps[i]);
                var sliceName = sliceNames is not null ? sliceNames[i] : isLast ? element.Text("sliceName") : null;
                if (sliceName is not null)
                    at = at.Slice(sliceName);
                open.RemoveRange(Math.Min(i, open.Count), Math.Max(0, open.Count - i));
                open.Add(at);
            }

            at.State(isSnapshot ? WithBase(element) : element);
        }

        return root;
    }

    /// <summary>A deep copy without the slices of this very node; those of its parts stay.</summary>
    public SnapshotNode CopyUnsliced()
    {
        var copy = new SnapshotNode(Name, null, Element.Copy());
        foreach (var child in Children)
            copy.Children.Add(child.Copy());
        copy.Element.Remove("slicing");
        copy.Element.Remove("sliceName");
        return copy;
    }

    /// <summary>A deep copy.</summary>
    public SnapshotNode Copy()
    {
        var copy = new SnapshotNode(Name, SliceName, Element.Copy());
        foreach (var child in Children)
            copy.Children.Add(child.Copy());
        foreach (var slice in Slices)
            copy.Slices.Add(slice.Copy());
        return copy;
    }

    /// <summary>The number of elements that a copy adds.</summary>
    public int Size() => 1 + Children.Sum(child => child.Size()) + Slices.Sum(slice => slice.Size());

    public SnapshotNode? Child(string name) => Children.Find(child => child.Name == name);

    public SnapshotNode? FindSlice(string sliceName) => Slices.Find(slice => slice.SliceName == sliceName);

    public int Min => Number(Element.Text("min"));

    /// <summary>The tree as a <c>snapshot</c>, its paths and ids made anew under the root's name.</summary>
    public Element Write(string rootName)
    {
        var snapshot = Element.Named("snapshot");
        Write(snapshot, rootName, rootName);
        return snapshot;
    }

    private const int DepthMax = 60;
    private const int ReslicesMax = 20;
    private const int ElementsMax = 20_000;

    private static int Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static string Place(Element element) => $"StructureDefinition.differential.element({element.Text("id") ?? element.Text("path")})";

    private static string?[]? SliceNames(Element element, string[] steps, bool trustsIds)
    {
        if (!trustsIds || element.Text("id") is not { Length: > 0 } id)
            return null;
        var parts = id.Split('.');
        if (parts.Length != steps.Length)
            return null;
        var names = new string?[steps.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            var colon = parts[i].IndexOf(':', StringComparison.Ordinal);
            names[i] = colon < 0 ? null : parts[i][(colon + 1)..];
            // deceasedBoolean in a path and deceased[x]:deceasedBoolean in an id are one.
            if (names[i] == steps[i])
                names[i] = null;
        }

        var sliceName = element.Text("sliceName");
        if (sliceName is not null && names[^1] != sliceName && steps[^1] != sliceName)
        {
            // Ids that leave out the slice: the order of the elements tells.
            if (names[^1] is null && Array.TrueForAll(names, name => name is null))
                return null;
            names[^1] = sliceName;
        }

        return names;
    }

    private static Element WithBase(Element element)
    {
        var copy = element.Copy(isListItem: true);
        if (copy.Child("base") is null)
            copy.Append(BaseOf(copy));
        return copy;
    }

    /// <summary>What <c>base</c> says of an element that stands in no other structure before.</summary>
    public static Element BaseOf(Element element)
    {
        var found = Element.Named("base").With("path", element.Text("path"));
        found.Append(Element.Primitive("min", ElementKind.Number, element.Text("min") ?? "0"));
        return found.With("max", element.Text("max") ?? "*");
    }

    private void State(Element element)
    {
        // Two entries for one element: the second adds to the first.
        if (IsStated && Element.Count > 0)
            ElementMerge.Combine(Element, element);
        else
            Element = element.Copy();
        IsStated = true;
    }

    private SnapshotNode Step(string name)
    {
        if (Child(name) is { } found)
            return found;
        var made = new SnapshotNode(name, null, Element.Named("element", isListItem: true)) { IsStated = false };
        Children.Add(made);
        return made;
    }

    private SnapshotNode Slice(string sliceName)
    {
        var slash = sliceName.LastIndexOf('/');
        if (sliceName.AsSpan().Count('/') > ReslicesMax)
            slash = -1;
        var holder = slash > 0 ? Slice(sliceName[..slash]) : this;
        if (holder.FindSlice(sliceName) is { } found)
            return found;
        var made = new SnapshotNode(Name, sliceName, Element.Named("element", isListItem: true)) { IsStated = false };
        holder.Slices.Add(made);
        return made;
    }

    private void Write(Element snapshot, string path, string id)
    {
        var ownId = SliceName is null ? id : $"{id}:{SliceName}";
        snapshot.Append(ElementMerge.Ordered(Element, ownId, path, SliceName));
        foreach (var child in Children)
            child.Write(snapshot, $"{path}.{child.Name}", $"{ownId}.{child.Name}");
        foreach (var slice in Slices)
            slice.Write(snapshot, path, id);
    }
}
