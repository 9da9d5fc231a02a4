using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Identity;

/// <summary>A resource as it is to stand after a merge was undone, and whether everything could be told apart.</summary>
/// <param name="Root">The resource.</param>
/// <param name="IsSettled">False when a person must look: later changes lie over what the merge did.</param>
public readonly record struct Undone(Element Root, bool IsSettled);

/// <summary>
/// Two records become one person, and two again. Nothing is lost on the way: the merged record keeps its content and says by whom it was
/// replaced, and undoing takes back what the merge did and leaves what came later.
/// </summary>
public static class PersonMerge
{
    private const int DepthMax = 64;

    /// <summary>The person that stays, with what the other brings, and the other, which leads to it.</summary>
    /// <param name="merged">The person as its records and those of the other tell it; null for the two as they stand.</param>
    public static (Element Target, Element Source) Join(
        Element target, string targetReference, Element source, string sourceReference, Element? merged = null)
    {
        var kept = merged?.Copy() ?? Survivorship.Merge(target, source);
        AddLink(kept, sourceReference, "replaces");
        var gone = source.Copy();
        Set(gone, "active", ElementKind.Boolean, "false");
        AddLink(gone, targetReference, "replaced-by");
        return (kept, gone);
    }

    /// <summary>The record by which that one was replaced; null when it stands for itself.</summary>
    public static string? ReplacedBy(Element patient)
    {
        foreach (var link in patient.All("link"))
            if (link.Text("type") is "replaced-by")
                return link.Child("other")?.Text("reference");
        return null;
    }

    /// <summary>True when that record was replaced by that person.</summary>
    public static bool IsReplacedBy(Element source, string targetReference)
    {
        foreach (var link in source.All("link"))
            if (link.Text("type") is "replaced-by" && link.Child("other")?.Text("reference") == targetReference)
                return true;
        return false;
    }

    /// <summary>A resource that refers to the person that stays where it referred to the other; null when it did not.</summary>
    public static Element? Moved(Element resource, string from, string to)
    {
        if (!Refers(resource, from))
            return null;
        var moved = resource.Copy();
        Redirect(moved, from, to);
        return moved;
    }

    /// <summary>True when two values say the same, whether in use or former.</summary>
    public static bool SayTheSame(Element one, Element other)
    {
        var (a, b) = (one.Copy(), other.Copy());
        a.Remove("use");
        b.Remove("use");
        return a.HasSameContent(b);
    }

    /// <summary>True when some reference in it leads there.</summary>
    public static bool Refers(Element element, string reference, int depth = 0)
    {
        if (depth > DepthMax)
            return false;
        foreach (var child in element.Children)
            if ((child is { Name: "reference", Value: { } value } && value == reference) || (child.Count > 0 && Refers(child, reference, depth + 1)))
                return true;
        return false;
    }

    /// <summary>
    /// A resource without what a merge did to it. Member by member: where nothing came later, it is as it was; else what the merge added
    /// goes, what it took away comes back, and what came later stays.
    /// </summary>
    /// <param name="before">As it was before the merge.</param>
    /// <param name="after">As the merge left it.</param>
    /// <param name="current">As it is now.</param>
    /// <param name="source">The reference of the record that was merged.</param>
    /// <param name="target">The reference of the person that stayed.</param>
    public static Undone Undo(Element before, Element after, Element current, string source, string target)
    {
        var undone = Element.OfResource(current.ResourceType!);
        var isSettled = true;
        foreach (var name in Names(before).Concat(Names(after)).Concat(Names(current)).Distinct(StringComparer.Ordinal).ToList())
        {
            var (was, became, now) = (Items(before, name), Items(after, name), Items(current, name));
            if (AreSame(became, now))
                Append(undone, was);
            else if (AreSame(was, became))
                Append(undone, now);
            else
                isSettled &= Patch(undone, was, became, now, source, target);
        }

        return new(undone, isSettled);
    }

