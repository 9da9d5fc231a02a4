using System.Collections.Frozen;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Definitions;

/// <summary>The search parameters of every type, each expression cut down to the part that concerns the type.</summary>
internal sealed class SearchParameterTable
{
    private readonly FrozenDictionary<string, SearchParameter[]> _byType;
    private readonly FrozenDictionary<(string Type, string Code), SearchParameter> _byCode;

    private SearchParameterTable(Dictionary<string, List<SearchParameter>> byType)
    {
        _byType = byType.ToFrozenDictionary(
            pair => pair.Key,
            pair => pair.Value.OrderBy(parameter => parameter.Code, StringComparer.Ordinal).ToArray(),
            StringComparer.Ordinal);
        _byCode = byType
            .SelectMany(pair => pair.Value)
            .ToFrozenDictionary(parameter => (parameter.ResourceType, parameter.Code));
    }

    public IReadOnlyList<SearchParameter> Of(string resourceType) => _byType.GetValueOrDefault(resourceType) ?? [];

    public SearchParameter? Find(string resourceType, string code) => _byCode.GetValueOrDefault((resourceType, code));

    public static SearchParameterTable Build(DefinitionSet set)
    {
        var byType = set.ResourceTypes.ToDictionary(type => type, _ => new List<SearchParameter>(), StringComparer.Ordinal);
        var taken = new HashSet<(string, string)>();

        // The upper layer comes first: a caller's parameter replaces the core one of the same code.
        foreach (var definition in set.OfKind("SearchParameter"))
        {
            var content = definition.Content;
            if (content.Text("code") is not { } code)
                continue;
            var bases = Texts(content, "base");
            foreach (var resourceType in Applies(bases, set.ResourceTypes))
                if (byType.TryGetValue(resourceType, out var list) && taken.Add((resourceType, code)))
                    list.Add(Read(content, definition.Url, resourceType, code, bases));
        }

        return new(byType);
    }

    private static IEnumerable<string> Applies(List<string> bases, IReadOnlyList<string> all)
    {
        foreach (var name in bases)
        {
            if (name is not ("Resource" or "DomainResource"))
            {
                yield return name;
                continue;
            }

            // Bundle, Parameters and Binary are the resources that are no DomainResource.
            foreach (var type in all)
                if (name == "Resource" || type is not ("Bundle" or "Parameters" or "Binary"))
                    yield return type;
        }
    }

    private static SearchParameter Read(Element content, string url, string resourceType, string code, List<string> bases)
    {
        var expression = content.Text("expression") ?? "";
        var components = new List<SearchComponent>();
        foreach (var component in content.All("component"))
            components.Add(new(component.Text("definition") ?? "", component.Text("expression") ?? ""));
        return new(
            resourceType,
            code,
            Kind(content.Text("type")),
            bases.Count > 1 ? OnlyFor(expression, resourceType) : expression,
            Texts(content, "target"),
            url)
        {
            Components = components,
        };
    }

    private static SearchParameterType Kind(string? type) => type switch
    {
        "number" => SearchParameterType.Number,
        "date" => SearchParameterType.Date,
        "token" => SearchParameterType.Token,
        "reference" => SearchParameterType.Reference,
        "composite" => SearchParameterType.Composite,
        "quantity" => SearchParameterType.Quantity,
        "uri" => SearchParameterType.Uri,
        "special" => SearchParameterType.Special,
        _ => SearchParameterType.String,
    };

    /// <summary>The branches of a union that begin with the type; the whole expression when none does.</summary>
    internal static string OnlyFor(string expression, string resourceType)
    {
        var kept = Branches(expression).Where(branch => FirstName(branch).SequenceEqual(resourceType)).ToList();
        return kept.Count == 0 ? expression : string.Join(" | ", kept);
    }

    private static List<string> Branches(string expression)
    {
        var branches = new List<string>();
        int depth = 0, from = 0;
        var inText = false;
        for (var i = 0; i < expression.Length; i++)
        {
            switch (expression[i])
            {
                case '\'':
                    inText = !inText;
                    break;
                case '(' when !inText:
                    depth++;
                    break;
                case ')' when !inText:
                    depth--;
                    break;
                case '|' when !inText && depth == 0:
                    branches.Add(expression[from..i].Trim());
                    from = i + 1;
                    break;
            }
        }

        branches.Add(expression[from..].Trim());
        return branches;
    }

    private static ReadOnlySpan<char> FirstName(string branch)
    {
        var text = branch.AsSpan().TrimStart("( ");
        var end = text.IndexOfAnyExceptInRange('A', 'z');
        return end < 0 ? text : text[..end];
    }

    private static List<string> Texts(Element element, string name)
    {
        var texts = new List<string>();
        foreach (var item in element.All(name))
            if (item.Value is { } value)
                texts.Add(value);
        return texts;
    }
}
