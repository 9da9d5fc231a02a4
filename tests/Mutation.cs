namespace CptsFhirHub.Tests;

/// <summary>Damages bytes and texts as transmission, careless programs and attackers do; the same seed does the same damage.</summary>
internal static class Mutation
{
    private static readonly byte[][] Odd =
    [
        [0], [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF], "\uFEFF"u8.ToArray(), "\u2028"u8.ToArray(), "\\ud800"u8.ToArray(),
        "1e999999999"u8.ToArray(), "-"u8.ToArray(), "99999999999999999999"u8.ToArray(), "null"u8.ToArray(), "\r\n"u8.ToArray(), "&"u8.ToArray(), "%"u8.ToArray(),
    ];

    /// <summary>The bytes with one to eight damages.</summary>
    public static byte[] Of(byte[] original, int seed, params string[] signs)
    {
        var random = new Random(seed);
        var bytes = new List<byte>(original);
        for (var i = random.Next(1, 9); i > 0; i--)
            Damage(bytes, random, signs);
        return [.. bytes];
    }

    /// <summary>The text with one to eight damages.</summary>
    public static string Of(string original, int seed, params string[] signs) =>
        System.Text.Encoding.UTF8.GetString(Of(System.Text.Encoding.UTF8.GetBytes(original), seed, signs));

    private static void Damage(List<byte> bytes, Random random, string[] signs)
    {
        var at = random.Next(bytes.Count + 1);
        var length = Math.Min(bytes.Count - at, random.Next(1, 40));
        switch (random.Next(7))
        {
            case 0 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1:
                bytes.RemoveRange(at, length);
                break;
            case 2:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 3:
                bytes.InsertRange(at, Odd[random.Next(Odd.Length)]);
                break;
            case 4 when signs.Length > 0:
                var sign = System.Text.Encoding.UTF8.GetBytes(signs[random.Next(signs.Length)]);
                for (var i = random.Next(6) == 0 ? random.Next(200) : 1; i > 0; i--)
                    bytes.InsertRange(at, sign);
                break;
            case 5:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            default:
                var other = random.Next(bytes.Count + 1);
                (at, other) = (Math.Min(at, other), Math.Max(at, other));
                bytes.Reverse(at, Math.Min(other - at, 20));
                break;
        }
    }
}
