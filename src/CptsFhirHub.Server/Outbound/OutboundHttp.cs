using System.Net;
using System.Net.Sockets;

namespace CptsFhirHub.Server.Outbound;

/// <summary>Gives the addresses of a host name.</summary>
internal delegate Task<IPAddress[]> ResolveHost(string host, CancellationToken cancellationToken);

/// <summary>
/// The one way out. It connects to the very address it has checked: a name that resolves to an inner machine at the second look gains
/// nothing. No redirect, no proxy, no cookie; an answer is read to a bound and thrown away.
/// </summary>
internal sealed class OutboundHttp : IDisposable
{
    private const int AnswerBytesMax = 1024 * 1024;
    private const int HeaderKilobytesMax = 16;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly ResolveHost _resolve;
    private readonly HttpClient _toPublic;
    private readonly HttpClient _toPrivate;

    public OutboundHttp(ResolveHost resolve)
    {
        _resolve = resolve;
        _toPublic = Client(allowPrivate: false);
        _toPrivate = Client(allowPrivate: true);
    }

    /// <summary>Sends; the caller's token bounds the time. The body of the answer is not read.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool allowPrivate, CancellationToken cancellationToken) =>
        await (allowPrivate ? _toPrivate : _toPublic).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    public void Dispose()
    {
        _toPublic.Dispose();
        _toPrivate.Dispose();
    }

    /// <summary>
    /// False for loopback, private, link-local, shared, multicast, documentation and unspecified addresses, in IPv4 and IPv6, and for
    /// IPv6 addresses that carry such an IPv4 address inside.
    /// </summary>
    internal static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return false;
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            if (address.IsIPv6LinkLocal || address.IsIPv6SiteLocal || address.IsIPv6Multicast || address.IsIPv6UniqueLocal)
                return false;
            return bytes switch
            {
                [0x00, 0x64, 0xff, 0x9b, ..] => IsPublic(new IPAddress(bytes.AsSpan(12))), // NAT64
                [0x20, 0x02, ..] => IsPublic(new IPAddress(bytes.AsSpan(2, 4))), // 6to4
                [0x20, 0x01, 0x00, 0x00, ..] => false, // Teredo
                [0x20, 0x01, 0x0d, 0xb8, ..] => false, // documentation
                [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..] => false, // IPv4-compatible
                _ => true,
            };
        }

        return bytes[0] switch
        {
            0 or 10 or 127 or >= 224 => false,
            100 => bytes[1] is < 64 or > 127,
            169 => bytes[1] != 254,
            172 => bytes[1] is < 16 or > 31,
            192 => bytes[1] != 168 && !(bytes[1] == 0 && bytes[2] is 0 or 2),
            198 => bytes[1] is not (18 or 19) && !(bytes[1] == 51 && bytes[2] == 100),
            203 => !(bytes[1] == 0 && bytes[2] == 113),
            _ => true,
        };
    }

    private HttpClient Client(bool allowPrivate) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = ConnectTimeout,
        MaxResponseHeadersLength = HeaderKilobytesMax,
        MaxResponseDrainSize = AnswerBytesMax,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ActivityHeadersPropagator = null,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, allowPrivate, cancellationToken),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private async ValueTask<Stream> ConnectAsync(DnsEndPoint host, bool allowPrivate, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(host.Host, out var literal) ? [literal] : await _resolve(host.Host, cancellationToken);

        // One inner address among public ones is no accident either.
        if (addresses.Length == 0 || !allowPrivate && !addresses.All(IsPublic))
            throw new HttpRequestException("The target's address is not a public one.");

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(addresses[0], host.Port), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
