using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;
using CptsFhirHub.Storage.Registry;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// Follows the SearchParameters that are stored: puts them in force and indexes what was stored before them, step by step between other
/// writes. How far each has come is kept, so that a restart goes on where the last run ended.
/// </summary>
internal sealed partial class ParameterLoading(
    HubStore store, OwnParameters own, IndexProgress progress, DefinitionSet definitions, HubSettings settings, TimeProvider time, ILogger<ParameterLoading> logger)
    : BackgroundService
{
    private const string Job = "search-parameter";

    /// <summary>Stores from before quantities were indexed in base units are looked through once.</summary>
    private const string Renewal = "urn:cpts-fhir-hub:index:quantities-in-base-units";

    /// <summary>Steps between two notes of how far it is: what a kill costs is done again.</summary>
    private const int StepsBetweenNotes = 10;

    private const int ParametersMax = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(50);
    private string _seen = "";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LoadAsync(stoppingToken);
                await own.WaitAsync(Pause, stoppingToken);

                // Told before the commit: it is durable a moment later, and if not, the next turn sees it.
                await Task.Delay(Settling, time, stoppingToken);
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

    /// <summary>Puts in force what is stored now, and indexes what has not been.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var seen = new StringBuilder();
        foreach (var tenant in settings.Tenants)
            foreach (var version in (await store.Resources.HistoryAsync(tenant, "SearchParameter", null, new(1), cancellationToken)).Versions)
                seen.Append(CultureInfo.InvariantCulture, $"{tenant} {version.Reference} {version.Version} {version.LastUpdated:O}\n");
        if (seen.ToString() == _seen)
            return;

        var loaded = await LoadedAsync(store, definitions, settings.Tenants, cancellationToken);
        var states = progress.All();
        foreach (var gone in states.Keys.Except(loaded.Select(one => one.Url)).Where(url => url != Renewal).ToList())
            states.Remove(gone);
        foreach (var one in loaded)
            if (states.GetValueOrDefault(one.Url)?.Digest != one.Digest)
                states[one.Url] = new(one.Digest, 0, IsDone: false) { Code = one.Code, Id = one.Resource.Id };
        states.TryAdd(Renewal, new("1", 0, IsDone: false) { Code = "quantity" });

        own.Use([.. loaded.Select(one => one.Resource)], states.Where(state => !state.Value.IsDone).Select(state => state.Key));
        store.Resources.UseParameters(own.Definitions);
        await KeepAsync(states, cancellationToken);
        foreach (var one in loaded.Where(one => !states[one.Url].IsDone))
            await IndexAsync(one.Url, one.Tenant, parameter => parameter.Url == one.Url, states, cancellationToken);
        if (!states[Renewal].IsDone)
            await IndexAsync(
                Renewal, "", parameter => parameter.Type is SearchParameterType.Quantity or SearchParameterType.Composite, states, cancellationToken);
        _seen = seen.ToString();
    }

    private async Task IndexAsync(
        string url, string tenant, Func<SearchParameter, bool> isMeant, Dictionary<string, IndexState> states, CancellationToken cancellationToken)
    {
        var parameters = own.Definitions.ResourceTypes.SelectMany(own.Definitions.SearchParameters).Where(isMeant).ToList();
        var started = time.GetUtcNow();
        var (row, code, digest) = (states[url].Row, states[url].Code, states[url].Digest);

        // What is written from here on is indexed as it is written.
        long? last = null;
        for (var step = 1; ; step++)
        {
            var reached = await store.Resources.ReindexAsync(parameters, row, cancellationToken, last);
            (row, last) = (reached.Row, reached.LastRow);
            states[url] = states[url] with { Row = row, LastRow = reached.LastRow, IsDone = reached.IsDone };
            if (!reached.IsDone && step % StepsBetweenNotes != 0)
                continue;

            await KeepAsync(states, cancellationToken);
            await store.Registry.PutJobRunAsync(
                new JobRunRow(
                    $"{Job}-{digest}", tenant, Job, code, reached.IsDone ? "done" : "running",
                    string.Create(CultureInfo.InvariantCulture, $"{reached.Row}/{reached.LastRow}"), started, reached.IsDone ? time.GetUtcNow() : null),
                cancellationToken);
            if (!reached.IsDone)
                continue;
            own.Ready(url);
            Indexed(logger, code, reached.LastRow);
            return;
        }
    }

    /// <summary>What the index of a store should hold, for who only looks: the definitions, and the URLs of those it is not filled for yet.</summary>
    public static async Task<(DefinitionSet Definitions, FrozenSet<string> Pending)> InForceAsync(
        HubStore store, DefinitionSet definitions, IEnumerable<string> tenants, CancellationToken cancellationToken)
    {
        var loaded = await LoadedAsync(store, definitions, tenants, cancellationToken);
        var states = new IndexProgress(store.Registry).All();
        var pending = loaded.Where(one => states.GetValueOrDefault(one.Url) is not { IsDone: true } state || state.Digest != one.Digest);
        return (
            loaded.Count == 0 ? definitions : definitions.With([.. loaded.Select(one => one.Resource)]),
            pending.Select(one => one.Url).ToFrozenSet(StringComparer.Ordinal));
    }

    private static async Task<List<Loaded>> LoadedAsync(
        HubStore store, DefinitionSet definitions, IEnumerable<string> tenants, CancellationToken cancellationToken)
    {
        var loaded = new List<Loaded>();
        var query = new SearchQuery("SearchParameter", []) { Count = ParametersMax, WantsTotal = false };
        foreach (var tenant in tenants.Order(StringComparer.Ordinal))
        {
            foreach (var stored in (await store.Resources.SearchAsync(tenant, query, cancellationToken)).Matches)
            {
                var root = stored.Resource.Root;
                if (root.Text("status") == "active" && root.Text("url") is { } url && root.Text("code") is { } code
                    && definitions.Find("SearchParameter", url) is null && !loaded.Exists(one => one.Url == url))
                {
                    loaded.Add(new(tenant, url, code, Digest(root), stored.Resource));
                }
            }
        }

        return loaded;
    }

    /// <summary>What the index depends on: the rest of the resource may change without a new index.</summary>
    private static string Digest(Element root)
    {
        var text = string.Join('\n', root.Text("code"), root.Text("type"), root.Text("expression"),
            string.Join(' ', root.All("base").ToArray().Select(type => type.Value).Order(StringComparer.Ordinal)),
            string.Join(' ', root.All("target").ToArray().Select(type => type.Value).Order(StringComparer.Ordinal)));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }

    private Task KeepAsync(Dictionary<string, IndexState> states, CancellationToken cancellationToken) =>
        store.Registry.PutSettingAsync(new SettingRow("", IndexProgress.Setting, JsonSerializer.Serialize(states), time.GetUtcNow()), cancellationToken);

    [LoggerMessage(3901, LogLevel.Information, "The search parameter {Code} is indexed, {Rows} rows seen.")]
    private static partial void Indexed(ILogger logger, string code, long rows);

    [LoggerMessage(3902, LogLevel.Warning, "Search parameters could not be loaded: {Fault}.")]
    private static partial void Failed(ILogger logger, string fault);

    private sealed record Loaded(string Tenant, string Url, string Code, string Digest, Resource Resource);
}
