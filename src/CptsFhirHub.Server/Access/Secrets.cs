using System.Security.Cryptography;
using System.Text;

namespace CptsFhirHub.Server.Access;

/// <summary>A secret the hub can check but no longer tell: its SHA-256. Only for long random secrets; people's are <see cref="PasswordHash"/>.</summary>
internal sealed class SecretHash
{
    private readonly byte[] _hash;

    private SecretHash(byte[] hash) => _hash = hash;

    public static SecretHash Of(string secret) => new(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>From the 64 hexadecimal digits of the configuration.</summary>
    public static SecretHash FromHex(string hex) =>
        hex.Length == 64 ? new(Convert.FromHexString(hex)) : throw new InvalidDataException("A SHA-256 has 64 hexadecimal digits.");

    public bool Fits(string secret) =>
        CryptographicOperations.FixedTimeEquals(_hash, SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}

/// <summary>A person's password: PBKDF2-HMAC-SHA512 with a salt of its own, kept as <c>pbkdf2-sha512$rounds$salt$hash</c>.</summary>
internal sealed class PasswordHash
{
    private const int RoundsDefault = 210_000;
    private const int RoundsMax = 5_000_000;
    private const int HashBytes = 32;
    private readonly int _rounds;
    private readonly byte[] _salt;
    private readonly byte[] _hash;

    private PasswordHash(int rounds, byte[] salt, byte[] hash) => (_rounds, _salt, _hash) = (rounds, salt, hash);

    public static PasswordHash Of(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return new(RoundsDefault, salt, Derive(password, salt, RoundsDefault));
    }

    public static PasswordHash Read(string text)
    {
        if (text.Split('$') is ["pbkdf2-sha512", var roundsText, var salt, var hash]
            && int.TryParse(roundsText, out var rounds) && rounds is > 0 and <= RoundsMax)
            return new(rounds, Convert.FromBase64String(salt), Convert.FromBase64String(hash));
        throw new InvalidDataException("A password hash reads pbkdf2-sha512$rounds$salt$hash.");
    }

    public bool Fits(string password) => CryptographicOperations.FixedTimeEquals(_hash, Derive(password, _salt, _rounds));

    public override string ToString() =>
        $"pbkdf2-sha512${_rounds}${Convert.ToBase64String(_salt)}${Convert.ToBase64String(_hash)}";

    private static byte[] Derive(string password, byte[] salt, int rounds) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, rounds, HashAlgorithmName.SHA512, HashBytes);
}
