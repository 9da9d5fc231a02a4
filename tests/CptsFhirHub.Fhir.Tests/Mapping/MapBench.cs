using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Tests.Mapping;

/// <summary>Runs small maps, for the tests of this folder.</summary>
internal static class MapBench
{
    private const string Url = "http://example.org/fhir/StructureMap/test";

    private const string Head = $"""
        map "{Url}" = "test"
        uses "http://example.org/fhir/StructureDefinition/Letter" alias Letter as source
        uses "http://hl7.org/fhir/StructureDefinition/Patient" alias Patient as target
        uses "http://hl7.org/fhir/StructureDefinition/Bundle" alias Bundle as target
        uses "http://hl7.org/fhir/StructureDefinition/Observation" alias Observation as target

        """;

    /// <summary>A letter is a source without a model: any children.</summary>
    public static Element Letter(string members) =>
        FhirJson.Parse($$"""{ "resourceType": "Letter", {{members}} }""").Resource?.Root
        ?? throw new ArgumentException("The letter is no JSON.", nameof(members));

    /// <summary>Compiles the groups of a map; the first takes a Letter and makes <paramref name="target"/>.</summary>
    public static Compilation Compile(string rules, string target = "Patient", string groups = "", string head = "")
    {
        var text = $$"""
            {{Head}}{{head}}
            group Main(source src : Letter, target tgt : {{target}}) {
            {{rules}}
            }
            {{groups}}
            """;
        var parsed = MapParser.Parse(text);
        return parsed.IsSound
            ? new MappingLibrary(R4.Definitions, [parsed.Map!], []).Compile(Url)
            : new(null, parsed.Issues);
    }

    public static MapResult Run(string rules, string letter, string target = "Patient", string groups = "", string head = "")
    {
        var compilation = Compile(rules, target, groups, head);
        Assert.True(compilation.IsSound, string.Join('\n', compilation.Issues));
        var id = 0;
        return compilation.Map!.Run(Letter(letter), new()
        {
            Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero),
            NewId = () => $"id-{++id}",
        });
    }

    /// <summary>The target as JSON with single quotes, without its resource type: short to write in a test.</summary>
    public static string Json(MapResult result)
    {
        var json = System.Text.Encoding.UTF8.GetString(FhirJson.Write(result.Target!));
        return json[(json.IndexOf('"', json.IndexOf(':', StringComparison.Ordinal) + 2) + 1)..^1].TrimStart(',').Replace('"', '\'');
    }
}
