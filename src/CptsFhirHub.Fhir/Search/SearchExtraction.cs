using System.Collections.Concurrent;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Search;

/// <summary>What a resource offers to searches. https://hl7.org/fhir/R4/search.html#ptypes</summary>
/// <param name="definitions">The search parameters to extract for.</param>
/// <param name="ownBase">Our FHIR base: an absolute reference below it points to a resource of ours. Null when unknown.</param>
public sealed class SearchExtraction(DefinitionSet definitions, string? ownBase = null)
{
    private static readonly EvaluationContext Context = new() { AsKeepsMany = true };
    private readonly ConcurrentDictionary<string, Rule[]> _rules = new(StringComparer.Ordinal);

    /// <summary>
    /// The values of a resource for every parameter of its type, but <c>_id</c> and <c>_lastUpdated</c>, which the store knows by
    /// itself.
    /// </summary>
    public List<IndexValue> Extract(Resource resource)
    {
        var values = new List<IndexValue>();
        if (definitions.Type(resource.Type) is null)
            return values;

        if (!_rules.TryGetValue(resource.Type, out var rules))
            rules = _rules.GetOrAdd(resource.Type, Compile);

        // The parts of a composite start at an element, and are told what resource it stands in.
        var root = Item.Of(resource);
        var ofParts = Array.Exists(rules, rule => rule.Parts is not null) ? Context with { Resource = resource.Root } : Context;
        foreach (var rule in rules)
            Add(rule, root, ofParts, values);
        AddWords(resource, values);
        if (resource.Root.Child("contained") is not null)
            AddContained(resource, rules, values);
        return values;
    }

    /// <summary>The values for one parameter alone, as a resource that is already stored offers them.</summary>
    public List<IndexValue> Extract(Resource resource, SearchParameter parameter)
    {
        var values = new List<IndexValue>();
        if (definitions.Type(resource.Type) is not null && Compile(parameter) is { } rule)
            Add(rule, Item.Of(resource), Context with { Resource = resource.Root }, values);
        return values;
    }

    /// <summary>A reference to a contained resource is a value too, though none that a search can name: <c>:missing</c> tells it from none.</summary>
    private static void AddContained(Resource resource, Rule[] rules, List<IndexValue> values)
    {
        // Whether such a reference is one to a Patient only the resource around it tells.
        var context = Context with { Resource = resource.Root };
        var root = Item.Of(resource);
        foreach (var rule in rules)
        {
            if (rule.Parameter.Type != SearchParameterType.Reference)
                continue;
            try
            {
                foreach (var item in rule.Expression.Evaluate(root, context))
                    if (item.TypeName == "Reference" && item.Element?.Text("reference") is ['#', _, ..] local && Contains(resource, local[1..]))
                        values.Add(new IndexValue.Reference(rule.Parameter, null, null, "#"));
            }
            catch (FhirPathException)
            {
                // As above: this one parameter finds nothing.
            }
        }
    }

    private static bool Contains(Resource resource, string id)
    {
        foreach (var contained in resource.Root.All("contained"))
            if (contained.Text("id") == id)
                return true;
        return false;
    }

    private void AddWords(Resource resource, List<IndexValue> values)
    {
        if (resource.Root.Child("text")?.Text("div") is { } narrative && definitions.SearchParameter(resource.Type, "_text") is { } text)
            FullText.Add(text, FullText.OfNarrative(narrative), values);
        if (definitions.SearchParameter(resource.Type, "_content") is { } content && FullText.IsServed(content, resource.Type))
            FullText.Add(content, FullText.OfResource(resource.Root), values);
    }

    private void Add(Rule rule, Item root, EvaluationContext ofParts, List<IndexValue> values)
    {
        try
        {
            foreach (var item in rule.Expression.Evaluate(root, rule.Parts is null ? Context : ofParts))
            {
                if (rule.Parts is null)
                    IndexConversion.Add(rule.Parameter, item, ownBase, values);
                else
                    rule.Parts.Add(rule.Parameter, item, ofParts, ownBase, values);
            }
        }
        catch (FhirPathException)
        {
            // The data do not fit this one parameter, which then finds nothing; the resource itself has been validated.
        }
    }

    private Rule[] Compile(string resourceType)
    {
        var rules = new List<Rule>();
        foreach (var parameter in definitions.SearchParameters(resourceType))
            if (Compile(parameter) is { } rule)
                rules.Add(rule);
        return [.. rules];
    }

    private Rule? Compile(SearchParameter parameter)
    {
        if (parameter.Code is "_id" or "_lastUpdated" || parameter.Expression.Length == 0 || !SearchQueryParser.IsServed(parameter)
            || !FhirPathExpression.TryParse(parameter.Expression, out var expression, out _))
        {
            return null;
        }

        var parts = parameter.Type == SearchParameterType.Composite ? CompositeParts.Compile(definitions, parameter) : null;
        return parts is null && parameter.Type == SearchParameterType.Composite ? null : new(parameter, expression, parts);
    }

    private sealed record Rule(SearchParameter Parameter, FhirPathExpression Expression, CompositeParts? Parts);
}
