using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Storage.Tests.Search;

/// <summary>The search parameters of the hub's own package, laid over those of R4.</summary>
public sealed class Search_by_own_parameters
{
    private static readonly DefinitionSet Definitions = R4.Definitions.With(
        Directory.GetFiles(Repository.File("fhir-profiles", "compiled"), "SearchParameter-*.json").Select(file => FhirJson.Parse(File.ReadAllBytes(file)).Resource!));

    [Theory]
    [InlineData("ServiceRequest", "rang=gt3", "s2")]
    [InlineData("ServiceRequest", "source=DOCTOLIB", "s1")]
    [InlineData("ServiceRequest", "_sort=-rang", "s2 s1")]
    [InlineData("ServiceRequest", "_sort=rang", "s1 s2")]
    [InlineData("Task", "due=lt2026-12-01", "t1")]
    [InlineData("Task", "due=gt2026-12-01", "")]
    [InlineData("Task", "_sort=due", "t1 t2")]
    [InlineData("Slot", "service-type-reference=HealthcareService/h", "l1")]
    [InlineData("Slot", "service-type-reference:HealthcareService.name=soins", "l1")]
    [InlineData("Slot", "service-type-reference=HealthcareService/other", "")]
    public async Task They_find_and_sort_like_those_of_R4(string type, string search, string found)
    {
        await using var store = await TempStore.OpenAsync(definitions: Definitions);
        const string ours = "https://cpts-fhir-hub.example/fhir/StructureDefinition";
        await Add(
            $$"""
            {"resourceType":"ServiceRequest","id":"s1","extension":[{"url":"{{ours}}/rang-priorite","valueDecimal":2.5},
             {"url":"{{ours}}/source-signalement","valueCode":"doctolib"}],"status":"active","intent":"order","subject":{"reference":"Patient/a"} }
            """,
            $$"""
            {"resourceType":"ServiceRequest","id":"s2","extension":[{"url":"{{ours}}/rang-priorite","valueDecimal":10}],
             "status":"active","intent":"order","subject":{"reference":"Patient/a"} }
            """,
            """{"resourceType":"Task","id":"t1","status":"requested","intent":"order","restriction":{"period":{"end":"2026-11-25"}}}""",
            """{"resourceType":"Task","id":"t2","status":"requested","intent":"order"}""",
            """{"resourceType":"HealthcareService","id":"h","name":"Soins non programmés"}""",
            """
            {"resourceType":"Slot","id":"l1","serviceType":[{"extension":[{"url":"http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType",
             "valueReference":{"reference":"HealthcareService/h"}}]}],"schedule":{"reference":"Schedule/x"},"status":"free",
             "start":"2026-11-22T08:00:00Z","end":"2026-11-22T08:15:00Z"}
            """);

        var pair = search.Split('=', 2);
        var parsed = new SearchQueryParser(Definitions).Parse(type, [new(pair[0], pair[1])]);
        Assert.True(parsed.IsSound, parsed.Issues.Count > 0 ? parsed.Issues[0].Text : "");
        Assert.Equal(found.Split(' ', StringSplitOptions.RemoveEmptyEntries), await store.FindAsync(parsed.Query));

        async Task Add(params string[] resources)
        {
            foreach (var json in resources)
                await store.AddAsync(json);
        }
    }

    [Fact]
    public void Without_the_package_they_are_not_understood() =>
        Assert.False(new SearchQueryParser(R4.Definitions).Parse("ServiceRequest", [new("rang", "gt3")]).IsSound);
}
