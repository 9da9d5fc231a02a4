using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.Search;

/// <summary>Which parameters give one value at most for a resource: those that name one element that does not repeat.</summary>
public static partial class SingleValue
{
    private static readonly ConcurrentDictionary<(string Type, string Code, string Expression), bool> Known = new();

    /// <summary>True when no resource of the type has two values; false when that cannot be told.</summary>
    public static bool IsSingle(SearchParameter parameter) =>
        Known.GetOrAdd((parameter.ResourceType, parameter.Code, parameter.Expression), static key => IsSingle(key.Type, key.Expression));

    private static bool IsSingle(string resourceType, string expression)
    {
        // "Task.restriction.period", "(Observation.value as Quantity)", "Patient.birthDate".
        var match = OnePath().Match(expression);
        if (!match.Success || match.Groups["type"].Value != resourceType)
            return false;
        var element = R4.Definitions.Type(resourceType)?.Root;
        foreach (var name in match.Groups["path"].Value.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            element = Children(element).FirstOrDefault(child => child.Name == name);
            if (element is not { IsList: false })
                return false;
        }

        return true;
    }

    private static IReadOnlyList<ElementDefinition> Children(ElementDefinition? element) =>
        element is null ? []
        : element.Children.Count > 0 ? element.Children
        : element.Types is [var only] && R4.Definitions.Type(only.Code) is { } type ? type.Root.Children
        : [];

    [GeneratedRegex(@"^\(?(?<type>[A-Z]\w*)(?<path>(?:\.[a-z]\w*)+)(?: as \w+\))?\)?$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)]
    private static partial Regex OnePath();
}
