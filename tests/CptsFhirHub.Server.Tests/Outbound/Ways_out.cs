using System.Net;
using CptsFhirHub.Server.Outbound;

namespace CptsFhirHub.Tests.Outbound;

/// <summary>The one way out goes to the address that was checked, and nowhere else.</summary>
public sealed class Ways_out
{
    [Theory]
    [InlineData("http://127.0.0.1:{0}/")]
    [InlineData("http://localhost:{0}/")]
    [InlineData("http://[::ffff:127.0.0.1]:{0}/")]
    [InlineData("http://inner.example:{0}/")]
    [InlineData("http://mixed.example:{0}/")]
    [InlineData("http://2130706433:{0}/")]
    public async Task A_public_call_never_reaches_an_inner_address(string pattern)
    {
        await using var peer = await StubPeer.StartAsync();
        using var http = new OutboundHttp(Resolve);
        var url = string.Format(System.Globalization.CultureInfo.InvariantCulture, pattern, new Uri(peer.Url).Port);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => SendAsync(http, url, allowPrivate: false));
        Assert.Empty(peer.Seen);
    }

    [Fact]
    public async Task A_name_that_changes_its_mind_is_asked_once_and_that_answer_is_called()
    {
        await using var peer = await StubPeer.StartAsync();
        var asked = 0;
        Task<IPAddress[]> Rebinding(string host, CancellationToken cancellationToken) =>
            Task.FromResult(Interlocked.Increment(ref asked) == 1 ? [IPAddress.Parse("192.0.2.1")] : (IPAddress[])[IPAddress.Loopback]);
        using var http = new OutboundHttp(Rebinding);
        await Assert.ThrowsAnyAsync<HttpRequestException>(
            () => SendAsync(http, $"http://rebound.example:{new Uri(peer.Url).Port}/", allowPrivate: false));
        Assert.Equal(1, asked);
        Assert.Empty(peer.Seen);
    }

    [Fact]
    public async Task A_redirect_is_an_answer_and_is_not_followed()
    {
        await using var inner = await StubPeer.StartAsync();
        await using var peer = await StubPeer.StartAsync((_, _) => new(307) { Headers = [("Location", inner.Url)] });
        using var http = new OutboundHttp(Resolve);
        using var answer = await SendAsync(http, peer.Url, allowPrivate: true);
        Assert.Equal(HttpStatusCode.TemporaryRedirect, answer.StatusCode);
        Assert.Empty(inner.Seen);
    }

    [Theory]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("64:ff9b::808:808", true)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2002:808:808::", true)]
    [InlineData("2001:0:1::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("::7f00:1", false)]
    [InlineData("198.51.100.7", false)]
    [InlineData("203.0.113.7", false)]
    [InlineData("255.255.255.255", false)]
    public void An_inner_address_in_another_dress_is_an_inner_address(string address, bool isPublic) =>
        Assert.Equal(isPublic, OutboundHttp.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData(0, 0, 4_000, 6_000)]
    [InlineData(7, 0, 69_120_000, 103_680_000)]
    public void A_retry_waits_its_turn_one_fifth_more_or_less(int attempts, int ageHours, int least, int most)
    {
        var schedule = OutboxSchedule.Read(new Microsoft.Extensions.Configuration.ConfigurationBuilder().Build());
        Assert.Equal(least, schedule.DelayAfter(attempts, TimeSpan.FromHours(ageHours), 0)!.Value.TotalMilliseconds);
        Assert.Equal(most, schedule.DelayAfter(attempts, TimeSpan.FromHours(ageHours), 1)!.Value.TotalMilliseconds);
    }

    [Theory]
    [InlineData(8, 0, true)]
    [InlineData(7, 71, false)]
    [InlineData(7, 72, true)]
    [InlineData(0, 1_000, false)]
    public void Past_the_last_delay_or_three_days_there_is_no_other_try(int attempts, int ageHours, bool isOver)
    {
        var schedule = OutboxSchedule.Read(new Microsoft.Extensions.Configuration.ConfigurationBuilder().Build());
        Assert.Equal(isOver, schedule.DelayAfter(attempts, TimeSpan.FromHours(ageHours), 0.5) is null);
    }

    private static Task<HttpResponseMessage> SendAsync(OutboundHttp http, string url, bool allowPrivate) =>
        http.SendAsync(new HttpRequestMessage(HttpMethod.Post, url), allowPrivate, TestContext.Current.CancellationToken);

    private static Task<IPAddress[]> Resolve(string host, CancellationToken cancellationToken) => Task.FromResult<IPAddress[]>(host switch
    {
        "inner.example" or "localhost" => [IPAddress.Loopback],
        "mixed.example" => [IPAddress.Parse("8.8.8.8"), IPAddress.Loopback],
        _ => throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.HostNotFound),
    });
}
