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

    private static string Body(string patient, string status, string? id) => $$"""
        {"resourceType":"Task",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"status":"{{status}}","intent":"order",
         "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"appui-dac"}]},
         "for":{"reference":"Patient/{{patient}}"},"owner":{"reference":"Organization/demo-dac"} }
        """;
}