    private static bool Patch(Element undone, List<Element> was, List<Element> became, List<Element> now, string source, string target)
    {
        if (InPlace(was, became, now) is { } replaced)
        {
            Append(undone, replaced);
            return true;
        }

        var added = Without(became, was);
        var taken = Without(was, became);
        if (added.TrueForAll(item => now.Exists(item.HasSameContent)))
        {
            // A member that occurs once is either what the merge made it, which was looked at before, or what somebody made it since.
            Append(undone, [.. taken, .. Without(now, added)]);
            return true;
        }

        // Somebody has changed what the merge had changed: the reference goes back where only the merge can have brought it.
        if (!was.Exists(item => Refers(item, target)))
        {
            foreach (var item in now)
            {
                var copy = item.Copy();
                Redirect(copy, target, source);
                undone.Append(copy);
            }

            return was.Exists(item => Refers(item, source));
        }

        Append(undone, now);
        return false;
    }

    // Where the merge changed items and neither added nor dropped any, each goes back to its place, whatever stands around it now.
    private static List<Element>? InPlace(List<Element> was, List<Element> became, List<Element> now)
    {
        if (was.Count != became.Count)
            return null;
        List<Element> undone = [.. now];
        var isBack = new bool[now.Count];
        var changed = Enumerable.Range(0, was.Count).Where(i => !was[i].HasSameContent(became[i])).ToList();
        foreach (var i in changed.OrderBy(i => i >= now.Count || !now[i].HasSameContent(became[i])).ToList())
        {
            var at = i < now.Count && !isBack[i] && now[i].HasSameContent(became[i]) ? i
                : now.FindIndex(item => item.HasSameContent(became[i]) && !isBack[now.IndexOf(item)]);
            if (at < 0)
                return null;
            (undone[at], isBack[at]) = (was[i], true);
        }

        return undone;
    }

    private static void Redirect(Element element, string from, string to, int depth = 0)
    {
        if (depth > DepthMax)
            return;
        foreach (var child in element.Children)
        {
            if (child is { Name: "reference", Value: { } value } && value == from)
                child.SetValue(ElementKind.String, to);
            else if (child.Count > 0)
                Redirect(child, from, to, depth + 1);
        }
    }

    // The store sets these two anew with each version.
    private static List<Element> Items(Element root, string name)
    {
        List<Element> items = [];
        foreach (var item in root.All(name))
        {
            if (name != "meta")
            {
                items.Add(item);
                continue;
            }

            var meta = item.Copy();
            meta.Remove("versionId");
            meta.Remove("lastUpdated");
            if (meta.Count > 0)
                items.Add(meta);
        }

        return items;
    }

    private static List<string> Names(Element root)
    {
        List<string> names = [];
        foreach (var child in root.Children)
            if (!names.Contains(child.Name))
                names.Add(child.Name);
        return names;
    }

    private static void Append(Element root, List<Element> items)
    {
        foreach (var item in items)
            root.Append(item.Copy());
    }

    private static List<Element> Without(List<Element> items, List<Element> others)
    {
        List<Element> left = [.. others];
        List<Element> kept = [];
        foreach (var item in items)
        {
            if (left.FindIndex(item.HasSameContent) is >= 0 and var at)
                left.RemoveAt(at);
            else
                kept.Add(item);
        }

        return kept;
    }

    private static bool AreSame(List<Element> a, List<Element> b)
    {
        if (a.Count != b.Count)
            return false;
        for (var i = 0; i < a.Count; i++)
            if (!a[i].HasSameContent(b[i]))
                return false;
        return true;
    }

    private static void AddLink(Element patient, string other, string type)
    {
        foreach (var link in patient.All("link"))
            if (link.Text("type") == type && link.Child("other")?.Text("reference") == other)
                return;
        var added = patient.AddItem("link");
        added.Add("other").With("reference", other);
        added.With("type", type);
    }

    private static void Set(Element element, string name, ElementKind kind, string text)
    {
        if (element.Child(name) is { } known)
            known.SetValue(kind, text);
        else
            element.Append(Element.Primitive(name, kind, text));
    }

    internal static bool HasSameContent(this Element one, Element other) => HasSameContent(one, other, 0);

    private static bool HasSameContent(Element one, Element other, int depth)
    {
        if (depth > DepthMax || one.Name != other.Name || one.Value != other.Value || one.Kind != other.Kind || one.Count != other.Count)
            return false;
        for (var i = 0; i < one.Count; i++)
            if (!HasSameContent(one[i], other[i], depth + 1))
                return false;
        return true;
    }
}
