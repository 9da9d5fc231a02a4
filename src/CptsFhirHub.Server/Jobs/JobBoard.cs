using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using CptsFhirHub.Storage.Registry;

namespace CptsFhirHub.Server.Jobs;

/// <summary>A run of a job, under way or over. <paramref name="Outcome"/> is a sentence without a word about patients.</summary>
internal sealed record JobRun(DateTimeOffset Started, string StartedBy, DateTimeOffset? Ended, bool? Succeeded, string? Outcome);

/// <summary>What happens when the hub was down at the hour of a job.</summary>
internal enum Misfire
{
    /// <summary>The next hour will do.</summary>
    Skip,

    /// <summary>It runs once as soon as the hub is up, however many hours were missed.</summary>
    RunOnce,
}

/// <summary>A job the hub knows: what it does, when it runs by itself, and how.</summary>
/// <param name="Name">Its name in addresses and settings.</param>
/// <param name="Text">What it does, for programs and their people.</param>
/// <param name="French">What it does, for the team.</param>
/// <param name="Cron">A Quartz cron expression, or "off".</param>
/// <param name="Misfire">What to do about hours that were missed.</param>
/// <param name="Work">Gives the outcome. It may be cut off at any moment and begun anew.</param>
internal sealed record JobDescription(
    string Name, string Text, string French, string Cron, Misfire Misfire, Func<CancellationToken, Task<string>> Work)
{
    public bool IsOn => !string.Equals(Cron, "off", StringComparison.OrdinalIgnoreCase);
}

/// <summary>
/// The jobs with their last runs, which outlive the hub. One job runs once at a time, whether the clock or a person starts it and however
/// many hubs share the database: who runs holds a lease, and prolongs it as long as the work takes.
/// </summary>
internal sealed class JobBoard(IEnumerable<JobDescription> jobs, RegistryStore registry, TimeProvider time, ILogger<JobBoard> logger) : IDisposable
{
    /// <summary>Who started a run, when it was no person.</summary>
    public const string ByClock = "schedule";
    public const string ByRecovery = "recovery";
    public const string ByMisfire = "misfire";

    private const string Everybody = "";
    private const string KnownSince = "job-known-since/";
    private const int RunsKept = 20;
    private const string Running = "running";
    private const string Succeeded = "succeeded";
    private const string Failed = "failed";
    private const string CutOff = "interrupted";

    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(20);

    /// <summary>The clock's own start of a job may be late by so much.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    private readonly string _hub = Guid.NewGuid().ToString("N");
    private readonly Dictionary<string, Entry> _entries = jobs.ToDictionary(job => job.Name, job => new Entry(job), StringComparer.Ordinal);

    public IEnumerable<(JobDescription Job, IReadOnlyList<JobRun> Runs)> All =>
        _entries.Values.Select(entry => (entry.Job, RunsOf(entry.Job.Name)));

    public JobDescription? Find(string name) => _entries.GetValueOrDefault(name)?.Job;

    public IReadOnlyList<JobRun> RunsOf(string name)
    {
        var runs = registry.JobRuns(Everybody, name, RunsKept);

        // A run that nobody holds any more has ended, though nobody was left to say so: that of the first look. One that ended between the two
        // questions has said so since, and one that began after them is under way.
        var isLeased = runs.Any(run => run.FinishedAt is null) && registry.IsLeased(name, time.GetUtcNow());
        HashSet<string> left = isLeased ? [.. runs.Skip(1).Select(run => run.Id)] : [.. runs.Where(run => run.FinishedAt is null).Select(run => run.Id)];
        if (!isLeased && left.Count > 0)
            runs = registry.JobRuns(Everybody, name, RunsKept);
        return [.. runs.Select(run => new JobRun(
            run.StartedAt, run.Subject, run.FinishedAt,
            run.Outcome == Running ? (left.Contains(run.Id) ? false : null) : run.Outcome == Succeeded,
            run.Outcome == Running && left.Contains(run.Id) ? "Cut off; it begins anew." : run.Detail.Length > 0 ? run.Detail : null))];
    }

    /// <summary>Runs a job to its end, whenever it ran last; null when it is running already, here or in another hub.</summary>
    public Task<JobRun?> RunAsync(string name, string startedBy, CancellationToken cancellationToken) =>
        RunAsync(name, startedBy, static _ => true, cancellationToken);

    /// <summary>Runs a job whose hour has come; null when that hour's run is under way or over, here or in another hub.</summary>
    public Task<JobRun?> RunDueAsync(string name, Func<string, DateTimeOffset, DateTimeOffset?> nextHour, CancellationToken cancellationToken)
    {
        var cron = _entries[name].Job.Cron;
        return RunAsync(name, ByClock, last => last is null || nextHour(cron, last.StartedAt) is { } hour && hour <= time.GetUtcNow(), cancellationToken);
    }

