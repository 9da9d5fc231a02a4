using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>
/// An extension against its own definition: known, allowed at its place, of the right type.
/// https://hl7.org/fhir/R4/extensibility.html
/// </summary>
internal static class ExtensionCheck
{
    public static void Check(Run run, Element node)
    {
        var isModifier = node.Name == "modifierExtension";
        if (node.Text("url") is not { } url)
            return;
        var parent = run.Location.Up(1);
        if (!url.Contains(':', StringComparison.Ordinal))
        {
            // Inside a complex extension the parts have relative names; its definition checks them.
            if (parent is not { Node.Name: "extension" or "modifierExtension" })
                run.Error("extension", "The url of an extension is absolute.", "extension-url");
            else if (parent.Value.Node.Text("url") is { } outer && run.Validator.Definitions.Find("StructureDefinition", outer) is { } whole
                     && !HasPart(whole.Content, url))
                run.Error("extension", "The definition of the extension has no such part.", "extension-part");
            return;
        }

        var definition = run.Validator.Definitions.Find("StructureDefinition", url);
        if (definition?.Traits is not { TypeName: "Extension" })
        {
            Unknown(run, isModifier, definition is not null);
            return;
        }

        if (run.Validator.Profile(url) is not { } profile)
            return;
        if (profile.IsModifier != isModifier)
        {
            run.Error("extension", isModifier
                ? "The extension is none that modifies: it stands under 'extension'."
                : "The extension modifies the meaning: it stands under 'modifierExtension'.", "extension-modifier");
        }

        if (!IsAllowedHere(run, definition.Content))
            run.Error("extension", "The definition of the extension does not allow it here.", "extension-context");
        ProfileCheck.Datatype(run, node, run.Location.Up(0)!.Value.Definition!, url);
    }

    // A part has no definition of its own: one that the whole does not name means nothing.
    private static bool HasPart(Element definition, string part)
    {
        var namesParts = false;
        foreach (var view in (ReadOnlySpan<string>)["snapshot", "differential"])
        {
            if (definition.Child(view) is not { } holder)
                continue;
            foreach (var element in holder.All("element"))
            {
                if (element.Text("path") != "Extension.extension.url" || (element.Text("fixedUri") ?? element.Text("patternUri")) is not { } named)
                    continue;
                if (named == part)
                    return true;
                namesParts = true;
            }
        }

        return !namesParts;
    }

    private static void Unknown(Run run, bool isModifier, bool isOther)
    {
        if (isOther)
            run.Error("extension", "The url of the extension names a structure that is none.", "extension-url");
        else if (isModifier)
            run.Error("extension", "The modifier extension is not known: what it changes cannot be told.", "unknown-extension");
        else
            run.Report(run.Validator.Options.UnknownExtension, "extension", "The extension is not known here.", "unknown-extension");
    }

    private static bool IsAllowedHere(Run run, Element definition)
    {
        var contexts = definition.All("context");
        if (contexts.Length == 0 || run.Location.Up(1) is not { } parent)
            return true;
        foreach (var context in contexts)
        {
            var expression = context.Text("expression") ?? "";
            var place = parent.Node.ResourceType is { } name ? run.Validator.Definitions.Type(name)?.Node : parent.Definition;
            var isMet = context.Text("type") switch
            {
                "element" => IsElement(run, place, expression),
                // Upon the extension itself, or upon its value.
                "extension" => parent.Node.Text("url") == expression
                    || (run.Location.Up(2) is { Node.Name: "extension" or "modifierExtension" } above && above.Node.Text("url") == expression),
                "fhirpath" => IsSelected(run, parent.Node, expression),
                _ => true,
            };
            if (isMet)
                return true;
        }

        return false;
    }

    // https://hl7.org/fhir/R4/defining-extensions.html#context: what the expression selects in the resource.
    private static bool IsSelected(Run run, Element place, string expression)
    {
        if (InvariantCheck.Expression(expression) is not { } selection)
            return true;
        try
        {
            foreach (var item in selection.Evaluate(Item.Of(run.Resource), run.Evaluation))
                if (ReferenceEquals(item.Element, place))
                    return true;
            return false;
        }
        catch (FhirPathException)
        {
            return true;
        }
    }

    // The place is named by a path, by a type, or by a type that the actual one derives from.
    private static bool IsElement(Run run, ChildDefinition? place, string expression)
    {
        if (place is null)
            return true;
        var hash = expression.LastIndexOf('#');
        if (hash >= 0)
            expression = expression[(hash + 1)..];
        var path = place.Element.Path;
        if (path == expression || Without(path) == expression || place.Element.ContentReference == expression)
            return true;
        for (var type = place.Type; type is not null; type = type.Base)
            if (type.Name == expression)
                return true;
        // The definitions of R4 write Element for every place, resources included.
        if (expression == "Element")
            return true;
        return IsBelow(run, expression);
    }

    private static string Without(string path) => path.EndsWith("[x]", StringComparison.Ordinal) ? path[..^3] : path;

    // A path that goes on into a datatype: Patient.name.family.
    private static bool IsBelow(Run run, string expression)
    {
        var names = expression.Split('.');
        if (names.Length < 2)
            return false;
        var level = 1;
        for (var i = names.Length - 1; i > 0; i--, level++)
        {
            if (run.Location.Up(level) is not { } at)
                return false;
            var name = at.Definition?.Element.Name ?? at.Node.Name;
            if (name != Without(names[i]))
                return false;
        }

        return run.Location.Up(level)?.Definition?.TypeName is { } type && run.Validator.Definitions.IsSubtype(type, names[0]);
    }
}
