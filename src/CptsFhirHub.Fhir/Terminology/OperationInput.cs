using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Terminology;

/// <summary>The input of a terminology operation: a Parameters resource, asked by name.</summary>
internal sealed record OperationInput(Element Parameters)
{
    /// <summary>The text of a primitive parameter, whatever its type; null when it is not given.</summary>
    public string? Text(string name) => Parameter(name) is { } parameter ? Typed(parameter)?.Value : null;

    public bool IsTrue(string name) => Text(name) == "true";

    public int? Number(string name) =>
        int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>The complex value of a parameter: a Coding or a CodeableConcept.</summary>
    public Element? Complex(string name) => Parameter(name) is { } parameter && Typed(parameter) is { IsPrimitive: false } value ? value : null;

    /// <summary>The resource of a parameter.</summary>
    public Element? Resource(string name) => Parameter(name)?.Child("resource");

    /// <summary>The value set that <c>valueSet</c> carries or <c>url</c> names; null when it is not at hand.</summary>
    public ValueSetContent? ValueSet(Vocabulary vocabulary)
    {
        if (Resource("valueSet") is { } given)
            return ValueSetContent.Read(vocabulary, given);
        if (Text("url") is not { } url)
            return null;
        return vocabulary.ValueSet(Text("valueSetVersion") is { } version ? $"{url}|{version}" : url);
    }

    private Element? Parameter(string name)
    {
        foreach (var parameter in Parameters.All("parameter"))
            if (parameter.Text("name") == name)
                return parameter;
        return null;
    }

    private static Element? Typed(Element parameter)
    {
        foreach (var child in parameter.Children)
            if (child.Name.StartsWith("value", StringComparison.Ordinal))
                return child;
        return null;
    }
}
