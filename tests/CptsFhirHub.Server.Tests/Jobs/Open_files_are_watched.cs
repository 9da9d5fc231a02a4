using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Jobs;

/// <summary>Fragile people of whom nobody hears are flagged until somebody does; needs are confirmed once a year.</summary>
public sealed class Open_files_are_watched(HubHost host)
{
    [Fact]
    public async Task An_isolated_person_is_flagged_with_the_reasons_until_a_contact()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var (patient, file) = await OldFileAsync(team, "2026-01-15");

        await RunAsync(team, "watch-isolation");
        await RunAsync(team, "watch-isolation");
        var flag = Assert.Single(await FlagsAsync(team, patient));
        Assert.Equal("active", flag.Text("status"));
        Assert.Contains("Sans contact depuis", flag.At("code", "text")!.Value!, StringComparison.Ordinal);
        var call = Assert.Single(await TasksAsync(team, patient, "rappel"));
        Assert.Equal(("requested", file), (call.Text("status"), call.At("partOf", "reference")!.Value));

        var reached = call.Copy();
        reached.Put("status", "completed");
        var output = reached.AddItem("output");
        output.Add("type").AddItem("coding").With("system", "https://cpts-fhir-hub.example/fhir/CodeSystem/donnee-tache").With("code", "issue-rappel");
        output.Add("valueCodeableConcept").AddItem("coding").With("system", "https://cpts-fhir-hub.example/fhir/CodeSystem/issue-rappel").With("code", "joint");
        var told = await team.PutFhirAsync($"Task/{call.Text("id")}", System.Text.Encoding.UTF8.GetString(FhirJson.Write(reached)));
        Assert.True(told.Status == 200, told.Text);
        await RunAsync(team, "watch-isolation");

