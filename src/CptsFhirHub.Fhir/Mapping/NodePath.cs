using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>Where a node stands in its tree. Nodes do not know their parents, so it is searched for: only faults need it.</summary>
internal static class NodePath
{
    private const int DepthMax = 100;

    /// <summary>The path of <paramref name="node"/> below <paramref name="root"/>, such as <c>Patient.name[0].given[1]</c>; null when it is not there.</summary>
    public static string? Find(Element root, Element node)
    {
        var steps = new List<string>();
        if (!Walk(root, node, steps, 0))
            return null;
        steps.Reverse();
        return string.Concat(root.ResourceType ?? root.Name, string.Concat(steps));
    }

    /// <summary>The path of every node of a tree.</summary>
    public static Dictionary<Element, string> All(Element root)
    {
        var paths = new Dictionary<Element, string>(ReferenceEqualityComparer.Instance);
        Add(root, root.ResourceType ?? root.Name, 0);
        return paths;

        void Add(Element at, string path, int depth)
        {
            paths[at] = path;
            if (depth == DepthMax)
                return;
            var index = 0;
            Element? previous = null;
            foreach (var child in at.Children)
            {
                index = previous?.Name == child.Name ? index + 1 : 0;
                previous = child;
                Add(child, child.IsListItem ? $"{path}.{child.Name}[{index}]" : $"{path}.{child.Name}", depth + 1);
            }
        }
    }

    private static bool Walk(Element at, Element node, List<string> steps, int depth)
    {
        if (ReferenceEquals(at, node))
            return true;
        if (depth == DepthMax)
            return false;
        var index = 0;
        Element? previous = null;
        foreach (var child in at.Children)
        {
            index = previous?.Name == child.Name ? index + 1 : 0;
            previous = child;
            if (!Walk(child, node, steps, depth + 1))
                continue;
            steps.Add(child.IsListItem ? $".{child.Name}[{index}]" : $".{child.Name}");
            return true;
        }

        return false;
    }
}
