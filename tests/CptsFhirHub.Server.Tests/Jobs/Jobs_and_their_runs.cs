using CptsFhirHub.Server.Jobs;
using CptsFhirHub.Storage;
using CptsFhirHub.Storage.Registry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace CptsFhirHub.Tests.Jobs;

/// <summary>A job runs once at a time in all hubs of a database; its runs outlive the hub, and one that was cut off begins anew.</summary>
public sealed class Jobs_and_their_runs(HubHost host)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private RegistryStore Registry => host.Services.GetRequiredService<HubStore>().Registry;

    private JobBoard Board(string name, Func<CancellationToken, Task<string>> work, Misfire misfire = Misfire.Skip, TimeProvider? time = null) => new(
        [new JobDescription(name, "text", "texte", "0 0 3 * * ?", misfire, work)], Registry, time ?? TimeProvider.System, NullLogger<JobBoard>.Instance);

    private static string NewName() => "job-" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Two_hubs_never_run_a_job_at_once()
    {
        var name = NewName();
        var (begun, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var one = Board(name, async _ =>
        {
            begun.SetResult();
            await end.Task;
            return "done";
        });
        using var other = Board(name, _ => Task.FromResult("done"));

        var running = one.RunAsync(name, "a", Stop);
        await begun.Task;
        Assert.Null(await other.RunAsync(name, "b", Stop));
        Assert.Null(other.RunsOf(name).Single().Succeeded);
        end.SetResult();
        Assert.True((await running)!.Succeeded);
        Assert.True((await other.RunAsync(name, "b", Stop))!.Succeeded);

        Assert.Equal([("b", true), ("a", true)], other.RunsOf(name).Select(run => (run.StartedBy, run.Succeeded)).Select(pair => (pair.StartedBy, pair.Succeeded == true)));
    }

    [Fact]
    public async Task A_run_that_ends_while_somebody_looks_was_not_cut_off()
    {
        var name = NewName();
        var first = new JobRunRow(Guid.NewGuid().ToString("N"), "", name, "schedule", "running", "", DateTimeOffset.UtcNow, null);
        await Registry.PutJobRunAsync(first, Stop);

        // The clock is looked at between the question for the runs and the one for the lease.
        using var ends = Board(name, _ => Task.FromResult("done"), time: new Meanwhile(() =>
            Registry.PutJobRunAsync(first with { Outcome = "succeeded", FinishedAt = DateTimeOffset.UtcNow }, Stop)));
        Assert.True(Assert.Single(ends.RunsOf(name)).Succeeded);

        var second = first with { Id = Guid.NewGuid().ToString("N"), StartedAt = first.StartedAt.AddSeconds(1) };
        await Registry.PutJobRunAsync(second, Stop);
        var third = second with { Id = Guid.NewGuid().ToString("N"), StartedAt = second.StartedAt.AddSeconds(1) };
        using var begins = Board(name, _ => Task.FromResult("done"), time: new Meanwhile(() => Registry.PutJobRunAsync(third, Stop)));
        Assert.Equal([null, false, true], begins.RunsOf(name).Select(run => run.Succeeded));
    }

    [Fact]
    public async Task A_run_that_was_cut_off_begins_anew_when_its_lease_is_over()
    {
        var name = NewName();
        var clock = new FixedHour(new(2026, 11, 22, 2, 0, 0, TimeSpan.Zero));
        await Registry.PutJobRunAsync(new(Guid.NewGuid().ToString("N"), "", name, "schedule", "running", "", clock.Now, null), Stop);
        await Registry.TryLeaseAsync(name, "a hub that was killed", clock.Now, clock.Now.AddSeconds(60), Stop);
        using var board = Board(name, _ => Task.FromResult("done"), time: clock);

        Assert.Empty(await board.CatchUpAsync(CatchUp.NextHour, Stop));
        clock.Now = clock.Now.AddSeconds(61);
        Assert.False(board.RunsOf(name).Single().Succeeded);
        Assert.Equal([name], await board.CatchUpAsync(CatchUp.NextHour, Stop));
        Assert.Empty(await board.CatchUpAsync(CatchUp.NextHour, Stop));
        Assert.Equal(["recovery", "schedule"], board.RunsOf(name).Select(run => run.StartedBy));
    }

    [Theory]
    [InlineData(Misfire.RunOnce, 1)]
    [InlineData(Misfire.Skip, 0)]
    internal async Task Hours_that_were_missed_are_made_up_for_once_or_not_at_all(Misfire misfire, int runs)
    {
        var name = NewName();
        var clock = new FixedHour(new(2026, 11, 20, 3, 0, 0, TimeSpan.Zero));
        using var board = Board(name, _ => Task.FromResult("done"), misfire, clock);
        await board.RunAsync(name, "schedule", Stop);

        clock.Now = clock.Now.AddHours(1);
        Assert.Empty(await board.CatchUpAsync(CatchUp.NextHour, Stop));
        clock.Now = clock.Now.AddDays(2);
        Assert.Equal(runs, (await board.CatchUpAsync(CatchUp.NextHour, Stop)).Count);
        Assert.Equal(1 + runs, board.RunsOf(name).Count);
    }

    [Fact]
    public async Task An_hour_is_run_once_however_many_hubs_come_to_it()
    {
        var name = NewName();
        var clock = new FixedHour(new(2026, 11, 20, 3, 0, 0, 200, TimeSpan.Zero));
        var runs = 0;
        JobBoard[] boards = [.. Enumerable.Range(0, 4).Select(_ => Board(name, _ => Task.FromResult($"{Interlocked.Increment(ref runs)}"), Misfire.RunOnce, clock))];

        // The clock of each strikes: the last when the others have long done it. A person may run it at any time.
        foreach (var board in boards)
        {
            await board.RunDueAsync(name, CatchUp.NextHour, Stop);
            clock.Now = clock.Now.AddSeconds(2);
        }

        Assert.Equal(1, runs);
        Assert.NotNull(await boards[1].RunAsync(name, "a", Stop));
        Assert.Null(await boards[2].RunDueAsync(name, CatchUp.NextHour, Stop));

        // All were down for two days, and start at once.
        clock.Now = clock.Now.AddDays(2);
        await Task.WhenAll(boards.Select(board => Task.Run(() => board.CatchUpAsync(CatchUp.NextHour, Stop))));
        Assert.Equal(3, runs);
        clock.Now = new(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);
        Assert.NotNull(await boards[3].RunDueAsync(name, CatchUp.NextHour, Stop));
        Assert.Empty(await boards[0].CatchUpAsync(CatchUp.NextHour, Stop));
        foreach (var board in boards)
            board.Dispose();
    }

    [Fact]
    public async Task A_job_that_never_ran_is_made_up_for_once_when_the_hub_is_off_at_its_hour_every_night()
    {
        var name = NewName();
        var clock = new FixedHour(new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero));
        using var board = Board(name, _ => Task.FromResult("done"), Misfire.RunOnce, clock);
        Assert.Empty(await board.CatchUpAsync(CatchUp.NextHour, Stop));
        clock.Now = clock.Now.AddHours(9);
        Assert.Empty(await board.CatchUpAsync(CatchUp.NextHour, Stop));
        clock.Now = clock.Now.AddHours(15);
        using var again = Board(name, _ => Task.FromResult("done"), Misfire.RunOnce, clock);
        Assert.Equal([name], await again.CatchUpAsync(CatchUp.NextHour, Stop));
        Assert.Empty(await again.CatchUpAsync(CatchUp.NextHour, Stop));
        Assert.Equal("misfire", again.RunsOf(name).Single().StartedBy);
    }

    [Fact]
    public void A_source_keeps_its_bytes_for_days_of_its_own()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Hub:Journal:ProcessedBodyDays"] = "60",
            ["Hub:Journal:Sources:hospital:ProcessedBodyDays"] = "10",
            ["Hub:Journal:Sources:prado:RejectedBodyDays"] = "400",
        }).Build().GetSection("Hub:Journal");
        var usual = BodyDays.Of(settings, new(90, 180));
        Assert.Equal(new(60, 180), usual);
        Assert.Equal([("hospital", new(10, 180)), ("prado", new(60, 400))], BodyDays.OfSources(settings, usual).Select(one => (one.Key, one.Value)));
    }

    [Fact]
    public async Task A_job_that_fails_says_so_and_runs_again()
    {
        var name = NewName();
        using var board = Board(name, _ => throw new InvalidDataException("a secret"));
        var run = await board.RunAsync(name, "a", Stop);
        Assert.Equal((false, "Failed: InvalidDataException."), (run!.Succeeded, run.Outcome));
        Assert.NotNull(await board.RunAsync(name, "a", Stop));
    }

    /// <summary>The host of a hub whose port is taken stops what it has begun, before it ever was up.</summary>
    [Fact]
    public async Task A_hub_that_stops_before_it_is_up_ends_without_a_fault()
    {
        using var lifetime = new NeverUp();
        using var board = Board(NewName(), _ => Task.FromResult("done"));
        using var watch = new CatchUp(board, lifetime, TimeProvider.System, NullLogger<CatchUp>.Instance);
        await watch.StartAsync(Stop);
        await lifetime.Asked.WaitAsync(TimeSpan.FromMinutes(2), Stop);

        await watch.StopAsync(Stop);

        await watch.ExecuteTask!.WaitAsync(TimeSpan.FromMinutes(2), Stop);
        Assert.Equal(TaskStatus.RanToCompletion, watch.ExecuteTask!.Status);
    }

    private sealed class NeverUp : IHostApplicationLifetime, IDisposable
    {
        private readonly CancellationTokenSource _up = new();
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Done when somebody waits for the hub to be up.</summary>
        public Task Asked => _asked.Task;

        public CancellationToken ApplicationStarted
        {
            get
            {
                _asked.TrySetResult();
                return _up.Token;
            }
        }

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }

        public void Dispose() => _up.Dispose();
    }

    private sealed class FixedHour(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }

    /// <summary>Something happens while the clock is looked at.</summary>
    private sealed class Meanwhile(Func<Task> happens) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow()
        {
            happens().GetAwaiter().GetResult();
            return DateTimeOffset.UtcNow;
        }
    }
}
