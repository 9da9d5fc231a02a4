using System.Net;
using System.Net.Sockets;

namespace CptsFhirHub.Server.Outbound;

/// <summary>Where an outgoing effect may go: an address the person who installs has written down.</summary>
internal sealed record OutboundTarget(string Name, Uri Url, byte[] Secret, bool AllowPrivate);

/// <summary>
/// The only hosts the hub ever calls. Settings <c>Hub:Outbound:{n}:For</c> (an owner such as <c>Organization/demo-dac</c>), <c>:Url</c>,
/// <c>:Secret</c>, <c>:AllowPrivate</c>. No address of a message, a resource or a profile is ever called.
/// </summary>
internal sealed class OutboundTargets
{
    private readonly Dictionary<string, OutboundTarget> _targets = new(StringComparer.Ordinal);

    public OutboundTargets(IConfiguration configuration)
    {
        foreach (var section in configuration.GetSection("Hub:Outbound").GetChildren())
        {
            var name = section["For"] ?? throw new InvalidDataException($"{section.Path}:For is missing.");
            var allowPrivate = section.GetValue("AllowPrivate", defaultValue: false);
            if (!Uri.TryCreate(section["Url"], UriKind.Absolute, out var url)
                || (url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && allowPrivate))
                || url.UserInfo.Length > 0)
                throw new InvalidDataException($"{section.Path}:Url is not an https address.");
            var secret = section["Secret"] ?? throw new InvalidDataException($"{section.Path}:Secret is missing.");
            _targets[name] = new(name, url, Intake.WebhookSignature.Secret(secret), allowPrivate);
        }
    }

    public OutboundTarget? Find(string name) => _targets.GetValueOrDefault(name);

    /// <summary>
    /// A client that connects to the very address it has checked: a name that resolves to an inner machine at the second look gains
    /// nothing. No redirects, no proxy, no cookies.
    /// </summary>
    public static SocketsHttpHandler HandlerFor(OutboundTarget target) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        MaxResponseHeadersLength = 16,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectCallback = async (context, cancellationToken) =>
        {
            var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
            var address = addresses.FirstOrDefault(address => target.AllowPrivate || IsPublic(address))
                ?? throw new HttpRequestException("The target's address is not a public one.");
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, context.DnsEndPoint.Port), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    /// <summary>False for loopback, private, link-local, shared, multicast and unspecified addresses, in IPv4 and IPv6.</summary>
    internal static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return false;
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return !address.IsIPv6LinkLocal && !address.IsIPv6SiteLocal && !address.IsIPv6Multicast && !address.IsIPv6UniqueLocal;

        var bytes = address.GetAddressBytes();
        return bytes[0] switch
        {
            0 or 10 or 127 or >= 224 => false,
            100 => bytes[1] is < 64 or > 127,
            169 => bytes[1] != 254,
            172 => bytes[1] is < 16 or > 31,
            192 => bytes[1] != 168 && !(bytes[1] == 0 && bytes[2] is 0 or 2),
            198 => bytes[1] is not (18 or 19),
            _ => true,
        };
    }
}
