using CptsFhirHub.Server.Subscriptions;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Subscriptions;

/// <summary>From requested to active by a handshake, to error and off; and what may not be asked for.</summary>
public sealed class Life_of_a_subscription(SubscriptionHub shared) : IClassFixture<SubscriptionHub>
{
    private const string Dac = "Organization/demo-dac";

    private HubHost Hub => shared.Hub;

    [Fact]
    public async Task A_handshake_that_is_answered_makes_it_active()
    {
        await using var peer = await StubPeer.StartAsync();
        using var dac = await Hub.ClientAsync("demo-dac");
        var created = await dac.PostFhirAsync("Subscription", SubscriptionCalls.OfTopic(peer.Url + "/hook", $"Task?owner={Dac}", status: "active"));
        Assert.Equal(201, created.Status);
        Assert.Equal("requested", created.Resource.Text("status"));
        await dac.WaitForStatusAsync(created.Resource.Text("id")!, "active");

        var call = Assert.Single(peer.Seen);
        Assert.Equal(("POST", "/hook", "handshake"), (call.Method, call.Path, call.TypeOf()));
        Assert.Equal("application/fhir+json", call.Headers.ContentType);
        Assert.True(call.IsSignedFor("demo-dac"));
        var (bundle, status) = (call.Resource, call.Resource.StatusOf());
        Assert.Equal("history", bundle.Text("type"));
        Assert.Equal("Parameters", status.ResourceType);
        Assert.EndsWith("/$status", bundle.At("entry", "request", "url")!.Value);
        Assert.Equal(SubscriptionCalls.TaskChanged, status.Parameter("topic")!.Text("valueCanonical"));
        Assert.Equal("requested", status.Parameter("status")!.Text("valueCode"));
        Assert.Equal("0", status.Parameter("events-since-subscription-start")!.Text("valueString"));
        Assert.EndsWith("/Subscription/" + created.Resource.Text("id"), status.Parameter("subscription")!.At("valueReference", "reference")!.Value);
    }

