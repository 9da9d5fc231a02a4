using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>The input of a terminology operation: a Parameters resource asked by name, and what it brings along.</summary>
internal sealed class OperationInput
{
    private const string SupplementExtension = "http://hl7.org/fhir/StructureDefinition/valueset-supplement";
    private const string ParameterExtension = "http://hl7.org/fhir/StructureDefinition/valueset-expansion-parameter";
    private readonly string? _language;

    /// <param name="vocabulary">What is loaded.</param>
    /// <param name="parameters">The Parameters resource; value sets and code systems in <c>tx-resource</c> stand above what is loaded.</param>
    /// <param name="language">What the caller's <c>Accept-Language</c> says, or null.</param>
    public OperationInput(Vocabulary vocabulary, Element parameters, string? language)
    {
        Parameters = parameters;
        _language = language;
        var own = All("tx-resource").Select(one => one.Child("resource")).OfType<Element>().ToList();
        Vocabulary = own.Count == 0 ? vocabulary : new(vocabulary.Definitions.With(own));
    }

    public Element Parameters { get; }

    public Vocabulary Vocabulary { get; }

    /// <summary>The text of a primitive parameter, whatever its type; null when it is not given.</summary>
    public string? Text(string name) => All(name).Select(Typed).FirstOrDefault()?.Value;

    /// <summary>The texts of a parameter that may be given again.</summary>
    public IEnumerable<string> Texts(string name) => All(name).Select(one => Typed(one)?.Value).OfType<string>();

    public bool IsTrue(string name) => Text(name) == "true";

    public int? Number(string name) =>
        int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The complex value of a parameter: a Coding or a CodeableConcept.</summary>
    public Element? Complex(string name) => All(name).Select(Typed).FirstOrDefault() is { IsPrimitive: false } value ? value : null;

    /// <summary>The resource of a parameter.</summary>
    public Element? Resource(string name) => All(name).Select(one => one.Child("resource")).FirstOrDefault();

    /// <summary>The parameters of that name.</summary>
    public IEnumerable<Element> All(string name) => Parameters.All("parameter").ToArray().Where(one => one.Text("name") == name);

    /// <summary>The value set that <c>valueSet</c> carries or <c>url</c> names; null with the reason when it cannot be used.</summary>
    public ValueSetContent? ValueSet(out Issue? fault)
    {
        var set = Resource("valueSet") is { ResourceType: "ValueSet" } given ? ValueSetContent.Read(Vocabulary, given)
            : Text("url") is not { } url ? null
            : Vocabulary.ValueSet(Text("valueSetVersion") is { } version ? $"{url}|{version}" : url);
        fault = set is null ? Issue.Error("not-found", "url", "The value set is not at hand.")
            : set.BrokenFilter is { } filter ? Issue.Error("invalid", filter, "The filter has no property, no operator or no value.")
            : null;
        return fault is null ? set : null;
    }

    /// <summary>The languages of displays: asked for, else the caller's, else those of the value set; null when one is no language.</summary>
    public DisplayLanguages? Languages(ValueSetContent? set)
    {
        if (Text("displayLanguage") is { } asked)
            return DisplayLanguages.Read(asked);
        if (_language is not null)
            return DisplayLanguages.Read(_language) ?? DisplayLanguages.Read(null);
        foreach (var extension in Every(set?.Source.Child("compose"), "extension"))
            if (extension.Text("url") == ParameterExtension && Part(extension, "name") == "displayLanguage" && Part(extension, "value") is { } own)
                return DisplayLanguages.Read(own);
        return DisplayLanguages.Read(set?.Source.Text("language"));

        static string? Part(Element extension, string url)
        {
            foreach (var inner in extension.All("extension"))
                if (inner.Text("url") == url)
                    return Typed(inner)?.Value;
            return null;
        }
    }

    /// <summary>The supplements asked for, by the caller or by the value set; null when one is not at hand.</summary>
    public List<CodeSystemContent>? Supplements(ValueSetContent? set)
    {
        var asked = Texts("useSupplement").ToList();
        foreach (var extension in Every(set?.Source, "extension"))
            if (extension.Text("url") == SupplementExtension && Typed(extension)?.Value is { } url)
                asked.Add(url);
        var found = asked.Select(Vocabulary.CodeSystem).OfType<CodeSystemContent>().Where(one => one.IsSupplement).ToList();
        return found.Count == asked.Count ? found : null;
    }

    /// <summary>The children of that name; none of nothing.</summary>
    internal static Element[] Every(Element? holder, string name) => holder is null ? [] : holder.All(name).ToArray();

    internal static Element? Typed(Element parameter)
    {
        foreach (var child in parameter.Children)
            if (child.Name.StartsWith("value", StringComparison.Ordinal))
                return child;
        return null;
    }
}
