using System.Text;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Storage.Tests;

/// <summary>A real store in a folder of its own, gone with the test.</summary>
internal sealed class TempStore : IAsyncDisposable
{
    public const string Tenant = "t1";
    public const string OtherTenant = "t2";

    private readonly bool _ownsFolder;

    private TempStore(HubStore store, string folder, bool ownsFolder)
    {
        Store = store;
        Folder = folder;
        _ownsFolder = ownsFolder;
    }

    public HubStore Store { get; }

    public string Folder { get; }

    public ResourceStore Resources => Store.Resources;

    public static async Task<TempStore> OpenAsync(string? folder = null, TimeProvider? time = null, Func<Resource, IEnumerable<LookupKey>>? keysOf = null,
        DefinitionSet? definitions = null)
    {
        var place = folder ?? Directory.CreateTempSubdirectory("hub-store-").FullName;
        if (folder is null)
            StorePlace.Reuse(place);
        var store = await HubStore.OpenAsync(
            Options(place) with
            {
                Time = time ?? TimeProvider.System,
                LookupKeysOf = keysOf ?? (_ => []),
                Definitions = definitions ?? R4.Definitions,
            },
            CancellationToken.None);
        return new(store, place, folder is null);
    }

    public static StoreOptions Options(string folder) =>
        new() { Provider = StorePlace.Provider, ConnectionString = StorePlace.ConnectionString(folder), DataDirectory = folder };

    public static Resource Read(string json) =>
        FhirJson.Parse(Encoding.UTF8.GetBytes(json)) is { IsSound: true, Resource: { } resource } parsed
            ? resource
            : throw new ArgumentException($"The test's resource is not sound: {json}", nameof(json));

    /// <summary>Puts the look-up keys of what is new in their tree, and lets go of those that are there.</summary>
    public async Task SettleKeysAsync()
    {
        await Resources.SettleKeysAsync(CancellationToken.None);
        await Resources.SettleKeysAsync(CancellationToken.None);
    }

    public Task<CommitResult> CommitAsync(params Write[] writes) => Resources.CommitAsync(Tenant, writes, CancellationToken.None);

    /// <summary>Creates a resource with the id it carries, or a new one.</summary>
    public async Task<Stored> AddAsync(string json, string tenant = Tenant)
    {
        var resource = Read(json);
        var result = await Resources.CommitAsync(tenant, [new Write.Create(resource, Id: resource.Id)], CancellationToken.None);
        return Assert.IsType<Written.Created>(result[0]).Stored;
    }

    public Task<Stored?> GetAsync(string type, string id, string tenant = Tenant) => Resources.ReadAsync(tenant, type, id, CancellationToken.None);

    public async Task<List<string>> FindAsync(SearchQuery query, string tenant = Tenant) =>
        [.. (await Resources.SearchAsync(tenant, query, CancellationToken.None)).Matches.Select(match => match.Id)];

    /// <summary>The criterion <c>name=family</c>.</summary>
    public static Criterion ByName(string family) =>
        new Criterion.Match(R4.Definitions.SearchParameter("Patient", "name")!, null, [new SearchValue.Text(family)]);

    /// <summary>The condition <c>identifier=system|value</c>.</summary>
    public static SearchQuery ByIdentifier(string type, string system, string value) => new(
        type, [new Criterion.Match(R4.Definitions.SearchParameter(type, "identifier")!, null, [new SearchValue.Token(system, value)])]);

    /// <summary>Removes a folder and what was kept for it.</summary>
    public static void Forget(string folder)
    {
        StorePlace.Forget(folder);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        if (_ownsFolder)
            Forget(Folder);
    }
}
