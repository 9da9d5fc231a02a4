namespace CptsFhirHub.Tests.Rest;

/// <summary>What the hub answers is itself sound R4: a client that checks what it receives finds no fault.</summary>
public sealed class Soundness_of_answers
{
    [Fact]
    public async Task Whatever_is_answered_passes_the_check_of_its_own_type()
    {
        await using var hub = await HubHost.StartAsync();
        using var team = await hub.ClientAsync("demo-cpts");
        var faults = new List<string>();
        foreach (var path in (string[])
            [
                "metadata", "metadata?mode=terminology", "Task?_include=*&_count=20", "_history?_count=20", "Task/_history?_count=5", "?_type=Patient,Task&_count=10",
                "Patient/$everything?_count=20", "SearchParameter/$index-status", "Subscription/$status", "$versions", "Patient?nobody=1", "Patient/nobody",
                "Organization/demo-cpts/$meta", "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender",
                "CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=male",
            ])
        {
            await CheckAsync(path, await team.GetFhirAsync(path));
        }

        foreach (var role in (await team.GetFhirAsync("PractitionerRole?_count=5")).Ids())
            await CheckAsync("$waiting-list", await team.GetFhirAsync($"PractitionerRole/{role}/$waiting-list"));
        await CheckAsync("$reconcile", await team.PostFhirAsync("Group/demo-cohorte/$reconcile", """{"resourceType":"Parameters"}"""));
        await CheckAsync("$match", await team.PostFhirAsync("Patient/$match", """
            {"resourceType":"Parameters","parameter":[{"name":"resource","resource":{"resourceType":"Patient","name":[{"family":"Personne"}]} }]}
            """));
        await CheckAsync("transaction", await team.PostFhirAsync("", """
            {"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"POST","url":"Basic"},"resource":{"resourceType":"Basic","code":{"text":"x"} } },
             {"request":{"method":"GET","url":"Organization?_count=1"} }]}
            """));
        Assert.True(faults.Count == 0, string.Join('\n', faults));

        async Task CheckAsync(string what, Reply reply)
        {
            var type = reply.Resource.ResourceType;
            var body = type == "Parameters" ? $$"""{"resourceType":"Parameters","parameter":[{"name":"resource","resource":{{reply.Text}} }]}""" : reply.Text;
            var outcome = (await team.PostFhirAsync($"{type}/$validate", body, ("Accept-Language", "en"))).Resource;
            faults.AddRange(outcome.All("issue").ToArray().Where(issue => issue.Text("severity") is "error" or "fatal")
                .Select(issue => $"{what}: {issue.Text("diagnostics")} {issue.Text("expression")}"));
        }
    }

    [Fact]
    public async Task A_waiting_list_names_each_entry_and_says_its_reasons_in_words()
    {
        await using var hub = await HubHost.StartAsync();
        using var team = await hub.ClientAsync("demo-cpts");
        var role = (await team.GetFhirAsync("PractitionerRole?_count=1")).Ids()[0];
        var entries = (await team.GetFhirAsync($"PractitionerRole/{role}/$waiting-list")).Resource.All("entry").ToArray();
        Assert.NotEmpty(entries);
        Assert.All(entries, entry => Assert.Equal(
            $"{hub.Address}fhir/{entry.Child("resource")!.ResourceType}/{entry.Child("resource")!.Text("id")}", entry.Text("fullUrl")));
        var reasons = entries.SelectMany(entry => entry.Child("search")!.All("extension").ToArray())
            .Where(extension => extension.Text("url")!.EndsWith("motif-priorite", StringComparison.Ordinal)).Select(extension => extension.Text("valueString"));
        Assert.All(reasons, reason => Assert.False(string.IsNullOrEmpty(reason)));
    }
}
