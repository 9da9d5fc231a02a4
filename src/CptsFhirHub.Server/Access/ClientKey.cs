using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace CptsFhirHub.Server.Access;

/// <summary>A client's public key from its JWKS: RSA of 2048 bits or more, or a P-256 or P-384 point. https://www.rfc-editor.org/rfc/rfc7517</summary>
internal sealed class ClientKey
{
    private const int RsaBytesMin = 256;
    private readonly RSAParameters? _rsa;
    private readonly ECParameters? _ec;

    private ClientKey(string keyId, RSAParameters? rsa, ECParameters? ec) => (KeyId, _rsa, _ec) = (keyId, rsa, ec);

    public string KeyId { get; }

    /// <summary>The usable signature keys of a JWKS document; others are passed over.</summary>
    public static IReadOnlyList<ClientKey> ReadSet(string jwks)
    {
        using var document = JsonDocument.Parse(jwks, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
        var keys = new List<ClientKey>();
        foreach (var key in document.RootElement.GetProperty("keys").EnumerateArray())
            if (Read(key) is { } read)
                keys.Add(read);
        return keys;
    }

    /// <summary>True when the key is of the algorithm's kind.</summary>
    public bool IsFor(string algorithm) => algorithm switch
    {
        "RS384" => _rsa is not null,
        "ES384" => _ec?.Q.X?.Length == 48,
        _ => false,
    };

    public bool Verify(string algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        if (!IsFor(algorithm))
            return false;
        if (_rsa is { } rsaParameters)
        {
            using var rsa = RSA.Create(rsaParameters);
            return rsa.VerifyData(signed, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1);
        }

        // Zero for r or s would fit any message in a careless implementation (CVE-2022-21449).
        if (signature.Length != 96 || IsZero(signature[..48]) || IsZero(signature[48..]))
            return false;
        using var ec = ECDsa.Create(_ec!.Value);
        return ec.VerifyData(signed, signature, HashAlgorithmName.SHA384, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static bool IsZero(ReadOnlySpan<byte> number) => number.IndexOfAnyExcept((byte)0) < 0;

    private static ClientKey? Read(JsonElement key)
    {
        if (Text(key, "kid") is not { Length: > 0 } keyId || Text(key, "use") is { } use && use != "sig")
            return null;
        switch (Text(key, "kty"))
        {
            case "RSA" when Bytes(key, "n") is { } modulus && Bytes(key, "e") is { } exponent && modulus.Length >= RsaBytesMin:
                return new(keyId, new RSAParameters { Modulus = modulus, Exponent = exponent }, null);
            case "EC" when Text(key, "crv") == "P-384" && Bytes(key, "x") is { Length: 48 } x && Bytes(key, "y") is { Length: 48 } y:
                return new(keyId, null, new ECParameters { Curve = ECCurve.NamedCurves.nistP384, Q = new ECPoint { X = x, Y = y } });
            default:
                return null;
        }
    }

    private static string? Text(JsonElement key, string name) =>
        key.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static byte[]? Bytes(JsonElement key, string name) =>
        Text(key, name) is { } text && Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : null;
}
