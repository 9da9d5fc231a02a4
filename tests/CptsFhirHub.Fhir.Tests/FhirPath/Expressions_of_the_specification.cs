using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;

namespace CptsFhirHub.Tests.FhirPath;

/// <summary>The expressions that R4 itself brings along: rules of types and search parameters.</summary>
public class Expressions_of_the_specification
{
    [Fact]
    public void Every_invariant_of_the_base_types_and_resources_parses()
    {
        var faults = new List<string>();
        var count = 0;
        foreach (var type in R4.Definitions.Types)
        {
            foreach (var rule in type.Elements.SelectMany(element => element.Invariants).Concat(type.Invariants))
            {
                if (rule.Expression is null)
                    continue;
                count++;
                if (!FhirPathExpression.TryParse(rule.Expression, out _, out var failure))
                    faults.Add($"{rule.Key}: {failure.Message}: {rule.Expression}");
            }
        }

        Assert.Equal([], faults.Distinct());
        Assert.True(count > 239);
    }

    [Fact]
    public void Every_invariant_names_only_elements_that_exist()
    {
        // R4 copied this rule about a name to a type that has none.
        string[] known = ["cid-0"];
        var faults = new List<string>();
        foreach (var type in R4.Definitions.Types)
        {
            foreach (var rule in type.Root.Invariants)
            {
                if (rule.Expression is null || known.Contains(rule.Key))
                    continue;
                faults.AddRange(StaticCheck.Of(FhirPathExpression.Parse(rule.Expression), type.Name)
                    .Select(issue => $"{rule.Key} on {type.Name}: {issue.Text} {rule.Expression}"));
            }
        }

        Assert.Equal([], faults.Distinct());
    }

    [Fact]
    public void Every_invariant_of_an_element_names_only_elements_that_exist()
    {
        var faults = new List<string>();
        foreach (var type in R4.Definitions.Types)
            Check(type.Node, depth: 0);
        Assert.Equal([], faults.Distinct());

        void Check(ChildDefinition place, int depth)
        {
            foreach (var rule in depth == 0 ? [] : place.Element.Invariants)
                faults.AddRange(rule.Expression is null ? [] : StaticCheck.Of(FhirPathExpression.Parse(rule.Expression), place)
                    .Select(issue => $"{rule.Key} on {place.Element.Path}: {issue.Text} {rule.Expression}"));
            foreach (var child in depth < 8 ? place.Element.Children : [])
                if (place.Child(child.Name) is { } step)
                    Check(step, depth + 1);
        }
    }

    [Fact]
    public void Every_search_parameter_parses_and_names_only_elements_that_exist()
    {
        var faults = new List<string>();
        var seen = new HashSet<string>();
        foreach (var resource in R4.Definitions.ResourceTypes)
        {
            foreach (var parameter in R4.Definitions.SearchParameters(resource))
            {
                if (parameter.Expression is not { Length: > 0 } text || !seen.Add(text))
                    continue;
                if (!FhirPathExpression.TryParse(text, out var expression, out var failure))
                    faults.Add($"{parameter.Code}: {failure.Message}: {text}");
                else
                    faults.AddRange(StaticCheck.Of(expression).Select(issue => $"{parameter.Code} of {resource}: {issue.Text} {text}"));
            }
        }

        Assert.Equal([], faults);
        Assert.True(seen.Count > 900);
    }
}
