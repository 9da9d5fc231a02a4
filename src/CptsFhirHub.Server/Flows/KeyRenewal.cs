using System.Globalization;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Storage;
using CptsFhirHub.Storage.Registry;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Gives the persons of a store that an earlier release wrote, and what is found through them, the keys under which this one finds them, step by step between other writes.
/// How far it is, is kept: a restart goes on there. Until it is done a person is found by the keys of old.
/// </summary>
internal sealed partial class KeyRenewal(HubStore store, TimeProvider time, ILogger<KeyRenewal> logger) : BackgroundService
{
    private const string Setting = "identity-keys";
    private const string Done = "done";

    /// <summary>Steps between two notes of how far it is: what a kill costs is done again.</summary>
    private const int StepsBetweenNotes = 10;

    private static readonly string[] Types = ["Patient", "Task", "ServiceRequest", "Basic"];
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (IOException fault)
            {
                Failed(logger, fault.GetType().Name);
                await Task.Delay(Pause, time, CancellationToken.None);
            }
        }
    }

    /// <summary>Renews what is left to renew; gives the rows seen.</summary>
    public async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        var state = store.Registry.FindSetting("", Setting)?.Trim('"').Split(' ') ?? [];
        if (state is [IdentityKeys.Version, Done])
        {
            store.Resources.AreKeysRenewed = true;
            return 0;
        }

        long row = state is [IdentityKeys.Version, var reached] && long.TryParse(reached, NumberStyles.None, CultureInfo.InvariantCulture, out var known) ? known : 0;
        long? last = null;
        for (var step = 1; ; step++)
        {
            var progress = await store.Resources.RekeyAsync(Types, row, cancellationToken, last);
            (row, last) = (progress.Row, progress.LastRow);
            if (progress.IsDone || step % StepsBetweenNotes == 0)
                await store.Registry.PutSettingAsync(
                    new SettingRow("", Setting, string.Create(CultureInfo.InvariantCulture, $"\"{IdentityKeys.Version} {(progress.IsDone ? Done : row)}\""), time.GetUtcNow()),
                    cancellationToken);
            if (!progress.IsDone)
                continue;
            Renewed(logger, row);
            store.Resources.AreKeysRenewed = true;
            return row;
        }
    }

    [LoggerMessage(3951, LogLevel.Information, "The keys of persons are those of this release, {Rows} rows seen.")]
    private static partial void Renewed(ILogger logger, long rows);

    [LoggerMessage(3952, LogLevel.Warning, "The keys of persons could not be renewed: {Fault}.")]
    private static partial void Failed(ILogger logger, string fault);
}
