using System.Security.Cryptography;
using System.Text;

namespace CptsFhirHub.Server.Intake;

/// <summary>What the signature headers of a webhook say. https://www.standardwebhooks.com</summary>
/// <param name="Id">The message's id, the same on each try.</param>
/// <param name="Timestamp">Seconds since 1970, as written.</param>
/// <param name="Signatures">One or several signatures with their version, separated by spaces.</param>
internal sealed record WebhookSignature(string Id, string Timestamp, string Signatures)
{
    /// <summary>How far the sender's clock may be from ours.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private const string SecretPrefix = "whsec_";
    private const int SignaturesMax = 8;
    private const int IdLengthMax = 256;

    /// <summary>The headers of a signed webhook, or null when one is missing or unreasonable.</summary>
    public static WebhookSignature? Of(IHeaderDictionary headers)
    {
        var (id, timestamp, signatures) = (headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"]);
        if (id.Count != 1 || timestamp.Count != 1 || signatures.Count != 1)
            return null;
        if (string.IsNullOrEmpty(id[0]) || id[0]!.Length > IdLengthMax || string.IsNullOrEmpty(signatures[0]))
            return null;
        return new(id[0]!, timestamp[0]!, signatures[0]!);
    }

    /// <summary>The bytes of a secret written as <c>whsec_</c> and base64, or as plain text.</summary>
    public static byte[] Secret(string written)
    {
        if (!written.StartsWith(SecretPrefix, StringComparison.Ordinal))
            return Encoding.UTF8.GetBytes(written);
        return Convert.FromBase64String(written[SecretPrefix.Length..]);
    }

    /// <summary>The signature of a body, as it stands in the header.</summary>
    public static string Sign(byte[] secret, string id, string timestamp, ReadOnlySpan<byte> body) =>
        "v1," + Convert.ToBase64String(Mac(secret, id, timestamp, body));

    /// <summary>True when the time is near ours and one signature fits one of the secrets. Several are valid at once while one is replaced.</summary>
    public bool Fits(ReadOnlySpan<byte> body, IReadOnlyList<byte[]> secrets, DateTimeOffset now)
    {
        if (!IsTimely(now))
            return false;

        var fits = false;
        foreach (var secret in secrets)
        {
            var expected = Mac(secret, Id, Timestamp, body);
            foreach (var signature in Signatures.Split(' ', SignaturesMax, StringSplitOptions.RemoveEmptyEntries))
            {
                var given = new byte[expected.Length];
                var isV1 = signature.StartsWith("v1,", StringComparison.Ordinal)
                    && Convert.TryFromBase64String(signature[3..], given, out var length) && length == expected.Length;

                // No early end: the time taken must not tell which secret or signature was near.
                fits |= isV1 & CryptographicOperations.FixedTimeEquals(given, expected);
            }
        }

        return fits;
    }

    /// <summary>True when the timestamp is a number of seconds within <see cref="Tolerance"/> of now.</summary>
    public bool IsTimely(DateTimeOffset now) =>
        long.TryParse(Timestamp, System.Globalization.NumberStyles.None, null, out var seconds)
        && Math.Abs((decimal)now.ToUnixTimeSeconds() - seconds) <= (decimal)Tolerance.TotalSeconds;

    private static byte[] Mac(byte[] secret, string id, string timestamp, ReadOnlySpan<byte> body)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
        mac.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        mac.AppendData(body);
        return mac.GetHashAndReset();
    }
}
