using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Hosting;

/// <summary>Tells at start what the person who runs the hub should know of its store.</summary>
internal sealed partial class StoreNotice(Journal journal, ILogger<StoreNotice> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (journal.SecretWarning is { } warning)
            Warn(logger, warning);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(12, LogLevel.Warning, "{Warning}")]
    private static partial void Warn(ILogger logger, string warning);
}
