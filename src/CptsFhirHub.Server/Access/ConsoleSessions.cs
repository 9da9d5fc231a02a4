using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace CptsFhirHub.Server.Access;

/// <summary>Marks the routes of the console: a person's cookie opens them, and only them.</summary>
internal sealed class ConsoleRoute
{
    public static readonly ConsoleRoute Mark = new();

    /// <summary>Where who is not logged in is sent.</summary>
    public const string LoginPath = "/connexion";
}

/// <summary>A person's session. <paramref name="FormToken"/> stands in each form, so that no other site can post it.</summary>
internal sealed record ConsoleSession(Caller Caller, string FormToken, DateTimeOffset Begun)
{
    public DateTimeOffset LastSeen { get; set; } = Begun;

    public bool IsFormToken(string? token) => token is not null && CryptographicOperations.FixedTimeEquals(
        System.Text.Encoding.ASCII.GetBytes(token), System.Text.Encoding.ASCII.GetBytes(FormToken));
}

/// <summary>The console's sessions, in memory: a new id at login, 20 minutes idle, 10 hours in all, ended on the server at logout.</summary>
internal sealed class ConsoleSessions(TimeProvider time)
{
    private const int SessionsMax = 10_000;
    private static readonly TimeSpan IdleMax = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan AgeMax = TimeSpan.FromHours(10);
    private readonly ConcurrentDictionary<string, ConsoleSession> _sessions = new(StringComparer.Ordinal);

    public void Begin(HttpContext context, Account account)
    {
        End(context);
        Sweep();
        var id = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        _sessions[Key(id)] = new(account.ToCaller(), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)), time.GetUtcNow());
        context.Response.Cookies.Append(CookieName(context), id, Cookie(context));
    }

    /// <summary>The session of the request's cookie; null when there is none or its time is over.</summary>
    public ConsoleSession? Of(HttpContext context)
    {
        if (context.Request.Cookies[CookieName(context)] is not { Length: > 0 and < 100 } id || !_sessions.TryGetValue(Key(id), out var session))
            return null;
        var now = time.GetUtcNow();
        if (now - session.LastSeen > IdleMax || now - session.Begun > AgeMax)
        {
            _sessions.TryRemove(Key(id), out _);
            return null;
        }

        session.LastSeen = now;
        return session;
    }

    public void End(HttpContext context)
    {
        if (context.Request.Cookies[CookieName(context)] is { Length: > 0 and < 100 } id)
        {
            _sessions.TryRemove(Key(id), out _);
            context.Response.Cookies.Delete(CookieName(context), Cookie(context));
        }
    }

    private static string Key(string id) => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(id)));

    // Over plain HTTP, which only loopback gets, a browser keeps no __Host- cookie.
    private static string CookieName(HttpContext context) => context.Request.IsHttps ? "__Host-hub" : "hub";

    private static CookieOptions Cookie(HttpContext context) => new()
    {
        HttpOnly = true,
        Secure = context.Request.IsHttps,
        SameSite = SameSiteMode.Strict,
        Path = "/",
        IsEssential = true,
    };

    private void Sweep()
    {
        if (_sessions.Count < SessionsMax)
            return;
        var now = time.GetUtcNow();
        foreach (var (key, session) in _sessions)
            if (now - session.LastSeen > IdleMax)
                _sessions.TryRemove(key, out _);
    }
}
