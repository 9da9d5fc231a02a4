using System.Numerics;

namespace CptsFhirHub.Coordination.Identity.Matching;

/// <summary>How much two texts resemble each other, letter by letter.</summary>
internal static class Alike
{
    private const int LengthMax = 64;

    /// <summary>
    /// Jaro-Winkler: 1 for equal texts, 0 for nothing in common; a common beginning counts more.
    /// https://en.wikipedia.org/wiki/Jaro%E2%80%93Winkler_distance
    /// </summary>
    public static double JaroWinkler(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        if (a.SequenceEqual(b))
            return 1;
        if (a.Length == 0 || b.Length == 0)
            return 0;
        a = a[..Math.Min(a.Length, LengthMax)];
        b = b[..Math.Min(b.Length, LengthMax)];

        var reach = Math.Max(0, (Math.Max(a.Length, b.Length) / 2) - 1);
        ulong inA = 0, inB = 0;
        var matches = 0;
        for (var i = 0; i < a.Length; i++)
        {
            var last = Math.Min(b.Length - 1, i + reach);
            for (var j = Math.Max(0, i - reach); j <= last; j++)
            {
                if ((inB >> j & 1) != 0 || a[i] != b[j])
                    continue;
                inA |= 1UL << i;
                inB |= 1UL << j;
                matches++;
                break;
            }
        }

        if (matches == 0)
            return 0;
        var moved = 0;
        for (int i = 0, j = 0; i < a.Length; i++)
        {
            if ((inA >> i & 1) == 0)
                continue;
            while ((inB >> j & 1) == 0)
                j++;
            moved += a[i] != b[j] ? 1 : 0;
            j++;
        }

        double m = matches;
        var jaro = ((m / a.Length) + (m / b.Length) + ((m - (moved / 2)) / m)) / 3;
        var prefix = 0;
        while (prefix < 4 && prefix < a.Length && prefix < b.Length && a[prefix] == b[prefix])
            prefix++;
        return jaro + (prefix * 0.1 * (1 - jaro));
    }

    /// <summary>The letters and digits that occur in a text, a bit each.</summary>
    public static ulong LettersOf(string text)
    {
        ulong letters = 0;
        foreach (var letter in text)
            letters |= 1UL << (letter & 63);
        return letters;
    }

    /// <summary>False when two texts share so few letters that they cannot resemble each other: a cheap look before a dear one.</summary>
    public static bool MayResemble(ulong a, ulong b) =>
        10 * BitOperations.PopCount(a & b) >= 6 * Math.Min(BitOperations.PopCount(a), BitOperations.PopCount(b));

    /// <summary>True when two neighbouring letters change places.</summary>
    public static bool IsSwap(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        if (a.Length != b.Length || a.SequenceEqual(b))
            return false;
        var at = a.CommonPrefixLength(b);
        return at + 1 < a.Length && a[at] == b[at + 1] && a[at + 1] == b[at] && a[(at + 2)..].SequenceEqual(b[(at + 2)..]);
    }

    /// <summary>True when one letter added, dropped, changed, or two neighbours swapped make one text of the other.</summary>
    public static bool IsOneEdit(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        if (Math.Abs(a.Length - b.Length) > 1)
            return false;
        var start = a.CommonPrefixLength(b);
        a = a[start..];
        b = b[start..];
        while (a.Length > 0 && b.Length > 0 && a[^1] == b[^1])
        {
            a = a[..^1];
            b = b[..^1];
        }

        return (a.Length, b.Length) switch
        {
            (0, <= 1) or (1, <= 1) => true,
            (2, 2) => a[0] == b[1] && a[1] == b[0],
            _ => false,
        };
    }
}
