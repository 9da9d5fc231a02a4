using System.Collections.Frozen;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Snapshots;

/// <summary>How each attribute of an ElementDefinition in a differential changes the one it constrains.</summary>
internal static class ElementMerge
{
    private const string Extensions = "http://hl7.org/fhir/StructureDefinition/structuredefinition-";

    // In the order of https://hl7.org/fhir/R4/elementdefinition.html
    private static readonly string[] Order =
    [
        "id", "extension", "modifierExtension", "path", "representation", "sliceName", "sliceIsConstraining", "label", "code",
        "slicing", "short", "definition", "comment", "requirements", "alias", "min", "max", "base", "contentReference", "type",
        "defaultValue", "meaningWhenMissing", "orderMeaning", "fixed", "pattern", "example", "minValue", "maxValue", "maxLength",
        "condition", "constraint", "mustSupport", "isModifier", "isModifierReason", "isSummary", "binding", "mapping",
    ];

    private static readonly string[] Choices = ["defaultValue", "fixed", "pattern", "minValue", "maxValue"];

    /// <summary>Names by which two items of a list are the same; a list that is not here is compared whole.</summary>
    private static readonly FrozenDictionary<string, string[]> Keys = new Dictionary<string, string[]>
    {
        ["constraint"] = ["key"],
        ["mapping"] = ["identity", "map"],
        ["example"] = ["label"],
        ["extension"] = ["url"],
        ["modifierExtension"] = ["url"],
        ["code"] = ["system", "code"],
        ["alias"] = [],
        ["condition"] = [],
        ["representation"] = [],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // What is said of one element of one version of the base is not said of those who derive from it.
    private static readonly FrozenSet<string> NotInherited = new[]
    {
        Extensions + "standards-status", Extensions + "fmm", Extensions + "fmm-no-warnings", Extensions + "normative-version",
        Extensions + "hierarchy", Extensions + "wg", Extensions + "category",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Lays what a differential states over an element.</summary>
    /// <param name="target">The element that is constrained; it is changed.</param>
    /// <param name="stated">The element of the differential.</param>
    /// <param name="source">The URL of the structure, the source of the constraints it adds.</param>
    public static void Apply(Element target, Element stated, string? source)
    {
        for (var i = 0; i < stated.Count; i++)
        {
            var name = stated[i].Name;
            if (i > 0 && stated[i - 1].Name == name)
                continue;
            switch (name)
            {
                case "id" or "path" or "base" or "contentReference" or "sliceName":
                    break;
                case "definition" or "comment" or "requirements" or "label" or "short":
                    SetText(target, stated[i]);
                    break;
                case "binding":
                    SetBinding(target, stated[i]);
                    break;
                default:
                    if (Keys.TryGetValue(name, out var keys))
                        AddItems(target, stated.All(name), keys, source);
                    else
                        Replace(target, stated.All(name));
                    break;
            }
        }
    }

    /// <summary>Adds a second entry of a differential for the same element to the first.</summary>
    public static void Combine(Element first, Element second) => Apply(first, second, null);

    /// <summary>What the root of a profile says of each element that has the profile as its type.</summary>
    public static void ApplyProfile(Element target, Element root, bool isExtension)
    {
        var taken = Element.Named("element");
        foreach (var child in root.Children)
        {
            var isTaken = child.Name is "short" or "definition" or "comment" or "requirements" or "alias" or "constraint" or "condition"
                || (isExtension && child.Name is "min" or "max" or "isModifier" or "isModifierReason");
            if (isTaken)
                taken.Append(child.Copy());
        }

        Apply(target, taken, null);
    }

    /// <summary>The element with its id, path and slice name, its members in the order of the specification.</summary>
    public static Element Ordered(Element element, string id, string path, string? sliceName)
    {
        var members = new List<(int Rank, Element Member)>
        {
            (0, Element.Primitive("id", ElementKind.String, id)),
            (3, Element.Primitive("path", ElementKind.String, path)),
        };
        if (sliceName is not null)
            members.Add((5, Element.Primitive("sliceName", ElementKind.String, sliceName)));
        foreach (var child in element.Children)
            if (child.Name is not ("id" or "path" or "sliceName"))
                members.Add((Rank(child.Name), child));
        if (element.Child("base") is null)
        {
            var own = Element.Named("element").With("path", path).With("max", element.Text("max"));
            own.Append(Element.Primitive("min", ElementKind.Number, element.Text("min") ?? "0"));
            members.Add((Rank("base"), SnapshotNode.BaseOf(own)));
        }

        var ordered = Element.Named("element", isListItem: true);
        foreach (var (_, member) in members.OrderBy(member => member.Rank))
            ordered.Append(member);
        return ordered;
    }

    /// <summary>Takes away the extensions that speak of the base's own standing.</summary>
    public static void DropNotInherited(Element element)
    {
        foreach (var extension in element.All("extension").ToArray())
            if (extension.Text("url") is { } url && NotInherited.Contains(url))
                element.Remove(extension);
    }

    /// <summary>True for <c>fixedUri</c> when asked for <c>fixed</c>.</summary>
    public static bool IsChoiceOf(string name, string prefix) =>
        name.Length > prefix.Length && char.IsUpper(name[prefix.Length]) && name.StartsWith(prefix, StringComparison.Ordinal);

    private static int Rank(string name)
    {
        var rank = Array.IndexOf(Order, name);
        if (rank >= 0)
            return rank;
        foreach (var prefix in Choices)
            if (IsChoiceOf(name, prefix))
                return Array.IndexOf(Order, prefix);
        return Order.Length;
    }

    private static void SetText(Element target, Element stated)
    {
        // A text that begins with three dots goes on where the base's text ends.
        if (stated.Value is { } text && text.StartsWith("...", StringComparison.Ordinal) && target.Text(stated.Name) is { } before)
        {
            target.Put(stated.Name, $"{before}\r\n{text[3..].TrimStart()}");
            return;
        }

        target.Remove(stated.Name);
        target.Append(stated.Copy());
    }

    private static void SetBinding(Element target, Element stated)
    {
        var made = stated.Copy();
        if (target.Child("binding") is { } before)
        {
            foreach (var name in (ReadOnlySpan<string>)["strength", "description", "valueSet"])
                if (made.Child(name) is null && before.Child(name) is { } kept && (name != "description" || made.Child("valueSet") is null))
                    made.Append(kept.Copy());
            target.Remove("binding");
        }

        target.Append(made);
    }

    private static void Replace(Element target, ReadOnlySpan<Element> stated)
    {
        target.Remove(stated[0].Name);
        foreach (var prefix in Choices)
            if (IsChoiceOf(stated[0].Name, prefix))
                foreach (var child in target.Children.ToArray())
                    if (IsChoiceOf(child.Name, prefix))
                        target.Remove(child);
        foreach (var item in stated)
            target.Append(item.Copy());
    }

    private static void AddItems(Element target, ReadOnlySpan<Element> stated, string[] keys, string? source)
    {
        foreach (var item in stated)
        {
            foreach (var before in target.All(item.Name).ToArray())
                if (AreSame(before, item, keys))
                    target.Remove(before);
            var made = target.Append(item.Copy());
            if (item.Name == "constraint" && source is not null && made.Child("source") is null)
                made.With("source", source);
        }
    }

    private static bool AreSame(Element one, Element other, string[] keys) =>
        keys.Length == 0
            ? one.Value == other.Value
            : Array.TrueForAll(keys, key => one.Text(key) == other.Text(key));
}
