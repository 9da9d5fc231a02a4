using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;
using CptsFhirHub.Storage.Registry;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Puts on record, in each tenant, when persons are compared by other parameters or other guards than at the last start: who lowers a guard
/// by a setting leaves a trace that no setting takes away.
/// </summary>
internal sealed partial class RulesOfIdentity(HubStore store, HubSettings settings, TimeProvider time, ILogger<RulesOfIdentity> logger) : BackgroundService
{
    private const string Setting = "identity-rules";

    private static readonly string AsShipped = Describe(MatchModel.Shipped, Guard.None);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        if (settings.GuardsOff != Guard.None)
            Lowered(logger, string.Join(", ", GuardSwitches.NamesOf(settings.GuardsOff)));
        try
        {
            foreach (var tenant in settings.Tenants)
                await RecordAsync(tenant, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The next start compares again.
        }
        catch (IOException fault)
        {
            FlowLog.JobFailed(logger, nameof(RulesOfIdentity), fault.GetType().Name);
        }
    }

    private async Task RecordAsync(string tenant, CancellationToken cancellationToken)
    {
        var now = Describe(settings.MatchModel, settings.GuardsOff);
        var before = store.Registry.FindSetting(tenant, Setting) is { } kept ? JsonSerializer.Deserialize<string>(kept)! : AsShipped;
        if (before == now)
            return;
        var audit = AuditRecord.OfSettings("Hub:Matching", before, now, time.GetUtcNow());
        if ((await store.Resources.CommitAsync(tenant, [new Write.Create(new(audit))], cancellationToken)).Committed)
            await store.Registry.PutSettingAsync(new SettingRow(tenant, Setting, JsonSerializer.Serialize(now), time.GetUtcNow()), cancellationToken);
    }

    private static string Describe(MatchModel model, Guard off) => string.Create(
        CultureInfo.InvariantCulture,
        $"parameters {model.Version}, certain from {model.CertainFrom}, probable from {model.ProbableFrom}, possible from {model.PossibleFrom}, guards off: {(off == Guard.None ? "none" : string.Join(' ', GuardSwitches.NamesOf(off)))}");

    [LoggerMessage(3961, LogLevel.Warning, "Guards of identity are switched off: {Guards}.")]
    private static partial void Lowered(ILogger logger, string guards);
}
