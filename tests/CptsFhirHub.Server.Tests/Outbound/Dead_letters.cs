using System.Text.Json;
using CptsFhirHub.Tests.Intake;
using CptsFhirHub.Tests.Subscriptions;

namespace CptsFhirHub.Tests.Outbound;

/// <summary>What never arrived is shown with its reason and put back by a person; a sick receiver harms nobody else.</summary>
public sealed class Dead_letters
{
    private const string Dac = "Organization/demo-dac";

    [Fact]
    public async Task A_refused_call_is_dead_at_once_is_listed_and_goes_out_again_when_asked()
    {
        await using var hub = await SubscriptionCalls.HubAsync();
        await using var peer = await StubPeer.StartAsync();
        using var team = await hub.ClientAsync("demo-cpts");
        var subscription = await team.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url, $"Task?owner={Dac}"));
        peer.Script = (_, _) => new(400);
        await team.CreateAsync("Task", SubscriptionCalls.Task(Dac));
        await team.WaitForStatusAsync(subscription, "error");
        Assert.Equal(2, peer.Seen.Count);

        var dead = await OnlyDeadAsync(team);
        Assert.Equal(("dead", "HTTP 400", $"Subscription/{subscription}"), (dead.Text("state"), dead.Text("lastError"), dead.Text("target")));
        Assert.Contains("hub_outbox_dead 1", await (await team.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        using var dac = await hub.ClientAsync("demo-dac");
        foreach (var (method, path) in ((HttpMethod, string)[])[(HttpMethod.Get, "/outbox"), (HttpMethod.Get, $"/outbox/{dead.Text("id")}"),
            (HttpMethod.Post, $"/outbox/{dead.Text("id")}/replay"), (HttpMethod.Post, "/outbox/replay")])
            Assert.Equal(403, (await dac.SendAsync(method, path)).Status);

        peer.Script = (_, _) => new(200);
        Assert.Equal(200, (await team.SendAsync(HttpMethod.Post, $"/outbox/{dead.Text("id")}/replay")).Status);
        await team.WaitForStatusAsync(subscription, "active");
        var calls = peer.Seen.Where(SubscriptionCalls.IsEvent).ToList();
        Assert.Equal(2, calls.Count);
        Assert.Single(calls.Select(call => call.Headers["webhook-id"].ToString()).Distinct());
        Assert.Equal(409, (await team.SendAsync(HttpMethod.Post, $"/outbox/{dead.Text("id")}/replay")).Status);
        Assert.Equal(404, (await team.SendAsync(HttpMethod.Post, "/outbox/none/replay")).Status);
        await WaitAsync(async () => (await team.GetJsonAsync($"/outbox/{dead.Text("id")}")).Text("state") == "done");
    }

    [Fact]
    public async Task Failures_are_tried_again_in_order_until_the_last_then_all_can_be_put_back()
    {
        await using var hub = await SubscriptionCalls.HubAsync();
        await using var peer = await StubPeer.StartAsync();
        using var team = await hub.ClientAsync("demo-cpts");
        var subscription = await team.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url, $"Task?owner={Dac}"));
        peer.Script = (call, _) => new(500) { Cuts = call.Body.Length % 2 == 0 };
        await team.CreateAsync("Task", SubscriptionCalls.Task(Dac));
        await team.WaitForStatusAsync(subscription, "error");
        Assert.Equal([1, 1, 1, 1], peer.Seen.Where(SubscriptionCalls.IsEvent).SelectMany(SubscriptionCalls.Numbers));
        await OnlyDeadAsync(team);

        peer.Script = (_, _) => new(200);
        Assert.Equal("""{"replayed":1}""", (await team.SendAsync(HttpMethod.Post, $"/outbox/replay?target=Subscription/{subscription}")).Text);
        await team.WaitForStatusAsync(subscription, "active");
    }

    [Fact]
    public async Task A_receiver_that_asks_for_time_gets_it()
    {
        await using var hub = await SubscriptionCalls.HubAsync();
        await using var peer = await StubPeer.StartAsync();
        using var team = await hub.ClientAsync("demo-cpts");
        await team.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url, $"Task?owner={Dac}"));
        var at = new List<DateTime>();
        peer.Script = (_, _) =>
        {
            at.Add(DateTime.UtcNow);
            return at.Count == 1 ? new(429) { Headers = [("Retry-After", "2")] } : new(204);
        };
        await team.CreateAsync("Task", SubscriptionCalls.Task(Dac));
        await peer.WaitAsync(3);
        Assert.True(at[1] - at[0] >= TimeSpan.FromSeconds(1.9), $"{at[1] - at[0]} is too soon.");
    }

    [Fact]
    public async Task A_receiver_that_hangs_is_left_alone_and_delays_no_other()
    {
        await using var hub = await SubscriptionCalls.HubAsync(("Hub:Limits:SubscriptionsPerClient", "50"));
        await using var slow = await StubPeer.StartAsync();
        await using var quick = await StubPeer.StartAsync();
        using var team = await hub.ClientAsync("demo-cpts");
        for (var n = 0; n < 12; n++)
            await team.SubscribeAsync(SubscriptionCalls.OfTopic(slow.Url, $"Task?owner={Dac}"));
        await team.SubscribeAsync(SubscriptionCalls.OfTopic(quick.Url, $"Task?owner={Dac}"));
        var open = 0;
        var most = 0;
        slow.Script = (_, _) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref open));
            _ = Task.Delay(900).ContinueWith(_ => Interlocked.Decrement(ref open), TaskScheduler.Default);
            return new(503) { After = TimeSpan.FromSeconds(1) };
        };
        for (var n = 0; n < 5; n++)
            await team.CreateAsync("Task", SubscriptionCalls.Task(Dac));

        var told = await quick.WaitAsync(5, SubscriptionCalls.IsEvent, seconds: 10);
        Assert.Equal([1, 2, 3, 4, 5], told.SelectMany(SubscriptionCalls.Numbers));

        // Ten failures open the breaker: what waits is not sent, and waiting costs no try.
        await slow.WaitAsync(12 + 10, seconds: 30);
        await Task.Delay(1_500, TestContext.Current.CancellationToken);
        var seen = slow.Seen.Count;
        Assert.InRange(seen, 12 + 10, 12 + 14);
        Assert.InRange(most, 1, 2);
        Assert.Empty((await team.GetJsonAsync("/outbox?state=dead")).GetProperty("entries").EnumerateArray());
    }

    /// <summary>The one entry given up. The subscription tells its error just before the entry is marked.</summary>
    private static async Task<JsonElement> OnlyDeadAsync(HttpClient team)
    {
        JsonElement[] entries = [];
        await WaitAsync(async () => (entries = [.. (await team.GetJsonAsync("/outbox?state=dead")).GetProperty("entries").EnumerateArray()]).Length > 0);
        return Assert.Single(entries);
    }

    private static async Task WaitAsync(Func<Task<bool>> isMet)
    {
        var deadline = DateTime.UtcNow.AddSeconds(30);
        while (!await isMet())
        {
            Assert.True(DateTime.UtcNow < deadline, "What was waited for has not come within 30 s.");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int known;
        while ((known = Volatile.Read(ref most)) < value && Interlocked.CompareExchange(ref most, value, known) != known)
        {
        }
    }
}
