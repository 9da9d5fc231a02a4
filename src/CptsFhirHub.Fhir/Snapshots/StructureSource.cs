using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Snapshots;

/// <summary>Finds structures with their snapshots, and makes the snapshots that are missing; for one run.</summary>
internal sealed class StructureSource(DefinitionSet definitions, Func<string, Element?>? resolver)
{
    private const string CoreType = "http://hl7.org/fhir/StructureDefinition/";

    // How many bases and profiles of types may wait for each other.
    private const int DepthMax = 60;

    private readonly Dictionary<string, Element?> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SnapshotNode?> _trees = new(StringComparer.Ordinal);
    private readonly HashSet<string> _begun = new(StringComparer.Ordinal);

    public Snapshot Generate(Element structure, bool acceptsAnyOrder)
    {
        var made = structure.Copy();
        made.Remove("snapshot");
        var issues = new List<Issue>();
        var url = structure.Text("url") ?? "";
        _begun.Add(url);
        if (Tree(structure, url, issues) is { } tree)
        {
            if (SnapshotNode.Read(structure, "differential", isSnapshot: false, issues) is { } differential)
                new SnapshotWalk(this, structure, issues, acceptsAnyOrder).Merge(tree, differential);
            made.Append(tree.Write(structure.Text("type") is { Length: > 0 } type ? LastSegment(type) : tree.Name));
        }

        _begun.Remove(url);
        return new(made, issues);
    }

    /// <summary>
    /// The tree of a structure's snapshot by canonical URL or type name; null when unknown or being made just now. Shared: who
    /// changes it takes a copy.
    /// </summary>
    public SnapshotNode? Tree(string urlOrType)
    {
        if (_trees.TryGetValue(urlOrType, out var known))
            return known;
        if (Find(urlOrType) is not { } structure)
            return null;
        return _trees[urlOrType] = SnapshotNode.Read(structure, "snapshot", isSnapshot: true, []);
    }

    /// <summary>True when the structure is the one whose snapshot is being made, or one that waits for it.</summary>
    public bool IsBegun(string url) => _begun.Contains(Canonical.Parse(url).Url);

    private SnapshotNode? Tree(Element structure, string url, List<Issue> issues)
    {
        if (structure.Text("baseDefinition") is not { Length: > 0 } baseUrl)
        {
            var name = structure.Text("type") ?? structure.Text("name") ?? "Base";
            return new(LastSegment(name), null, Element.Named("element", isListItem: true));
        }

        if (IsBegun(baseUrl))
        {
            issues.Add(Issue.Error("business-rule", "StructureDefinition.baseDefinition", "The structure derives from itself."));
            return null;
        }

        var tree = Tree(baseUrl)?.Copy();
        if (tree is null)
            issues.Add(Issue.Error("not-found", "StructureDefinition.baseDefinition", $"The base of {url} is unknown or has no elements."));
        return tree;
    }

    private Element? Find(string urlOrType)
    {
        var canonical = urlOrType.Contains(':', StringComparison.Ordinal) ? urlOrType : CoreType + urlOrType;
        var url = Canonical.Parse(canonical).Url;
        if (_known.TryGetValue(url, out var known))
            return known;
        if (_begun.Contains(url) || _begun.Count > DepthMax)
            return null;
        var found = resolver?.Invoke(url) ?? definitions.Find("StructureDefinition", canonical)?.Content;
        if (found?.Child("snapshot") is null && found is not null)
        {
            found = Generate(found, acceptsAnyOrder: true).Structure;
            if (found.Child("snapshot") is null)
                found = null;
        }

        return _known[url] = found;
    }

    private static string LastSegment(string type) => type[(type.LastIndexOf('/') + 1)..];
}
