using System.Collections.Concurrent;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Search;

/// <summary>What a resource offers to searches. https://hl7.org/fhir/R4/search.html#ptypes</summary>
/// <param name="definitions">The search parameters to extract for.</param>
/// <param name="ownBase">Our FHIR base: an absolute reference below it points to a resource of ours. Null when unknown.</param>
public sealed class SearchExtraction(DefinitionSet definitions, string? ownBase = null)
{
    private readonly ConcurrentDictionary<string, Rule[]> _rules = new(StringComparer.Ordinal);

    /// <summary>The values of a resource for every parameter of its type, but <c>_id</c> and <c>_lastUpdated</c>, which the store knows by itself.</summary>
    public List<IndexValue> Extract(Resource resource)
    {
        var values = new List<IndexValue>();
        if (definitions.Type(resource.Type)?.Node is not { } definition)
            return values;

        var root = new IndexNode(resource.Root, definition);
        var found = new List<IndexNode>();
        foreach (var rule in _rules.GetOrAdd(resource.Type, Compile))
        {
            found.Clear();
            rule.Path.Walk(root, found);
            foreach (var node in found)
                IndexConversion.Add(rule.Parameter, node, ownBase, values);
        }

        return values;
    }

    private Rule[] Compile(string resourceType)
    {
        var rules = new List<Rule>();
        foreach (var parameter in definitions.SearchParameters(resourceType))
        {
            if (parameter.Code is "_id" or "_lastUpdated" || parameter.Expression.Length == 0
                || parameter.Type is SearchParameterType.Composite or SearchParameterType.Special)
            {
                continue;
            }

            if (IndexPath.Compile(parameter.Expression, resourceType) is { } path)
                rules.Add(new(parameter, path));
        }

        return [.. rules];
    }

    private sealed record Rule(SearchParameter Parameter, IndexPath Path);
}
