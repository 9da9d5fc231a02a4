using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>
/// How the entries of a document or message hang together: a document is whole, each of its entries is led to from the first.
/// https://hl7.org/fhir/R4/documents.html#content
/// </summary>
internal sealed class BundleLinks
{
    private const int DepthMax = 100;
    private readonly Element[] _entries;
    private readonly BundleIndex _index;
    private readonly List<int>[] _targets;
    private readonly Dictionary<Element, int> _places = new(ReferenceEqualityComparer.Instance);

    private BundleLinks(Element bundle, BundleIndex index)
    {
        _entries = bundle.All("entry").ToArray();
        _index = index;
        _targets = new List<int>[_entries.Length];
        for (var i = 0; i < _entries.Length; i++)
            if (_entries[i].Child("resource") is { } resource)
                _places.TryAdd(resource, i);
    }

    /// <summary>Reports, in a document as errors, the references that lead astray and the entries that nothing leads to.</summary>
    public static void Check(Run run, Element bundle, BundleIndex index, bool isDocument)
    {
        var links = new BundleLinks(bundle, index);
        for (var i = 0; i < links._entries.Length && !run.IsFull; i++)
            links.Follow(run, i, isDocument);
        var isReached = links.Reach();
        for (var i = 1; i < isReached.Length; i++)
        {
            if (isReached[i] || links._entries[i].Child("resource") is null)
                continue;
            run.Location.Push(links._entries[i], null, i);
            run.Report(isDocument ? Severity.Error : Severity.Warning, "informational", Phrases.EntryUnreachable, "bundle-reach");
            run.Location.Pop();
        }
    }

    private void Follow(Run run, int at, bool isDocument)
    {
        _targets[at] = [];
        if (_entries[at].Child("resource") is not { } resource)
            return;
        run.Location.Push(_entries[at], null, at);
        run.Location.Push(resource, null, -1);
        References(run, resource, at, isDocument, 0);
        run.Location.Pop();
        run.Location.Pop();
    }

    private void References(Run run, Element node, int at, bool isDocument, int depth)
    {
        if (depth > DepthMax)
            return;
        var children = node.Children;
        string? name = null;
        var index = 0;
        foreach (var child in children)
        {
            index = child.Name == name ? index + 1 : 0;
            name = child.Name;
            if (child is { Name: "reference", Value: [not '#', ..] text })
                One(run, text, at, isDocument);
            if (child.Count == 0)
                continue;
            run.Location.Push(child, null, child.IsListItem ? index : -1);
            References(run, child, at, isDocument, depth + 1);
            run.Location.Pop();
        }
    }

    private void One(Run run, string reference, int at, bool isDocument)
    {
        var found = _index.Matches(reference, _entries[at].Text("fullUrl"));
        foreach (var resource in found)
            if (_places.TryGetValue(resource, out var place))
                _targets[at].Add(place);
        // What the first entry refers to is told by the rules of its own parts.
        if (!isDocument || at == 0)
            return;
        if (found.Count > 1)
            run.Error("invalid", Phrases.ReferenceMany, "bundle-reference", found.Count);
        else if (found.Count == 0 && _index.HasAlike(reference))
            run.Error("invalid", Phrases.ReferenceFullUrl, "bundle-reference");
    }

    // From the first entry forward; then whatever refers to something reached, and forward from there again.
    private bool[] Reach()
    {
        var isReached = new bool[_entries.Length];
        if (isReached.Length == 0)
            return isReached;
        var sources = new List<int>[_entries.Length];
        for (var i = 0; i < _entries.Length; i++)
            foreach (var target in _targets[i] ?? [])
                (sources[target] ??= []).Add(i);

        var open = new Stack<int>([0]);
        isReached[0] = true;
        while (open.TryPop(out var at))
        {
            foreach (var next in (_targets[at] ?? []).Concat(sources[at] ?? []))
            {
                if (isReached[next])
                    continue;
                isReached[next] = true;
                open.Push(next);
            }
        }

        return isReached;
    }
}
