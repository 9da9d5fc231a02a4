using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>A field of the source with values that no rule has read.</summary>
/// <param name="Path">Where it stands, without indexes: <c>Hl7v2Message.PID.5.1</c>.</param>
/// <param name="Unread">How many of its values were not read.</param>
/// <param name="Total">How many values it has.</param>
public sealed record UnreadField(string Path, int Unread, int Total);

/// <summary>
/// Which values of a source a run has read: what a sender says and no rule takes up. A value counts as read when a rule goes to it,
/// copies it or what holds it, or when an expression names the way to it; a condition that does not hold has read nothing.
/// </summary>
public sealed class MapCoverage
{
    private const int DepthMax = 100;
    private readonly HashSet<Element> _read = new(ReferenceEqualityComparer.Instance);

    /// <summary>The fields with unread values, in the order in which the source has them. Paths and counts only, never a value.</summary>
    public IReadOnlyList<UnreadField> Unread(Element source)
    {
        var fields = new Dictionary<string, (int Unread, int Total)>(StringComparer.Ordinal);
        var order = new List<string>();
        Walk(source, source.ResourceType ?? source.Name, 0);
        return [.. order.Where(path => fields[path].Unread > 0).Select(path => new UnreadField(path, fields[path].Unread, fields[path].Total))];

        void Walk(Element at, string path, int depth)
        {
            if (at.Value is not null)
            {
                if (!fields.TryGetValue(path, out var counts))
                    order.Add(path);
                fields[path] = (counts.Unread + (_read.Contains(at) ? 0 : 1), counts.Total + 1);
            }

            if (depth == DepthMax)
                return;
            foreach (var child in at.Children)
                Walk(child, $"{path}.{child.Name}", depth + 1);
        }
    }

    internal void Read(Item item)
    {
        if (item.Element is { Value: not null } node)
            _read.Add(node);
    }

    internal void ReadAll(Element node) => ReadAll(node, 0);

    /// <summary>What an expression can have read: below its input and its variables, wherever every name on the way stands in it.</summary>
    internal void Read(MapExpression expression, Item input, Item[] frame)
    {
        Named(expression, input);
        foreach (var slot in expression.Slots)
            if (slot >= 0)
                Named(expression, frame[slot]);
    }

    private void Named(MapExpression expression, Item item)
    {
        Read(item);
        if (item.Element is { } node)
            Below(node, expression, 0);
    }

    private void Below(Element node, MapExpression expression, int depth)
    {
        if (depth == DepthMax)
            return;
        foreach (var child in node.Children)
        {
            if (!expression.MayName(child.Name))
                continue;
            if (child.Value is not null)
                _read.Add(child);
            Below(child, expression, depth + 1);
        }
    }

    private void ReadAll(Element node, int depth)
    {
        if (node.Value is not null)
            _read.Add(node);
        if (depth == DepthMax)
            return;
        foreach (var child in node.Children)
            ReadAll(child, depth + 1);
    }
}
