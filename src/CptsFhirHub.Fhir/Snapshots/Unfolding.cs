using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.Snapshots;

/// <summary>Gives an element the parts of its type, when a differential walks into it.</summary>
internal sealed class Unfolding(StructureSource source)
{
    private const int NodesMax = 100_000;
    private int _nodes;

    /// <summary>True while the snapshot may grow by a copy of that node.</summary>
    public bool Affords(SnapshotNode node) => (_nodes += node.Size()) <= NodesMax;

    /// <summary>Adds the parts; tells why when there are none to add.</summary>
    public string? Unfold(SnapshotNode node)
    {
        var types = node.Element.All("type");
        if (node.Element.Text("contentReference") is { } reference)
            return Refer(node, reference);
        if (types.Length == 0)
            return "The element has no type, and so no parts.";

        var code = types[0].Text("code") ?? "";
        foreach (var type in types)
            if (type.Text("code") != code)
                code = "Element";
        string? profile = null;
        if (types.Length == 1 && types[0].All("profile") is [{ Value: { } only }])
            profile = only;
        if (profile is not null && source.IsBegun(profile))
            return "The profile of the element's type leads back to the structure itself.";
        var tree = profile is null ? source.Tree(code) : Part(profile);
        // Every extension has the same parts, also one that is not at hand.
        if (tree is null && code == "Extension")
            tree = source.Tree(code);
        if (tree is null)
            return $"The type or profile {profile ?? code} is unknown: the element cannot be walked into.";
        return Take(node, tree);
    }

    private SnapshotNode? Part(string profile)
    {
        if (source.Tree(profile) is not { } tree)
            return null;
        return Canonical.Parse(profile).Fragment is { } fragment ? Named(tree, fragment) ?? source.Tree("Extension") : tree;
    }

    private static SnapshotNode? Named(SnapshotNode node, string fragment)
    {
        foreach (var child in node.Children)
        {
            if (child.FindSlice(fragment) is { Children.Count: > 0 } slice)
                return slice;
            if (Named(child, fragment) is { } found)
                return found;
        }

        return null;
    }

    // The element takes type and parts of the one it refers to, as the type itself defines that one.
    private string? Refer(SnapshotNode node, string reference)
    {
        var steps = reference[(reference.LastIndexOf('#') + 1)..].Split('.');
        var at = source.Tree(steps[0]);
        foreach (var step in steps.AsSpan(1))
            at = at?.Child(step);
        if (at is null)
            return "The element that is referred to is unknown.";
        node.Element.Remove("contentReference");
        foreach (var type in at.Element.All("type"))
            node.Element.Append(type.Copy());
        if (at.Children.Count == 0)
            return Unfold(node);
        return Take(node, at);
    }

    private string? Take(SnapshotNode node, SnapshotNode from)
    {
        if (!Affords(from))
            return "The structure is too large.";
        foreach (var child in from.Children)
        {
            var copy = child.Copy();
            ElementMerge.DropNotInherited(copy.Element);
            node.Children.Add(copy);
        }

        return null;
    }
}
