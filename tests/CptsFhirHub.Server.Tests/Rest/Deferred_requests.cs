using System.Diagnostics;
using System.Text;
using CptsFhirHub.Server.Rest;
using CptsFhirHub.Storage;
using CptsFhirHub.Tests.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Rest;

/// <summary>Requests that are answered later, at an address of their own.</summary>
public sealed class Deferred_requests(HubHost hub)
{
    private static readonly (string, string) Later = ("Prefer", "respond-async");

    private static async Task<Reply> AnswerAsync(HttpClient client, string address)
    {
        var patience = Stopwatch.StartNew();
        for (var reply = await client.SendAsync(HttpMethod.Get, address); ; reply = await client.SendAsync(HttpMethod.Get, address))
        {
            if (reply.Status != 202)
                return reply;
            Assert.NotNull(reply.Headers.RetryAfter);
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(60), "The answer never came.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static string AddressOf(Reply reply)
    {
        Assert.Equal(202, reply.Status);
        Assert.Equal("respond-async", reply.Headers.GetValues("Preference-Applied").Single());
        return reply.ContentHeaders.ContentLocation!.ToString();
    }

    [Fact]
    public async Task A_batch_is_run_and_its_answer_waits_for_who_asked()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var accepted = await client.PostFhirAsync("", """
            {"resourceType":"Bundle","type":"batch","entry":[
              {"request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Patient"} },
              {"request":{"method":"GET","url":"Patient/none"} }]}
            """, Later);
        var address = AddressOf(accepted);
        using var other = await hub.ClientAsync("demo-admin");
        Assert.Equal(404, (await other.SendAsync(HttpMethod.Get, address)).Status);
        Assert.Equal(404, (await other.SendAsync(HttpMethod.Delete, address)).Status);

        var answer = await AnswerAsync(client, address);
        Assert.Equal((200, "batch-response"), (answer.Status, answer.Resource.Text("type")));
        var entry = answer.Resource.Child("entry")!;
        Assert.Equal("200", entry.At("response", "status")!.Value);
        Assert.Equal(["201", "404"], entry.Child("resource")!.All("entry").ToArray().Select(one => one.At("response", "status")!.Value));

        Assert.Equal(202, (await client.SendAsync(HttpMethod.Delete, address)).Status);
        Assert.Equal(404, (await client.SendAsync(HttpMethod.Get, address)).Status);
    }

    [Fact]
    public async Task Searches_and_operations_too_and_a_refusal_is_their_answer()
    {
        using var client = await hub.ClientAsync("demo-cpts");
        var search = await AnswerAsync(client, AddressOf(await client.GetFhirAsync("Organization?_id=demo-cpts", Later)));
        Assert.Equal("searchset", search.Resource.At("entry", "resource", "type")!.Value);
        var everything = await AnswerAsync(client, AddressOf(await client.GetFhirAsync("Patient/none/$everything", Later)));
        Assert.Equal("404", everything.Resource.At("entry", "response", "status")!.Value);
        Assert.Equal(200, (await client.GetFhirAsync("Organization/demo-cpts", Later)).Status);
        Assert.Equal(400, (await client.GetFhirAsync("Patient?nonsense=1")).Status);
    }

    [Fact]
    public async Task What_was_just_accepted_is_not_taken_for_what_a_stop_has_left()
    {
        const int requests = 30;
        await using var own = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        using var client = await own.ClientAsync("demo-cpts");
        var (deferred, hub) = (own.Services.GetRequiredService<Deferred>(), own.Services.GetRequiredService<Collaborators>());
        using var end = new CancellationTokenSource();

        // The look that otherwise comes every two minutes, all the time.
        var looking = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
                await deferred.ResumeAsync(hub, CancellationToken.None);
        });
        var told = new List<string>();
        for (var i = 0; i < requests; i++)
        {
            // It may not be run twice: of one that was left nothing but "incomplete" is told.
            var address = AddressOf(await client.PostFhirAsync("Patient/$merge", """{"resourceType":"Parameters","parameter":[{"name":"preview","valueBoolean":true}]}""", Later));
            told.Add((await AnswerAsync(client, address)).Resource.At("entry", "response", "status")!.Value!);
            Assert.Equal(202, (await client.SendAsync(HttpMethod.Delete, address)).Status);
        }

