using Quartz;

namespace CptsFhirHub.Server.Jobs;

/// <summary>Once the hub is up: runs that were cut off, and hours that were missed while it was down.</summary>
internal sealed class CatchUp(JobBoard board, IHostApplicationLifetime lifetime) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var _ = lifetime.ApplicationStarted.Register(started.SetResult);
        await using var __ = stoppingToken.Register(() => started.TrySetCanceled(stoppingToken));
        await started.Task;
        await board.CatchUpAsync(NextHour, stoppingToken);
    }

    internal static DateTimeOffset? NextHour(string cron, DateTimeOffset after) =>
        new CronExpression(cron).GetNextValidTimeAfter(after);
}
