using System.Collections.Frozen;

namespace CptsFhirHub.Fhir.Mapping;

/// <summary>The transforms and how many arguments they take. https://hl7.org/fhir/R4/valueset-map-transform.html</summary>
internal static class TransformTable
{
    private static readonly FrozenDictionary<string, (int Min, int Max, string Use)> Known =
        new Dictionary<string, (int, int, string)>
        {
            ["create"] = (0, 1, "create('Type')"),
            ["copy"] = (1, 1, "copy(source)"),
            ["truncate"] = (2, 2, "truncate(text, length)"),
            ["escape"] = (2, 3, "escape(text, 'from', 'to'), with xml, html, url, json or none"),
            ["cast"] = (1, 2, "cast(value, 'type')"),
            ["append"] = (1, int.MaxValue, "append(text, text, ...)"),
            ["translate"] = (2, 3, "translate(code, 'concept map', 'code' | 'system' | 'display' | 'Coding' | 'CodeableConcept')"),
            ["reference"] = (1, 1, "reference(resource)"),
            ["dateOp"] = (2, 3, "dateOp(text, 'hl7' or a pattern such as 'dd/MM/yyyy', 'time zone')"),
            ["uuid"] = (0, 0, "uuid()"),
            ["pointer"] = (1, 1, "pointer(resource)"),
            ["evaluate"] = (1, 2, "evaluate(source, expression)"),
            ["cc"] = (1, 3, "cc(text) or cc(system, code, display)"),
            ["c"] = (2, 3, "c(system, code, display)"),
            ["qty"] = (1, 4, "qty(text) or qty(value, unit, system, code)"),
            ["id"] = (2, 3, "id(system, value, type)"),
            ["cp"] = (1, 2, "cp(value) or cp(system, value)"),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What is wrong with a call, or null.</summary>
    public static string? Complaint(string name, int arguments)
    {
        if (!Known.TryGetValue(name, out var known))
            return $"'{name}' is no transform.";
        return arguments < known.Min || arguments > known.Max ? $"'{name}' is used so: {known.Use}." : null;
    }
}
