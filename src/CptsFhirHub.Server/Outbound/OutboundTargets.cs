using CptsFhirHub.Server.Intake;

namespace CptsFhirHub.Server.Outbound;

/// <summary>Where an outgoing effect may go: an address the person who installs has written down.</summary>
/// <param name="Secrets">The keys of the signature: while one is replaced both are valid, and each call bears both signatures.</param>
internal sealed record OutboundTarget(string Name, Uri Url, IReadOnlyList<byte[]> Secrets, bool AllowPrivate)
{
    private const int SecretsMax = 2;

    /// <summary>True for an address of the scheme that may be used: https, or http where a private address is allowed.</summary>
    public static bool IsSafe(Uri url, bool allowPrivate) =>
        (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp && allowPrivate) && url.UserInfo.Length == 0 && url.Fragment.Length == 0;

    /// <summary>The signature keys of a section: <c>Secret</c> or <c>SecretFile</c>, and while it is replaced <c>Secrets:0</c> and <c>Secrets:1</c>.</summary>
    public static IReadOnlyList<byte[]> ReadSecrets(IConfigurationSection section)
    {
        List<string> written = [.. section.GetSection("Secrets").GetChildren().Select(child => child.Value!)];
        if (section["Secret"] is { Length: > 0 } secret)
            written.Insert(0, secret);
        if (section["SecretFile"] is { Length: > 0 } file)
            written.Insert(0, File.ReadAllText(file).Trim());
        return written.Count is > 0 and <= SecretsMax
            ? [.. written.Select(WebhookSignature.Secret)]
            : throw new InvalidDataException($"{section.Path} has one Secret, or two Secrets while one is replaced.");
    }
}

/// <summary>
/// Who is told without having subscribed. Settings <c>Hub:Outbound:{n}:For</c> (an owner such as <c>Organization/demo-dac</c>, or the id of a
/// client that reports persons), <c>:Url</c>, <c>:Secret</c>, <c>:AllowPrivate</c>. No address of a message, a resource or a profile is ever called.
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
            if (!Uri.TryCreate(section["Url"], UriKind.Absolute, out var url) || !OutboundTarget.IsSafe(url, allowPrivate))
                throw new InvalidDataException($"{section.Path}:Url is not an https address.");
            _targets[name] = new(name, url, OutboundTarget.ReadSecrets(section), allowPrivate);
        }
    }

    public OutboundTarget? Find(string name) => _targets.GetValueOrDefault(name);
}
