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
        // Most elements have the code that comes first, and few the kind of value that comes last.
        var found = new List<IndexValue>[_parts.Length];
        for (var part = found.Length - 1; part >= 0; part--)
        {
            var items = _parts[part].Expression.Evaluate(element, context);
            if (items.Count == 0)
                return;
            found[part] = new(items.Count);
            foreach (var item in items)
                IndexConversion.Add(_parts[part].Parameter, item, ownBase, found[part]);
            if (found[part].Count == 0)
                return;
        }

        var at = new int[found.Length];
        for (var count = 0; count < CombinationsMax; count++)
        {
            var parts = new IndexValue[found.Length];
            for (var part = 0; part < parts.Length; part++)
                parts[part] = found[part][at[part]];
            values.Add(new IndexValue.Composite(composite, parts));
            if (!Next(at, found))
                return;
        }
    }

    /// <summary>Goes to the next combination, of which the last part changes first; false when all have been.</summary>
    private static bool Next(int[] at, List<IndexValue>[] found)
    {
        for (var part = at.Length - 1; part >= 0; part--)
        {
            if (++at[part] < found[part].Count)
                return true;
            at[part] = 0;
        }

        return false;
    }
}
