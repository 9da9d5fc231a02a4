using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Snapshots;

/// <summary>Lays the tree of a differential over the tree of the base's snapshot.</summary>
internal sealed class SnapshotWalk(StructureSource source, Element structure, List<Issue> issues, bool acceptsAnyOrder)
{
    private readonly string? _url = structure.Text("url");
    private readonly bool _isConstraint = structure.Text("derivation") == "constraint";
    private readonly Unfolding _unfolding = new(source);

    public void Merge(SnapshotNode root, SnapshotNode differential)
    {
        if (differential.Element.All("type").Length > 0 && _isConstraint)
        {
            foreach (var type in differential.Element.All("type"))
                foreach (var profile in type.All("profile"))
                    if (profile.Value is { } url && source.IsBegun(url))
                        Fault("business-rule", differential, "The structure names itself as the type of its root.");
        }

        Inherit(root);
        Merge(root, differential, root.Name);
    }

    private static void Inherit(SnapshotNode node)
    {
        ElementMerge.DropNotInherited(node.Element);
        foreach (var child in node.Children)
            Inherit(child);
        foreach (var slice in node.Slices)
            Inherit(slice);
    }

    private void Merge(SnapshotNode node, SnapshotNode stated, string path)
    {
        // What refers to another element takes that one's type and parts before it is narrowed.
        var needsParts = stated.Children.Count > 0 || stated.Element.Child("type") is not null;
        if (needsParts && node.Element.Child("contentReference") is not null && !Unfold(node, stated))
            return;
        if (stated.IsStated)
            Apply(node, stated);
        if (stated.Children.Count == 0 || (node.Children.Count == 0 && !Unfold(node, stated)))
            return;

        var last = -1;
        foreach (var child in stated.Children)
        {
            var at = MergeChild(node, child, path);
            if (at < last && !acceptsAnyOrder)
                Fault("structure", child, "The element stands before another that precedes it in the base.");
            last = Math.Max(at, last);
        }
    }

    private bool Unfold(SnapshotNode node, SnapshotNode stated)
    {
        if (_unfolding.Unfold(node) is not { } fault)
            return true;
        Fault("not-found", stated, fault);
        return false;
    }

    /// <summary>Lays one element, with its slices, over the child it means; returns the child's place, or -1.</summary>
    private int MergeChild(SnapshotNode parent, SnapshotNode stated, string path)
    {
        var isShortcut = false;
        var child = parent.Child(stated.Name);
        if (child is null)
        {
            child = parent.Children.Find(one => one.IsChoice && IsTypedName(one, stated.Name));
            isShortcut = child is not null;
        }

        if (child is null)
        {
            if (_isConstraint)
            {
                Fault("structure", stated, "The base has no such element.");
                return -1;
            }

            child = new(stated.Name, null, Element.Named("element", isListItem: true));
            parent.Children.Add(child);
        }

        var at = parent.Children.IndexOf(child);
        path = $"{path}.{child.Name}";
        if (isShortcut)
            MergeShortcut(child, stated, path);
        else
            MergeWithSlices(child, stated, path);
        if (child.IsChoice && child.Slices.Count > 0)
            SettleTypes(child, stated);
        return at;
    }

    private void MergeWithSlices(SnapshotNode child, SnapshotNode stated, string path)
    {
        // A new slice starts from what the base says, not from what this differential says of all items.
        var untouched = stated.Slices.Count > 0 ? child.CopyUnsliced() : null;
        Merge(child, stated, path);
        foreach (var slice in stated.Slices)
            MergeSlice(child, untouched!, slice, path);
    }

    private void MergeShortcut(SnapshotNode choice, SnapshotNode stated, string path)
    {
        var isNamed = stated.FindSlice(stated.Name) is not null || stated.Element.Text("sliceName") == stated.Name;
        if (choice is { TypesFound: 1, Slices.Count: 0 } && !isNamed)
        {
            // The base left one type: its name in a path is the element itself.
            MergeWithSlices(choice, stated, path);
            return;
        }

        var untouched = choice.CopyUnsliced();
        if (stated.IsStated || stated.Children.Count > 0)
        {
            stated.SliceName = stated.Name;
            MergeSlice(choice, untouched, stated, path);
        }

        foreach (var slice in stated.Slices)
            MergeSlice(choice, untouched, slice, path);
    }

