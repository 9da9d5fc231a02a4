using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>
/// <c>ValueSet/$expand</c> as data: Parameters in, a ValueSet with its expansion out.
/// https://hl7.org/fhir/R4/valueset-operation-expand.html
/// </summary>
public static class ExpandOperation
{
    private const int CountMax = 10_000;
    private const int DepthMax = 50;
    private const string Unclosed = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed";

    /// <summary>R4 has no place for properties in an expansion; R5 has, and this is how R4 carries what R5 has.</summary>
    private const string PropertyExtension = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.contains.property";

    private static readonly string[] Head = ["url", "version", "name", "title", "status", "experimental", "date", "publisher"];

    private static readonly string[] Echoed =
        ["filter", "date", "offset", "count", "includeDesignations", "designation", "includeDefinition", "activeOnly", "excludeNested", "displayLanguage", "property", "useSupplement"];

    /// <summary>The expansion, or null and why there is none. <paramref name="now"/> is its timestamp.</summary>
    public static (Element? ValueSet, Issue? Fault) Run(Vocabulary vocabulary, Element parameters, DateTimeOffset now, string? language = null)
    {
        var input = new OperationInput(vocabulary, parameters, language);
        foreach (var name in (string[])["offset", "count"])
            if (input.Text(name) is not null && input.Number(name) is null)
                return (null, Issue.Error("value", name, "This is a whole number from 0 on."));
        if (input.ValueSet(out var fault) is not { } content || CodeTexts.Of(input, content, out fault) is not { } texts)
            return (null, fault);
        if (content.Expand() is not { } all)
            return (null, Issue.Error("not-found", "valueSet", "A code system, value set or filter of the value set is not at hand, or it has too many codes."));

        var source = content.Source;
        var hidesInactive = input.IsTrue("activeOnly") || source.At("compose", "inactive")?.Value == "false";
        var filter = input.Text("filter");
        var wanted = all
            .Where(code => !(hidesInactive && code.IsInactive))
            .Where(code => filter is null || Matches(texts, code, filter))
            .ToList();
        var offset = input.Number("offset") ?? 0;
        var count = Math.Min(input.Number("count") ?? int.MaxValue, CountMax);
        if (input.Number("count") is null && wanted.Count > CountMax)
            return (null, Issue.Error("too-costly", "count", $"The expansion has more than {CountMax} codes: ask for pages."));

        var result = Element.OfResource("ValueSet");
        foreach (var name in Head)
            if (source.Child(name) is { } child)
                result.Append(child.Copy());
        if (input.IsTrue("includeDefinition") && source.Child("compose") is { } compose)
            result.Append(compose.Copy());
        var expansion = result.Add("expansion");
        if (content.CodeSystems.Any(one => one.IsFragment))
            expansion.AddItem("extension").With("url", Unclosed).With("valueBoolean", true);
        expansion.With("timestamp", now.ToString("yyyy-MM-ddTHH:mm:ss.fffzzz", CultureInfo.InvariantCulture));
        expansion.With("total", (decimal)wanted.Count);
        if (offset > 0 || input.Number("count") is not null)
            expansion.With("offset", (decimal)offset);
        Echo(expansion, input, content, texts);

        var page = wanted.Skip(offset).Take(count).ToList();
        var writer = new Writer(input, texts);
        // A page, or what a filter has left, has lost its order of above and below.
        if (input.IsTrue("excludeNested") || filter is not null || page.Count < wanted.Count)
            foreach (var code in page)
                writer.Write(expansion, code);
        else
            Nested(expansion, page, input.Vocabulary, writer, source);
        return (result, null);
    }

