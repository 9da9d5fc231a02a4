using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace CptsFhirHub.Storage;

/// <summary>
/// SHA-256 of texts of a few words, for look-up keys: eleven of them for a person. To call the system's library for each costs four times what the one
/// block to be hashed does. Longer texts are given to the library. https://csrc.nist.gov/pubs/fips/180-4/upd1/final
/// </summary>
internal static class ShortHash
{
    private const int Words = 64;
    private const int BlockBytes = 64;

    /// <summary>What fits one block, beside the bit that ends it and its length.</summary>
    private const int OneBlockMax = BlockBytes - 1 - sizeof(ulong);

    private static readonly uint[] Roots =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>The hash of a text, whole.</summary>
    public static void Write(ReadOnlySpan<byte> text, Span<byte> hash)
    {
        if (text.Length > OneBlockMax)
        {
            SHA256.HashData(text, hash);
            return;
        }

        Span<byte> block = stackalloc byte[BlockBytes];
        text.CopyTo(block);
        block[text.Length] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(block[^sizeof(ulong)..], (ulong)text.Length * 8);
        Compress(block, hash);
    }

    private static void Compress(ReadOnlySpan<byte> block, Span<byte> hash)
    {
        Span<uint> words = stackalloc uint[Words];
        for (var i = 0; i < BlockBytes / sizeof(uint); i++)
            words[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(i * sizeof(uint))..]);
        for (var i = BlockBytes / sizeof(uint); i < Words; i++)
        {
            var (early, late) = (words[i - 15], words[i - 2]);
            words[i] = words[i - 16] + (BitOperations.RotateRight(early, 7) ^ BitOperations.RotateRight(early, 18) ^ (early >> 3))
                + words[i - 7] + (BitOperations.RotateRight(late, 17) ^ BitOperations.RotateRight(late, 19) ^ (late >> 10));
        }

        ReadOnlySpan<uint> start = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
        var (a, b, c, d, e, f, g, h) = (start[0], start[1], start[2], start[3], start[4], start[5], start[6], start[7]);
        ReadOnlySpan<uint> roots = Roots;
        for (var i = 0; i < words.Length; i++)
        {
            var first = h + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25))
                + ((e & f) ^ (~e & g)) + roots[i] + words[i];
            var second = (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22))
                + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e) = (g, f, e, d + first);
            (d, c, b, a) = (c, b, a, first + second);
        }

        Span<uint> sums = [a, b, c, d, e, f, g, h];
        for (var i = 0; i < sums.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(hash[(i * sizeof(uint))..], start[i] + sums[i]);
    }
}
