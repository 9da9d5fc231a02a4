using System.Text.Json;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using CptsFhirHub.Storage.Registry;
using CptsFhirHub.Tests.Intake;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace CptsFhirHub.Tests.Flows;

/// <summary>A message that the hub cannot finish is set aside for a person, and those behind it go on.</summary>
public sealed class Poisoned_messages
{
    private const string Tenant = "demo-cpts";

    [Fact]
    public async Task One_that_fails_each_time_stops_no_other()
    {
        await using var host = await HostAsync();
        var (poison, sound) = (await ReceiveAsync(host, "poison", "{}"), await ReceiveAsync(host, "sound", Messages.SignUp(Somebody.New())));
        var resume = Resume(host);

        for (var round = 0; round < 3; round++)
            await resume.RunOnceAsync(TimeSpan.Zero, before: null, TestContext.Current.CancellationToken);

        Assert.Equal(MessageState.Processed, await StateAsync(host, sound));
        Assert.Equal(MessageState.Waiting, await StateAsync(host, poison));
        Assert.Equal(0, await resume.RunOnceAsync(TimeSpan.Zero, before: null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_fault_of_the_moment_is_run_again_and_one_that_stays_is_left_to_a_person()
    {
        await using var host = await HostAsync();
        var moods = 2;
        var resume = Resume(host, mood: () => --moods >= 0);
        var moody = await ReceiveAsync(host, "moody", Messages.SignUp(Somebody.New()));
        var broken = await ReceiveAsync(host, "broken", Messages.SignUp(Somebody.New()));

        Assert.Equal(2, await resume.RunOnceAsync(TimeSpan.Zero, before: null, TestContext.Current.CancellationToken));
        Assert.Equal((MessageState.Waiting, MessageState.Waiting), (await StateAsync(host, moody), await StateAsync(host, broken)));

        Assert.Equal(2, await resume.RunFaultsAsync(TestContext.Current.CancellationToken));
        Assert.Equal(2, await resume.RunFaultsAsync(TestContext.Current.CancellationToken));
        Assert.Equal((MessageState.Processed, MessageState.Waiting), (await StateAsync(host, moody), await StateAsync(host, broken)));

        for (var round = 3; round < OwnFault.TriesMax; round++)
            Assert.Equal(1, await resume.RunFaultsAsync(TestContext.Current.CancellationToken));
        Assert.Equal(0, await resume.RunFaultsAsync(TestContext.Current.CancellationToken));
        Assert.Equal(MessageState.Waiting, await StateAsync(host, broken));
    }

    [Fact]
    public async Task One_at_which_three_starts_ended_is_not_taken_up_a_fourth_time()
    {
        await using var host = await HostAsync();
        var (poison, sound) = (await ReceiveAsync(host, "deadly", "{}"), await ReceiveAsync(host, "sound", Messages.SignUp(Somebody.New())));

        for (var start = 0; start < 4; start++)
            await Assert.ThrowsAsync<OperationCanceledException>(async () =>
            {
                using var death = new CancellationTokenSource();
                await Resume(host, death).RunAtStartAsync(death.Token);
            });
        Assert.Equal(MessageState.Received, await StateAsync(host, sound));

        using var life = new CancellationTokenSource();
        await Resume(host, life).RunAtStartAsync(life.Token);
        Assert.Equal(MessageState.Waiting, await StateAsync(host, poison));
        Assert.Equal(MessageState.Processed, await StateAsync(host, sound));
    }

    [Fact]
    public async Task A_start_that_was_killed_once_sets_nothing_aside()
    {
        await using var host = await HostAsync();
        var sound = await ReceiveAsync(host, "sound", Messages.SignUp(Somebody.New()));
        await host.Services.GetRequiredService<HubStore>().Registry.PutSettingAsync(
            new SettingRow("", ResumeMessages.Setting, JsonSerializer.Serialize(new ResumeMark(2, sound, 1)), DateTimeOffset.UtcNow),
            TestContext.Current.CancellationToken);

        await Resume(host).RunAtStartAsync(TestContext.Current.CancellationToken);

        Assert.Equal(MessageState.Processed, await StateAsync(host, sound));
    }

    [Fact]
    public async Task While_another_hub_takes_messages_up_this_one_leaves_them_alone()
    {
        await using var host = await HostAsync();
        var message = await ReceiveAsync(host, "sound", Messages.SignUp(Somebody.New()));
        var registry = host.Services.GetRequiredService<HubStore>().Registry;
        var now = DateTimeOffset.UtcNow;
        Assert.True(await registry.TryLeaseAsync(ResumeMessages.Setting, "another", now, now.AddMinutes(2), TestContext.Current.CancellationToken));

        Assert.Equal(0, await Resume(host).RunAtStartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(MessageState.Received, await StateAsync(host, message));

        await registry.EndLeaseAsync(ResumeMessages.Setting, "another", TestContext.Current.CancellationToken);
        Assert.Equal(1, await Resume(host).RunAtStartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(MessageState.Processed, await StateAsync(host, message));
        Assert.True(await registry.TryLeaseAsync(ResumeMessages.Setting, "another", now, now.AddMinutes(2), TestContext.Current.CancellationToken));
    }

    /// <summary>A hub whose own job rests, and knows none of the sources below.</summary>
    private static async Task<HubHost> HostAsync()
    {
        var host = await HubHost.StartAsync(("Hub:DemoTerritory", "false"));
        await host.Services.GetServices<IHostedService>().OfType<ResumeMessages>().Single().CaughtUp;
        return host;
    }

    /// <summary>In the journal and not interpreted: what a kill leaves behind.</summary>
    private static async Task<string> ReceiveAsync(HubHost host, string source, string text)
    {
        var receipt = await host.Services.GetRequiredService<Journal>().ReceiveAsync(
            new Arrival(Tenant, source, "http", "demo-cpts", Messages.Json, Guid.NewGuid().ToString(), System.Text.Encoding.UTF8.GetBytes(text)),
            TestContext.Current.CancellationToken);
        return receipt.Message.Id;
    }

    private static async Task<string> StateAsync(HubHost host, string id) =>
        (await host.Services.GetRequiredService<Journal>().ReadAsync(Tenant, id, TestContext.Current.CancellationToken))!.State;

    /// <summary>The job with more sources: a sound one, one whose messages fail, one whose messages end the process, two at which the walk stops.</summary>
    /// <param name="mood">True while messages of "moody" stop at a fault; those of "broken" always do.</param>
    private static ResumeMessages Resume(HubHost host, CancellationTokenSource? process = null, Func<bool>? mood = null)
    {
        var services = host.Services;
        var known = services.GetRequiredService<Sources>();
        var sources = new Sources(
        [
            .. known.All,
            known.Find("doctolib")! with { Name = "sound" },
            known.Find("doctolib")! with { Name = "poison", Reader = (_, _, _) => null! },
            known.Find("doctolib")! with { Name = "moody", Intent = tree => mood!() ? throw new InvalidOperationException("Not now.") : MessageIntent.Of(tree) },
            known.Find("doctolib")! with { Name = "broken", Intent = _ => throw new InvalidOperationException("Never.") },
            known.Find("doctolib")! with
            {
                Name = "deadly",
                Reader = (_, _, _) =>
                {
                    process!.Cancel();
                    return null!;
                },
            },
        ]);
        var receive = ActivatorUtilities.CreateInstance<ReceiveSignalement>(services, sources);
        var replay = ActivatorUtilities.CreateInstance<ReplayMessages>(services, sources, receive);
        return ActivatorUtilities.CreateInstance<ResumeMessages>(
            services, sources, receive, replay, NullLogger<ResumeMessages>.Instance);
    }
}
