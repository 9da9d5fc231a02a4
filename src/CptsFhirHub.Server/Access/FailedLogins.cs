using System.Collections.Concurrent;

namespace CptsFhirHub.Server.Access;

/// <summary>
/// Counts failed logins an address in the running minute: past the limit the address waits. An account is never locked, so that
/// nobody can lock another out.
/// </summary>
internal sealed class FailedLogins(HubSettings settings, TimeProvider time)
{
    private const int AddressesMax = 50_000;
    private readonly ConcurrentDictionary<string, (long Minute, int Count)> _counts = new(StringComparer.Ordinal);

    public bool MustWait(HttpContext context) =>
        _counts.TryGetValue(Address(context), out var seen) && seen.Minute == Minute && seen.Count >= settings.Limits.FailedLoginsPerMinute;

    public void Count(HttpContext context)
    {
        if (_counts.Count > AddressesMax)
            _counts.Clear();
        var minute = Minute;
        _counts.AddOrUpdate(Address(context), (minute, 1), (_, seen) => seen.Minute == minute ? (minute, seen.Count + 1) : (minute, 1));
    }

    private long Minute => time.GetUtcNow().ToUnixTimeSeconds() / 60;

    private static string Address(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "";
}
