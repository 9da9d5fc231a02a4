using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Storage;
using CptsFhirHub.Storage.Registry;

namespace CptsFhirHub.Server;

/// <summary>
/// By what the persons of a tenant are compared: the model that comes with the program or is set, and how common names are. That is told by the small
/// table beside the model until INSEE's whole files are loaded (the program's command <c>names FOLDER</c>), and by the tenant's own counts as it
/// grows. Both stand in the store with their version; every decision keeps it.
/// </summary>
internal sealed class MatchParameters(RegistryStore registry, TimeProvider time, MatchModel model, Guard off = Guard.None)
{
    /// <summary>INSEE's files, for all tenants.</summary>
    private const string National = "identity-names";

    /// <summary>What a tenant has counted itself.</summary>
    private const string Own = "identity-own-names";

    /// <summary>Fewer bear a name: it could tell of one of them after their erasure.</summary>
    private const int BearersMin = 5;

    /// <summary>A smaller register says nothing of how common a name is.</summary>
    private const int PersonsMin = 1_000;

    /// <summary>How long another hub on the same store may go on with what it has read.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, InForce> _inForce = new(StringComparer.Ordinal);

    /// <summary>The parameters of a tenant.</summary>
    public Matcher Of(string tenant)
    {
        var now = time.GetUtcNow();
        if (_inForce.TryGetValue(tenant, out var known) && now - known.LookedAt < Age)
            return known.Matcher;
        var (national, own) = (registry.SettingChangedAt("", National), registry.SettingChangedAt(tenant, Own));
        known = known is not null && (known.National, known.Own) == (national, own)
            ? known with { LookedAt = now }
            : new(Read(tenant), national, own, now);
        _inForce[tenant] = known;
        return known.Matcher;
    }

    /// <summary>Keeps INSEE's files in the store.</summary>
    public static Task LoadAsync(RegistryStore registry, NameCounts births, DateTimeOffset now, CancellationToken cancellationToken) =>
        registry.PutSettingAsync(new SettingRow("", National, Kept($"INSEE {now:yyyy-MM-dd}", births, bearersMin: 1), now), cancellationToken);

    /// <summary>Keeps what a tenant has counted: in force from now on.</summary>
    public async Task CountedAsync(string tenant, NameCounts persons, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await registry.PutSettingAsync(
            new SettingRow(tenant, Own, Kept(FormattableString.Invariant($"{persons.SurnamesTotal} persons {now:yyyy-MM-dd}"), persons, BearersMin), now), cancellationToken);
        _inForce.TryRemove(tenant, out _);
    }

    private Matcher Read(string tenant)
    {
        var frequencies = registry.FindSetting("", National) is { } national && Unpacked(national) is var (births, source)
            ? NameFrequencies.OfNation(births, source)
            : NameFrequencies.Shipped;
        if (registry.FindSetting(tenant, Own) is { } own && Unpacked(own) is var (persons, version) && persons.SurnamesTotal >= PersonsMin)
            frequencies = frequencies.With(NameFrequencies.OfRegister(persons, version), (int)Math.Min(persons.SurnamesTotal, int.MaxValue));
        return frequencies == NameFrequencies.Shipped && model == MatchModel.Shipped && off == Guard.None ? Matcher.Shipped : new(model, frequencies) { Off = off };
    }

    private static string Kept(string version, NameCounts counts, int bearersMin)
    {
        using var packed = new MemoryStream();
        using (var packing = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            packing.Write(Encoding.UTF8.GetBytes(counts.Write(bearersMin)));
        return JsonSerializer.Serialize(new Stored(version, packed.ToArray()));
    }

    private static (NameCounts Counts, string Version)? Unpacked(string json)
    {
        if (JsonSerializer.Deserialize<Stored>(json) is not { } stored)
            return null;
        using var packed = new MemoryStream(stored.Names);
        using var unpacking = new GZipStream(packed, CompressionMode.Decompress);
        using var reader = new StreamReader(unpacking, Encoding.UTF8);
        return (NameCounts.Parse(reader.ReadToEnd()), stored.Version);
    }

    /// <summary>A table of names as the store keeps it.</summary>
    private sealed record Stored([property: JsonPropertyName("version")] string Version, [property: JsonPropertyName("names")] byte[] Names);

    /// <summary>What was read, of which state of the store, and when that was last looked at.</summary>
    private sealed record InForce(Matcher Matcher, DateTimeOffset? National, DateTimeOffset? Own, DateTimeOffset LookedAt);
}
