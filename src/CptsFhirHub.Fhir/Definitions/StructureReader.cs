using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Definitions;

/// <summary>Turns the elements of a StructureDefinition into <see cref="ElementDefinition"/>s.</summary>
internal static class StructureReader
{
    private const string FhirType = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type";
    private const string CoreType = "http://hl7.org/fhir/StructureDefinition/";
    private const string Extensions = "http://hl7.org/fhir/StructureDefinition/";
    private const string AdditionalOfR5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.binding.additional";
    private const string AdditionalOfTools = "http://hl7.org/fhir/tools/StructureDefinition/additional-binding";
    private const string OfR5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.";
    private static readonly ValueRules Nothing = new(null, null, null, null, null);
    private const string SystemType = "http://hl7.org/fhirpath/System.";

    /// <summary>The snapshot or differential of a structure, each element by itself.</summary>
    public static List<ElementDefinition> Elements(DefinitionSet set, Definition definition, string view)
    {
        var read = new List<ElementDefinition>();
        if (definition.Content.Child(view) is not { } holder)
            return read;
        foreach (var element in holder.All("element"))
            if (element.Text("path") is { Length: > 0 } path)
                read.Add(Read(set, definition.Url, element, path));
        return read;
    }

    /// <summary>Hangs each element under its parent and resolves content references: for the elements of a whole type.</summary>
    public static void Link(List<ElementDefinition> elements)
    {
        var byPath = new Dictionary<string, ElementDefinition>(elements.Count, StringComparer.Ordinal);
        var children = new Dictionary<string, List<ElementDefinition>>(StringComparer.Ordinal);
        foreach (var element in elements)
        {
            // A type has slices only in its extension lists: the first element of a path is the element itself.
            if (!byPath.TryAdd(element.Path, element))
                continue;
            var dot = element.Path.LastIndexOf('.');
            if (dot < 0)
                continue;
            var parent = element.Path[..dot];
            if (!children.TryGetValue(parent, out var list))
                children[parent] = list = [];
            list.Add(element);
        }

        foreach (var element in elements)
        {
            if (children.TryGetValue(element.Path, out var list))
                element.Children = list;
            if (element.ContentReference is { } target)
                element.ContentTarget = byPath.GetValueOrDefault(target);
        }
    }

    private static ElementDefinition Read(DefinitionSet set, string source, Element element, string path)
    {
        var min = element.Text("min");
        var max = element.Text("max");
        return new(set, element.Text("id") ?? path, path)
        {
            Min = Number(min) ?? 0,
            Max = max is null or "*" ? null : Number(max) ?? 0,
            StatesMin = min is not null,
            StatesMax = max is not null,
            Types = Types(element),
            ContentReference = element.Text("contentReference") is { } reference
                ? reference[(reference.IndexOf('#', StringComparison.Ordinal) + 1)..]
                : null,
            Binding = Bound(element.Child("binding")),
            Invariants = Invariants(element, source),
            IsModifier = element.Text("isModifier") == "true",
            IsSummary = element.Text("isSummary") == "true",
            SliceName = element.Text("sliceName"),
            Slicing = Sliced(element.Child("slicing")),
            Values = Values(element),
        };
    }

    private static TypeReference[] Types(Element element)
    {
        var found = element.All("type");
        if (found.Length == 0)
            return [];
        var types = new TypeReference[found.Length];
        for (var i = 0; i < found.Length; i++)
            types[i] = new(TypeName(found[i]), Texts(found[i], "profile"), Texts(found[i], "targetProfile"));
        return types;
    }

    private static string TypeName(Element type)
    {
        foreach (var extension in type.All("extension"))
            if (extension.Text("url") == FhirType && (extension.Text("valueUrl") ?? extension.Text("valueUri")) is { } stated)
                return stated;
        // In XML and in some profiles the extension stands on the code.
        if (type.Child("code") is { Count: > 0 } code)
            foreach (var extension in code.All("extension"))
                if (extension.Text("url") == FhirType && (extension.Text("valueUrl") ?? extension.Text("valueUri")) is { } stated)
                    return stated;

        var name = type.Text("code") ?? "Element";
        if (name.StartsWith(CoreType, StringComparison.Ordinal))
            return name[CoreType.Length..];
        if (name.StartsWith(SystemType, StringComparison.Ordinal))
            return string.Concat(char.ToLowerInvariant(name[SystemType.Length]).ToString(), name.AsSpan(SystemType.Length + 1));
        return name;
    }

    private static string[] Texts(Element element, string name)
    {
        var found = element.All(name);
        if (found.Length == 0)
            return [];
        var texts = new List<string>(found.Length);
        foreach (var item in found)
            if (item.Value is { } value)
                texts.Add(value);
        return [.. texts];
    }

