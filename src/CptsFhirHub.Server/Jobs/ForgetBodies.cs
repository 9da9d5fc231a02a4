using System.Globalization;
using CptsFhirHub.Storage;
using Quartz;

namespace CptsFhirHub.Server.Jobs;

/// <summary>The clock's way to the retention of messages: their bytes are kept as long as they may be of use, and no longer.</summary>
[DisallowConcurrentExecution]
internal sealed class ForgetBodies(JobBoard board) : IJob
{
    public const string Name = "forget-bodies";

    /// <summary>Messages in one transaction: others write in between.</summary>
    private const int Portion = 200;

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await board.RunAsync(Name, "schedule", cancellationToken);

    public static async Task<string> RunAsync(
        Journal journal, DateTimeOffset now, int processedDays, int rejectedDays, CancellationToken cancellationToken)
    {
        var forgotten = 0;
        while (true)
        {
            var count = await journal.ForgetBodiesAsync(now.AddDays(-processedDays), now.AddDays(-rejectedDays), Portion, cancellationToken);
            forgotten += count;
            if (count < Portion)
                return string.Create(CultureInfo.InvariantCulture, $"{forgotten} bodies forgotten.");
        }
    }
}
