using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Outbound;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>Where one client's subscriptions may call: scheme, host and port, and the beginning of the path.</summary>
internal sealed record AllowedEndpoint(string Client, Uri Place, IReadOnlyList<byte[]> Secrets, bool AllowPrivate, bool AnyPort)
{
    /// <summary>True for an address below the place. Compared part by part: the beginning of a text is no proof.</summary>
    public bool Covers(Uri url)
    {
        if (url.Scheme != Place.Scheme || !string.Equals(url.IdnHost, Place.IdnHost, StringComparison.OrdinalIgnoreCase)
            || !AnyPort && url.Port != Place.Port)
            return false;
        var path = Place.AbsolutePath.TrimEnd('/');
        return url.AbsolutePath == path || url.AbsolutePath.StartsWith(path + "/", StringComparison.Ordinal);
    }
}

/// <summary>
/// The addresses that subscriptions may call, client by client. Settings <c>Hub:Subscriptions:Endpoints:{n}:Client</c>, <c>:Url</c>,
/// <c>:Secret</c>, <c>:AllowPrivate</c>. In the demo each demo account may have calls to this very machine.
/// </summary>
internal sealed class Endpoints
{
    private const int UrlLengthMax = 2_000;
    private readonly List<AllowedEndpoint> _allowed = [];

    public Endpoints(IConfiguration configuration, HubSettings settings)
    {
        foreach (var section in configuration.GetSection("Hub:Subscriptions:Endpoints").GetChildren())
        {
            var client = section["Client"] ?? throw new InvalidDataException($"{section.Path}:Client is missing.");
            var allowPrivate = section.GetValue("AllowPrivate", defaultValue: false);
            if (!Uri.TryCreate(section["Url"], UriKind.Absolute, out var url) || !OutboundTarget.IsSafe(url, allowPrivate) || url.Query.Length > 0)
                throw new InvalidDataException($"{section.Path}:Url is not an https address.");
            _allowed.Add(new(client, url, OutboundTarget.ReadSecrets(section), allowPrivate, AnyPort: false));
        }

        if (!settings.Demo)
            return;
        foreach (var account in DemoAccounts.Clients)
            foreach (var host in (string[])["127.0.0.1", "localhost", "[::1]"])
                _allowed.Add(new(account.Id, new($"http://{host}/"), [DemoSecret(account.Id)], AllowPrivate: true, AnyPort: true));
    }

    /// <summary>The key that signs what goes to a demo account; written in the documentation, as the demo's other secrets.</summary>
    public static byte[] DemoSecret(string client) => System.Text.Encoding.UTF8.GetBytes($"{client}-subscription-secret-0001");

    /// <summary>The target when this client may have it called; null when it may not.</summary>
    public OutboundTarget? Find(string client, string endpoint)
    {
        if (endpoint.Length > UrlLengthMax || !Uri.TryCreate(endpoint, UriKind.Absolute, out var url))
            return null;
        var allowed = _allowed.Find(place => place.Client == client && place.Covers(url));
        return allowed is not null && OutboundTarget.IsSafe(url, allowed.AllowPrivate)
            ? new(client, url, allowed.Secrets, allowed.AllowPrivate)
            : null;
    }
}
