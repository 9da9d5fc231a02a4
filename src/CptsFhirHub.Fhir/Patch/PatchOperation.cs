using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Patch;

/// <summary>One operation of a FHIRPath Patch as Parameters carry it. https://hl7.org/fhir/R4/fhirpatch.html</summary>
/// <param name="Place">Where it stands, for issues: <c>Parameters.parameter[2]</c>.</param>
internal sealed record PatchOperation(string Place)
{
    public string Type { get; private init; } = "";

    public string Path { get; private init; } = "";

    /// <summary>The element that <c>add</c> adds.</summary>
    public string? Name { get; private init; }

    /// <summary>The part that carries the value: typed, as a resource, or in parts.</summary>
    public Element? Value { get; private init; }

    public int? Index { get; private init; }

    public int? Source { get; private init; }

    public int? Destination { get; private init; }

    public static (PatchOperation? Operation, Issue? Fault) Read(Element parameter, string place)
    {
        if (parameter.Text("name") != "operation")
            return (null, Malformed(place, "Each parameter of a patch is named 'operation'."));
        var operation = new PatchOperation(place);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in parameter.All("part"))
        {
            var name = part.Text("name") ?? "";
            if (!seen.Add(name))
                return (null, Malformed(place, "An operation has each part once."));
            PatchOperation? read = name switch
            {
                "type" => operation with { Type = TextOf(part) ?? "" },
                "path" => operation with { Path = TextOf(part) ?? "" },
                "name" => operation with { Name = TextOf(part) },
                "value" => operation with { Value = part },
                "index" => NumberOf(part) is { } index ? operation with { Index = index } : null,
                "source" => NumberOf(part) is { } source ? operation with { Source = source } : null,
                "destination" => NumberOf(part) is { } destination ? operation with { Destination = destination } : null,
                _ => null,
            };
            if (read is null)
                return (null, Malformed(place, "A part of an operation is type, path, name, value, or one of index, source and destination with a number."));
            operation = read;
        }

        return operation.Missing() is { } missing ? (null, Malformed(place, missing)) : (operation, null);
    }

    private string? Missing() => this switch
    {
        { Path.Length: 0 } => "An operation has a path.",
        { Type: "add", Name: null or "" } => "The operation add has a name.",
        { Type: "add" or "insert" or "replace", Value: null } => "The operations add, insert and replace have a value.",
        { Type: "insert", Index: null } => "The operation insert has an index.",
        { Type: "move", Source: null } or { Type: "move", Destination: null } => "The operation move has source and destination.",
        { Type: "add" or "insert" or "delete" or "replace" or "move" } => null,
        _ => "The type of an operation is add, insert, delete, replace or move.",
    };

    private static string? TextOf(Element part) =>
        PatchValue.TypedValue(part) is { Kind: ElementKind.String } value ? value.Value : null;

    private static int? NumberOf(Element part) =>
        PatchValue.TypedValue(part) is { Kind: ElementKind.Number } value
        && int.TryParse(value.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    private static Issue Malformed(string place, string text) => new(Severity.Fatal, "structure", place, text);
}
