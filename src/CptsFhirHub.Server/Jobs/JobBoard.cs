using CptsFhirHub.Server.Flows;

namespace CptsFhirHub.Server.Jobs;

/// <summary>A run of a job, under way or over. <paramref name="Outcome"/> is a sentence without a word about patients.</summary>
internal sealed record JobRun(DateTimeOffset Started, string StartedBy, DateTimeOffset? Ended, bool? Succeeded, string? Outcome);

/// <summary>A job the hub knows: what it does, when it runs by itself, and how.</summary>
internal sealed record JobDescription(string Name, string Text, string Cron, Func<CancellationToken, Task<string>> Work);

/// <summary>The jobs with their last runs. One job runs once at a time, whether the clock or a person starts it.</summary>
internal sealed class JobBoard(IEnumerable<JobDescription> jobs, TimeProvider time, ILogger<JobBoard> logger) : IDisposable
{
    private const int RunsKept = 20;
    private readonly Dictionary<string, Entry> _entries = jobs.ToDictionary(job => job.Name, job => new Entry(job), StringComparer.Ordinal);

    public IEnumerable<(JobDescription Job, IReadOnlyList<JobRun> Runs)> All => _entries.Values.Select(entry => (entry.Job, entry.Runs()));

    public JobDescription? Find(string name) => _entries.GetValueOrDefault(name)?.Job;

    /// <summary>Runs a job to its end; null when it is running already.</summary>
    public async Task<JobRun?> RunAsync(string name, string startedBy, CancellationToken cancellationToken)
    {
        var entry = _entries[name];
        if (!await entry.Gate.WaitAsync(TimeSpan.Zero, cancellationToken))
            return null;
        try
        {
            var run = new JobRun(time.GetUtcNow(), startedBy, null, null, null);
            entry.Put(run);
            try
            {
                run = run with { Outcome = await entry.Job.Work(cancellationToken), Succeeded = true };
            }
            catch (Exception fault)
            {
                FlowLog.JobFailed(logger, name, fault.GetType().Name);
                run = run with { Outcome = $"Failed: {fault.GetType().Name}.", Succeeded = false };
            }

            run = run with { Ended = time.GetUtcNow() };
            entry.Replace(run);
            return run;
        }
        finally
        {
            entry.Gate.Release();
        }
    }

    public void Dispose()
    {
        foreach (var entry in _entries.Values)
            entry.Gate.Dispose();
    }

    private sealed class Entry(JobDescription job)
    {
        private readonly LinkedList<JobRun> _runs = new();

        public JobDescription Job => job;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public IReadOnlyList<JobRun> Runs()
        {
            lock (_runs)
                return [.. _runs];
        }

        public void Put(JobRun run)
        {
            lock (_runs)
            {
                _runs.AddFirst(run);
                if (_runs.Count > RunsKept)
                    _runs.RemoveLast();
            }
        }

        public void Replace(JobRun run)
        {
            lock (_runs)
            {
                _runs.RemoveFirst();
                _runs.AddFirst(run);
            }
        }
    }
}
