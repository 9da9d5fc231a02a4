using System.Text.Json;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Rest;

/// <summary>The search parameters of fhir-profiles/ are served like those of R4.</summary>
public sealed class Own_search_parameters(HubHost host)
{
    [Fact]
    public async Task The_CapabilityStatement_names_them()
    {
        using var client = host.Anonymous();
        var rest = (await client.GetFhirAsync("metadata")).Resource.Child("rest")!;
        foreach (var (type, code, kind) in ((string, string, string)[])
            [
                ("Task", "due", "date"), ("ServiceRequest", "source", "token"), ("ServiceRequest", "rang", "number"),
                ("ServiceRequest", "type-signalant", "token"), ("PractitionerRole", "accepte-nouveaux", "token"),
                ("PractitionerRole", "places", "number"), ("Group", "etat-membre", "token"), ("Slot", "service-type-reference", "reference"),
            ])
        {
            var resource = rest.All("resource").ToArray().Single(resource => resource.Text("type") == type);
            var parameter = Assert.Single(resource.All("searchParam").ToArray(), parameter => parameter.Text("name") == code);
            Assert.Equal(kind, parameter.Text("type"));
            Assert.StartsWith("https://cpts-fhir-hub.example/fhir/SearchParameter/", parameter.Text("definition"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_PRADO_file_whose_first_visit_is_due_is_found_by_the_day()
    {
        using var prado = await host.ClientAsync("demo-prado");
        using var team = await host.ClientAsync("demo-cpts");
        var (_, answer) = await prado.PostMessageAsync("prado", Messages.Prado(Somebody.New()), Messages.Csv);
        var patient = answer.Text("patient");

        // Discharged on 2026-06-19 with heart failure: seven days.
        var overdue = (await team.GetJsonAsync($"/fhir/Task?patient={patient}&due=lt2026-06-27")).Matches();
        Assert.Equal(answer.Text("signalement"), Assert.Single(overdue).GetProperty("focus").Text("reference"));
        Assert.Empty((await team.GetJsonAsync($"/fhir/Task?patient={patient}&due=lt2026-06-26")).Matches());
        var all = (await team.GetJsonAsync("/fhir/Task?due=lt2030-01-01&_sort=due&_count=200")).Matches();
        Assert.Contains(all, task => task.Text("id") == overdue[0].Text("id"));
        Assert.Equal(all.Select(Due).Order(StringComparer.Ordinal), all.Select(Due));
    }

    [Fact]
    public async Task Requests_are_found_by_source_reporter_and_rank()
    {
        using var booking = await host.ClientAsync("demo-booking");
        using var team = await host.ClientAsync("demo-cpts");
        var (_, answer) = await booking.PostMessageAsync("doctolib", Messages.SignUp(Somebody.New()), Messages.Json);
        var mine = $"/fhir/ServiceRequest?patient={answer.Text("patient")}";
        var request = await team.GetJsonAsync($"/fhir/{answer.Text("signalement")}");
        var kind = request.GetProperty("extension").EnumerateArray()
            .Single(extension => extension.Text("url").EndsWith("/type-signalant", StringComparison.Ordinal))
            .GetProperty("valueCodeableConcept").GetProperty("coding")[0].Text("code");

        Assert.Single((await team.GetJsonAsync($"{mine}&source=doctolib&rang=gt0&type-signalant={kind}")).Matches());
        Assert.Empty((await team.GetJsonAsync($"{mine}&source=hospital")).Matches());
        Assert.Empty((await team.GetJsonAsync($"{mine}&rang=lt0")).Matches());
    }

    [Fact]
    public async Task GPs_are_found_by_room_and_cohorts_by_the_state_of_a_member()
    {
        using var team = await host.ClientAsync("demo-cpts");
        Assert.NotEmpty((await team.GetJsonAsync("/fhir/PractitionerRole?places=ge1")).Matches());
        Assert.Empty((await team.GetJsonAsync("/fhir/PractitionerRole?places=gt100000")).Matches());
        Assert.Equal(200, (await team.GetFhirAsync("PractitionerRole?accepte-nouveaux=oui")).Status);
        Assert.Equal(200, (await team.GetFhirAsync("Group?etat-membre=sans-nouvelles")).Status);
        Assert.Equal(200, (await team.GetFhirAsync("Slot?service-type-reference=HealthcareService/x")).Status);
    }

    private static string Due(JsonElement task) => task.GetProperty("restriction").GetProperty("period").Text("end");
}
