using CptsFhirHub.Server.Flows;
using Quartz;

namespace CptsFhirHub.Server.Jobs;

/// <summary>
/// Once the hub is up, and every minute from then on: runs that were cut off, here or in a hub that was killed, and hours that were missed while
/// no hub was up or its machine slept.
/// </summary>
internal sealed class CatchUp(JobBoard board, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<CatchUp> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A hub that stops before it is up (its port is taken, say) has nothing to catch up with, and no fault to tell beside the true one.
        var isUp = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = lifetime.ApplicationStarted.Register(() => isUp.TrySetResult(true));
        await using var __ = stoppingToken.Register(() => isUp.TrySetResult(false));
        if (!await isUp.Task)
            return;
        while (true)
        {
            try
            {
                await board.CatchUpAsync(NextHour, stoppingToken);
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                // The store may be away for a while: the next look finds the same.
                FlowLog.JobFailed(logger, "catch-up", fault.GetType().Name);
            }

            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    internal static DateTimeOffset? NextHour(string cron, DateTimeOffset after) =>
        new CronExpression(cron).GetNextValidTimeAfter(after);
}
