using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>
/// The rules of the base types, element by element: known names, cardinality, list or single, kind of value, format; and from each
/// node the checks that belong to its type. The location stands on the node checked.
/// </summary>
internal static class StructureCheck
{
    public static void Node(Run run, Element node, ChildDefinition definition)
    {
        if (run.IsFull)
            return;
        if (run.Location.Depth > run.Validator.Options.DepthMax)
        {
            run.Error("too-costly", $"Elements nest deeper than {run.Validator.Options.DepthMax} levels.", "depth");
            return;
        }

        var rules = NodeRules.Of(definition);
        if (rules.IsPrimitive)
            Primitive(run, node, definition, rules);
        else
            Complex(run, node, definition, rules);

        if (rules.Binding is { } binding)
            BindingCheck.Check(run, node, rules.TypeName, binding, "binding");
        if (!rules.IsPrimitive)
            OfType(run, node, rules);
        if (rules.Invariants.Length > 0)
            InvariantCheck.Check(run, node, definition, rules.Invariants);
        foreach (var profile in rules.Profiles)
            ProfileCheck.Datatype(run, node, definition, profile);
    }

    private static void OfType(Run run, Element node, NodeRules rules)
    {
        switch (rules.TypeName)
        {
            case "Extension":
                ExtensionCheck.Check(run, node);
                break;
            case "Reference":
                ReferenceCheck.Check(run, node);
                break;
            case "Coding":
                BindingCheck.Coding(run, node);
                break;
        }
    }

    private static void Primitive(Run run, Element node, ChildDefinition definition, NodeRules rules)
    {
        if (node.Kind == ElementKind.ExtensionsOnly)
        {
            // A value may be left out when an extension says why.
            if (node.Child("extension") is null)
                run.Error("structure", "A primitive has a value, or an extension in its place.", "ele-1");
        }
        else if (node.Kind != Formats.KindOf(rules.Format))
        {
            run.Error("value", $"The value of a {rules.TypeName} is {Article(rules.Format)} in JSON.", "json-type");
        }
        else if (rules.Format == Format.Xhtml)
        {
            if (Narrative.Fault(node.Value!) is { } fault)
                run.Error("invalid", fault, "txt-1");
        }
        else if (Formats.Fault(rules.Format, node.Value!) is { } fault)
        {
            run.Error("value", fault, "format");
        }
        else if (rules.TypeName == "canonical" && definition.Reference is { TargetProfiles.Count: > 0 } allowed)
        {
            ReferenceCheck.Canonical(run, node.Value!, allowed);
        }

        if (rules.Values is { } values)
            ValueCheck.Check(run, node, values, "value");
        if (node.Count > 0)
            Children(run, node, definition);
    }

    private static void Complex(Run run, Element node, ChildDefinition definition, NodeRules rules)
    {
        if (node.IsPrimitive)
        {
            run.Error("structure", $"A {rules.TypeName} is an object, not a single value.", "json-type");
            return;
        }

        if (node.Kind == ElementKind.None && node.Count == 0)
            run.Error("structure", "An element has a value or children.", "ele-1");
        Children(run, node, definition);
        foreach (var required in rules.Required)
            if (!Has(node, required, definition))
                run.Error("required", $"The element '{required.Name}' is missing: at least {required.Min} is required.", required.Path);
    }

    private static bool Has(Element node, ElementDefinition required, ChildDefinition definition)
    {
        if (!required.IsChoice)
            return node.Child(required.Name) is not null;
        foreach (var child in node.Children)
            if (child.Name.StartsWith(required.Name, StringComparison.Ordinal)
                && ReferenceEquals(definition.Child(child.Name)?.Element, required))
                return true;
        return false;
    }

    private static void Children(Run run, Element node, ChildDefinition definition)
    {
        var children = node.Children;
        ElementDefinition? choice = null;
        for (var start = 0; start < children.Length;)
        {
            var name = children[start].Name;
            var end = start + 1;
            while (end < children.Length && string.Equals(children[end].Name, name, StringComparison.Ordinal))
                end++;

            if (definition.Child(name) is not { } child)
            {
                Unknown(run, children[start], definition);
            }
            else
            {
                if (child.Element.IsChoice)
                {
                    if (ReferenceEquals(choice, child.Element))
                        run.Error("structure", $"The element '{child.Element.Name}[x]' is there with two types.", child.Element.Path);
                    choice = child.Element;
                }

                Group(run, children[start..end], child);
            }

            start = end;
        }
    }

    private static void Group(Run run, ReadOnlySpan<Element> group, ChildDefinition child)
    {
        var element = child.Element;
        if (element.Max is { } max && group.Length > max)
            run.Error("structure", $"The element '{element.Name}' occurs {group.Length} times: at most {max} is allowed.", element.Path);

        for (var i = 0; i < group.Length; i++)
        {
            var node = group[i];
            run.Location.Push(node, child, element.IsList ? i : -1);
            if (i == 0 && node.IsListItem != element.IsList)
                run.Error("structure", element.IsList ? "The element is a list: JSON writes an array."
                    : "The element is single: JSON writes no array.", "json-array");
            One(run, node, child);
            run.Location.Pop();
        }
    }

    private static void One(Run run, Element node, ChildDefinition child)
    {
        if (child.Type is null)
        {
            run.Warning("not-found", "The type of the element is not known here.", child.Element.Path);
            return;
        }

        if (child.Type.IsResource)
        {
            if (node.ResourceType is null)
                run.Error("structure", "A resource has a resourceType.", "resource-type");
            else
                ResourceCheck.Inside(run, node, isContained: child.Element.Name == "contained", FullUrlBeside(run, child));
            return;
        }

        if (node.ResourceType is not null)
            run.Error("structure", $"A {child.TypeName} stands here, not a resource.", "json-type");
        else
            Node(run, node, child);
    }

    // Bundle.entry.fullUrl tells what relative references inside the entry's resource are relative to.
    private static string? FullUrlBeside(Run run, ChildDefinition child) =>
        child.Element.Path == "Bundle.entry.resource" ? run.Location.Up(1)?.Node.Text("fullUrl") : null;

    private static void Unknown(Run run, Element node, ChildDefinition definition)
    {
        run.Location.Push(node, null, -1);
        run.Error("structure", $"The element is unknown in {definition.TypeName}.", "unknown-element");
        run.Location.Pop();
    }

    private static string Article(Format format) => Formats.KindOf(format) switch
    {
        ElementKind.Boolean => "true or false",
        ElementKind.Number => "a number",
        _ => "a string",
    };
}
