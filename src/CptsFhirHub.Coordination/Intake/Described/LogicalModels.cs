using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Described;

/// <summary>The fields of a source as a logical model. https://hl7.org/fhir/R4/structuredefinition.html#logical</summary>
internal static class LogicalModels
{
    public static Element Of(string url, string name, string title, IReadOnlyList<SourceField> fields)
    {
        var model = Element.OfResource("StructureDefinition");
        model.With("id", name).With("url", url).With("name", name).With("title", title).With("status", "active");
        model.With("fhirVersion", "4.0.1").With("kind", "logical").With("abstract", false).With("type", name);
        model.With("baseDefinition", "http://hl7.org/fhir/StructureDefinition/Element").With("derivation", "specialization");
        var differential = model.Add("differential");
        Add(differential, name, title, isRequired: false, "*", type: null);

        HashSet<string> groups = [];
        foreach (var field in fields)
        {
            var segments = field.Member.Path.Split('.');
            var path = name;
            foreach (var segment in segments[..^1])
            {
                path += "." + segment.Replace("[]", "", StringComparison.Ordinal);
                if (groups.Add(path))
                    Add(differential, path, segment, isRequired: false, MaxOf(segment), "BackboneElement");
            }

            Add(differential, $"{path}.{segments[^1].Replace("[]", "", StringComparison.Ordinal)}", field.Title,
                field.Member.Need == Need.Required, MaxOf(segments[^1]), TypeOf(field.Member.Kind));
        }

        Add(differential, $"{name}.{DescribedSource.Sender}", "The client who sent it, as the hub knows it", isRequired: false, "1", "BackboneElement");
        Add(differential, $"{name}.{DescribedSource.Sender}.client", "Client", isRequired: false, "1", "string");
        Add(differential, $"{name}.{DescribedSource.Sender}.signalant", "What kind of person signals through it", isRequired: false, "1", "code");
        return model;
    }

    private static void Add(Element differential, string path, string title, bool isRequired, string max, string? type)
    {
        var element = differential.AddItem("element").With("id", path).With("path", path).With("short", title).With("definition", title);
        element.With("min", isRequired ? 1m : 0m).With("max", max);
        if (type is not null)
            element.AddItem("type").With("code", type);
    }

    private static string MaxOf(string segment) => segment.EndsWith("[]", StringComparison.Ordinal) ? "*" : "1";

    private static string TypeOf(ValueKind kind) => kind switch
    {
        ValueKind.Code or ValueKind.Tick or ValueKind.Sex => "code",
        ValueKind.Date => "date",
        ValueKind.Instant or ValueKind.Moment => "dateTime",
        ValueKind.Count => "integer",
        ValueKind.Flag => "boolean",
        _ => "string",
    };
}
