using System.Collections.Concurrent;
using System.Net;
using CptsFhirHub.Server.Intake;
using CptsFhirHub.Server.Outbound;
using CptsFhirHub.Tests.Intake;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace CptsFhirHub.Tests.Outbound;

/// <summary>Who is to be told is told, signed, again after a failure; and nobody else is ever called.</summary>
public sealed class Outgoing_calls
{
    private const string Secret = "whsec_c29ydGFudC1kZS10ZXN0LXN0YWJsZQ==";

    [Fact]
    public async Task The_dac_is_told_of_its_task_signed_and_again_after_a_failure()
    {
        await using var peer = await Peer.StartAsync(failures: 1);
        await using var host = await HubHost.StartAsync(
            ("Hub:DemoTerritory", "false"), ("Hub:Outbound:0:For", "Organization/demo-dac"), ("Hub:Outbound:0:Url", peer.Url),
            ("Hub:Outbound:0:Secret", Secret), ("Hub:Outbound:0:AllowPrivate", "true"), ("Hub:Outbox:Pause", "00:00:00.050"));
        using var booking = await host.ClientAsync("demo-booking");
        var who = Somebody.New();

        await booking.PostMessageAsync("doctolib", Messages.SignUp(who), Messages.Json);

        var calls = await peer.WaitAsync(calls: 2);
        Assert.Single(calls.Select(call => call.Signature.Id).Distinct());
        Assert.All(calls, call => Assert.True(call.Signature.Fits(call.Body, [WebhookSignature.Secret(Secret)], DateTimeOffset.UtcNow)));
        var told = System.Text.Encoding.UTF8.GetString(calls[0].Body);
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
        Assert.Equal(isPublic, OutboundTargets.IsPublic(IPAddress.Parse(address)));

    /// <summary>A scripted receiver: fails so many times, then accepts.</summary>
    private sealed class Peer(WebApplication app, ConcurrentQueue<(WebhookSignature Signature, byte[] Body)> seen) : IAsyncDisposable
    {
        public string Url => app.Urls.First();

        public static async Task<Peer> StartAsync(int failures)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var seen = new ConcurrentQueue<(WebhookSignature, byte[])>();
            app.Run(async context =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                seen.Enqueue((WebhookSignature.Of(context.Request.Headers)!, body.ToArray()));
                context.Response.StatusCode = seen.Count <= failures ? 500 : 204;
            });
            await app.StartAsync();
            return new(app, seen);
        }

        public async Task<IReadOnlyList<(WebhookSignature Signature, byte[] Body)>> WaitAsync(int calls)
        {
            var deadline = DateTime.UtcNow.AddSeconds(30);
            while (seen.Count < calls && DateTime.UtcNow < deadline)
                await Task.Delay(20);
            Assert.True(seen.Count >= calls, $"{seen.Count} calls came.");
            return [.. seen];
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
