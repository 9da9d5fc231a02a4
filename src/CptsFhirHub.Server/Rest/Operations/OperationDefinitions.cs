using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>The OperationDefinition of each line of the table. https://hl7.org/fhir/R4/operationdefinition.html</summary>
internal static class OperationDefinitions
{
    public static IEnumerable<PublishedDefinition> All =>
        OperationTable.All.Select(operation => new PublishedDefinition($"OperationDefinition-{operation.Id}.json", FhirJson.Write(Of(operation))));

    public static Element Of(Operation operation)
    {
        var definition = Element.OfResource("OperationDefinition")
            .With("id", operation.Id)
            .With("url", operation.Url)
            .With("name", string.Concat(operation.Id.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..])))
            .With("title", operation.Title)
            .With("status", "active")
            .With("kind", "operation")
            .With("affectsState", operation.AffectsState)
            .With("code", operation.Name)
            .With("comment", operation.Comment)
            .With("base", operation.Follows);
        if (!operation.Levels.Equals(Levels.System))
            foreach (var type in operation.Types.DefaultIfEmpty("Resource"))
                definition.WithItem("resource", type);
        definition.With("system", operation.Levels.HasFlag(Levels.System))
            .With("type", operation.Levels.HasFlag(Levels.Type))
            .With("instance", operation.Levels.HasFlag(Levels.Instance));
        foreach (var parameter in operation.Parameters)
        {
            // The cursor stands in links that the hub wrote; nobody else sets it.
            if (parameter.Name == Searches.CursorParameter)
                continue;
            Describe(definition.AddItem("parameter"), parameter);
        }

        return definition;
    }

    private static void Describe(Element element, OperationParameter parameter)
    {
        element.With("name", parameter.Name)
            .With("use", parameter.IsOutput ? "out" : "in")
            .With("min", parameter.IsRequired ? 1 : 0)
            .With("max", parameter.Repeats ? "*" : "1")
            .With("type", parameter.Type.Length > 0 ? parameter.Type : null);
        foreach (var part in parameter.Parts)
            Describe(element.AddItem("part"), part);
    }
}