    private static Binding? Bound(Element? binding)
    {
        if (binding is null)
            return null;
        var strength = binding.Text("strength") switch
        {
            "required" => BindingStrength.Required,
            "extensible" => BindingStrength.Extensible,
            "preferred" => BindingStrength.Preferred,
            _ => BindingStrength.Example,
        };
        return new(strength, binding.Text("valueSet")) { Additional = Additional(binding) };
    }

    // R4 has the greatest value set as an extension; later versions the additional bindings, which their extensions bring here.
    private static List<string>? Additional(Element binding)
    {
        List<string>? found = null;
        foreach (var extension in binding.All("extension"))
        {
            var url = extension.Text("url");
            if (url == Extensions + "elementdefinition-maxValueSet" && extension.Text("valueCanonical") is { } greatest)
                (found ??= []).Add(greatest);
            if (url is not (AdditionalOfR5 or AdditionalOfTools))
                continue;
            string? purpose = null, valueSet = null;
            foreach (var part in extension.All("extension"))
            {
                purpose = part.Text("url") == "purpose" ? part.Text("valueCode") : purpose;
                valueSet = part.Text("url") == "valueSet" ? part.Text("valueCanonical") : valueSet;
            }

            if (purpose is "required" or "maximum" && valueSet is not null)
                (found ??= []).Add(valueSet);
        }

        return found;
    }

    private static Invariant[] Invariants(Element element, string source)
    {
        var found = element.All("constraint");
        if (found.Length == 0)
            return [];
        var read = new Invariant[found.Length];
        for (var i = 0; i < found.Length; i++)
        {
            var one = found[i];
            read[i] = new(one.Text("key") ?? "", one.Text("severity") != "warning", one.Text("expression"), one.Text("source") ?? source)
            {
                Human = one.Text("human"),
                HumanFrench = Translation(one.Child("human"), "fr"),
            };
        }

        return read;
    }

    // https://hl7.org/fhir/R4/extension-translation.html
    private static string? Translation(Element? text, string language)
    {
        if (text is null)
            return null;
        foreach (var extension in text.All("extension"))
        {
            if (extension.Text("url") != Extensions + "translation")
                continue;
            string? stated = null, content = null;
            foreach (var part in extension.All("extension"))
            {
                if (part.Text("url") == "lang")
                    stated = part.Text("valueCode");
                else if (part.Text("url") == "content")
                    content = part.Text("valueString") ?? part.Text("valueMarkdown");
            }

            if (stated is not null && stated.StartsWith(language, StringComparison.Ordinal))
                return content;
        }

        return null;
    }

    private static Slicing? Sliced(Element? slicing)
    {
        if (slicing is null)
            return null;
        var by = new List<Discriminator>();
        foreach (var one in slicing.All("discriminator"))
            by.Add(new(one.Text("type") ?? "value", one.Text("path") ?? "$this"));
        return new(by, slicing.Text("rules") ?? "open", slicing.Text("ordered") == "true");
    }

    private static ValueRules? Values(Element element)
    {
        Element? exact = null, pattern = null, minValue = null, maxValue = null;
        var maxLength = Number(element.Text("maxLength"));
        foreach (var child in element.Children)
        {
            if (IsChoice(child.Name, "fixed"))
                exact = child;
            else if (IsChoice(child.Name, "pattern"))
                pattern = child;
            else if (IsChoice(child.Name, "minValue"))
                minValue = child;
            else if (IsChoice(child.Name, "maxValue"))
                maxValue = child;
        }

        var rules = new ValueRules(exact, pattern, minValue, maxValue, maxLength);
        foreach (var extension in element.All("extension"))
            rules = Extended(rules, extension);
        foreach (var type in element.All("type"))
            foreach (var extension in type.All("extension"))
                if (extension.Text("url") == Extensions + "regex")
                    rules = rules with { Regex = extension.Text("valueString") };
        return rules == Nothing ? null : rules;
    }

    private static ValueRules Extended(ValueRules rules, Element extension) => extension.Text("url") switch
    {
        Extensions + "minLength" => rules with { MinLength = Number(extension.Text("valueInteger")) },
        Extensions + "regex" => rules with { Regex = extension.Text("valueString") },
        Extensions + "narrative-language-control" => rules with { NarrativeLanguages = extension.Text("valueCode") },
        OfR5 + "mustHaveValue" => rules with { MustHaveValue = extension.Text("valueBoolean") == "true" },
        OfR5 + "valueAlternatives" when extension.Text("valueCanonical") is { } url =>
            rules with { Alternatives = [.. rules.Alternatives ?? [], url] },
        _ => rules,
    };

    private static bool IsChoice(string name, string prefix) =>
        name.Length > prefix.Length && char.IsUpper(name[prefix.Length]) && name.StartsWith(prefix, StringComparison.Ordinal);

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
}
