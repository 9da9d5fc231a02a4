using System.Text;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Jobs;

/// <summary>Every patient of a leaving GP is in one state; running again changes nothing.</summary>
public sealed class Cohorts_of_a_leaving_gp(HubHost host)
{
    [Fact]
    public async Task Each_member_has_one_state_and_a_second_run_writes_nothing()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var booking = await host.ClientAsync("demo-booking");
        var (silent, signed, found) = (Somebody.New(), Somebody.New(), Somebody.New());
        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(signed), Messages.Json);
        var group = "cohorte-" + Guid.NewGuid().ToString("N")[..8];
        await PutAsync(team, Patient($"{group}-1", silent, gp: null));
        await PutAsync(team, Patient($"{group}-2", found, gp: "810099000027"));
        await PutAsync(team, $$"""
            {"resourceType":"Group","id":"{{group}}","type":"person","actual":true,
             "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-cohorte","code":"medecin-sortant"}]},
             "member":[{"entity":{"reference":"Patient/{{group}}-1"} },{"entity":{"reference":"{{answer.Text("patient")}}"} },{"entity":{"reference":"Patient/{{group}}-2"} }]}
            """);

        var first = await ReconcileAsync(team, group);
        var version = (await team.GetJsonAsync($"/fhir/Group/{group}")).GetProperty("meta").Text("versionId");
        var second = await ReconcileAsync(team, group);

        Assert.Equal("1", first["invite-sans-reponse"]);
        Assert.Equal("1", first["signale"]);
        Assert.Equal("1", first["mt-retrouve"]);
        Assert.Equal(6, first.Count);
        Assert.Equal(3, first.Values.Sum(int.Parse));
        Assert.Equal(first, second);
        Assert.Equal(version, (await team.GetJsonAsync($"/fhir/Group/{group}")).GetProperty("meta").Text("versionId"));
    }

    [Fact]
    public async Task The_job_runs_at_once_for_the_team_and_for_nobody_else()
    {
        using var team = await host.ClientAsync("demo-cpts");
        using var booking = await host.ClientAsync("demo-booking");
        var url = new Uri("/jobs/reconcile-cohorts/run", UriKind.Relative);

        using var refused = await booking.PostAsync(url, null);
        using var run = await team.PostAsync(url, null);

        Assert.Equal(403, (int)refused.StatusCode);
        var body = await run.JsonAsync();
        Assert.True(body.GetProperty("run").GetProperty("succeeded").GetBoolean(), body.ToString());
        var jobs = await team.GetJsonAsync("/jobs");
        Assert.Contains("cohorts", jobs.GetProperty("jobs")[0].GetProperty("runs")[0].Text("outcome"), StringComparison.Ordinal);
    }

    private static async Task<Dictionary<string, string>> ReconcileAsync(HttpClient team, string group)
    {
        using var response = await team.PostAsync(new Uri($"/fhir/Group/{group}/$reconcile", UriKind.Relative), null);
        var report = await response.JsonAsync();
        Assert.True(response.IsSuccessStatusCode, report.ToString());
        return report.GetProperty("group")[0].GetProperty("population").EnumerateArray()
            .ToDictionary(population => population.GetProperty("code").GetProperty("coding")[0].Text("code"), population => population.Text("count"));
    }

    private static string Patient(string id, Somebody who, string? gp) => $$"""
        {"resourceType":"Patient","id":"{{id}}","name":[{"use":"official","family":"{{who.Family}}","given":["{{who.Given}}"]}],
         {{(gp is null ? "" : $"\"generalPractitioner\":[{{\"identifier\":{{\"system\":\"urn:oid:1.2.250.1.71.4.2.1\",\"value\":\"{gp}\"}}}}],")}}
         "telecom":[{"system":"phone","value":"+33{{who.Phone[1..]}}"}],"birthDate":"{{who.Born}}"}
        """;

    private static async Task PutAsync(HttpClient team, string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/fhir+json");
        var resource = System.Text.Json.Nodes.JsonNode.Parse(json)!;
        using var response = await team.PutAsync(new Uri($"/fhir/{resource["resourceType"]}/{resource["id"]}", UriKind.Relative), body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }
}