        await end.CancelAsync();
        await looking;
        Assert.Equal(["400"], told.Distinct());
    }

    [Fact]
    public async Task What_a_kill_interrupts_is_done_after_the_next_start_and_once()
    {
        const int entries = 150, members = 240;
        StorePlace.SkipWhenMissing();
        var folder = Directory.CreateTempSubdirectory("hub-later-").FullName;
        var shared = Somebody.New();
        try
        {
            string batch, search, run, person;
            using (var first = await ChildHub.StartAsync(folder))
            {
                using var client = await first.ClientAsync("demo-cpts");
                person = await WillingAsync(first, client, shared);
                run = await HalfReconciledAsync(client, members);
                var sharing = ShareAsync(client, person);
                var posts = string.Join(',', Enumerable.Repeat(
                    """{"request":{"method":"POST","url":"Patient"},"resource":{"resourceType":"Patient","name":[{"family":"Interrompu"}]} }""", entries));
                batch = new Uri(AddressOf(await client.PostFhirAsync("", $$"""{"resourceType":"Bundle","type":"batch","entry":[{{posts}}]}""", Later))).AbsolutePath;
                search = new Uri(AddressOf(await client.GetFhirAsync("Patient?family=Nobody&_count=3", Later))).AbsolutePath;
                await first.KillAsync();
                await ((Task)sharing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }

            using var second = await ChildHub.StartAsync(folder);
            using var again = await second.ClientAsync("demo-cpts");
            using var other = await second.ClientAsync("demo-admin");
            Assert.Equal(404, (await other.SendAsync(HttpMethod.Get, batch)).Status);
            var answer = await AnswerAsync(again, batch);
            var told = answer.Resource.Child("entry")!.Child("resource")!.All("entry").ToArray().Select(one => one.At("response", "status")!.Value).ToList();
            Assert.Equal(Enumerable.Repeat("201", entries), told);
            Assert.Equal(entries.ToString(System.Globalization.CultureInfo.InvariantCulture),
                (await again.GetFhirAsync("Patient?family=Interrompu&_summary=count")).Resource.Text("total"));
            var found = (await AnswerAsync(again, search)).Resource.Child("entry")!;
            Assert.Equal(("200", "0"), (found.At("response", "status")!.Value, found.Child("resource")!.Text("total")));
            await AssertReconciledOnceAsync(again, run, members);
            await AssertSharedOnceAsync(again, other, person, shared);
        }
        finally
        {
            StorePlace.Forget(folder);
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Somebody with an open file who agrees that another CPTS sees it.</summary>
    private static async Task<string> WillingAsync(ChildHub hub, HttpClient team, Somebody who)
    {
        using var booking = await hub.ClientAsync("demo-booking");
        var (_, signed) = await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);
        await team.CreateAsync("Consent", $$"""
            {"resourceType":"Consent","status":"active","patient":{"reference":"{{signed.Text("patient")}}"},"dateTime":"2026-11-02",
             "scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
             "category":[{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/objet-consentement","code":"partage-cpts"}]}],
             "policyRule":{"text":"Accord de la personne"},"provision":{"type":"permit"} }
            """);
        return signed.Text("patient");
    }

    private static Task<Reply> ShareAsync(HttpClient team, string person) => team.PostFhirAsync($"{person}/$share", """
        {"resourceType":"Parameters","parameter":[{"name":"to","valueString":"demo-cpts-2"},{"name":"mode","valueCode":"partage"}]}
        """);

    /// <summary>A cohort of old people of whom nothing is heard; the first of them are on the call list when this returns, and the run goes on.</summary>
    private static async Task<string> HalfReconciledAsync(HttpClient team, int members)
    {
        var people = string.Concat(Enumerable.Range(0, members).Select(n => $$"""
            {"request":{"method":"PUT","url":"Patient/old-{{n}}"},
             "resource":{"resourceType":"Patient","id":"old-{{n}}","birthDate":"1931-05-06","telecom":[{"system":"phone","value":"0251000011"}],"name":[{"family":"Ancien"}]} },
            """));
        var references = string.Join(',', Enumerable.Range(0, members).Select(n => $$"""{"entity":{"reference":"Patient/old-{{n}}"} }"""));
        var put = await team.PostFhirAsync("", $$"""
            {"resourceType":"Bundle","type":"transaction","entry":[{{people}}{"request":{"method":"PUT","url":"Group/old"},
             "resource":{"resourceType":"Group","id":"old","type":"person","actual":true,"member":[{{references}}],
              "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-cohorte","code":"medecin-sortant"}]} } }] }
            """);
        Assert.True(put.Status == 200, put.Text);
        var run = new Uri(AddressOf(await team.PostFhirAsync("Group/old/$reconcile", "", Later))).AbsolutePath;
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while ((await team.GetFhirAsync("Task?focus=Group/old&_summary=count")).Resource.Text("total") == "0")
            Assert.True(DateTime.UtcNow < deadline, "Nobody is on the call list after 30 s.");
        return run;
    }

    private static async Task AssertReconciledOnceAsync(HttpClient team, string run, int members)
    {
        await AnswerAsync(team, run);
        var group = (await team.GetFhirAsync("Group/old")).Resource;
        Assert.Equal(members, group.All("member").ToArray().Count(member => member.Child("extension")?.Text("valueCode") == "invite-sans-reponse"));
        var calls = (await team.GetFhirAsync("Task?focus=Group/old&_count=1000")).Resource.All("entry").ToArray();
        Assert.Equal(members, calls.Select(call => call.At("resource", "for", "reference")!.Value).Distinct().Count());
        Assert.Equal(members, calls.Length);

        var again = await team.PostFhirAsync("Group/old/$reconcile", "");
        Assert.Equal([again.Resource.Text("id")!], (await team.GetFhirAsync("MeasureReport?subject=Group/old")).Ids());
        Assert.Equal(group.At("meta", "versionId")!.Value, (await team.GetFhirAsync("Group/old")).Resource.At("meta", "versionId")!.Value);
    }

    private static async Task AssertSharedOnceAsync(HttpClient team, HttpClient admin, string person, Somebody who)
    {
        var reply = await ShareAsync(team, person);
        Assert.True(reply.Status is 200 or 409, reply.Text);
        Assert.Equal(409, (await ShareAsync(team, person)).Status);
        var there = Assert.Single((await admin.GetFhirAsync($"Patient?family={who.Family}", ("X-Tenant", "demo-cpts-2"))).Ids());
        Assert.Single((await admin.GetFhirAsync($"Task?patient=Patient/{there}&code=parcours-medecin-traitant", ("X-Tenant", "demo-cpts-2"))).Ids());
        var file = Assert.Single((await team.GetFhirAsync($"Task?patient={person}&code=parcours-medecin-traitant")).Resource.All("entry").ToArray());
        Assert.Single(file.Child("resource")!.All("output").ToArray());
    }

    [Fact]
    public async Task What_another_hub_works_on_is_left_to_it_until_its_lease_ends()
    {
        var token = TestContext.Current.CancellationToken;
        var deferred = hub.Services.GetRequiredService<Deferred>();
        var (kept, registry) = (hub.Services.GetRequiredService<HubStore>().Deferred, hub.Services.GetRequiredService<RegistryStore>());
        var (id, now) = (Guid.NewGuid().ToString("N"), DateTimeOffset.UtcNow);
        Assert.True(await registry.TryLeaseAsync(Deferred.LeaseOf(id), "another", now, now.AddMinutes(1), token));
        await kept.AddAsync(new(id, "nobody", now, EndedAt: null, Encoding.UTF8.GetBytes("""{"client":"gone","tenant":"demo-cpts"}"""), []), token);

        await deferred.ResumeAsync(hub.Services.GetRequiredService<Collaborators>(), token);
        Assert.Null(kept.Find(id)!.EndedAt);

        await registry.EndLeaseAsync(Deferred.LeaseOf(id), "another", token);
        await deferred.ResumeAsync(hub.Services.GetRequiredService<Collaborators>(), token);
        Assert.Contains("\"403\"", Encoding.UTF8.GetString(kept.Find(id)!.Answer), StringComparison.Ordinal);
        Assert.True(await registry.TryLeaseAsync(Deferred.LeaseOf(id), "another", now, now.AddMinutes(1), token));
        await registry.EndLeaseAsync(Deferred.LeaseOf(id), "another", token);
        await kept.RemoveAsync(id, token);
    }

    [Fact]
    public async Task Only_so_many_are_kept()
    {
        await using var small = await HubHost.StartAsync(("Hub:Limits:DeferredRequests", "4"));
        using var client = await small.ClientAsync("demo-cpts");
        var kept = AddressOf(await client.GetFhirAsync("Organization?_count=1", Later));
        AddressOf(await client.GetFhirAsync("Organization?_count=1", Later));
        var refused = await client.GetFhirAsync("Organization?_count=1", Later);
        Assert.Equal((429, "throttled"), (refused.Status, refused.IssueCode));
        await client.SendAsync(HttpMethod.Delete, kept);
        AddressOf(await client.GetFhirAsync("Organization?_count=1", Later));
    }
}
