namespace CptsFhirHub.Tests.Rest;

/// <summary>A partner moves a Task it was given along the state table, and nowhere else.</summary>
public sealed class Steps_of_tasks(HubHost hub)
{
    [Fact]
    public async Task A_forbidden_step_lists_the_allowed_ones_and_an_allowed_one_is_taken_once()
    {
        using var team = await hub.ClientAsync("demo-cpts");
        using var dac = await hub.ClientAsync("demo-dac");
        var patient = await team.CreateAsync("Patient", """{"resourceType":"Patient","name":[{"family":"Étape"}]}""");
        var task = await team.CreateAsync("Task", Body(patient, "requested", null));
        string With(string status) => Body(patient, status, task);

        var forbidden = await dac.PutFhirAsync($"Task/{task}", With("completed"), ("If-Match", "W/\"1\""));
        Assert.Equal(422, forbidden.Status);
        Assert.Contains("accepted", forbidden.Text, StringComparison.Ordinal);
        Assert.Contains("rejected", forbidden.Text, StringComparison.Ordinal);

        Assert.Equal(412, (await dac.PutFhirAsync($"Task/{task}", With("accepted"))).Status);
        Assert.Equal(200, (await dac.PutFhirAsync($"Task/{task}", With("accepted"), ("If-Match", "W/\"1\""))).Status);
        Assert.Equal(412, (await dac.PutFhirAsync($"Task/{task}", With("accepted"), ("If-Match", "W/\"1\""))).Status);
        Assert.Equal("accepted", (await team.GetFhirAsync($"Task/{task}")).Resource.Text("status"));
    }

    [Fact]
    public async Task A_hospital_posts_a_signalement_as_a_transaction_and_the_team_goes_on_from_where_the_hub_put_it()
    {
        using var hospital = await hub.ClientAsync("demo-hospital");
        using var team = await hub.ClientAsync("demo-cpts");
        var posted = await hospital.PostFhirAsync("", Signalement);
        Assert.Equal(200, posted.Status);
        var task = posted.Resource.All("entry")[2].At("response", "location")!.Value!.Split('/')[^3];

        var taken = (await team.GetFhirAsync($"Task/{task}")).Resource;
        var version = $"W/\"{taken.At("meta", "versionId")!.Value}\"";
        // Nobody could call the person back yet.
        Assert.Equal("incomplet", taken.At("businessStatus", "coding", "code")!.Value);

        string File(string state, string status) => $$"""
            {"resourceType":"Task","id":"{{task}}","status":"{{status}}","intent":"order",
             "businessStatus":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/etat-parcours","code":"{{state}}"}]},
             "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"parcours-medecin-traitant"}]} }
            """;
        var tooFar = await team.PutFhirAsync($"Task/{task}", File("mt-declare", "completed"), ("If-Match", version));
        Assert.Equal(422, tooFar.Status);
        Assert.Contains("a-qualifier", tooFar.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await team.PutFhirAsync($"Task/{task}", File("a-qualifier", "accepted"), ("If-Match", version))).Status);
    }

    private const string Signalement = """
        {"resourceType":"Bundle","type":"transaction","entry":[
         {"fullUrl":"urn:uuid:0c7a2a86-1111-4111-8111-0d6b6e3d0a01","request":{"method":"POST","url":"Patient"},
          "resource":{"resourceType":"Patient","name":[{"use":"official","family":"TRANSACTION","given":["Luc"]}],"birthDate":"1950-03-03"} },
         {"fullUrl":"urn:uuid:0c7a2a86-2222-4222-8222-0d6b6e3d0a02","request":{"method":"POST","url":"ServiceRequest"},
          "resource":{"resourceType":"ServiceRequest","status":"active","intent":"order",
           "category":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/categorie-demande","code":"recherche-medecin-traitant"}]}],
           "subject":{"reference":"urn:uuid:0c7a2a86-1111-4111-8111-0d6b6e3d0a01"} } },
         {"request":{"method":"POST","url":"Task"},
          "resource":{"resourceType":"Task","status":"requested","intent":"order",
           "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"parcours-medecin-traitant"}]},
           "focus":{"reference":"urn:uuid:0c7a2a86-2222-4222-8222-0d6b6e3d0a02"},
           "for":{"reference":"urn:uuid:0c7a2a86-1111-4111-8111-0d6b6e3d0a01"} } }]}
        """;

    private static string Body(string patient, string status, string? id) => $$"""
        {"resourceType":"Task",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"status":"{{status}}","intent":"order",
         "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"appui-dac"}]},
         "for":{"reference":"Patient/{{patient}}"},"owner":{"reference":"Organization/demo-dac"} }
        """;
}
