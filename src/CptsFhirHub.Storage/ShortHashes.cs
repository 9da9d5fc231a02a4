using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CptsFhirHub.Storage;

/// <summary>
/// SHA-256 of eight short texts at once, one in each lane of the processor's registers. A resource has a dozen look-up keys of some forty bytes: one by
/// one, the way to the system's library and the setting up there cost several times the hash itself. https://doi.org/10.6028/NIST.FIPS.180-4
/// </summary>
internal static class ShortHashes
{
    public const int Lanes = 8;

    public const int BlockBytes = 64;

    /// <summary>A longer text needs a second block.</summary>
    public const int TextMax = BlockBytes - 1 - sizeof(ulong);

    private const int Rounds = 64;
    private const int Words = 16;
    private static readonly uint[] Constants = [.. Primes(Rounds).Select(prime => Fraction(Math.Cbrt(prime)))];
    private static readonly uint[] Beginning = [.. Primes(Lanes).Select(prime => Fraction(Math.Sqrt(prime)))];

    /// <summary>True when the processor has such registers.</summary>
    public static bool AreFast => Vector256.IsHardwareAccelerated;

    /// <summary>Ends a text that stands at the beginning of an empty block, so that it can be hashed.</summary>
    public static void End(Span<byte> block, int length)
    {
        block[length] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(block[^sizeof(ulong)..], (ulong)length * 8);
    }

    /// <summary>The first eight bytes of each block's hash, as a number with the highest byte first.</summary>
    public static void Compute(ReadOnlySpan<byte> blocks, Span<ulong> hashes)
    {
        Span<Vector256<uint>> words = stackalloc Vector256<uint>[Words];
        Span<uint> column = stackalloc uint[Lanes];
        for (var t = 0; t < Words; t++)
        {
            for (var lane = 0; lane < Lanes; lane++)
                column[lane] = BinaryPrimitives.ReadUInt32BigEndian(blocks[((lane * BlockBytes) + (t * sizeof(uint)))..]);
            words[t] = Vector256.Create<uint>(column);
        }

        var (a, b, c, d) = (Begin(0), Begin(1), Begin(2), Begin(3));
        var (e, f, g, h) = (Begin(4), Begin(5), Begin(6), Begin(7));
        for (var t = 0; t < Rounds; t++)
        {
            if (t >= Words)
                words[t % Words] = Next(words, t);
            var one = h + (Right(e, 6) ^ Right(e, 11) ^ Right(e, 25)) + Vector256.ConditionalSelect(e, f, g)
                + Vector256.Create(Constants[t]) + words[t % Words];
            var two = (Right(a, 2) ^ Right(a, 13) ^ Right(a, 22)) + Vector256.ConditionalSelect(a ^ b, c, b);
            (h, g, f, e, d, c, b, a) = (g, f, e, d + one, c, b, a, one + two);
        }

        (a, b) = (a + Begin(0), b + Begin(1));
        for (var lane = 0; lane < Lanes; lane++)
            hashes[lane] = ((ulong)a[lane] << 32) | b[lane];
    }

    private static Vector256<uint> Begin(int word) => Vector256.Create(Beginning[word]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Next(ReadOnlySpan<Vector256<uint>> words, int t)
    {
        var (near, far) = (words[(t - 2) % Words], words[(t - 15) % Words]);
        return words[t % Words] + words[(t - 7) % Words]
            + (Right(far, 7) ^ Right(far, 18) ^ Vector256.ShiftRightLogical(far, 3))
            + (Right(near, 17) ^ Right(near, 19) ^ Vector256.ShiftRightLogical(near, 10));
    }

    /// <summary>Turned by so many bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Right(Vector256<uint> value, int bits) =>
        Vector256.ShiftRightLogical(value, bits) | Vector256.ShiftLeft(value, 32 - bits);

    private static IEnumerable<int> Primes(int count) =>
        Enumerable.Range(2, 400).Where(n => !Enumerable.Range(2, n - 2).Any(part => n % part == 0)).Take(count);

    /// <summary>The first 32 bits behind the point.</summary>
    private static uint Fraction(double number) => (uint)((number - Math.Floor(number)) * 4_294_967_296.0);
}