    private static bool Matches(CodeTexts texts, ExpandedCode code, string filter) =>
        code.Code.Contains(filter, StringComparison.OrdinalIgnoreCase)
        || code.Display?.Contains(filter, StringComparison.OrdinalIgnoreCase) == true
        || texts.Designations(code.System, code.Code).Any(one => one.Text("value")?.Contains(filter, StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>Says how the expansion came to be. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.parameter</summary>
    private static void Echo(Element expansion, OperationInput input, ValueSetContent content, CodeTexts texts)
    {
        foreach (var name in Echoed)
        {
            foreach (var given in input.All(name))
            {
                if (OperationInput.Typed(given) is not { IsPrimitive: true } value)
                    continue;
                // An expansion parameter may not be a canonical.
                var type = value.Name == "valueCanonical" ? "valueUri" : value.Name;
                expansion.AddItem("parameter").With("name", name).Append(value.Copy(type));
            }
        }

        foreach (var system in content.CodeSystems)
        {
            Used("used-codesystem", system);
            if (system.IsFragment)
                Used("used-fragment", system);
        }

        foreach (var supplement in texts.Supplements)
            Used("used-supplement", supplement);

        void Used(string name, CodeSystemContent one) =>
            expansion.AddItem("parameter").With("name", name).With("valueUri", one.Version is null ? one.Url : $"{one.Url}|{one.Version}");
    }

    /// <summary>Puts each code below the first of its parents that is there too; a list keeps the order it was given in.</summary>
    private static void Nested(Element expansion, List<ExpandedCode> codes, Vocabulary vocabulary, Writer writer, Element source)
    {
        var isList = false;
        foreach (var include in OperationInput.Every(source.Child("compose"), "include"))
            isList |= include.Child("concept") is not null;
        var there = codes.Select(code => (code.System, code.Code)).ToHashSet();
        var below = new Dictionary<(string, string), List<ExpandedCode>>();
        var roots = new List<ExpandedCode>();
        foreach (var code in codes)
        {
            var parent = isList ? null : vocabulary.CodeSystem(code.System)?.Find(code.Code)?.Parents.FirstOrDefault(one => there.Contains((code.System, one)));
            if (parent is null)
                roots.Add(code);
            else if (below.TryGetValue((code.System, parent), out var siblings))
                siblings.Add(code);
            else
                below[(code.System, parent)] = [code];
        }

        var written = 0;
        foreach (var root in roots)
            Write(expansion, root, 0);
        // A hierarchy that turns in a circle has no top: its codes are written flat.
        if (written < codes.Count)
        {
            expansion.Remove("contains");
            foreach (var code in codes)
                writer.Write(expansion, code);
        }

        void Write(Element holder, ExpandedCode code, int depth)
        {
            written++;
            var item = writer.Write(holder, code);
            if (depth < DepthMax && below.TryGetValue((code.System, code.Code), out var inner))
                foreach (var one in inner)
                    Write(item, one, depth + 1);
        }
    }

    private sealed class Writer(OperationInput input, CodeTexts texts)
    {
        private readonly bool _withDesignations = input.IsTrue("includeDesignations");
        private readonly string[] _designations = [.. input.Texts("designation").Select(one => one[(one.LastIndexOf('|') + 1)..])];
        private readonly string[] _properties = [.. input.Texts("property")];

        public Element Write(Element holder, ExpandedCode code)
        {
            var item = holder.AddItem("contains");
            var source = _properties.Length == 0 ? null : input.Vocabulary.CodeSystem(code.System)?.Find(code.Code)?.Source;
            foreach (var property in OperationInput.Every(source, "property"))
                if (_properties.Contains(property.Text("code")) && OperationInput.Typed(property) is { } value)
                    Property(item, property.Text("code")!, value);
            item.With("system", code.System);
            if (code.IsAbstract)
                item.With("abstract", true);
            if (code.IsInactive)
                item.With("inactive", true);
            var display = texts.Display(code.System, code.Code, code.Display);
            item.With("code", code.Code).With("display", display);
            if (!_withDesignations)
                return item;
            foreach (var designation in texts.Designations(code.System, code.Code))
                if (_designations.Length == 0 || _designations.Contains(designation.Text("language")) || _designations.Contains(designation.At("use", "code")?.Value))
                    item.Append(Designation(designation));
            return item;
        }

        private static void Property(Element item, string code, Element value)
        {
            var extension = item.AddItem("extension");
            extension.AddItem("extension").With("url", "code").With("valueCode", code);
            extension.AddItem("extension").With("url", "value").Append(value.Copy());
            extension.With("url", PropertyExtension);
        }

        private static Element Designation(Element given)
        {
            var designation = Element.Named("designation", isListItem: true).With("language", given.Text("language"));
            if (given.Child("use") is { } use)
                designation.Append(use.Copy());
            return designation.With("value", given.Text("value"));
        }
    }
}
