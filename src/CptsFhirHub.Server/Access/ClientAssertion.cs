using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace CptsFhirHub.Server.Access;

/// <summary>
/// Marks an assertion as used; false when it was used before. Accepting and remembering are one step: of two at once, one wins.
/// </summary>
internal delegate Task<bool> UseAssertion(string issuer, string jti, DateTimeOffset until, CancellationToken cancellationToken);

/// <summary>
/// <c>private_key_jwt</c>: a client proves itself by a JWT it signed.
/// https://hl7.org/fhir/smart-app-launch/client-confidential-asymmetric.html
/// </summary>
/// <remarks>Every fault gives the same refusal: the caller learns nothing about which check failed.</remarks>
internal sealed class ClientAssertion(ClientRegistry clients, UseAssertion useOnce, TimeProvider time)
{
    private const int LengthMax = 8 * 1024;
    private const int JtiLengthMax = 256;
    private const int LifetimeMaxSeconds = 300;
    private const int SkewSeconds = 5;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>The client that signed it, or null.</summary>
    public async Task<Client?> CheckAsync(string assertion, string tokenUrl, CancellationToken cancellationToken)
    {
        if (assertion.Length > LengthMax || assertion.Split('.') is not [var headerText, var claimsText, var signatureText])
            return null;
        try
        {
            using var header = Read(headerText);
            using var claims = Read(claimsText);
            if (header is null || claims is null || !Base64Url.IsValid(signatureText))
                return null;
            if (Signer(header.RootElement) is not var (algorithm, keyId))
                return null;
            if (Text(claims.RootElement, "iss") is not { } issuer || Text(claims.RootElement, "sub") != issuer)
                return null;
            if (clients.Find(issuer) is not { } client)
                return null;

            var keys = client.Keys.Where(key => key.KeyId == keyId && key.IsFor(algorithm)).Take(2).ToList();
            var signed = Encoding.ASCII.GetBytes(assertion[..assertion.LastIndexOf('.')]);
            if (keys.Count != 1 || !keys[0].Verify(algorithm, signed, Base64Url.DecodeFromChars(signatureText)))
                return null;
            return HoldNow(claims.RootElement, tokenUrl, out var expires)
                && Text(claims.RootElement, "jti") is { Length: > 0 and <= JtiLengthMax } jti
                && await useOnce(issuer, jti, DateTimeOffset.FromUnixTimeSeconds(expires + SkewSeconds), cancellationToken)
                ? client
                : null;
        }
        catch (Exception fault) when (fault is JsonException or FormatException or System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }

    private static JsonDocument? Read(string part)
    {
        if (!Base64Url.IsValid(part))
            return null;
        var document = JsonDocument.Parse(Base64Url.DecodeFromChars(part), Strict);
        if (document.RootElement.ValueKind == JsonValueKind.Object)
            return document;
        document.Dispose();
        return null;
    }

    /// <summary>Algorithm and key id. A key that comes along in the header (jwk, x5c, x5u) is never looked at; a jku is refused, as none is registered.</summary>
    private static (string Algorithm, string KeyId)? Signer(JsonElement header)
    {
        if (header.TryGetProperty("crit", out _) || header.TryGetProperty("jku", out _))
            return null;
        if (header.TryGetProperty("typ", out var typ)
            && !(typ.ValueKind == JsonValueKind.String && string.Equals(typ.GetString(), "JWT", StringComparison.OrdinalIgnoreCase)))
            return null;
        return Text(header, "alg") is ("RS384" or "ES384") and var algorithm && Text(header, "kid") is { Length: > 0 } keyId
            ? (algorithm, keyId)
            : null;
    }

    private bool HoldNow(JsonElement claims, string tokenUrl, out long expires)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        expires = 0;
        if (!claims.TryGetProperty("aud", out var audience))
            return false;
        if (audience.ValueKind == JsonValueKind.Array)
        {
            if (audience.GetArrayLength() != 1)
                return false;
            audience = audience[0];
        }

        if (audience.ValueKind != JsonValueKind.String || audience.GetString() != tokenUrl)
            return false;
        if (!claims.TryGetProperty("exp", out var exp) || exp.ValueKind != JsonValueKind.Number || !exp.TryGetInt64(out expires))
            return false;
        if (expires <= now - SkewSeconds || expires > now + LifetimeMaxSeconds + SkewSeconds)
            return false;
        return NotInFuture(claims, "nbf", now) && NotInFuture(claims, "iat", now);
    }

    private static bool NotInFuture(JsonElement claims, string name, long now) =>
        !claims.TryGetProperty(name, out var value)
        || value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var seconds) && seconds <= now + SkewSeconds;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
