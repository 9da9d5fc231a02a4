using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>The narrative of a resource: its XHTML, and that its links lead somewhere. https://hl7.org/fhir/R4/narrative.html#rules</summary>
internal static class NarrativeCheck
{
    /// <summary>The div; the location stands on it.</summary>
    public static void Div(Run run, string text)
    {
        var content = Narrative.Read(text);
        if (!content.IsReadable)
        {
            run.Error("invalid", Phrases.NarrativeUnreadable, "txt-1");
            return;
        }

        foreach (var fault in content.Faults)
            run.Error("invalid", fault, "xhtml");
        if (content.Faults.Count > 0)
            run.Error("invariant", Phrases.NarrativeRule, "txt-1");
        if (!content.HasContent)
            run.Error("invariant", Phrases.NarrativeEmpty, "txt-2");
        for (var i = 0; i < content.Unfollowed; i++)
            run.Report(run.Validator.Options.BrokenLink, "invalid", Phrases.NarrativeScheme, "narrative-link");
        run.Links.Add(content, run.Location.ToString);
    }

    /// <summary>The links of all narratives, when every place a link can lead to has been seen.</summary>
    public static void Links(Run run, Element root)
    {
        if (run.Links.Open.Count == 0)
            return;
        var known = new HashSet<string>(run.Links.Ids, StringComparer.Ordinal);
        Ids(root, known, 0);
        foreach (var (place, link) in run.Links.Open)
            if (!known.Contains(link))
                run.ReportPlace(run.Validator.Options.BrokenLink, "invalid", place, Phrases.NarrativeLink, "narrative-link");
    }

    // A link may also lead to a contained resource or to any element with an id.
    private static void Ids(Element node, HashSet<string> into, int depth)
    {
        const int DepthMax = 100;
        if (depth > DepthMax)
            return;
        foreach (var child in node.Children)
        {
            if (child is { Name: "id", Value: { } id })
                into.Add(id);
            else
                Ids(child, into, depth + 1);
        }
    }
}

/// <summary>What the narratives of one check hold that links lead to, and the links that are still to be followed.</summary>
internal sealed class NarrativeLinks
{
    private const int LinksMax = 10_000;

    public HashSet<string> Ids { get; } = new(StringComparer.Ordinal);

    public List<(string Place, string Link)> Open { get; } = [];

    public void Add(NarrativeContent content, Func<string> place)
    {
        Ids.UnionWith(content.Ids);
        if (content.Links.Count == 0 || Open.Count + content.Links.Count > LinksMax)
            return;
        var at = place();
        foreach (var link in content.Links)
            Open.Add((at, link));
    }
}
