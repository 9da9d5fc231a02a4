using System.Security.Cryptography;
using System.Text;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>
/// Keeps the headers of a subscription from being read in the database or by others: they often hold a password. A sealed header keeps its
/// name and shows <c>sealed:</c> and the value under AES-256-GCM; it opens only for the client that wrote it.
/// </summary>
/// <remarks>The key is made when it is first needed and lies in <c>{data}/keys</c>, readable by the hub's account alone.</remarks>
internal sealed class HeaderSeal(HubSettings settings)
{
    private const string Mark = "sealed:";
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private readonly Lazy<byte[]> _key = new(() => ReadKey(Path.Combine(settings.DataDirectory, "keys")));

    public static bool IsSealed(string header) => ValueOf(header).StartsWith(Mark, StringComparison.Ordinal);

    public string Seal(string header, string owner)
    {
        if (IsSealed(header))
            return header;
        var (name, value) = (NameOf(header), Encoding.UTF8.GetBytes(ValueOf(header)));
        var box = new byte[NonceBytes + TagBytes + value.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var cipher = new AesGcm(_key.Value, TagBytes);
        cipher.Encrypt(
            box.AsSpan(0, NonceBytes), value, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), Encoding.UTF8.GetBytes(owner));
        return $"{name}: {Mark}{Convert.ToBase64String(box)}";
    }

    /// <summary>The header as it was written; null when it was sealed elsewhere or for another client.</summary>
    public string? Open(string header, string owner)
    {
        if (!IsSealed(header))
            return header;
        var box = new byte[header.Length];
        if (!Convert.TryFromBase64String(ValueOf(header)[Mark.Length..], box, out var length) || length < NonceBytes + TagBytes)
            return null;
        var value = new byte[length - NonceBytes - TagBytes];
        using var cipher = new AesGcm(_key.Value, TagBytes);
        try
        {
            cipher.Decrypt(
                box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes + TagBytes, value.Length), box.AsSpan(NonceBytes, TagBytes), value,
                Encoding.UTF8.GetBytes(owner));
        }
        catch (CryptographicException)
        {
            return null;
        }

        return $"{NameOf(header)}: {Encoding.UTF8.GetString(value)}";
    }

    public static string NameOf(string header) =>
        header.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? header[..colon].Trim() : "";

    public static string ValueOf(string header) => header[(header.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();

    private static byte[] ReadKey(string folder)
    {
        var file = Path.Combine(folder, "subscription-headers.key");
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(folder);
            var temporary = $"{file}.{Guid.NewGuid():N}";
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(RandomNumberGenerator.GetBytes(KeyBytes));
                stream.Flush(flushToDisk: true);
            }

            // Two processes that begin at once agree on the first one's key.
            try
            {
                File.Move(temporary, file, overwrite: false);
            }
            catch (IOException) when (File.Exists(file))
            {
                File.Delete(temporary);
            }
        }

        return File.ReadAllBytes(file) is { Length: KeyBytes } key
            ? key
            : throw new InvalidDataException("keys/subscription-headers.key is not a key of 32 bytes.");
    }
}
