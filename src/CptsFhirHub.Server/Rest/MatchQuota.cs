using System.Collections.Concurrent;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// How often a client may ask who a person is: each answer says whether somebody is known here, so a client must not try out a town.
/// </summary>
internal sealed class MatchQuota(HubSettings settings, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (long Minute, int Count)> _used = new(StringComparer.Ordinal);

    /// <summary>Takes one call of this minute; false when all are used.</summary>
    public bool Take(string client)
    {
        var minute = time.GetUtcNow().ToUnixTimeSeconds() / 60;
        return _used.AddOrUpdate(client, _ => (minute, 1), (_, used) => used.Minute == minute ? (minute, used.Count + 1) : (minute, 1)).Count
            <= settings.Limits.MatchesPerMinute;
    }
}
