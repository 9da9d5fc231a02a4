using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>Forgets the answers that were kept for repetitions once nobody repeats any more. Setting <c>Hub:Idempotency:KeptFor</c>.</summary>
internal sealed class ForgetAnswers(KeptAnswers answers, IConfiguration configuration, TimeProvider time) : BackgroundService
{
    /// <summary>Answers in one transaction: others write in between.</summary>
    private const int Portion = 500;

    private static readonly TimeSpan KeptForDefault = TimeSpan.FromDays(7);
    private static readonly TimeSpan Between = TimeSpan.FromHours(1);
    private readonly TimeSpan _keptFor = configuration.GetValue("Hub:Idempotency:KeptFor", KeptForDefault);

    /// <summary>Forgets what is old enough, and tells how much that was.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var forgotten = 0;
        while (true)
        {
            var count = await answers.ForgetAsync(time.GetUtcNow() - _keptFor, Portion, cancellationToken);
            forgotten += count;
            if (count < Portion)
                return forgotten;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Between, time);
        try
        {
            do
            {
                try
                {
                    await RunAsync(stoppingToken);
                }
                catch (IOException)
                {
                    // The store is away: they are forgotten at the next turn.
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The hub stops.
        }
    }
}
