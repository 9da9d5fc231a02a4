using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Access;

/// <summary>
/// Who sent a resource, as <c>meta.tag</c>: rights to "its own" are a search on <c>_tag</c>. A resource that two senders
/// contributed to carries both tags. Only the hub writes them.
/// </summary>
internal static class SentBy
{
    public const string System = Coordination.Canon.Sender;

    /// <summary>The criterion "sent by this client", as search text.</summary>
    public static string Criterion(string clientId) => $"_tag={System}|{clientId}";

    /// <summary>Adds the client's tag to a tree that is still being built.</summary>
    public static void Mark(Element root, string clientId)
    {
        var meta = root.Child("meta") ?? root.Add("meta");
        foreach (var tag in meta.All("tag"))
            if (tag.Text("system") == System && tag.Text("code") == clientId)
                return;
        meta.AddItem("tag").With("system", System).With("code", clientId);
    }

    /// <summary>The resource with exactly the tags of <paramref name="current"/> plus that of <paramref name="clientId"/>.</summary>
    public static Resource Marked(Resource resource, Resource? current, string? clientId)
    {
        var known = current is null ? [] : Senders(current.Root);
        if (clientId is not null && !known.Contains(clientId))
            known.Add(clientId);
        if (known.SetEquals(Senders(resource.Root)))
            return resource;

        var root = resource.Root.Copy();
        if (root.Child("meta") is { } meta)
        {
            foreach (var tag in meta.All("tag").ToArray())
                if (tag.Text("system") == System)
                    meta.Remove(tag);
            if (meta.IsEmpty)
                root.Remove(meta);
        }

        foreach (var sender in known)
            Mark(root, sender);
        return new Resource(root);
    }

    /// <summary>The clients that have contributed to a resource.</summary>
    public static HashSet<string> Senders(Element root)
    {
        var senders = new HashSet<string>(StringComparer.Ordinal);
        if (root.Child("meta") is { } meta)
            foreach (var tag in meta.All("tag"))
                if (tag.Text("system") == System && tag.Text("code") is { } code)
                    senders.Add(code);
        return senders;
    }
}
