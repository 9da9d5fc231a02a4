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
            run.Error("too-costly", Phrases.Depth, "depth", run.Validator.Options.DepthMax);
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
                CodingCheck.Coding(run, node);
                break;
            case "Identifier":
                CodingCheck.Identifier(run, node);
                break;
        }
    }

    private static void Primitive(Run run, Element node, ChildDefinition definition, NodeRules rules)
    {
        if (node.Kind == ElementKind.ExtensionsOnly)
        {
            // A value may be left out when an extension says why.
            if (node.Child("extension") is null)
                run.Error("structure", Phrases.PrimitiveEmpty, "ele-1");
        }
        else if (node.Kind != Formats.KindOf(rules.Format))
        {
            run.Error("value", Json(rules.Format), "json-type", rules.TypeName);
        }
        else if (rules.Format == Format.Xhtml)
        {
            NarrativeCheck.Div(run, node.Value!);
        }
        else if (Formats.Fault(rules.Format, node.Value!) is { } fault)
        {
            run.Error("value", fault, "format");
        }
        else if (rules.TypeName == "canonical" && definition.Reference is { TargetProfiles.Count: > 0 } allowed)
        {
            ReferenceCheck.Canonical(run, node.Value!, allowed);
        }
        else
        {
            Content(run, node, definition, rules);
        }

        if (rules.Values is { } values)
            ValueCheck.Check(run, node, values, "value");
        if (node.Count > 0)
            Children(run, node, definition);
    }

    // What depends on the options and on the resource around.
    private static void Content(Run run, Element node, ChildDefinition definition, NodeRules rules)
    {
        var options = run.Validator.Options;
        switch (rules.Format)
        {
            case Format.Uri when !options.AllowsExampleUrls && ExampleUrls.Is(node.Value!):
                run.Error("invalid", Phrases.ExampleUrl, "example-url");
                break;
            case Format.Markdown or Format.String when options.RefusesHtml && HtmlTags.AreIn(node.Value!):
                run.Error("invalid", Phrases.HtmlInText, "html-in-text");
                break;
            // The ids of a StructureDefinition's elements are the same in its snapshot and its differential.
            case Format.String when node.Name == "id" && definition.Element.Path != "ElementDefinition.id" && !run.IsNewId(node.Value!):
                run.Error("business-rule", Phrases.IdTwice, "element-id");
                break;
        }
    }

    private static void Complex(Run run, Element node, ChildDefinition definition, NodeRules rules)
    {
        if (node.IsPrimitive)
        {
            run.Error("structure", Phrases.ObjectExpected, "json-type", rules.TypeName);
            return;
        }

        if (node.Kind == ElementKind.None && node.Count == 0)
            run.Error("structure", Phrases.ElementEmpty, "ele-1");
        Children(run, node, definition);
        foreach (var required in rules.Required)
            if (!Has(node, required, definition))
                run.Error("required", Phrases.ElementMissing, required.Path, required.Name, required.Min);
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
                        run.Error("structure", Phrases.ChoiceTwice, child.Element.Path, child.Element.Name);
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
            run.Error("structure", Phrases.ElementTooMany, element.Path, element.Name, group.Length, max);

        for (var i = 0; i < group.Length; i++)
        {
            var node = group[i];
            run.Location.Push(node, child, element.IsList ? i : -1);
            if (i == 0 && node.IsListItem != element.IsList)
                run.Error("structure", element.IsList ? Phrases.JsonArray : Phrases.JsonNoArray, "json-array");
            One(run, node, child);
            run.Location.Pop();
        }
    }

    private static void One(Run run, Element node, ChildDefinition child)
    {
        if (child.Type is null)
        {
            run.Warning("not-found", Phrases.TypeUnknown, child.Element.Path);
            return;
        }

        if (child.Type.IsResource)
        {
            if (node.ResourceType is null)
                run.Error("structure", Phrases.ResourceTypeMissing, "resource-type");
            else
                ResourceCheck.Inside(run, node, isContained: child.Element.Name == "contained", FullUrlBeside(run, child));
            return;
        }

        if (node.ResourceType is not null)
            run.Error("structure", Phrases.NoResource, "json-type", child.TypeName);
        else
            Node(run, node, child);
    }

    // Bundle.entry.fullUrl tells what relative references inside the entry's resource are relative to.
    private static string? FullUrlBeside(Run run, ChildDefinition child) =>
        child.Element.Path == "Bundle.entry.resource" ? run.Location.Up(1)?.Node.Text("fullUrl") : null;

    private static void Unknown(Run run, Element node, ChildDefinition definition)
    {
        run.Location.Push(node, null, -1);
        run.Error("structure", Phrases.ElementUnknown, "unknown-element", definition.TypeName);
        run.Location.Pop();
    }

    private static Phrase Json(Format format) => Formats.KindOf(format) switch
    {
        ElementKind.Boolean => Phrases.JsonBoolean,
        ElementKind.Number => Phrases.JsonNumber,
        _ => Phrases.JsonString,
    };
}
