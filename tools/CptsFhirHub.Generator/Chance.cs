using System.Globalization;

namespace CptsFhirHub.Generator;

/// <summary>
/// Numbers that look like chance and are the same for ever: SplitMix64, written out here because the runtime's own generator may change
/// its sequence. Each use draws from a stream of its own, so that one more message of a source does not change all the others.
/// </summary>
public sealed class Chance
{
    private const ulong Step = 0x9E3779B97F4A7C15;
    private ulong _state;

    public Chance(long seed, string stream)
    {
        // FNV-1a: string.GetHashCode differs from process to process.
        var hash = 14695981039346656037UL;
        foreach (var c in stream)
            hash = (hash ^ c) * 1099511628211UL;
        _state = hash ^ ((ulong)seed * Step);
        Draw();
    }

    /// <summary>A number from 0 up to, not including, <paramref name="max"/>.</summary>
    public int Below(int max) => (int)Math.BigMul(Draw(), (ulong)max, out _);

    public int Between(int least, int greatest) => least + Below(greatest - least + 1);

    /// <summary>True in so many cases of a thousand.</summary>
    public bool Holds(int perMille) => Below(1000) < perMille;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public void Shuffle<T>(IList<T> items)
    {
        for (var i = items.Count - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>A UUID of version 4 by its shape.</summary>
    public string Uuid()
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{Draw():x16}{Draw():x16}");
        return $"{text[..8]}-{text[8..12]}-4{text[13..16]}-a{text[17..20]}-{text[20..]}";
    }

    private ulong Draw()
    {
        var z = _state += Step;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
