using System.Text;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace CptsFhirHub.Tests.Jobs;

/// <summary>The watch over a territory of its own, and a clock that may cut it off.</summary>
internal sealed class WatchedTerritory : TimeProvider
{
    private readonly HubHost _host;
    private readonly string _tenant = "watch-" + Guid.NewGuid().ToString("N");
    private CancellationTokenSource? _stop;
    private int _looks;

    public WatchedTerritory(HubHost host, params (string Name, string Value)[] settings)
    {
        _host = host;
        var given = new ConfigurationBuilder().AddInMemoryCollection(
            [new($"Hub:Tenants:{_tenant}:Cpts", "Organization/cpts"), .. settings.Select(one => KeyValuePair.Create($"Hub:Tenants:{_tenant}:{one.Name}", (string?)one.Value))]).Build();
        var territories = new Server.Flows.Territories(given, new Dictionary<string, string>(StringComparer.Ordinal), isDemo: false);
        Files = ActivatorUtilities.CreateInstance<FileWatch>(host.Services, territories, this);
        States = ActivatorUtilities.CreateInstance<StateWatch>(host.Services, territories, this);
    }

    public FileWatch Files { get; }

    public StateWatch States { get; }

    public TimeSpan Later { get; set; }

    private ResourceStore Store => _host.Services.GetRequiredService<ResourceStore>();

    public override DateTimeOffset GetUtcNow()
    {
        if (--_looks == 0)
            _stop?.Cancel();
        return DateTimeOffset.UtcNow + Later;
    }

    /// <summary>Runs and is cut off when the clock has been looked at so often; false when it came to its end before.</summary>
    public async Task<bool> CutAsync(int looks, Func<CancellationToken, Task> run)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        (_stop, _looks) = (stop, looks);
        try
        {
            await run(stop.Token);
            return false;
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            return true;
        }
        finally
        {
            _stop = null;
        }
    }

    /// <summary>A fragile person's file that was opened on that day.</summary>
    public async Task FileAsync(string id, string day, string state = "en-attente-medecin")
    {
        await AddAsync($$"""{"resourceType":"Patient","id":"{{id}}","birthDate":"1938-02-03"}""");
        await AddAsync($$"""
            {"resourceType":"ServiceRequest","id":"{{id}}","status":"active","intent":"order","priority":"urgent","subject":{"reference":"Patient/{{id}}"},"authoredOn":"{{day}}"}
            """);
        await AddAsync($$"""
            {"resourceType":"Task","id":"{{id}}","status":"ready","intent":"order","for":{"reference":"Patient/{{id}}"},"focus":{"reference":"ServiceRequest/{{id}}"},"authoredOn":"{{day}}",
             "code":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/type-tache","code":"parcours-medecin-traitant"}]},
             "businessStatus":{"coding":[{"system":"https://cpts-fhir-hub.example/fhir/CodeSystem/etat-parcours","code":"{{state}}"}]} }
            """);
    }

    public async Task AddAsync(string json)
    {
        var resource = FhirJson.Parse(Encoding.UTF8.GetBytes(json)).Resource!;
        Assert.True((await Store.CommitAsync(_tenant, [new Write.Create(resource, Id: resource.Id)], TestContext.Current.CancellationToken)).Committed);
    }

    public async Task ChangeAsync(string reference, Func<Element, Element> change)
    {
        var now = (await Store.ReadAsync(_tenant, reference, TestContext.Current.CancellationToken))!;
        Assert.True((await Store.CommitAsync(_tenant, [new Write.Update(new(change(now.Resource.Root)), now.Id)], TestContext.Current.CancellationToken)).Committed);
    }

    public async Task<List<Element>> AllAsync(string type) =>
        [.. (await Store.WalkAsync(_tenant, Queries.By(type), TestContext.Current.CancellationToken)).Select(one => one.Resource.Root)];

    public async Task<Element> ReadAsync(string reference) => (await Store.ReadAsync(_tenant, reference, TestContext.Current.CancellationToken))!.Resource.Root;

    /// <summary>The version of each resource of those types.</summary>
    public async Task<Dictionary<string, string>> VersionsAsync(params string[] types)
    {
        var versions = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var type in types)
            foreach (var one in await Store.WalkAsync(_tenant, Queries.By(type), TestContext.Current.CancellationToken))
                versions[one.Reference] = one.Resource.Root.At("meta", "versionId")!.Value!;
        return versions;
    }
}
