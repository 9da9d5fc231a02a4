using Quartz;

namespace CptsFhirHub.Server.Jobs;

/// <summary>The clock's way to the cohorts. The flow is idempotent: a run that was missed is made up for by the next.</summary>
[DisallowConcurrentExecution]
internal sealed class ReconcileCohorts(JobBoard board) : IJob
{
    public const string Name = "reconcile-cohorts";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await board.RunAsync(Name, "schedule", cancellationToken);
}
