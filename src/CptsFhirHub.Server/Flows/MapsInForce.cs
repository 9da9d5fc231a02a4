using System.Collections.Concurrent;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Which map a message is read with: that of the folder, unless somebody has put another as <c>StructureMap</c> since. A map that is put
/// is refused when it cannot be compiled, and is what the next message is read with; the journal keeps which it was. The same for the
/// concept maps by which the maps translate codes.
/// </summary>
internal sealed class MapsInForce(HubStore hub, SourceMaps maps, TimeProvider time) : IDisposable
{
    private const string Type = "StructureMap";
    private const string Codes = "ConceptMap";

    /// <summary>Versions of a concept map among which the one of then is looked for.</summary>
    private const int VersionsMax = 500;

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
        return known.Put.Count == 0 ? source : With(source, url, known.Library, known.VersionOf(url));
    }

    /// <summary>
    /// The source with one version of its own map, as its StructureMap's history has it, and with the concept maps as they were when that
    /// version was last in force; null when there is none that can be used.
    /// </summary>
    public async Task<Source?> PinnedAsync(string tenant, Source source, long version, CancellationToken cancellationToken)
    {
        if (source.MapUrl is not { } url || maps.Library.Maps.FirstOrDefault(map => map.Url == url) is not { } file
            || await hub.Resources.VReadAsync(tenant, Type, IdOf(file), version, cancellationToken) is not { IsDeleted: false } stored
            || StructureMapResource.Read(stored.Resource.Root) is not { IsSound: true, Map: { } pinned } || pinned.Url != url)
            return null;
        var known = await InForceAsync(tenant, cancellationToken);
        var library = known.Library.With(pinned);
        var pins = new List<(string Url, long Version)> { (url, version) };
        if (await hub.Resources.VReadAsync(tenant, Type, stored.Id, version + 1, cancellationToken) is { } next)
            library = await AsOfAsync(tenant, library, next.LastUpdated, pins, cancellationToken);
        else
            pins.AddRange(known.Put.Where(one => known.IsConceptMap(one.Url)));
        return library.Compile(url).IsSound ? With(source, url, library, InForce.VersionOf(url, library, pins)) : null;
    }

    /// <summary>Refuses a map of a source that could not be used, and notes that one may have changed.</summary>
    public ValueTask<WriteVerdict> Judge(Stored? current, Resource next, Caller caller, CancellationToken cancellationToken)
    {
        if (next.Type is not (Type or Codes))
            return new(WriteVerdict.Fine);
        Interlocked.Exchange(ref _writtenAt, time.GetTimestamp());
        if (next.Type == Codes)
            return new(WriteVerdict.Fine);
        var parsed = StructureMapResource.Read(next.Root);
        if (parsed.Map is not { } map || maps.Library.Maps.All(known => known.Url != map.Url))
            return new(WriteVerdict.Fine);
        var faults = parsed.IsSound ? maps.Library.With(map).Compile(map.Url).Issues : parsed.Issues;
        var errors = faults.Where(issue => issue.IsError).ToList();
        return new(errors.Count == 0 ? WriteVerdict.Fine : new(errors, []));
    }

    public void Dispose() => _loading.Dispose();

    private Source With(Source source, string url, MappingLibrary library, string version)
    {
        var own = source.MapVersion();
        return source with
        {
            Mapper = tree => maps.Run(library, url, tree),
            Uncovered = tree => maps.Uncovered(library, url, tree),
            MapVersion = () => version.Length == 0 ? own : version.StartsWith(url, StringComparison.Ordinal) ? version : $"{own};{version}",
        };
    }

    /// <summary>The library with the concept maps as they were before that instant.</summary>
    private async Task<MappingLibrary> AsOfAsync(
        string tenant, MappingLibrary library, DateTimeOffset before, List<(string Url, long Version)> pins, CancellationToken cancellationToken)
    {
        foreach (var file in maps.ConceptMapFiles)
        {
            if (file.Read() is not { Id: { } id } published || published.Root.Text("url") is not { } url)
                continue;
            var versions = (await hub.Resources.HistoryAsync(tenant, Codes, id, new(VersionsMax), cancellationToken)).Versions;
            if (versions.FirstOrDefault(version => version.LastUpdated < before) is not { IsDeleted: false } then || then.Resource.Root.Text("url") != url)
                continue;
            library = library.WithConceptMap(then.Resource.Root);
            if (!IsSame(then.Resource.Root, published.Root))
                pins.Add((url, then.Version));
        }

        return library;
    }

    private async Task<InForce> InForceAsync(string tenant, CancellationToken cancellationToken)
    {
        var now = time.GetTimestamp();
        if (_tenants.TryGetValue(tenant, out var known) && time.GetElapsedTime(known.At, now) < LookAgain && !IsSettling(now))
            return known;

        await _loading.WaitAsync(cancellationToken);
        try
        {
            var seen = $"{await LastAsync(tenant, Type, cancellationToken)} {await LastAsync(tenant, Codes, cancellationToken)}";
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
                || map.Url != published.Root.Text("url") || BareTextOf(stored.Resource.Root) == BareTextOf(published.Root))
                continue;
            library = library.With(map);
            put.Add((map.Url, stored.Version));
        }

        var codes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in maps.ConceptMapFiles)
        {
            if (PublishDefinitions.IsPending(hub.Registry, tenant, file)
                || file.Read() is not { Id: { } id } published
                || await hub.Resources.ReadAsync(tenant, Codes, id, cancellationToken) is not { IsDeleted: false } stored
                || published.Root.Text("url") is not { } url || stored.Resource.Root.Text("url") != url || IsSame(stored.Resource.Root, published.Root))
                continue;
            library = library.WithConceptMap(stored.Resource.Root);
            put.Add((url, stored.Version));
            codes.Add(url);
        }

        return new(seen, library, put, codes, At: 0);
    }

    private async Task<string> LastAsync(string tenant, string type, CancellationToken cancellationToken) =>
        (await hub.Resources.HistoryAsync(tenant, type, null, new(1), cancellationToken)).Versions is [var last, ..]
            ? $"{last.Reference} {last.Version} {last.LastUpdated.UtcTicks}" : "";

    /// <summary>The same content, whatever the store or the publication has added.</summary>
    private static bool IsSame(Element one, Element other) => Bare(one).SameAs(Bare(other));

    /// <summary>A map's text without what the store has added: metadata stand in it too.</summary>
    private static string BareTextOf(Element map) => TextOf(StructureMapResource.Read(Bare(map)).Map!);

    private static Element Bare(Element resource)
    {
        var bare = resource.Copy();
        bare.Remove("id");
        bare.Remove("meta");
        return bare;
    }

    private static string TextOf(StructureMap map) => MapText.Write(map);

    private static string IdOf(StructureMap map) => StructureMapResource.Write(map).Text("id") ?? map.Name;

    /// <param name="Seen">The last changes of a map and of a concept map that were looked at.</param>
    /// <param name="Put">What stands there otherwise than in the folder.</param>
    /// <param name="Codes">Those of them that are concept maps.</param>
    private sealed record InForce(
        string Seen, MappingLibrary Library, IReadOnlyList<(string Url, long Version)> Put, IReadOnlySet<string> Codes, long At)
    {
        private readonly ConcurrentDictionary<string, string> _versions = new(StringComparer.Ordinal);

        public bool IsConceptMap(string url) => Codes.Contains(url);

        public string VersionOf(string url) => _versions.GetOrAdd(url, known => VersionOf(known, Library, Put));

        /// <summary>What the journal keeps: the messages' own map first; a shared map or a concept map that was put is part of the version too.</summary>
        public static string VersionOf(string url, MappingLibrary library, IReadOnlyList<(string Url, long Version)> put)
        {
            var own = library.Maps.First(map => map.Url == url);
            var texts = library.Maps.Where(map => map.Url == url || own.Imports.Contains(map.Url)).Select(TextOf).ToList();
            return string.Join(';', put.OrderBy(one => one.Url == url ? 0 : 1).ThenBy(one => one.Url, StringComparer.Ordinal)
                .Where(one => one.Url == url || own.Imports.Contains(one.Url) || texts.Exists(text => text.Contains($"'{one.Url}'", StringComparison.Ordinal)))
                .Select(one => one.Url == url ? $"{url}|_history/{one.Version}" : $"{one.Url[(one.Url.LastIndexOf('/') + 1)..]}|_history/{one.Version}"));
        }
    }
}
