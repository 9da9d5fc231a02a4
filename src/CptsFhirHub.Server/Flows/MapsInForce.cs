using System.Collections.Concurrent;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Which map a message is read with: that of the folder, unless somebody has put another as <c>StructureMap</c> since. A map that is put
/// is refused when it cannot be compiled, and is what the next message is read with; the journal keeps which it was.
/// </summary>
internal sealed class MapsInForce(HubStore hub, SourceMaps maps, TimeProvider time) : IDisposable
{
    private const string Type = "StructureMap";

    /// <summary>What another hub on the same database has put is seen this much later.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(2);

    /// <summary>A write is told before its commit: until this much later each message looks for itself.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, InForce> _tenants = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _loading = new(1);
    private long _writtenAt = long.MinValue;

    /// <summary>The source with the maps that are in force in that tenant.</summary>
    public async Task<Source> OfAsync(string tenant, Source source, CancellationToken cancellationToken)
    {
        if (source.MapUrl is not { } url)
            return source;
        var known = await InForceAsync(tenant, cancellationToken);
        return known.Put.Count == 0 ? source : With(source, url, known.Library, known.Put);
    }

    /// <summary>The source with one version of its own map, as its StructureMap's history has it; null when there is none that can be used.</summary>
    public async Task<Source?> PinnedAsync(string tenant, Source source, long version, CancellationToken cancellationToken)
    {
        if (source.MapUrl is not { } url || maps.Library.Maps.FirstOrDefault(map => map.Url == url) is not { } file
            || await hub.Resources.VReadAsync(tenant, Type, IdOf(file), version, cancellationToken) is not { IsDeleted: false } stored
            || StructureMapResource.Read(stored.Resource.Root) is not { IsSound: true, Map: { } pinned } || pinned.Url != url)
            return null;
        var known = await InForceAsync(tenant, cancellationToken);
        var library = known.Library.With(pinned);
        return library.Compile(url).IsSound ? With(source, url, library, [(url, version)]) : null;
    }

    /// <summary>Refuses a map of a source that could not be used, and notes that one may have changed.</summary>
    public ValueTask<WriteVerdict> Judge(Stored? current, Resource next, Caller caller, CancellationToken cancellationToken)
    {
        if (next.Type != Type)
            return new(WriteVerdict.Fine);
        Interlocked.Exchange(ref _writtenAt, time.GetTimestamp());
        var parsed = StructureMapResource.Read(next.Root);
        if (parsed.Map is not { } map || maps.Library.Maps.All(known => known.Url != map.Url))
            return new(WriteVerdict.Fine);
        var faults = parsed.IsSound ? maps.Library.With(map).Compile(map.Url).Issues : parsed.Issues;
        var errors = faults.Where(issue => issue.IsError).ToList();
        return new(errors.Count == 0 ? WriteVerdict.Fine : new(errors, []));
    }

    public void Dispose() => _loading.Dispose();

    private Source With(Source source, string url, MappingLibrary library, IReadOnlyList<(string Url, long Version)> put)
    {
        // The messages' own map first; a shared one that was put is part of the version too.
        var own = source.MapVersion();
        var version = string.Join(';', put.OrderBy(one => one.Url == url ? 0 : 1).ThenBy(one => one.Url, StringComparer.Ordinal)
            .Where(one => one.Url == url || library.Maps.First(map => map.Url == url).Imports.Contains(one.Url))
            .Select(one => one.Url == url ? $"{url}|_history/{one.Version}" : $"{one.Url[(one.Url.LastIndexOf('/') + 1)..]}|_history/{one.Version}"));
        return source with
        {
            Mapper = tree => maps.Run(library, url, tree),
            Uncovered = tree => maps.Uncovered(library, url, tree),
            MapVersion = () => version.Length == 0 ? own : version.StartsWith(url, StringComparison.Ordinal) ? version : $"{own};{version}",
        };
    }

    private async Task<InForce> InForceAsync(string tenant, CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (_tenants.TryGetValue(tenant, out var known) && time.GetElapsedTime(known.At, now) < LookAgain && !IsSettling(now))
            return known;

        await _loading.WaitAsync(cancellationToken);
        try
        {
            var seen = (await hub.Resources.HistoryAsync(tenant, Type, null, new(1), cancellationToken)).Versions is [var last, ..]
                ? $"{last.Reference} {last.Version} {last.LastUpdated.UtcTicks}" : "";
            if (!_tenants.TryGetValue(tenant, out known) || known.Seen != seen)
                known = await LoadAsync(tenant, seen, cancellationToken);
            return _tenants[tenant] = known with { At = now };
        }
        finally
        {
            _loading.Release();
        }
    }

    private bool IsSettling(long now)
    {
        var written = Interlocked.Read(ref _writtenAt);
        return written != long.MinValue && time.GetElapsedTime(written, now) < Settling;
    }

    private async Task<InForce> LoadAsync(string tenant, string seen, CancellationToken cancellationToken)
    {
        var (library, put) = (maps.Library, new List<(string, long)>());
        foreach (var file in maps.Files)
        {
            // What stands here as the folder has it, or is about to be published from the folder, is not somebody's own.
            if (PublishDefinitions.IsPending(hub.Registry, tenant, file)
                || file.Read() is not { } published
                || await hub.Resources.ReadAsync(tenant, Type, published.Id!, cancellationToken) is not { IsDeleted: false } stored
                || StructureMapResource.Read(stored.Resource.Root) is not { IsSound: true, Map: { } map }
                || map.Url != published.Root.Text("url") || TextOf(map) == TextOf(StructureMapResource.Read(published.Root).Map!))
                continue;
            library = library.With(map);
            put.Add((map.Url, stored.Version));
        }

        return new(seen, library, put, At: 0);
    }

    private static string TextOf(StructureMap map) => MapText.Write(map);

    private static string IdOf(StructureMap map) => StructureMapResource.Write(map).Text("id") ?? map.Name;

    /// <param name="Seen">The last change of a map that was looked at.</param>
    private sealed record InForce(string Seen, MappingLibrary Library, IReadOnlyList<(string Url, long Version)> Put, long At);
}
