using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CptsFhirHub.Server.Intake.Mllp;

/// <summary>
/// MLLP over TLS. Settings <c>Hub:Mllp:Tls:Port</c>, <c>:Certificate</c> and <c>:Key</c> (PEM) or <c>:Certificate</c> (PFX) with
/// <c>:Password</c>. With <c>:Clients:N:Thumbprint</c> (SHA-256) and <c>:Client</c> only those certificates are let in, each as its client:
/// a pinned certificate needs no authority, and one that is taken off the list is out at the next start.
/// </summary>
internal sealed class MllpTls
{
    private readonly X509Certificate2 _own;
    private readonly Dictionary<string, string> _clients;

    private MllpTls(int port, X509Certificate2 own, Dictionary<string, string> clients) => (Port, _own, _clients) = (port, own, clients);

    public int Port { get; }

    /// <summary>Null when no certificate is configured: then there is no MLLPS.</summary>
    public static MllpTls? Of(IConfiguration configuration)
    {
        var section = configuration.GetSection("Hub:Mllp:Tls");
        if (section["Certificate"] is not { Length: > 0 } file)
            return null;
        var clients = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var client in section.GetSection("Clients").GetChildren())
        {
            var thumbprint = (client["Thumbprint"] ?? "").Replace(":", "", StringComparison.Ordinal);
            if (thumbprint.Length != 2 * SHA256.HashSizeInBytes || !thumbprint.All(char.IsAsciiHexDigit))
                throw new InvalidDataException($"{client.Path}:Thumbprint is the SHA-256 of a certificate: 64 hexadecimal digits.");
            clients[thumbprint] = client["Client"] ?? throw new InvalidDataException($"{client.Path}:Client is missing.");
        }

        return new(section.GetValue("Port", 2576), Read(section, file), clients);
    }

    /// <summary>The stream once it is safe; it ends with an exception when the other side cannot prove what is asked of it.</summary>
    public async Task<SslStream> SecureAsync(Stream plain, CancellationToken cancellationToken)
    {
        var stream = new SslStream(plain, leaveInnerStreamOpen: false);
        try
        {
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = _own,
                    ClientCertificateRequired = _clients.Count > 0,
                    EnabledSslProtocols = System.Security.Authentication.SslProtocols.Tls12 | System.Security.Authentication.SslProtocols.Tls13,
                    RemoteCertificateValidationCallback = (_, certificate, _, _) => _clients.Count == 0 || ClientOf(certificate) is not null,
                },
                cancellationToken);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whom that certificate stands for; null when nobody is named by certificates.</summary>
    public string? ClientOf(X509Certificate? certificate) =>
        certificate is null ? null : _clients.GetValueOrDefault(certificate.GetCertHashString(HashAlgorithmName.SHA256));

    private static X509Certificate2 Read(IConfigurationSection section, string file)
    {
        try
        {
            // A key that came as PEM is held in memory in the form in which TLS takes it.
            if (section["Key"] is not { Length: > 0 } key)
                return X509CertificateLoader.LoadPkcs12FromFile(file, section["Password"]);
            using var pem = X509Certificate2.CreateFromPemFile(file, key);
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), password: null);
        }
        catch (Exception fault) when (fault is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{section.Path}:Certificate cannot be read.", fault);
        }
    }
}
