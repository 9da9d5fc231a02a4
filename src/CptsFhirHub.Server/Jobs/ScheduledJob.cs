using Quartz;

namespace CptsFhirHub.Server.Jobs;

/// <summary>The clock's way to the jobs: the name of the Quartz job is that of the <see cref="JobDescription"/>.</summary>
[DisallowConcurrentExecution]
internal sealed class ScheduledJob(JobBoard board) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await board.RunDueAsync(context.JobDetail.Key.Name, CatchUp.NextHour, cancellationToken);
}
