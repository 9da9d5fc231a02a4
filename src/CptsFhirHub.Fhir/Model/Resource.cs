using System.Diagnostics;

namespace CptsFhirHub.Fhir.Model;

/// <summary>
/// A whole resource: its element tree and, when it was read from JSON, the very bytes it came in.
/// https://hl7.org/fhir/R4/resource.html
/// </summary>
[DebuggerDisplay("{Type}/{Id}")]
public sealed class Resource
{
    private ReadOnlyMemory<byte>? _json;

    /// <summary>A resource over a tree that <see cref="Element.OfResource"/> began.</summary>
    public Resource(Element root)
    {
        if (root.ResourceType is null)
            throw new ArgumentException("The root of a resource is a resource element.", nameof(root));
        Root = root;
    }

    /// <summary>A resource over a tree read from <paramref name="json"/>.</summary>
    public Resource(Element root, ReadOnlyMemory<byte> json)
        : this(root) => _json = json;

    /// <summary>The tree. Nobody changes it once the resource has been handed on.</summary>
    public Element Root { get; }

    /// <summary>The resource type: <c>Patient</c>.</summary>
    public string Type => Root.ResourceType!;

    /// <summary>The logical id, or null when it has none yet.</summary>
    public string? Id => Root.Text("id");

    /// <summary><c>meta.versionId</c>, or null.</summary>
    public string? VersionId => Root.Child("meta")?.Text("versionId");

    /// <summary><c>Type/id</c>, the relative reference to this resource.</summary>
    public string Reference => $"{Type}/{Id}";

    /// <summary>The bytes it was read from, or the tree written as JSON (UTF-8).</summary>
    public ReadOnlyMemory<byte> Json => _json ??= FhirJson.Write(Root);
}
