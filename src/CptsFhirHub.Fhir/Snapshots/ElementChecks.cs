using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Snapshots;

/// <summary>What a differential may not do to an element of its base: widen it, or give it values of another type.</summary>
internal sealed class ElementChecks(List<Issue> issues, string place)
{
    // Where one type stands for several: an element of these may be narrowed to any resource or element.
    private static readonly string[] OpenTypes = ["Resource", "DomainResource", "Element", "BackboneElement", "Base"];

    /// <summary>True for an abstract type, which stands for each of those that derive from it.</summary>
    public static bool IsOpen(string type) => Array.IndexOf(OpenTypes, type) >= 0;

    public void Check(SnapshotNode node, Element stated)
    {
        if (node.Element.Count == 0)
            return;
        CheckCardinality(node, stated);
        CheckTypes(node.Element, stated);
        CheckValues(node.Element, stated);
    }

    private void CheckCardinality(SnapshotNode node, Element stated)
    {
        if (Number(stated.Text("min")) is { } min && node.SliceName is null && min < node.Min)
            issues.Add(Issue.Warning("business-rule", place, "The element demands less than its base."));
        if (stated.Text("max") is not { } max || node.Element.Text("max") is not { } before || before == "*")
            return;
        // The list of an extension's root is bounded where the extension is used.
        if ((max == "*" || Number(max) > Number(before)) && node.SliceName is null)
            issues.Add(Issue.Warning("business-rule", place, "The element allows more than its base."));
    }

    private void CheckTypes(Element before, Element stated)
    {
        var allowed = before.All("type");
        if (allowed.Length == 0)
            return;
        foreach (var type in stated.All("type"))
        {
            var code = type.Text("code") ?? "";
            var isAllowed = false;
            foreach (var one in allowed)
                isAllowed |= IsAllowed(one.Text("code") ?? "", code);
            if (!isAllowed)
                issues.Add(Issue.Error("business-rule", place, $"The type {code} is not among those of the base."));
        }
    }

    private static bool IsAllowed(string allowed, string code)
    {
        if (allowed == code || allowed is "Element" or "Base" || code.Contains('/', StringComparison.Ordinal))
            return true;
        // The id and url of a profile's element may be given their FHIR type.
        if (allowed.Contains('/', StringComparison.Ordinal))
            return true;
        if (allowed is "Quantity")
            return code is "SimpleQuantity" or "Age" or "Count" or "Distance" or "Duration" or "Money" or "MoneyQuantity";
        if (allowed is "uri")
            return code is "url" or "canonical" or "uuid" or "oid";
        if (allowed is "string")
            return code is "code" or "id" or "markdown";
        if (allowed is "integer")
            return code is "positiveInt" or "unsignedInt";
        return Array.IndexOf(OpenTypes, allowed) is 0 or 1 && Definitions.R4.Definitions.IsSubtype(code, allowed);
    }

    private void CheckValues(Element before, Element stated)
    {
        var types = stated.Child("type") is not null ? stated.All("type") : before.All("type");
        if (types.Length == 0)
            return;
        foreach (var child in stated.Children)
        {
            var prefix = ElementMerge.IsChoiceOf(child.Name, "fixed") ? "fixed" : ElementMerge.IsChoiceOf(child.Name, "pattern") ? "pattern" : null;
            if (prefix is null)
                continue;
            var isOfType = false;
            foreach (var type in types)
                isOfType |= IsOfType(child.Name[prefix.Length..], type.Text("code") ?? "");
            if (prefix == "fixed" && before.Text(child.Name) is { } value && value != child.Value)
                issues.Add(Issue.Error("value", place, "The base fixes another value."));
            if (!isOfType)
                issues.Add(Issue.Error("value", place, $"The {prefix} value has none of the element's types."));
        }
    }

    private static bool IsOfType(string typeName, string code) =>
        code.Contains('/', StringComparison.Ordinal) || string.Equals(typeName, code, StringComparison.OrdinalIgnoreCase)
        || Definitions.R4.Definitions.IsSubtype(code, typeName) || Definitions.R4.Definitions.IsSubtype(code, char.ToLowerInvariant(typeName[0]) + typeName[1..]);

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
