using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Takes up, at start and from time to time, the messages that were received and not settled: those of a hub that was killed, and those
/// that could not be finished. A message is durable before it is acknowledged, so this is all a crash needs.
/// </summary>
internal sealed class ResumeMessages(
    Journal journal, Sources sources, ReceiveSignalement receive, RunningWalks running, TimeProvider time, ILogger<ResumeMessages> logger) : BackgroundService
{
    private const int PortionSize = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    /// <summary>A message this young is on its walk; only at start are all of them ours to take up.</summary>
    private static readonly TimeSpan Youth = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var source in sources.All)
            source.Prepare();

        var isStart = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(isStart ? TimeSpan.Zero : Youth, stoppingToken);
                isStart = false;
                await Task.Delay(Pause, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (IOException fault)
            {
                FlowLog.JobFailed(logger, nameof(ResumeMessages), fault.GetType().Name);
                await Task.Delay(Pause, time, CancellationToken.None);
            }
        }
    }

    /// <summary>Runs every unfinished message older than <paramref name="age"/> once; files before their rows, oldest first.</summary>
    internal async Task<int> RunOnceAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        var (after, resumed) = (0L, 0);
        while (true)
        {
            var portion = await journal.UnsettledAsync(PortionSize, after, cancellationToken);
            foreach (var message in portion)
            {
                after = message.Sequence;
                if (time.GetUtcNow() - message.ReceivedAt < age || running.TryFind(message.Id, out _))
                    continue;
                cancellationToken.ThrowIfCancellationRequested();

                // A file that was resumed a moment ago has settled its rows meanwhile.
                if (await journal.ReadAsync(message.Tenant, message.Id, cancellationToken) is { State: MessageState.Received } still)
                {
                    await receive.ReplayAsync(still, cancellationToken);
                    resumed++;
                }
            }

            if (portion.Count < PortionSize)
                break;
        }

        if (resumed > 0)
            FlowLog.Resuming(logger, resumed);
        return resumed;
    }
}
