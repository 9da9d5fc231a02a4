using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace CptsFhirHub.Server.Access;

/// <summary>
/// The live access tokens. A token is 256 random bits that say nothing; the hub keeps its SHA-256, so that a look into its memory
/// gives no token. They live in memory: after a restart clients ask for a new one.
/// </summary>
internal sealed class AccessTokens(ClientRegistry clients, TimeProvider time)
{
    public const int LifetimeSeconds = 300;

    private const int TokenBytes = 32;
    private const int TokenTextLength = 43;
    private const int LiveMax = 200_000;
    private readonly ConcurrentDictionary<Digest, Live> _live = new();

    /// <summary>A new token for the client; null when too many are alive.</summary>
    public string? Issue(Client client, Policy policy)
    {
        if (_live.Count >= LiveMax)
            Sweep();
        if (_live.Count >= LiveMax)
            return null;

        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        _live[Digest.Of(token)] = new(client.ToCaller(policy), time.GetUtcNow().AddSeconds(LifetimeSeconds));
        return token;
    }

    /// <summary>Whom the token speaks for; null when it is unknown, expired or its client was disabled since.</summary>
    public Caller? Find(string token)
    {
        if (token.Length != TokenTextLength || !_live.TryGetValue(Digest.Of(token), out var live))
            return null;
        return live.Until > time.GetUtcNow() && clients.Find(live.Caller.ClientId) is not null ? live.Caller : null;
    }

    private void Sweep()
    {
        var now = time.GetUtcNow();
        foreach (var (digest, live) in _live)
            if (live.Until <= now)
                _live.TryRemove(digest, out _);
    }

    private sealed record Live(Caller Caller, DateTimeOffset Until);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Digest(ulong A, ulong B, ulong C, ulong D)
    {
        public static Digest Of(string token)
        {
            Span<byte> text = stackalloc byte[TokenTextLength];
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            Encoding.ASCII.TryGetBytes(token, text, out var length);
            SHA256.HashData(text[..length], hash);
            var parts = MemoryMarshal.Cast<byte, ulong>(hash);
            return new(parts[0], parts[1], parts[2], parts[3]);
        }
    }
}
