using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Rest;

/// <summary>How much of a resource the client wants: <c>_summary</c>, <c>_elements</c>, <c>_pretty</c>. https://hl7.org/fhir/R4/search.html#summary</summary>
/// <remarks>The whole resource goes out as the bytes that are stored; only a part of it has to be read and written again.</remarks>
internal sealed record View(string? Summary, IReadOnlyList<string>? Elements, bool IsPretty)
{
    public static readonly View Whole = new(null, null, IsPretty: false);

    private const string PartSystem = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
    private const string PartCode = "SUBSETTED";
    private const int DepthMax = 64;

    public bool IsWhole => Summary is null && Elements is null;

    public bool IsCount => Summary == "count";

    /// <summary>The format that <c>_format</c> asks for, when it stood among the parameters.</summary>
    public WireFormat? Format { get; private init; }

    /// <summary>Which part was asked for, as a link says it.</summary>
    public IEnumerable<KeyValuePair<string, string>> Parameters
    {
        get
        {
            if (Summary is { } summary)
                yield return new("_summary", summary);
            if (Elements is { } elements)
                yield return new("_elements", string.Join(',', elements));
        }
    }

    /// <summary>Takes the parameters that shape the answer out of <paramref name="parameters"/>.</summary>
    public static View Take(List<KeyValuePair<string, string>> parameters)
    {
        string? summary = null;
        IReadOnlyList<string>? elements = null;
        WireFormat? format = null;
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
                    elements = [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), .. elements ?? []];
                    break;
                case "_pretty":
                    pretty = value == "true";
                    break;
                case "_format":
                    format = value.Length > 0 ? Negotiation.OfParameter(value) : null;
                    break;
                default:
                    continue;
            }

            parameters.RemoveAt(i);
        }

        if (elements is { Count: 0 })
            elements = null;
        return summary is null && elements is null && format is null && !pretty ? Whole : new(summary, elements, pretty) { Format = format };
    }

    /// <summary>The part of a resource that this view shows, marked as a part.</summary>
    public ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> json)
    {
        if (IsWhole || FhirJson.Parse(json, JsonLimits.AsKept).Resource is not { } resource)
            return json;
        var wanted = Summary is null ? Wanted(resource.Type) : null;
        if (Summary is null && wanted is null)
            return json;

        var type = R4.Definitions.Type(resource.Type);
        var part = Element.OfResource(resource.Type);
        foreach (var child in resource.Root.Children)
        {
            var definition = type?.Child(child.Name);
            if (child.Name is "id" or "meta" || Shows(definition, child.Name, wanted))
                part.Append(Summary == "true" && child.Name != "meta" ? Summarised(child, definition, depth: 0) : child.Copy());
        }

        (part.Child("meta") ?? part.Add("meta")).AddItem("tag")
            .With("system", PartSystem).With("code", PartCode);
        return FhirJson.Write(part);
    }

    /// <summary>What was sent out as a part does not come back as the whole: what the part leaves out would be lost.</summary>
    public static WriteVerdict RefusePart(Resource next) =>
        next.Root.Child("meta")?.All("tag").ToArray().Any(tag => tag.Text("code") == PartCode && tag.Text("system") == PartSystem) == true
            ? new([Issue.Error("business-rule", $"{next.Type}.meta.tag", "This is a part of a resource (SUBSETTED): read the whole, change it and send that.")], [])
            : WriteVerdict.Fine;

    /// <summary>The elements asked for of a type: <c>name</c> is for every type, <c>Patient.name</c> for one. Null: this type is sent whole.</summary>
    private HashSet<string>? Wanted(string type)
    {
        HashSet<string>? wanted = null;
        foreach (var element in Elements!)
        {
            var steps = element.Split('.');
            var isTyped = steps.Length > 1 && char.IsAsciiLetterUpper(element[0]);
            if (!isTyped || steps[0] == type)
                (wanted ??= new(StringComparer.Ordinal)).Add(steps[isTyped ? 1 : 0]);
        }

        return wanted;
    }

    private bool Shows(ChildDefinition? child, string name, HashSet<string>? wanted)
    {
        var definition = child?.Element;
        var isMandatory = definition is { Min: > 0 };
        return Summary switch
        {
            "true" => definition is not { IsSummary: false } || isMandatory,
            "text" => name == "text" || isMandatory,
            "data" => name != "text",
            "count" => true,
            _ => wanted!.Contains(name) || definition is not null && wanted.Contains(definition.Name) || isMandatory,
        };
    }

    /// <summary>The elements below that belong to a summary, or must be there; a primitive stays as it is.</summary>
    private static Element Summarised(Element element, ChildDefinition? definition, int depth)
    {
        if (element.IsPrimitive || element.ResourceType is not null || definition is null || depth > DepthMax)
            return element.Copy();
        var part = Element.Named(element.Name, element.IsListItem);
        foreach (var child in element.Children)
            if (definition.Child(child.Name) is not { } below)
                part.Append(child.Copy());
            else if (below.Element.IsSummary || below.Element.Min > 0)
                part.Append(Summarised(child, below, depth + 1));
        return part.IsEmpty ? element.Copy() : part;
    }
}
