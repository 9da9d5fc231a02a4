namespace CptsFhirHub.Fhir.Definitions;

/// <summary>The kinds of search parameter. https://hl7.org/fhir/R4/valueset-search-param-type.html</summary>
public enum SearchParameterType
{
    /// <summary>A number with its implicit precision.</summary>
    Number,

    /// <summary>A date, dateTime, instant, Period or Timing.</summary>
    Date,

    /// <summary>A text matched from its beginning, without case and accents.</summary>
    String,

    /// <summary>A code, identifier or boolean.</summary>
    Token,

    /// <summary>A reference to another resource.</summary>
    Reference,

    /// <summary>Several parameters bound to one element.</summary>
    Composite,

    /// <summary>A quantity with its unit.</summary>
    Quantity,

    /// <summary>A URI, compared whole.</summary>
    Uri,

    /// <summary>A parameter with rules of its own, such as <c>near</c>.</summary>
    Special,
}

/// <summary>One search parameter as it applies to one resource type. https://hl7.org/fhir/R4/searchparameter.html</summary>
/// <param name="ResourceType">The type searched: <c>Patient</c>. Parameters of Resource and DomainResource are repeated for each type.</param>
/// <param name="Code">The name in the URL: <c>birthdate</c>.</param>
/// <param name="Type">The kind of value.</param>
/// <param name="Expression">The FHIRPath that yields the values, restricted to <paramref name="ResourceType"/>.</param>
/// <param name="Targets">For a reference, the types it may point to.</param>
/// <param name="Url">The canonical URL of the definition.</param>
public sealed record SearchParameter(
    string ResourceType,
    string Code,
    SearchParameterType Type,
    string Expression,
    IReadOnlyList<string> Targets,
    string Url)
{
    /// <summary>For a composite, the parts: the definition's URL and the expression below the parent.</summary>
    public IReadOnlyList<SearchComponent> Components { get; init; } = [];

    /// <summary>The same parameter with the expression of another, and what follows from that.</summary>
    public SearchParameter WithExpression(string expression) => new(ResourceType, Code, Type, expression, Targets, Url) { Components = Components };

    /// <summary>
    /// True when its codes regard case. Codes do not, as the specification advises; identifiers do: two patients whose numbers differ by case are two
    /// patients. Asked for each code of each resource.
    /// </summary>
    internal bool RegardsCase { get; } = Type == SearchParameterType.Reference || Code == "_id" || Expression.Contains("dentifier", StringComparison.Ordinal);
}

/// <summary>One part of a composite search parameter.</summary>
/// <param name="Definition">The canonical URL of the part's own parameter.</param>
/// <param name="Expression">The FHIRPath of the part, from the composite's element.</param>
public sealed record SearchComponent(string Definition, string Expression);
