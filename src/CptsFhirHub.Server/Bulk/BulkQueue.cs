using System.Collections.Concurrent;
using System.Threading.Channels;

namespace CptsFhirHub.Server.Bulk;

/// <summary>What is done for a job; reports its progress in words without data, and gives the job as it ends.</summary>
internal delegate Task<BulkJob> BulkWork(BulkJob job, Action<string> report, CancellationToken cancellationToken);

/// <summary>
/// Runs bulk jobs one after the other, keeps what they made for a day, and forgets it. A job is seen by the client that asked for it and
/// by nobody else.
/// </summary>
internal sealed class BulkQueue(
    BulkFolders folders, BulkSettings settings, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<BulkQueue> logger) : BackgroundService
{
    private static readonly TimeSpan BetweenCleanings = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<string, Entry> _jobs = new(StringComparer.Ordinal);
    private readonly Channel<Entry> _waiting = Channel.CreateUnbounded<Entry>();

    /// <summary>Work that can be taken up again after a restart, by operation; the others are said to have failed.</summary>
    public Dictionary<string, BulkWork> Resumable { get; } = new(StringComparer.Ordinal);

    /// <summary>Takes a job; false when the client, or the hub, has too many under way.</summary>
    public bool TryAdd(BulkJob job, BulkWork work)
    {
        var entry = new Entry(job, work);
        lock (_jobs)
        {
            var open = _jobs.Values.Where(known => !known.Job.IsOver).ToList();
            if (open.Count >= settings.JobsMax || open.Count(known => known.Job.Client == job.Client) >= settings.JobsPerClientMax)
                return false;
            _jobs[job.Id] = entry;
        }

        try
        {
            folders.Create(job);
        }
        catch
        {
            Forget(job.Id);
            throw;
        }

        _waiting.Writer.TryWrite(entry);
        return true;
    }

    /// <summary>The job with its progress, when it is that client's and still kept; null in every other case.</summary>
    public (BulkJob Job, string Progress)? Find(string id, string client, string tenant) =>
        _jobs.TryGetValue(id, out var entry) && entry.Job.Client == client && entry.Job.Tenant == tenant && !IsExpired(entry.Job)
            ? (entry.Job, entry.Progress)
            : null;

    public DateTimeOffset ExpiryOf(BulkJob job) => (job.EndedAt ?? job.CreatedAt) + settings.KeptFor;

    /// <summary>Stops it if it runs, and forgets what it made.</summary>
    public void Cancel(string id)
    {
        if (!_jobs.TryGetValue(id, out var entry))
            return;
        entry.Stop.Cancel();
        Forget(id);
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var job in folders.LoadAll())
        {
            if (job.IsOver)
            {
                _jobs[job.Id] = new(job, null);
            }
            else if (Resumable.TryGetValue(job.Operation, out var work))
            {
                var entry = new Entry(job, work);
                _jobs[job.Id] = entry;
                _waiting.Writer.TryWrite(entry);
            }
            else
            {
                var failed = job with { State = BulkState.Failed, EndedAt = time.GetUtcNow(), Error = "The hub was restarted before this was done: ask again." };
                folders.Save(failed);
                _jobs[job.Id] = new(failed, null);
            }
        }

        await base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        foreach (var entry in _jobs.Values)
            entry.Stop.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var cleaning = CleanAsync(stoppingToken);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var listening = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await using var stopping = stoppingToken.Register(() => started.TrySetCanceled(stoppingToken));
        try
        {
            // Before the server listens its address is not known, and with it which references are our own.
            await started.Task;
            await foreach (var entry in _waiting.Reader.ReadAllAsync(stoppingToken))
                await RunAsync(entry, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The hub stops; what was under way is taken up, or said to have failed, at the next start.
        }

        await cleaning;
    }

    private async Task RunAsync(Entry entry, CancellationToken stoppingToken)
    {
        if (entry.Stop.IsCancellationRequested || entry.Work is not { } work)
            return;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, entry.Stop.Token);
        try
        {
            entry.Job = entry.Job with { State = BulkState.Running };
            folders.Save(entry.Job);
            var done = await work(entry.Job, progress => entry.Progress = progress, stop.Token);
            End(entry, done with { State = BulkState.Done });
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Cancelled by its client, which has had everything deleted; or the hub stops.
            if (entry.Stop.IsCancellationRequested)
                folders.Delete(entry.Job.Id);
        }
        catch (Exception fault)
        {
            BulkLog.Failed(logger, entry.Job.Operation, fault.GetType().Name);
            if (!entry.Stop.IsCancellationRequested)
                End(entry, entry.Job with { State = BulkState.Failed, Error = fault is BulkRefusal refusal ? refusal.Message : $"It failed with {fault.GetType().Name}." });
        }
    }

    private void End(Entry entry, BulkJob job)
    {
        // Told only once it is kept: what a client has seen done is done after a kill, too.
        var ended = job with { EndedAt = time.GetUtcNow() };
        folders.Save(ended);
        entry.Job = ended;
        BulkLog.Ended(logger, job.Operation, job.Client, job.State);
    }

    private async Task CleanAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(BetweenCleanings, time);
        try
        {
            do
            {
                foreach (var entry in _jobs.Values.Where(entry => IsExpired(entry.Job)).ToList())
                    Forget(entry.Job.Id);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The hub stops.
        }
    }

    private bool IsExpired(BulkJob job) => job.IsOver && time.GetUtcNow() >= ExpiryOf(job);

    private void Forget(string id)
    {
        _jobs.TryRemove(id, out _);
        folders.Delete(id);
    }

    private sealed class Entry(BulkJob job, BulkWork? work)
    {
        public BulkJob Job { get; set; } = job;

        public BulkWork? Work => work;

        public string Progress { get; set; } = "waiting";

        public CancellationTokenSource Stop { get; } = new();
    }
}

