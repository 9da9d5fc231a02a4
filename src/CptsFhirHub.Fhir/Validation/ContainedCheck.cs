using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>dom-3: what is contained is referred to from where it is contained. https://hl7.org/fhir/R4/references.html#contained</summary>
internal static class ContainedCheck
{
    private const int DepthMax = 100;

    /// <summary>Reports each contained resource that nothing refers to; always true, since the rule has then been told.</summary>
    public static bool AreReferenced(Run run, Element resource)
    {
        var all = resource.All("contained");
        if (all.Length == 0 || !run.Validator.Options.ChecksContained)
            return true;
        var fragments = new HashSet<string>(StringComparer.Ordinal);
        Fragments(resource, fragments, 0);
        for (var i = 0; i < all.Length; i++)
        {
            // One that points back to its container is used as well.
            if (all[i].Text("id") is { } id && fragments.Contains(id))
                continue;
            var own = new HashSet<string>(StringComparer.Ordinal);
            Fragments(all[i], own, 0);
            if (own.Contains(""))
                continue;
            run.Location.Push(all[i], null, i);
            run.Error("invariant", Phrases.ContainedUnused, "dom-3");
            run.Location.Pop();
        }

        return true;
    }

    private static void Fragments(Element node, HashSet<string> into, int depth)
    {
        if (depth > DepthMax)
            return;
        if (node is { Kind: ElementKind.String, Value: { } text })
        {
            if (text.StartsWith('#'))
                into.Add(text[1..]);
            else if (node.Name == "div" && text.Contains('#', StringComparison.Ordinal))
                into.UnionWith(Narrative.Read(text).Links);
        }

        foreach (var child in node.Children)
            Fragments(child, into, depth + 1);
    }
}