    // Whether it is due is asked by the one that holds the lease: another hub may have run it a moment ago.
    private async Task<JobRun?> RunAsync(string name, string startedBy, Func<JobRunRow?, bool> isDue, CancellationToken cancellationToken)
    {
        var entry = _entries[name];
        if (!await entry.Gate.WaitAsync(TimeSpan.Zero, cancellationToken))
            return null;
        try
        {
            var started = time.GetUtcNow();
            if (!await registry.TryLeaseAsync(name, _hub, started, started + Lease, cancellationToken))
                return null;
            try
            {
                return isDue(LastOf(name)) ? await RunLeasedAsync(entry.Job, startedBy, started, cancellationToken) : null;
            }
            finally
            {
                await registry.EndLeaseAsync(name, _hub, CancellationToken.None);
            }
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    /// <summary>
    /// Takes up what a stop left behind: a run that was cut off begins anew, and a job whose hour was missed runs now if it is of that
    /// kind. A job that never ran counts its hours from when it was first known. Gives the names of what ran.
    /// </summary>
    public async Task<IReadOnlyList<string>> CatchUpAsync(Func<string, DateTimeOffset, DateTimeOffset?> nextHour, CancellationToken cancellationToken)
    {
        var ran = new List<string>();
        foreach (var job in _entries.Values.Select(entry => entry.Job).Where(job => job.IsOn))
        {
            var known = LastOf(job.Name) is { } before ? before.StartedAt : await KnownSinceAsync(job.Name, cancellationToken);
            if (!IsLeft(LastOf(job.Name)) || registry.IsLeased(job.Name, time.GetUtcNow()))
                continue;
            var startedBy = LastOf(job.Name) is { FinishedAt: null } ? ByRecovery : ByMisfire;
            if (await RunAsync(job.Name, startedBy, IsLeft, cancellationToken) is not null)
                ran.Add(job.Name);

            bool IsLeft(JobRunRow? last) => last is { FinishedAt: null }
                || (job.Misfire == Misfire.RunOnce && nextHour(job.Cron, last?.StartedAt ?? known) is { } hour && hour + Grace < time.GetUtcNow());
        }

        return ran;
    }

    private JobRunRow? LastOf(string name) => registry.JobRuns(Everybody, name, 1) is [var last, ..] ? last : null;

    /// <summary>Since when a job that never ran is known: a hub that is off every night at its hour would else never run it.</summary>
    private async Task<DateTimeOffset> KnownSinceAsync(string name, CancellationToken cancellationToken)
    {
        if (registry.SettingChangedAt(Everybody, KnownSince + name) is { } since)
            return since;
        var now = time.GetUtcNow();
        await registry.PutSettingAsync(new SettingRow(Everybody, KnownSince + name, "{}", now), cancellationToken);
        return now;
    }

    public void Dispose()
    {
        foreach (var entry in _entries.Values)
            entry.Gate.Dispose();
    }

    private async Task<JobRun> RunLeasedAsync(JobDescription job, string startedBy, DateTimeOffset started, CancellationToken cancellationToken)
    {
        await registry.EndJobRunsAsync(Everybody, job.Name, CutOff, started, cancellationToken);
        var row = new JobRunRow(Guid.NewGuid().ToString("N"), Everybody, job.Name, startedBy, Running, "", started, null);
        await registry.PutJobRunAsync(row, cancellationToken);
        using var held = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var over = new CancellationTokenSource();
        var renewing = RenewAsync(job.Name, held, over.Token);
        try
        {
            row = row with { Detail = await job.Work(held.Token), Outcome = Succeeded };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The hub stops: the run stays unfinished, and whoever starts next takes it up.
            throw;
        }
        catch (Exception fault)
        {
            FlowLog.JobFailed(logger, job.Name, fault.GetType().Name);
            row = row with { Detail = $"Failed: {fault.GetType().Name}.", Outcome = Failed };
        }
        finally
        {
            await over.CancelAsync();
            await renewing;
        }

        row = row with { FinishedAt = time.GetUtcNow() };
        await registry.PutJobRunAsync(row, CancellationToken.None);
        await registry.ForgetJobRunsAsync(Everybody, job.Name, RunsKept, CancellationToken.None);
        return new(row.StartedAt, startedBy, row.FinishedAt, row.Outcome == Succeeded, row.Detail);
    }

    /// <summary>Prolongs the lease while the work goes on; work whose lease is lost is stopped, since another hub may have begun it.</summary>
    private async Task RenewAsync(string name, CancellationTokenSource held, CancellationToken over)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Renewal, time, over);
                var now = time.GetUtcNow();
                if (await registry.TryLeaseAsync(name, _hub, now, now + Lease, over))
                    continue;
                await held.CancelAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The work is done.
        }
        catch (StoreUnavailableException)
        {
            await held.CancelAsync();
        }
    }

    private sealed record Entry(JobDescription Job)
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);
    }
}