/// <summary>A reason for which a job ends that its client may read.</summary>
internal sealed class BulkRefusal(string message) : Exception(message);

/// <summary>The bounds of bulk jobs. Settings <c>Hub:Bulk:*</c>.</summary>
internal sealed record BulkSettings
{
    /// <summary>Jobs under way or waiting, of all clients.</summary>
    public int JobsMax { get; init; }

    public int JobsPerClientMax { get; init; }

    /// <summary>How long the files of a job are kept after its end.</summary>
    public TimeSpan KeptFor { get; init; }

    /// <summary>Resources in one file; past it another file begins.</summary>
    public int LinesPerFile { get; init; }

    /// <summary>Bytes of one export; past it the export fails.</summary>
    public long ExportBytesMax { get; init; }

    /// <summary>Bytes of one import; past it 413.</summary>
    public long ImportBytesMax { get; init; }

    public static BulkSettings Read(IConfiguration configuration)
    {
        var section = configuration.GetSection("Hub:Bulk");
        return new()
        {
            JobsMax = section.GetValue("Jobs", 8),
            JobsPerClientMax = section.GetValue("JobsPerClient", 2),
            KeptFor = section.GetValue("KeptFor", TimeSpan.FromHours(24)),
            LinesPerFile = section.GetValue("LinesPerFile", 100_000),
            ExportBytesMax = section.GetValue("ExportBytes", 20L * 1024 * 1024 * 1024),
            ImportBytesMax = section.GetValue("ImportBytes", 50L * 1024 * 1024),
        };
    }
}

internal static partial class BulkLog
{
    [LoggerMessage(EventId = 3301, Level = LogLevel.Information, Message = "{Operation} of {ClientId} ended: {State}.")]
    public static partial void Ended(ILogger logger, string operation, string clientId, BulkState state);

    [LoggerMessage(EventId = 3302, Level = LogLevel.Error, Message = "{Operation} failed with {Fault}.")]
    public static partial void Failed(ILogger logger, string operation, string fault);
}
