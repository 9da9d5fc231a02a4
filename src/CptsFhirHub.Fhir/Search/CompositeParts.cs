using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;

namespace CptsFhirHub.Fhir.Search;

/// <summary>
/// The parts of a composite parameter: values that stand in the same element. https://hl7.org/fhir/R4/search.html#composite
/// </summary>
internal sealed class CompositeParts
{
    /// <summary>Combinations that one element may give: more would be no search index any more.</summary>
    private const int CombinationsMax = 100;

    private readonly (SearchParameter Parameter, FhirPathExpression Expression)[] _parts;

    private CompositeParts((SearchParameter, FhirPathExpression)[] parts) => _parts = parts;

    /// <summary>The kind of value of a part; null when its parameter is not known.</summary>
    public static SearchParameterType? Type(DefinitionSet definitions, SearchComponent component) =>
        definitions.Find("SearchParameter", component.Definition)?.Content.Text("type") is { } name
            && Enum.TryParse<SearchParameterType>(name, ignoreCase: true, out var type) && type != SearchParameterType.Composite
            ? type
            : null;

    /// <summary>True for a code and two numbers: a place in a chromosome.</summary>
    public static bool IsCodeAndTwoNumbers(SearchParameter composite) =>
        composite.Components is [var code, var first, var second]
        && Type(R4.Definitions, code) == SearchParameterType.Token
        && Type(R4.Definitions, first) == SearchParameterType.Number && Type(R4.Definitions, second) == SearchParameterType.Number;

    /// <summary>Prepares the parts of a composite; null when one cannot be read.</summary>
    public static CompositeParts? Compile(DefinitionSet definitions, SearchParameter composite)
    {
        var parts = new List<(SearchParameter, FhirPathExpression)>();
        foreach (var component in composite.Components)
        {
            if (Type(definitions, component) is not { } type || !FhirPathExpression.TryParse(component.Expression, out var expression, out _))
                return null;
            parts.Add((composite with { Type = type, Expression = component.Expression, Components = [] }, expression));
        }

        return new([.. parts]);
    }

    /// <summary>Every combination of the parts' values in one element.</summary>
    public void Add(SearchParameter composite, Item element, EvaluationContext context, string? ownBase, List<IndexValue> values)
    {
        List<IReadOnlyList<IndexValue>> combinations = [[]];
        foreach (var (parameter, expression) in _parts)
        {
            var found = new List<IndexValue>();
            foreach (var item in expression.Evaluate(element, context))
                IndexConversion.Add(parameter, item, ownBase, found);
            combinations = [.. combinations.SelectMany(before => found.Select(IReadOnlyList<IndexValue> (value) => [.. before, value]))
                .Take(CombinationsMax)];
        }

        foreach (var parts in combinations)
            values.Add(new IndexValue.Composite(composite, parts));
    }
}
