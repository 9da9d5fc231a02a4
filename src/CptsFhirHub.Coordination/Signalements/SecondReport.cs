using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Signalements;

/// <summary>
/// A second report of somebody who is already sought a GP for: a sign-up, then a discharge. One request stays, with both sources.
/// </summary>
/// <remarks>
/// Lists are united; of what can be said once the newer report wins, and what it leaves out stays. Two things never move: the day the
/// person began to wait, and the identity of who asked first. Merging the same report twice changes nothing.
/// </remarks>
public static class SecondReport
{
    private static readonly string[] Lists =
        ["identifier", "category", "reasonCode", "reasonReference", "supportingInfo", "note", "insurance", "bodySite", "relevantHistory"];

    private static readonly string[] Priorities = ["routine", "urgent", "asap", "stat"];

    /// <summary>The open request with what the newer report adds.</summary>
    public static Element Merge(Element open, Element newer)
    {
        var merged = open.Copy();
        foreach (var child in newer.Children)
        {
            switch (child.Name)
            {
                case "id" or "meta" or "text" or "status" or "subject" or "requester" or "authoredOn":
                    break;
                case "contained":
                    MergeContained(merged, child);
                    break;
                case "extension":
                    MergeExtension(merged, child);
                    break;
                case "priority":
                    if (Urgency(child.Value) > Urgency(merged.Text("priority")))
                        merged.Put("priority", child.Value!);
                    break;
                case "intent":
                    // What a professional orders is not weakened by what a person proposes.
                    if (child.Value == "order")
                        merged.Put("intent", "order");
                    break;
                case var name when Lists.Contains(name):
                    AddUnlessThere(merged, child);
                    break;
                default:
                    merged.Remove(child.Name);
                    merged.Append(child.Copy());
                    break;
            }
        }

        if (newer.Text("authoredOn") is { } on && (merged.Text("authoredOn") is not { } since || string.CompareOrdinal(on, since) < 0))
            merged.Put("authoredOn", on);
        return merged;
    }

    /// <summary>The open request with what an older report, which comes late, says beside it: what a newer one has said once stays.</summary>
    public static Element Complete(Element open, Element older)
    {
        var late = older.Copy();
        foreach (var child in late.Children.ToArray())
        {
            var isSaid = child.Name is "extension" ? child.Text("url") is not (Canon.ReportedBy or Canon.ReporterKind) && Bears(open, child.Text("url"))
                : child.Name is "contained" ? Holds(open, child.Text("id"))
                : open.Child(child.Name) is not null;
            if (isSaid && child.Name is not ("authoredOn" or "priority" or "intent") && !Lists.Contains(child.Name))
                late.Remove(child);
        }

        return Merge(open, late);
    }

    /// <summary>True when the two trees say the same, whatever the order of members.</summary>
    public static bool Same(Element a, Element b)
    {
        if (a.Name != b.Name || a.Value != b.Value || a.Count != b.Count)
            return false;
        foreach (var child in a.Children)
        {
            var isThere = false;
            foreach (var other in b.All(child.Name))
                isThere = isThere || Same(child, other);
            if (!isThere)
                return false;
        }

        return true;
    }

    private static void MergeExtension(Element merged, Element extension)
    {
        // Sources and kinds of reporters add up; any other extension is said once.
        if (extension.Text("url") is not (Canon.ReportedBy or Canon.ReporterKind))
        {
            foreach (var old in merged.All("extension").ToArray())
                if (old.Text("url") == extension.Text("url"))
                    merged.Remove(old);
        }

        AddUnlessThere(merged, extension);
    }

    /// <summary>
    /// Who asked first stays the requester. The one inside a later report (an adviser of the insurance) is kept all the same, and what
    /// is inside a resource has to be referred to.
    /// </summary>
    private static void MergeContained(Element merged, Element contained)
    {
        foreach (var old in merged.All("contained").ToArray())
            if (old.Text("id") == contained.Text("id"))
                merged.Remove(old);
        merged.Append(contained.Copy());

        var reference = "#" + contained.Text("id");
        if (merged.Child("requester")?.Text("reference") == reference)
            return;
        foreach (var known in merged.All("supportingInfo"))
            if (known.Text("reference") == reference)
                return;
        merged.AddItem("supportingInfo").With("reference", reference);
    }

    private static void AddUnlessThere(Element merged, Element item)
    {
        foreach (var known in merged.All(item.Name))
            if (Same(known, item) || item.Name == "identifier" && IsSameIdentifier(known, item))
                return;
        merged.Append(item.Copy());
    }

    private static bool IsSameIdentifier(Element a, Element b) =>
        a.Text("system") == b.Text("system") && a.Text("value") == b.Text("value");

    private static bool Bears(Element request, string? url)
    {
        foreach (var extension in request.All("extension"))
            if (extension.Text("url") == url)
                return true;
        return false;
    }

    private static bool Holds(Element request, string? id)
    {
        foreach (var contained in request.All("contained"))
            if (contained.Text("id") == id)
                return true;
        return false;
    }

    private static int Urgency(string? priority) => Array.IndexOf(Priorities, priority);
}