    private void MergeSlice(SnapshotNode holder, SnapshotNode untouched, SnapshotNode stated, string path)
    {
        var name = stated.SliceName!;
        var slice = holder.FindSlice(name);
        if (slice is null)
        {
            if (!_unfolding.Affords(untouched))
            {
                Fault("too-costly", stated, "The structure is too large.");
                return;
            }

            slice = untouched.Copy();
            slice.SliceName = name;
            slice.Element.Put("min", "0");
            slice.Element.Child("min")!.SetValue(ElementKind.Number, "0");
            holder.Slices.Add(slice);
            Divide(holder, slice, stated);
        }

        Merge(slice, stated, $"{path}:{name}");
        if (stated.SliceName == stated.Name && stated.Slices.Count > 0)
            return;
        var whole = stated.Slices.Count > 0 ? slice.CopyUnsliced() : null;
        foreach (var reslice in stated.Slices)
            MergeSlice(slice, whole!, reslice, path);
    }

    // The first slice of an element whose slicing nobody stated: extensions by url, choices by type.
    private void Divide(SnapshotNode holder, SnapshotNode slice, SnapshotNode stated)
    {
        if (holder.IsChoice)
            NarrowToName(holder, slice, stated);
        if (holder.Element.Child("slicing") is { } slicing)
        {
            if (holder.IsChoice && slicing.Child("discriminator") is null && slicing.Text("rules") is not null)
                SetSlicing(holder.Element, "type", "$this", slicing.Text("rules")!);
            return;
        }

        if (holder.SliceName is null && holder.Name is "extension" or "modifierExtension")
            SetSlicing(holder.Element, "value", "url", "open");
        else if (holder.IsChoice)
            SetSlicing(holder.Element, "type", "$this", "open");
        else if (holder.SliceName is null)
            issues.Add(Issue.Warning("structure", Place(stated), "The element has slices, but nothing says how they are told apart."));
    }

    // value[x]:valueQuantity is a Quantity, whether it says so or not.
    private void NarrowToName(SnapshotNode choice, SnapshotNode slice, SnapshotNode stated)
    {
        var own = stated.Element.All("type");
        if (own.Length > 1)
            return;
        if (own.Length == 1)
        {
            var expected = choice.Name[..^3] + Capital(own[0].Text("code") ?? "");
            var isByType = choice.Element.At("slicing", "discriminator", "type")?.Value is null or "type";
            if (isByType && slice.SliceName != expected && !slice.SliceName!.Contains('/', StringComparison.Ordinal))
                Fault("value", stated, $"The slice of a choice by type is named {expected}.");
            return;
        }

        foreach (var type in slice.Element.All("type").ToArray())
            if (choice.Name[..^3] + Capital(type.Text("code") ?? "") != slice.SliceName)
                slice.Element.Remove(type);
        if (slice.Element.Child("type") is null)
        {
            foreach (var type in choice.Element.All("type"))
                slice.Element.Append(type.Copy());
        }
    }

