using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>
/// <c>ValueSet/$expand</c> as data: Parameters in, a ValueSet with its expansion out, flat.
/// https://hl7.org/fhir/R4/valueset-operation-expand.html
/// </summary>
public static class ExpandOperation
{
    private const int CountMax = 10_000;
    private static readonly string[] Head = ["url", "version", "name", "title", "status", "experimental", "date", "publisher"];

    /// <summary>The expansion, or null and why there is none. <paramref name="now"/> is its timestamp.</summary>
    public static (Element? ValueSet, Issue? Fault) Run(Vocabulary vocabulary, Element parameters, DateTimeOffset now)
    {
        var input = new OperationInput(parameters);
        if (input.ValueSet(vocabulary) is not { } content)
            return (null, Issue.Error("not-found", "url", "The value set is not at hand."));
        if (content.Expand() is not { } all)
            return (null, Issue.Error("not-found", "valueSet", "A code system, value set or filter of the value set is not at hand, or it has too many codes."));

        var source = input.Resource("valueSet") ?? vocabulary.Definitions.Find("ValueSet", content.Url)?.Content;
        var hidesInactive = input.IsTrue("activeOnly") || source?.At("compose", "inactive")?.Value == "false";
        var filter = input.Text("filter");
        var wanted = all
            .Where(code => !(hidesInactive && code.IsInactive))
            .Where(code => filter is null
                || code.Code.Contains(filter, StringComparison.OrdinalIgnoreCase)
                || code.Display?.Contains(filter, StringComparison.OrdinalIgnoreCase) == true)
            .ToList();
        var offset = input.Number("offset") ?? 0;
        var count = Math.Min(input.Number("count") ?? int.MaxValue, CountMax);
        if (input.Number("count") is null && wanted.Count > CountMax)
            return (null, Issue.Error("too-costly", "count", $"The expansion has more than {CountMax} codes: ask for pages."));

        var languages = DisplayLanguages.Read(input.Text("displayLanguage"));
        var result = Element.OfResource("ValueSet");
        foreach (var name in Head)
            if (source?.Child(name) is { } child)
                result.Append(child.Copy());
        var expansion = result.Add("expansion");
        expansion.With("timestamp", now.ToString("yyyy-MM-ddTHH:mm:ss.fffzzz", CultureInfo.InvariantCulture));
        expansion.With("total", (decimal)wanted.Count);
        if (offset > 0)
            expansion.With("offset", (decimal)offset);
        foreach (var code in wanted.Skip(offset).Take(count))
        {
            var item = expansion.AddItem("contains").With("system", code.System);
            if (code.IsAbstract)
                item.With("abstract", true);
            if (code.IsInactive)
                item.With("inactive", true);
            item.With("code", code.Code).With("display", languages.Choose(vocabulary, code.System, code.Code, code.Display));
        }

        return (result, null);
    }
}
