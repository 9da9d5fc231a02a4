using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>
/// An extension against its own definition: known, allowed at its place, of the right type.
/// https://hl7.org/fhir/R4/extensibility.html
/// </summary>
internal static class ExtensionCheck
{
    private const string Published = "http://hl7.org/fhir/";
    private const string Structures = "StructureDefinition/";

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
                run.Error("extension", Phrases.ExtensionRelative, "extension-url");
            else if (parent.Value.Node.Text("url") is { } outer && run.Validator.Definitions.Find("StructureDefinition", outer) is { } whole
                     && !HasPart(whole.Content, url))
                run.Error("extension", Phrases.ExtensionPart, "extension-part");
            return;
        }

        var definition = run.Validator.Definitions.Find("StructureDefinition", url);
        if (definition?.Traits is not { TypeName: "Extension" })
        {
            Unknown(run, url, isModifier, definition is not null);
            return;
        }

        if (run.Validator.Profile(url) is not { } profile)
            return;
        if (profile.IsModifier != isModifier)
        {
            run.Error("extension", isModifier ? Phrases.ExtensionPlain : Phrases.ExtensionModifies, "extension-modifier");
        }

        if (!IsAllowedHere(run, definition.Content))
            run.Error("extension", Phrases.ExtensionPlace, "extension-context");
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

    private static void Unknown(Run run, string url, bool isModifier, bool isOther)
    {
        var options = run.Validator.Options;
        if (isOther)
            run.Error("extension", Phrases.ExtensionOther, "extension-url");
        else if (isModifier)
            run.Error("extension", Phrases.ModifierUnknown, "unknown-extension");
        else
            run.Report(Least(options.UnknownExtension, url, options), "extension", Phrases.ExtensionUnknown, "unknown-extension");
    }

    private static Severity Least(Severity asked, string url, ValidatorOptions options)
    {
        if (options.AllowsExampleUrls && ExampleUrls.Is(url))
            return Severity.Information;
        return asked > Severity.Warning && IsPublished(url) ? Severity.Warning : asked;
    }

    // The extensions of HL7's tools, and those that stand for elements of other versions, belong to no package that a sender could name:
    // that one of them is not at hand is no fault of who sends it.
    private static bool IsPublished(string url)
    {
        if (!url.StartsWith(Published, StringComparison.Ordinal))
            return false;
        var rest = url.AsSpan(Published.Length);
        var isOfVersion = rest.Length > 4 && char.IsAsciiDigit(rest[0]) && rest[1] == '.' && char.IsAsciiDigit(rest[2]) && rest[3] == '/';
        return rest.StartsWith("tools/" + Structures) || (isOfVersion && rest[4..].StartsWith(Structures));
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
    private static bool IsSelected(Run run, Element place, string expression) => run.Selected(expression)?.Contains(place) != false;

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
