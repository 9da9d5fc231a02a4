using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Coordination.Notices;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>How a source stands in a tenant.</summary>
/// <param name="Last">When it was last heard; null when never.</param>
/// <param name="Rhythm">The silence beyond which something is wrong; null when it has none.</param>
/// <param name="IsLearnt">True when nobody has written the rhythm down: it follows from the past.</param>
internal sealed record SourceState(Source Source, DateTimeOffset? Last, TimeSpan? Rhythm, bool IsLearnt, bool IsSilent);

/// <summary>
/// Who has fallen silent. The beginning of a silence is a Communication in the store that is still under way, its end another one and the
/// first completed: so it is told once, whatever restarts and however many hubs look, and who follows Communications hears of both.
/// </summary>
internal sealed class SourceWatch(
    Sources sources, Journal journal, ResourceStore store, Territories territories, HubSettings settings, TimeProvider time, ILogger<SourceWatch> logger)
{
    private const string Silences = Vocabulary.Root + "/NamingSystem/silence";
    private const string NoticeKind = Vocabulary.Root + "/CodeSystem/type-avis";
    private const string SilentSource = "source-silencieuse";
    private const int HeardCount = 500;
    private static readonly TimeSpan LearntFor = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(string Tenant, string Source), (TimeSpan? Rhythm, DateTimeOffset At)> _learnt = new();

    /// <summary>How each source stands now.</summary>
    public async Task<IReadOnlyList<SourceState>> StatesAsync(string tenant, string? clientId, CancellationToken cancellationToken)
    {
        var states = new List<SourceState>();
        foreach (var source in sources.All)
            states.Add((await StateAsync(tenant, source, clientId, cancellationToken)).State);
        return states;
    }

    /// <summary>1 when a tenant that heard the source once hears it no more: read at each scrape.</summary>
    public double Measure(Source source)
    {
        // The journal answers at once: its tasks are complete when they are given.
        foreach (var tenant in settings.Tenants)
            if (StateAsync(tenant, source, clientId: null, CancellationToken.None) is { IsCompletedSuccessfully: true } state && state.Result.State.IsSilent)
                return 1;
        return 0;
    }

    /// <summary>Looks at every source of every tenant and tells what has changed; a sentence for the list of jobs.</summary>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        var (begun, ended) = (0, 0);
        foreach (var tenant in settings.Tenants)
        {
            var told = await ToldAsync(tenant, cancellationToken);
            foreach (var source in sources.All)
            {
                var (state, last) = await StateAsync(tenant, source, clientId: null, cancellationToken);
                var open = told.GetValueOrDefault(source.Name);
                switch (Silence.Step(state.IsSilent, open is not null))
                {
                    case SilenceStep.Begins when await BeginAsync(tenant, state, last!, cancellationToken):
                        FlowLog.SourceSilent(logger, source.Name, tenant);
                        begun++;
                        break;
                    case SilenceStep.Ends when await EndAsync(tenant, state, open!, cancellationToken):
                        FlowLog.SourceBack(logger, source.Name, tenant);
                        ended++;
                        break;
                }
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{begun} sources fell silent, {ended} speak again.");
    }

    private async Task<(SourceState State, JournalMessage? Last)> StateAsync(
        string tenant, Source source, string? clientId, CancellationToken cancellationToken)
    {
        var filter = new JournalFilter(tenant) { Source = source.Name, ClientId = clientId, Count = 1 };
        var last = await journal.FindAsync(filter, cancellationToken) is [var newest, ..] ? newest : null;
        var now = time.GetUtcNow();
        var rhythm = source.ExpectedEvery ?? await LearnAsync(tenant, source, last, now, cancellationToken);
        return (new(source, last?.ReceivedAt, rhythm, source.ExpectedEvery is null && rhythm is not null,
            Silence.IsSilent(last?.ReceivedAt, rhythm, now)), last);
    }

    private async Task<TimeSpan?> LearnAsync(string tenant, Source source, JournalMessage? last, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (last is null)
            return null;
        if (_learnt.TryGetValue((tenant, source.Name), out var known) && now - known.At < LearntFor)
            return known.Rhythm;
        var heard = await journal.FindAsync(
            new(tenant) { Source = source.Name, IsWhole = true, Count = HeardCount }, cancellationToken);
        var rhythm = Silence.Learn(heard.Select(message => message.ReceivedAt));
        _learnt[(tenant, source.Name)] = (rhythm, now);
        return rhythm;
    }

    /// <summary>The silences whose beginning has been told and whose end has not, by source.</summary>
    private async Task<Dictionary<string, Stored>> ToldAsync(string tenant, CancellationToken cancellationToken)
    {
        var open = await store.FindAllAsync(tenant, Queries.By("Communication",
            Queries.Token("Communication", "category", NoticeKind, SilentSource),
            Queries.Token("Communication", "status", system: null, "in-progress")), cancellationToken);
        var told = new Dictionary<string, Stored>(StringComparer.Ordinal);
        foreach (var stored in open)
            if (stored.Resource.Root.IdentifierOf(Silences) is { } value)
                told[value[..value.IndexOf('/', StringComparison.Ordinal)]] = stored;
        return told;
    }

    private async Task<bool> BeginAsync(string tenant, SourceState state, JournalMessage last, CancellationToken cancellationToken)
    {
        // One silence is the one after that message: two hubs that see it write one notice, and a rhythm that changes tells it no second time.
        var key = $"{state.Source.Name}/{last.Id}";
        var notice = NoticeOf(tenant, key, "in-progress",
            $"La source « {state.Source.Title} » est silencieuse depuis le {ParisDay(last.ReceivedAt)} ; un message est attendu au moins une fois par {French(state.Rhythm!.Value)}.");
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        var commit = await store.CommitAsync(tenant,
        [
            new Write.Expect(Queries.By("Communication", Queries.Token("Communication", "identifier", Silences, key)), ExpectedReference: null),
            new Write.Create(new(notice), IfNoneExist: null, id),
            .. Outgoing(tenant, state.Source, "source-silent", $"Communication/{id}"),
        ], cancellationToken);
        return commit.Committed;
    }

    private async Task<bool> EndAsync(string tenant, SourceState state, Stored open, CancellationToken cancellationToken)
    {
        var told = open.Resource.Root.Copy();
        told.Put("status", "completed");
        var back = NoticeOf(tenant, $"{open.Resource.Root.IdentifierOf(Silences)}/retour", "completed",
            $"La source « {state.Source.Title} » envoie de nouveau des messages.");
        back.ReferItem("inResponseTo", open.Reference);
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        var commit = await store.CommitAsync(tenant,
        [
            new Write.Update(new(told), open.Id, open.Version, MayCreate: false),
            new Write.Create(new(back), IfNoneExist: null, id),
            .. Outgoing(tenant, state.Source, "source-back", $"Communication/{id}"),
        ], cancellationToken);
        return commit.Committed;
    }

    private Element NoticeOf(string tenant, string key, string status, string french)
    {
        var notice = Element.OfResource("Communication");
        notice.AddItem("identifier").With("system", Silences).With("value", key);
        notice.With("status", status);
        notice.AddItem("category").Coding(NoticeKind, SilentSource, "Source silencieuse");
        if (territories.Of(tenant).Cpts is { } cpts)
            notice.ReferItem("recipient", cpts);
        notice.With("sent", time.GetUtcNow().Instant());
        notice.AddItem("payload").With("contentString", french);
        return notice;
    }

    private IEnumerable<Write> Outgoing(string tenant, Source source, string kind, string notice)
    {
        if (territories.Of(tenant).Cpts is not { } cpts)
            yield break;
        var now = time.GetUtcNow();
        yield return new Write.Enqueue(new(Guid.CreateVersion7(now).ToString(), tenant, kind, $"source/{source.Name}", cpts,
            JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>
            {
                ["event"] = kind,
                ["source"] = source.Name,
                ["resource"] = notice,
                ["occurredAt"] = now.Instant(),
            })));
    }

    private static string ParisDay(DateTimeOffset moment) =>
        Days.Local(moment).ToString("dd/MM/yyyy 'à' HH:mm", CultureInfo.InvariantCulture);

    private static string French(TimeSpan rhythm) => rhythm.TotalDays >= 2
        ? string.Create(CultureInfo.InvariantCulture, $"{rhythm.TotalDays:0} jours")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(rhythm.TotalHours, 1):0} heures");
}