        Assert.Equal("inactive", Assert.Single(await FlagsAsync(team, patient)).Text("status"));
        Assert.Single(await TasksAsync(team, patient, "rappel"));
    }

    [Fact]
    public async Task An_old_need_is_to_be_confirmed_and_leaves_the_list_when_it_is_not()
    {
        using var team = await host.ClientAsync("demo-cpts");
        var (patient, file) = await OldFileAsync(team, "2025-01-15");

        await RunAsync(team, "confirm-yearly");
        await RunAsync(team, "confirm-yearly");
        var asked = Assert.Single(await TasksAsync(team, patient, "confirmation-annuelle"));
        Assert.Equal(("requested", file), (asked.Text("status"), asked.At("partOf", "reference")!.Value));

        var overdue = asked.Copy();
        overdue.At("restriction", "period")!.Put("end", "2026-01-01");
        var moved = await team.PutFhirAsync($"Task/{asked.Text("id")}", System.Text.Encoding.UTF8.GetString(FhirJson.Write(overdue)));
        Assert.True(moved.Status == 200, moved.Text);
        await RunAsync(team, "confirm-yearly");

        var closed = (await team.GetFhirAsync(file)).Resource;
        Assert.Equal("clos-non-confirme", closed.At("businessStatus", "coding", "code")!.Value);
        Assert.Equal("cancelled", closed.Text("status"));
        Assert.Equal("revoked", (await team.GetFhirAsync(closed.At("focus", "reference")!.Value!)).Resource.Text("status"));
        Assert.Equal("failed", Assert.Single(await TasksAsync(team, patient, "confirmation-annuelle")).Text("status"));
    }

    [Fact]
    public async Task A_watch_that_is_cut_off_at_any_moment_is_finished_by_the_next_and_flags_nobody_twice()
    {
        for (var cut = 1; ; cut++)
        {
            var watch = new WatchedTerritory(host);
            for (var n = 0; n < 3; n++)
                await watch.FileAsync($"p{n}", "2026-01-15");
            var wasCut = await watch.CutAsync(cut, watch.Files.WatchIsolationAsync);
            var before = await watch.VersionsAsync("Flag", "Task");

            await watch.Files.WatchIsolationAsync(TestContext.Current.CancellationToken);
            var flagged = await watch.VersionsAsync("Flag", "Task");
            Assert.Equal((3, 6), (flagged.Keys.Count(Is("Flag")), flagged.Keys.Count(Is("Task"))));
            Assert.All(before, one => Assert.Equal(one.Value, flagged[one.Key]));

            // Somebody speaks with each of them: flags and calls end, each once.
            for (var n = 0; n < 3; n++)
                await watch.AddAsync($$"""{"resourceType":"Communication","id":"c{{n}}","status":"completed","subject":{"reference":"Patient/p{{n}}"},"received":"{{DateTimeOffset.UtcNow:O}}"}""");
            wasCut |= await watch.CutAsync(cut, watch.Files.WatchIsolationAsync);
            await watch.Files.WatchIsolationAsync(TestContext.Current.CancellationToken);
            var ended = await watch.VersionsAsync("Flag", "Task");
            Assert.Equal(flagged.Keys.Order(), ended.Keys.Order());
            Assert.All(ended, one => Assert.Equal(one.Key.StartsWith("Task/p", StringComparison.Ordinal) ? "1" : "2", one.Value));
            if (!wasCut)
            {
                Assert.InRange(cut, 4, int.MaxValue);
                return;
            }
        }
    }

    [Fact]
    public async Task A_confirmation_that_is_cut_off_at_any_moment_is_finished_by_the_next_and_asks_nobody_twice()
    {
        for (var cut = 1; ; cut++)
        {
            var watch = new WatchedTerritory(host);
            for (var n = 0; n < 3; n++)
                await watch.FileAsync($"p{n}", "2025-01-15");
            var wasCut = await watch.CutAsync(cut, watch.Files.ConfirmAsync);
            var before = await watch.VersionsAsync("Task");

            await watch.Files.ConfirmAsync(TestContext.Current.CancellationToken);
            var asked = await watch.VersionsAsync("Task");
            Assert.Equal(6, asked.Count);
            Assert.All(before, one => Assert.Equal(one.Value, asked[one.Key]));

            // Nobody answers: file, request and question are closed together, each once.
            watch.Later = TimeSpan.FromDays(FollowUpRulesOf.ConfirmWithinDays + 1);
            wasCut |= await watch.CutAsync(cut, watch.Files.ConfirmAsync);
            await watch.Files.ConfirmAsync(TestContext.Current.CancellationToken);
            var closed = await watch.VersionsAsync("Task", "ServiceRequest");
            Assert.Equal(9, closed.Count);
            Assert.All(closed, one => Assert.Equal("2", one.Value));
            Assert.Equal("clos-non-confirme", (await watch.ReadAsync("Task/p0")).At("businessStatus", "coding", "code")!.Value);
            if (!wasCut)
            {
                Assert.InRange(cut, 4, int.MaxValue);
                return;
            }
        }
    }

    private static Coordination.Signalements.FollowUpRules FollowUpRulesOf => Coordination.Signalements.FollowUpRules.Default;

    private static Func<string, bool> Is(string type) => reference => reference.StartsWith(type + "/", StringComparison.Ordinal);

    /// <summary>A fragile person's file that was opened on that day.</summary>
    private static async Task<(string Patient, string File)> OldFileAsync(HttpClient team, string day)
    {
        var who = Somebody.New();
        var patient = "Patient/" + await team.CreateAsync("Patient",
            $$"""{"resourceType":"Patient","name":[{"family":"{{who.Family}}","given":["{{who.Given}}"]}],"birthDate":"1938-02-03"}""");
        var request = "ServiceRequest/" + await team.CreateAsync("ServiceRequest",
            $$"""{"resourceType":"ServiceRequest","status":"active","intent":"order","priority":"urgent","subject":{"reference":"{{patient}}"},"authoredOn":"{{day}}"}""");
        var file = "Task/" + await team.CreateAsync("Task",
            $$"""
            {"resourceType":"Task","status":"ready","intent":"order","for":{"reference":"{{patient}}"},"focus":{"reference":"{{request}}"},"authoredOn":"{{day}}",
             "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"parcours-medecin-traitant"}]},
             "businessStatus":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/etat-parcours","code":"en-attente-medecin"}]} }
            """);
        return (patient, file);
    }

    private static async Task RunAsync(HttpClient team, string job)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        Reply run;
        // Another test may run the job at this moment.
        while ((run = await team.SendAsync(HttpMethod.Post, $"/jobs/{job}/run")).Status == 409)
        {
            Assert.True(DateTime.UtcNow < deadline, "The job runs for more than 30 s.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Contains("\"succeeded\":true", run.Text, StringComparison.Ordinal);
    }

    private static async Task<List<Element>> FlagsAsync(HttpClient team, string patient) => [.. (await team.GetFhirAsync($"Flag?patient={patient}")).Resource
        .All("entry").ToArray().Select(entry => entry.Child("resource")!)
        .Where(flag => flag.At("code", "coding", "system")!.Value!.EndsWith("/alerte-suivi", StringComparison.Ordinal))];

    private static async Task<List<Element>> TasksAsync(HttpClient team, string patient, string kind) =>
        [.. (await team.GetFhirAsync($"Task?patient={patient}&code={kind}")).Resource.All("entry").ToArray().Select(entry => entry.Child("resource")!)];
}