    [Fact]
    public async Task One_that_another_process_has_deleted_is_followed_no_more()
    {
        await using var peer = await StubPeer.StartAsync();
        using var dac = await Hub.ClientAsync("demo-dac");
        var id = await dac.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url, $"Task?owner={Dac}"));
        var services = Hub.Services;

        // What another hub on the same database has in its memory, and is told of by nobody.
        var book = ActivatorUtilities.CreateInstance<SubscriptionBook>(services);
        using var pulse = ActivatorUtilities.CreateInstance<SubscriptionPulse>(services, book);
        await pulse.LookAsync(TestContext.Current.CancellationToken);
        Assert.Contains(book.All(), followed => followed.Id == id);

        Assert.Equal(204, (await dac.SendAsync(HttpMethod.Delete, $"/fhir/Subscription/{id}")).Status);
        await pulse.LookAsync(TestContext.Current.CancellationToken);
        Assert.DoesNotContain(book.All(), followed => followed.Id == id);
    }

    [Fact]
    public async Task A_handshake_that_is_refused_leaves_it_in_error_and_asking_again_begins_anew()
    {
        await using var peer = await StubPeer.StartAsync((_, _) => new(404));
        using var dac = await Hub.ClientAsync("demo-dac");
        var id = await dac.CreateAsync("Subscription", SubscriptionCalls.OfTopic(peer.Url));
        Assert.Equal("HTTP 404", (await dac.WaitForStatusAsync(id, "error")).Text("error"));

        peer.Script = (_, _) => new(200);
        Assert.Equal(200, (await dac.PutFhirAsync($"Subscription/{id}", SubscriptionCalls.OfTopic(peer.Url, id: id))).Status);
        Assert.Null((await dac.WaitForStatusAsync(id, "active")).Text("error"));
        Assert.Equal(2, peer.Seen.Count);
    }

    [Fact]
    public async Task The_same_sent_again_changes_nothing_and_another_endpoint_shakes_hands_again()
    {
        await using var peer = await StubPeer.StartAsync();
        using var dac = await Hub.ClientAsync("demo-dac");
        var id = await dac.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url + "/a", header: "Authorization: Bearer secret-token-abc-123"));
        Assert.Equal("Bearer secret-token-abc-123", peer.Seen[0].Headers.Authorization);

        var same = SubscriptionCalls.OfTopic(peer.Url + "/a", header: "Authorization: Bearer secret-token-abc-123", status: "active", id: id);
        Assert.Equal("active", (await dac.PutFhirAsync($"Subscription/{id}", same)).Resource.Text("status"));
        Assert.Single(peer.Seen);

        Assert.Equal("requested", (await dac.PutFhirAsync($"Subscription/{id}", SubscriptionCalls.OfTopic(peer.Url + "/b", status: "active", id: id))).Resource.Text("status"));
        await dac.WaitForStatusAsync(id, "active");
        Assert.Equal(["/a", "/b"], peer.Seen.Select(call => call.Path));
    }

    [Fact]
    public async Task A_410_switches_it_off()
    {
        await using var peer = await StubPeer.StartAsync((_, _) => new(410));
        using var dac = await Hub.ClientAsync("demo-dac");
        var id = await dac.CreateAsync("Subscription", SubscriptionCalls.OfTopic(peer.Url));
        Assert.Contains("410", (await dac.WaitForStatusAsync(id, "off")).Text("error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_is_kept_sealed_and_shown_to_nobody()
    {
        await using var peer = await StubPeer.StartAsync();
        using var dac = await Hub.ClientAsync("demo-dac");
        const string secret = "Bearer planted-secret-of-a-subscriber";
        var created = await dac.PostFhirAsync("Subscription", SubscriptionCalls.OfTopic(peer.Url, header: $"Authorization: {secret}"));
        Assert.DoesNotContain("planted-secret", created.Text, StringComparison.Ordinal);
        Assert.StartsWith("Authorization: sealed:", created.Resource.At("channel", "header")!.Value, StringComparison.Ordinal);
        await peer.WaitAsync(1);
        Assert.Equal(secret, peer.Seen[0].Headers.Authorization);
        Assert.DoesNotContain("planted-secret", Hub.Log, StringComparison.Ordinal);

        // What another client copies opens for that client alone.
        using var other = await Hub.ClientAsync("demo-dac-2");
        var copied = SubscriptionCalls.OfTopic(peer.Url, header: created.Resource.At("channel", "header")!.Value);
        Assert.Equal(422, (await other.PostFhirAsync("Subscription", copied)).Status);
    }

    [Theory]
    [InlineData("https://example.org/hook", "Subscription.channel.endpoint")]
    [InlineData("http://user:word@127.0.0.1:9/hook", "Subscription.channel.endpoint")]
    [InlineData("http://127.0.0.1.example.org/hook", "Subscription.channel.endpoint")]
    [InlineData("http://169.254.169.254/latest", "Subscription.channel.endpoint")]
    [InlineData("http://10.0.0.1/hook", "Subscription.channel.endpoint")]
    [InlineData("file:///etc/passwd", "Subscription.channel.endpoint")]
    [InlineData("hook", "Subscription.channel.endpoint")]
    public async Task An_endpoint_that_is_not_registered_is_refused(string endpoint, string path)
    {
        using var dac = await Hub.ClientAsync("demo-dac");
        var reply = await dac.PostFhirAsync("Subscription", SubscriptionCalls.OfTopic(endpoint));
        Assert.Equal(422, reply.Status);
        Assert.Equal(path, reply.Resource.At("issue", "expression")!.Value);
        Assert.DoesNotContain(endpoint, reply.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://example.org/SubscriptionTopic/none", null, 422)]
    [InlineData(SubscriptionCalls.TaskChanged, "Task?nothing=1", 422)]
    [InlineData(SubscriptionCalls.TaskChanged, "Patient?name=x", 422)]
    [InlineData("Task?nothing=1", null, 422)]
    [InlineData("Nothing?name=x", null, 422)]
    [InlineData("Task?_include=Task:focus", null, 422)]
    [InlineData("Group?type=person", null, 403)]
    [InlineData("Task?owner:Practitioner.name=x", null, 201)]
    [InlineData(SubscriptionCalls.TaskChanged + "|1.0", "owner=Organization/demo-dac", 201)]
    [InlineData("https://cpts.example.test/fhir/SubscriptionTopic/task-changed", "Task?owner=Organization/demo-dac", 201)]
    public async Task What_is_followed_is_read_and_within_the_right(string criteria, string? filter, int status)
    {
        await using var peer = await StubPeer.StartAsync();
        using var dac = await Hub.ClientAsync("demo-dac");
        var reply = await dac.PostFhirAsync("Subscription", SubscriptionCalls.OfTopic(peer.Url, filter, topic: criteria));
        Assert.True(reply.Status == status, $"{reply.Status}: {reply.Text}");
    }

    [Theory]
    [InlineData("Host: example.org")]
    [InlineData("no colon")]
    [InlineData("webhook-signature: v1,x")]
    [InlineData("Content-Length: 5")]
    [InlineData("X-Sealed: sealed:AAAA")]
    public async Task A_header_that_is_the_hubs_or_is_none_is_refused(string header)
    {
        using var dac = await Hub.ClientAsync("demo-dac");
        Assert.Equal(422, (await dac.PostFhirAsync("Subscription", SubscriptionCalls.OfTopic("http://127.0.0.1:9/", header: header))).Status);
    }

    [Fact]
    public async Task The_twentieth_is_taken_and_the_next_is_not_until_one_is_off()
    {
        await using var own = await SubscriptionCalls.HubAsync(("Hub:Limits:SubscriptionsPerClient", "3"));
        await using var peer = await StubPeer.StartAsync();
        using var dac = await own.ClientAsync("demo-dac");
        var first = await dac.CreateAsync("Subscription", SubscriptionCalls.OfTopic(peer.Url));
        await dac.CreateAsync("Subscription", SubscriptionCalls.OfTopic(peer.Url));
        await dac.CreateAsync("Subscription", SubscriptionCalls.OfTopic(peer.Url));
        var refused = await dac.PostFhirAsync("Subscription", SubscriptionCalls.OfTopic(peer.Url));
        Assert.Equal((422, "too-costly"), (refused.Status, refused.IssueCode));
        using var other = await own.ClientAsync("demo-dac-2");
        await other.CreateAsync("Subscription", SubscriptionCalls.OfTopic(peer.Url));

        Assert.Equal(200, (await dac.PutFhirAsync($"Subscription/{first}", SubscriptionCalls.OfTopic(peer.Url, status: "off", id: first))).Status);
        await dac.CreateAsync("Subscription", SubscriptionCalls.OfTopic(peer.Url));
    }

    [Fact]
    public async Task A_subscription_is_its_clients_own()
    {
        await using var peer = await StubPeer.StartAsync();
        using var dac = await Hub.ClientAsync("demo-dac");
        using var other = await Hub.ClientAsync("demo-dac-2");
        var id = await dac.SubscribeAsync(SubscriptionCalls.OfTopic(peer.Url));
        foreach (var path in (string[])[$"Subscription/{id}", $"Subscription/{id}/$status", $"Subscription/{id}/$events"])
            Assert.Equal(404, (await other.GetFhirAsync(path)).Status);
        Assert.DoesNotContain(id, (await other.GetFhirAsync("Subscription")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain(id, (await other.GetFhirAsync("Subscription/$status")).Text, StringComparison.Ordinal);
        Assert.Contains(id, (await dac.GetFhirAsync($"Subscription/$status?id={id}&status=active")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_topics_are_told_and_readable()
    {
        using var dac = await Hub.ClientAsync("demo-dac");
        var topics = await dac.GetFhirAsync("Basic?code=SubscriptionTopic&_count=50");
        Assert.Contains(SubscriptionCalls.TaskChanged, topics.Text, StringComparison.Ordinal);
        using var anybody = Hub.Anonymous();
        Assert.Contains(SubscriptionCalls.TaskChanged, (await anybody.GetFhirAsync("metadata")).Text, StringComparison.Ordinal);
    }
}
