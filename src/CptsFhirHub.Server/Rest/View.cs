using System.Collections.Frozen;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Rest;

/// <summary>How much of a resource the client wants: <c>_summary</c>, <c>_elements</c>, <c>_pretty</c>. https://hl7.org/fhir/R4/search.html#summary</summary>
/// <remarks>The whole resource goes out as the bytes that are stored; only a part of it has to be read and written again.</remarks>
internal sealed record View(string? Summary, FrozenSet<string>? Elements, bool IsPretty)
{
    public static readonly View Whole = new(null, null, IsPretty: false);

    private static readonly FrozenSet<string> Always = new[] { "id", "meta" }.ToFrozenSet(StringComparer.Ordinal);

    public bool IsWhole => Summary is null && Elements is null;

    public bool IsCount => Summary == "count";

    /// <summary>Takes the parameters that shape the answer out of <paramref name="parameters"/>.</summary>
    public static View Take(List<KeyValuePair<string, string>> parameters)
    {
        string? summary = null;
        FrozenSet<string>? elements = null;
        var pretty = false;
        for (var i = parameters.Count - 1; i >= 0; i--)
        {
            var (name, value) = parameters[i];
            switch (name)
            {
                case "_summary":
                    summary = value is "true" or "text" or "data" or "count" ? value
                        : value is "false" or "" ? null
                        : throw new Refusal(400, "value", "_summary is true, text, data, count or false.");
                    break;
                case "_elements":
                    elements = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                        .Select(element => element[(element.LastIndexOf('.') + 1)..]).ToFrozenSet(StringComparer.Ordinal);
                    break;
                case "_pretty":
                    pretty = value == "true";
                    break;
                case "_format":
                    break;
                default:
                    continue;
            }

            parameters.RemoveAt(i);
        }

        return summary is null && elements is null && !pretty ? Whole : new(summary, elements, pretty);
    }

    /// <summary>The part of a resource that this view shows, marked as a part.</summary>
    public ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> json)
    {
        if (IsWhole || FhirJson.Parse(json).Resource is not { } resource)
            return json;

        var type = R4.Definitions.Type(resource.Type);
        var part = Element.OfResource(resource.Type);
        foreach (var child in resource.Root.Children)
            if (Shows(type, child.Name))
                part.Append(child.Copy());
        (part.Child("meta") ?? part.Add("meta")).AddItem("tag")
            .With("system", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue").With("code", "SUBSETTED");
        return FhirJson.Write(part);
    }

    private bool Shows(TypeDefinition? type, string name)
    {
        if (Always.Contains(name))
            return true;
        var definition = type?.Child(name)?.Element;
        var isMandatory = definition is { Min: > 0 };
        return Summary switch
        {
            "true" => definition is not { IsSummary: false } || isMandatory,
            "text" => name == "text" || isMandatory,
            "data" => name != "text",
            _ => Elements!.Contains(name) || definition is not null && Elements.Contains(definition.Name) || isMandatory,
        };
    }
}
