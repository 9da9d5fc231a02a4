using System.Net;
using CptsFhirHub.Server.Intake;
using CptsFhirHub.Server.Outbound;
using CptsFhirHub.Tests.Intake;

namespace CptsFhirHub.Tests.Outbound;

/// <summary>Who is to be told is told, signed, again after a failure; and nobody else is ever called.</summary>
public sealed class Outgoing_calls
{
    private const string Secret = "whsec_c29ydGFudC1kZS10ZXN0LXN0YWJsZQ==";

    [Fact]
    public async Task The_dac_is_told_of_its_task_signed_and_again_after_a_failure()
    {
        await using var peer = await StubPeer.StartAsync((_, index) => new(index == 0 ? 500 : 204));
        await using var host = await HubHost.StartAsync(
            ("Hub:DemoTerritory", "false"), ("Hub:Outbound:0:For", "Organization/demo-dac"), ("Hub:Outbound:0:Url", peer.Url),
            ("Hub:Outbound:0:Secret", Secret), ("Hub:Outbound:0:AllowPrivate", "true"), ("Hub:Outbox:Pause", "00:00:00.050"), ("Hub:Outbox:Delays:0", "00:00:00.100"));
        using var booking = await host.ClientAsync("demo-booking");
        var who = Somebody.New();

        await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);

        var calls = await peer.WaitAsync(calls: 2);
        Assert.Single(calls.Select(call => call.Headers["webhook-id"].ToString()).Distinct());
        Assert.All(calls, call => Assert.True(WebhookSignature.Of(call.Headers)!.Fits(call.Body, [WebhookSignature.Secret(Secret)], DateTimeOffset.UtcNow)));
        var told = calls[0].Text;
        Assert.Contains("task-created", told, StringComparison.Ordinal);
        Assert.DoesNotContain(who.Family, told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("8.8.8.8", true)]
    [InlineData("2001:4860:4860::8888", true)]
    public void Only_public_addresses_are_called(string address, bool isPublic) =>
        Assert.Equal(isPublic, OutboundHttp.IsPublic(IPAddress.Parse(address)));
}
