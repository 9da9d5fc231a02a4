using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server;
using CptsFhirHub.Tests.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Flows;

/// <summary>Everything the walk writes meets R4 and the hub's own profiles.</summary>
public sealed class What_the_hub_writes(HubHost host)
{
    private static readonly string[] Types =
    [
        "Patient", "ServiceRequest", "Task", "Observation", "Condition", "Consent", "Encounter", "Flag", "RiskAssessment", "Provenance",
        "QuestionnaireResponse", "EpisodeOfCare",
    ];

    [Fact]
    public async Task Meets_the_profiles()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var who = Somebody.New();
        await team.PostMessageAsync("hospital", Messages.Adt(who, "A01"), Messages.Hl7);
        await team.PostMessageAsync("hospital", Messages.Adt(who, "A03"), Messages.Hl7);
        await team.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        await team.PostMessageAsync("prado", Messages.Prado(who), Messages.Csv);
        await team.PostMessageAsync("doctolib", Messages.SignUp(who with { Given = "Odetta" }), Messages.Json);

        var check = host.Services.GetRequiredService<ProfileCheck>();
        var faults = new List<string>();
        var written = 0;
        foreach (var type in Types)
        {
            foreach (var resource in (await team.GetJsonAsync($"/fhir/{type}?_count=200")).Matches())
            {
                written++;
                Assert.DoesNotContain("\"reference\":\"urn:", resource.GetRawText());
                var parsed = FhirJson.Parse(resource.ToString());
                faults.AddRange(parsed.Issues.Concat(check(parsed.Resource!)).Where(issue => issue.IsError)
                    .Select(issue => $"{issue.Path} {issue.Rule} {issue.Text}"));
            }
        }

        Assert.True(written > 20, $"Only {written} resources were written.");
        Assert.Empty(faults.Distinct());
    }
}
