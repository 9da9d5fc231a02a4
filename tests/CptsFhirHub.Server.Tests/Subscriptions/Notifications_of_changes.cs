using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.Subscriptions;

/// <summary>Each change that is followed is told once more than not at all, in order, by its number, and to nobody who may not see it.</summary>
public sealed class Notifications_of_changes(SubscriptionHub shared) : IClassFixture<SubscriptionHub>
{
    private const string Dac = "Organization/demo-dac";

    private HubHost Hub => shared.Hub;

    [Fact]
    public async Task Changes_come_in_order_with_their_numbers_and_ids_alone()
    {
        await using var peer = await StubPeer.StartAsync();
        using var dac = await Hub.ClientAsync("demo-dac");
        using var team = await Hub.ClientAsync("demo-cpts");
        var subscription = await dac.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url, $"Task?owner={Dac}"));
        var first = await team.CreateAsync("Task", SubscriptionCalls.Task(Dac));
        await team.PutFhirAsync($"Task/{first}", SubscriptionCalls.Task(Dac, "received", first));
        await team.CreateAsync("Task", SubscriptionCalls.Task("Organization/demo-dac-2"));
        var second = await team.CreateAsync("Task", SubscriptionCalls.Task(Dac));

        var calls = await peer.WaitAsync(3, SubscriptionCalls.IsEvent);
        Assert.Equal([1, 2, 3], calls.SelectMany(SubscriptionCalls.Numbers));
        Assert.Equal([first, first, second], calls.Select(call => call.FocusOf()!.Split('/')[^1]));
        Assert.All(calls, call => Assert.True(call.IsSignedFor("demo-dac")));
        Assert.All(calls, call => Assert.Single(call.Resource.All("entry").ToArray()));
        Assert.Equal(["1", "2", "3"], calls.Select(call => call.Resource.StatusOf().Parameter("events-since-subscription-start")!.Text("valueString")));

        var events = (await dac.GetFhirAsync($"Subscription/{subscription}/$events?eventsSinceNumber=2&eventsUntilNumber=3&content=full-resource")).Resource;
        Assert.Equal("query-event", events.StatusOf().Parameter("type")!.Text("valueCode"));
        Assert.Equal([first, second], events.All("entry").ToArray().Skip(1).Select(entry => entry.At("resource", "id")!.Value));
        Assert.Equal("received", events[events.IndexOfEntry(1)].At("resource", "status")!.Value);

        var status = (await dac.GetFhirAsync($"Subscription/{subscription}/$status")).Resource;
        Assert.Equal("searchset", status.Text("type"));
        Assert.Equal("3", status.StatusOf().Parameter("events-since-subscription-start")!.Text("valueString"));
        Assert.Equal("query-status", status.StatusOf().Parameter("type")!.Text("valueCode"));
    }

    [Fact]
    public async Task The_content_is_as_asked_for()
    {
        await using var peer = await StubPeer.StartAsync();
        using var dac = await Hub.ClientAsync("demo-dac");
        using var team = await Hub.ClientAsync("demo-cpts");
        await dac.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url + "/empty", $"Task?owner={Dac}", "empty"));
        await dac.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url + "/full", $"Task?owner={Dac}", "full-resource"));
        var id = await team.CreateAsync("Task", SubscriptionCalls.Task(Dac));
        var empty = (await peer.WaitAsync(1, call => call.Path == "/empty" && call.IsEvent()))[0];
        Assert.Equal([1], empty.Numbers());
        Assert.Null(empty.FocusOf());
        Assert.DoesNotContain(id, empty.Text, StringComparison.Ordinal);
        var full = (await peer.WaitAsync(1, call => call.Path == "/full" && call.IsEvent()))[0].Resource.All("entry").ToArray();
        Assert.Equal((2, id, "POST"), (full.Length, full[1].At("resource", "id")!.Value, full[1].At("request", "method")!.Value));
    }

    [Fact]
    public async Task A_plain_R4_subscription_gets_a_bare_call_or_the_resource_put()
    {
        await using var peer = await StubPeer.StartAsync();
        using var team = await Hub.ClientAsync("demo-cpts");
        var owner = $"Organization/{Guid.NewGuid():N}";
        await team.SubscribeAsync(SubscriptionCalls.OfSearch(peer.Url + "/bare", $"Task?owner={owner}&status=requested,received", null));
        await team.SubscribeAsync(SubscriptionCalls.OfSearch(peer.Url + "/base", $"Task?owner={owner}", "application/fhir+json"));
        await team.SubscribeAsync(SubscriptionCalls.OfSearch(peer.Url + "/xml", $"Task?owner={owner}", "application/fhir+xml"));
        Assert.Empty(peer.Seen);

        var id = await team.CreateAsync("Task", SubscriptionCalls.Task(owner));
        await team.PutFhirAsync($"Task/{id}", SubscriptionCalls.Task(owner, "completed", id));
        await team.DeleteFhirAsync($"Task/{id}");
        var calls = await peer.WaitAsync(5);
        Assert.Equal(("POST", "/bare", 0), calls.Where(call => call.Path == "/bare").Select(call => (call.Method, call.Path, call.Body.Length)).Single());
        var put = calls.Where(call => call.Path == $"/base/Task/{id}").ToList();
        Assert.Equal(["PUT", "PUT"], put.Select(call => call.Method));
        Assert.Equal(["requested", "completed"], put.Select(call => call.Resource.Text("status")));
        Assert.All(calls.Where(call => call.Path.StartsWith("/xml", StringComparison.Ordinal)), call => Assert.StartsWith("<", call.Text, StringComparison.Ordinal));
        Assert.All(calls, call => Assert.True(call.IsSignedFor("demo-cpts")));
    }

    [Fact]
    public async Task A_chain_is_looked_up_in_the_store_and_a_change_that_no_longer_fits_is_not_told()
    {
        await using var peer = await StubPeer.StartAsync();
        using var team = await Hub.ClientAsync("demo-cpts");
        var family = $"Chaine{Guid.NewGuid():N}";
        var patient = await team.CreateAsync("Patient", $$"""{"resourceType":"Patient","name":[{"family":"{{family}}"}]}""");
        await team.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url, $"Task?patient.family={family}"));
        var id = await team.CreateAsync("Task", SubscriptionCalls.Task(Dac, patient: $"Patient/{patient}"));
        await team.PutFhirAsync($"Task/{id}", SubscriptionCalls.Task(Dac, id: id));
        await team.PutFhirAsync($"Task/{id}", SubscriptionCalls.Task(Dac, "received", id, $"Patient/{patient}"));
        var calls = await peer.WaitAsync(2, SubscriptionCalls.IsEvent);
        Assert.Equal([1, 2], calls.SelectMany(SubscriptionCalls.Numbers));
    }

    [Fact]
    public async Task A_freed_slot_is_told_when_it_becomes_free_and_not_each_time_it_is()
    {
        await using var peer = await StubPeer.StartAsync();
        using var team = await Hub.ClientAsync("demo-cpts");
        var schedule = $"Schedule/{Guid.NewGuid():N}";
        await team.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url, $"Slot?schedule={schedule}", topic: Server.Subscriptions.Topics.Base + "/slot-freed"));
        string Slot(string status, string comment, string? id = null) =>
            $$"""{"resourceType":"Slot",{{(id is null ? "" : $"\"id\":\"{id}\",")}}"schedule":{"reference":"{{schedule}}"},"status":"{{status}}","start":"2026-12-01T09:00:00Z","end":"2026-12-01T09:15:00Z","comment":"{{comment}}"}""";
        var id = await team.CreateAsync("Slot", Slot("busy", "a"));
        await team.PutFhirAsync($"Slot/{id}", Slot("free", "b", id));
        await team.PutFhirAsync($"Slot/{id}", Slot("free", "c", id));
        await team.PutFhirAsync($"Slot/{id}", Slot("busy", "d", id));
        await team.PutFhirAsync($"Slot/{id}", Slot("free", "e", id));
        Assert.Equal([1, 2], (await peer.WaitAsync(2, SubscriptionCalls.IsEvent)).SelectMany(SubscriptionCalls.Numbers));
        Assert.Equal("2", (await team.GetFhirAsync("Subscription/$status")).Resource.All("entry").ToArray()
            .Select(entry => entry.Child("resource")!).Single(state => peer.Seen[0].Text.Contains(state.Parameter("subscription")!.At("valueReference", "reference")!.Value!, StringComparison.Ordinal))
            .Parameter("events-since-subscription-start")!.Text("valueString"));
    }

    [Fact]
    public async Task Who_lost_the_right_before_it_was_sent_learns_the_number_alone()
    {
        await using var own = await SubscriptionCalls.HubAsync(("Hub:Outbox:Delays:0", "00:00:01"));
        await using var peer = await StubPeer.StartAsync();
        using var dac = await own.ClientAsync("demo-dac");
        using var team = await own.ClientAsync("demo-cpts");
        await dac.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url, content: "full-resource"));
        peer.Script = (_, _) => new(503);
        var id = await team.CreateAsync("Task", SubscriptionCalls.Task(Dac));
        await peer.WaitAsync(2);
        await team.PutFhirAsync($"Task/{id}", SubscriptionCalls.Task("Organization/demo-dac-2", id: id));
        var before = peer.Seen.Count;
        peer.Script = (_, _) => new(200);
        var late = (await peer.WaitAsync(before + 1))[^1];
        Assert.Equal([1], late.Numbers());
        Assert.Null(late.FocusOf());
        Assert.DoesNotContain(id, late.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_one_tenant_does_another_is_not_told()
    {
        await using var peer = await StubPeer.StartAsync();
        using var dac = await Hub.ClientAsync("demo-dac");
        using var sas = await Hub.ClientAsync("demo-sas");
        using var team = await Hub.ClientAsync("demo-cpts");
        Assert.Equal(403, (await sas.PostFhirAsync("Subscription", SubscriptionCalls.OfTopic(peer.Url))).Status);
        await dac.SubscribeAsync(SubscriptionCalls.OfSearch(peer.Url, "Task", null));
        await dac.SubscribeAsync(SubscriptionCalls.OfSearch(peer.Url, "Patient", null));
        await team.CreateAsync("Task", SubscriptionCalls.Task("Organization/demo-dac-2"));
        await team.CreateAsync("Patient", """{"resourceType":"Patient"}""");
        await team.CreateAsync("Task", SubscriptionCalls.Task(Dac));
        await peer.WaitAsync(1);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Single(peer.Seen);
    }

    [Fact]
    public async Task A_quiet_subscription_beats()
    {
        await using var peer = await StubPeer.StartAsync();
        using var dac = await Hub.ClientAsync("demo-dac");
        await dac.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url, $"Task?owner=Organization/{Guid.NewGuid():N}", heartbeat: 1));
        var beats = await peer.WaitAsync(2, call => call.TypeOf() == "heartbeat");
        Assert.Equal("0", beats[0].Resource.StatusOf().Parameter("events-since-subscription-start")!.Text("valueString"));
    }

    [Fact]
    public async Task Nothing_is_lost_or_doubled_in_number_when_the_hub_is_killed()
    {
        var folder = Directory.CreateTempSubdirectory("hub-kill-").FullName;
        await using var peer = await StubPeer.StartAsync();
        try
        {
            var acknowledged = 0;
            string subscription;
            using (var first = await ChildHub.StartAsync(folder, ("Hub__Outbox__Lease", "00:00:07")))
            {
                using var team = await first.ClientAsync("demo-cpts");
                subscription = await team.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url, "Task?status=requested"));
                using var cut = new CancellationTokenSource();
                var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
                {
                    while (!cut.IsCancellationRequested)
                    {
                        try
                        {
                            if ((await team.PostFhirAsync("Task", SubscriptionCalls.Task(Dac))).Status == 201)
                                Interlocked.Increment(ref acknowledged);
                        }
                        catch (Exception fault) when (fault is HttpRequestException or IOException)
                        {
                            return;
                        }
                    }
                })).ToList();
                await peer.WaitAsync(30, SubscriptionCalls.IsEvent);
                await first.KillAsync();
                await cut.CancelAsync();
                await Task.WhenAll(writers);
            }

            // What the killed process had lent goes out when the lease ends; a subscriber that asks for its events need not wait.
            using var second = await ChildHub.StartAsync(folder, ("Hub__Outbox__Lease", "00:00:07"));
            using var again = await second.ClientAsync("demo-cpts");
            var status = (await again.GetFhirAsync($"Subscription/{subscription}/$status")).Resource;
            var last = int.Parse(status.StatusOf().Parameter("events-since-subscription-start")!.Text("valueString")!, System.Globalization.CultureInfo.InvariantCulture);
            var tasks = (await again.GetFhirAsync("Task?_summary=count")).Resource;
            Assert.Equal(tasks.Text("total"), last.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Assert.True(last >= acknowledged, $"{acknowledged} were acknowledged, {last} have a number.");

            await peer.WaitAsync(1, call => call.IsEvent() && call.Numbers().Single() == last, seconds: 90);
            var numbers = peer.Seen.Where(SubscriptionCalls.IsEvent).SelectMany(SubscriptionCalls.Numbers).ToList();
            Assert.Equal(Enumerable.Range(1, last), numbers.Distinct().Order());

            // At least once: a repetition follows its first, and bears the same webhook-id.
            Assert.Equal(numbers.Distinct(), numbers.Distinct().Order());
            Assert.All(peer.Seen.Where(SubscriptionCalls.IsEvent).GroupBy(call => call.Numbers().Single()),
                same => Assert.Single(same.Select(call => call.Headers["webhook-id"].ToString()).Distinct()));
        }
        finally
        {
            StorePlace.Forget(folder);
            Directory.Delete(folder, recursive: true);
        }
    }
}

internal static class Entries
{
    /// <summary>The place of the n-th entry among a Bundle's children.</summary>
    public static int IndexOfEntry(this Element bundle, int n)
    {
        for (var index = 0; index < bundle.Count; index++)
            if (bundle[index].Name == "entry" && n-- == 0)
                return index;
        throw new ArgumentOutOfRangeException(nameof(n));
    }
}
