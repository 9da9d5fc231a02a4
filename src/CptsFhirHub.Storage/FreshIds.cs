using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CptsFhirHub.Storage;

/// <summary>
/// Ids of new resources: UUIDs of version 7, whose first half is the instant. The system is asked for chance many ids at a time and not once for
/// each. https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7
/// </summary>
public static class FreshIds
{
    private const int IdBytes = 16;
    private const int InstantBytes = 6;
    private const int ChanceBytes = IdBytes - InstantBytes;
    private const int Together = 64;

    [ThreadStatic]
    private static byte[]? _chance;

    [ThreadStatic]
    private static int _left;

    public static string New(DateTimeOffset now)
    {
        if (_left == 0)
        {
            RandomNumberGenerator.Fill(_chance ??= new byte[Together * ChanceBytes]);
            _left = Together;
        }

        Span<byte> id = stackalloc byte[IdBytes];
        BinaryPrimitives.WriteInt64BigEndian(id, now.ToUnixTimeMilliseconds() << 16);
        _chance.AsSpan(--_left * ChanceBytes, ChanceBytes).CopyTo(id[InstantBytes..]);
        id[6] = (byte)((id[6] & 0x0F) | 0x70);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true).ToString();
    }
}