    // A required slice by type leaves no room for another type.
    private void SettleTypes(SnapshotNode choice, SnapshotNode stated)
    {
        if (choice.Element.Child("slicing") is not { } slicing || slicing.At("discriminator", "type")?.Value != "type"
            || slicing.At("discriminator", "path")?.Value != "$this")
            return;
        var required = choice.Slices.Find(slice => slice.Min > 0 && slice.Element.All("type").Length == 1);
        if (required is not null)
        {
            // A slice that the base brings may stay behind without a use; one that is stated beside it is a contradiction.
            if (stated.Slices.Exists(slice => slice.SliceName != required.SliceName && slice.Element.Text("max") != "0"))
                Fault("business-rule", stated, "One slice of the choice is required: there can be no other.");
            choice.Element.Child("min")?.SetValue(ElementKind.Number, "1");
            Keep(choice, required.Element.All("type")[0].Text("code"));
        }

        // An extension whose value is named with its type has that type and no other.
        if (choice.Element.At("base", "path")?.Value == "Extension.value[x]" && choice.Slices is [{ } value] && !stated.IsChoice
            && value.Element.All("type") is [var valueType])
            Keep(choice, valueType.Text("code"));
        if (choice.Element.All("type").Length != 1)
            return;
        slicing.Put("rules", "closed");
        // The one type there is: its slice is there when the element is.
        if (choice.Slices is [{ Min: 0 } only] && choice.Min == 1)
            only.Element.Child("min")?.SetValue(ElementKind.Number, "1");
    }

    private static void Keep(SnapshotNode choice, string? typeCode)
    {
        foreach (var type in choice.Element.All("type").ToArray())
            if (type.Text("code") != typeCode)
                choice.Element.Remove(type);
    }

    private void Apply(SnapshotNode node, SnapshotNode stated)
    {
        new ElementChecks(issues, Place(stated)).Check(node, stated.Element);
        var isOwn = !_isConstraint && node.Element.Count == 0;
        if (Profile(stated.Element) is var (code, profile) && profile != Profile(node.Element)?.Profile)
        {
            if (source.Tree(profile) is { } root)
            {
                if (root.Name != code && !ElementChecks.IsOpen(code) && !code.Contains('/', StringComparison.Ordinal))
                    Fault("business-rule", stated, $"A profile of {root.Name} cannot constrain the type {code}.");
                ElementMerge.ApplyProfile(node.Element, root.Element, code == "Extension");
            }
            else if (!source.IsBegun(profile))
                issues.Add(Issue.Warning("not-found", Place(stated), $"The profile {profile} of the element's type is unknown."));
        }

        if (isOwn && stated.Element.Text("contentReference") is { } reference)
            node.Element.With("contentReference", reference);
        if (stated.Element.Child("type") is not null)
            node.Element.Remove("contentReference");
        ElementMerge.Apply(node.Element, stated.Element, _url);
        DropIdleBinding(node.Element);
    }

    // A choice narrowed to types without codes takes no binding along.
    private static void DropIdleBinding(Element element)
    {
        if (element.Child("binding") is null || element.Child("type") is null)
            return;
        foreach (var type in element.All("type"))
            if (type.Text("code") is not ("Reference" or "canonical" or "boolean" or "dateTime" or "date" or "Period" or "integer" or "decimal"))
                return;
        element.Remove("binding");
    }

    // The one profile of the one type, as far as it speaks of the element itself.
    private static (string Code, string Profile)? Profile(Element element) =>
        element.All("type") is [var type] && type.All("profile") is [{ Value: { } profile }]
            ? (type.Text("code") ?? "", profile)
            : null;

    private static bool IsTypedName(SnapshotNode choice, string name)
    {
        var stem = choice.Name[..^3];
        if (name.Length <= stem.Length || !name.StartsWith(stem, StringComparison.Ordinal) || !char.IsUpper(name[stem.Length]))
            return false;
        foreach (var type in choice.Element.All("type"))
            if (stem + Capital(type.Text("code") ?? "") == name)
                return true;
        foreach (var slice in choice.Slices)
            if (slice.SliceName == name)
                return true;
        return false;
    }

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private static void SetSlicing(Element element, string type, string path, string rules)
    {
        element.Remove("slicing");
        var slicing = element.Add("slicing");
        slicing.AddItem("discriminator").With("type", type).With("path", path);
        slicing.With("ordered", false).With("rules", rules);
    }

    private void Fault(string code, SnapshotNode stated, string text) => issues.Add(Issue.Error(code, Place(stated), text));

    private static string Place(SnapshotNode stated)
    {
        var name = stated.Element.Text("id") ?? stated.Element.Text("path") ?? stated.Name;
        return $"StructureDefinition.differential.element({name})";
    }
}
