using System.Text;

namespace CptsFhirHub.Fhir.Model;

/// <summary>
/// Gives each element name one string, so that a resource's names cost no allocation; and so for values of which there are few.
/// A fixed number of slots, overwritten on collision: foreign names can slow it down, never make it grow.
/// </summary>
internal static class NameTable
{
    private const int Slots = 8192;
    private const int NameBytesMax = 64;
    private static readonly Entry?[] Names = new Entry?[Slots];
    private static readonly Entry?[] Values = new Entry?[Slots];

    public static string Get(ReadOnlySpan<byte> utf8) => Get(Names, utf8);

    /// <summary>A value such as the <c>system</c> of a code: the same few URIs in every resource.</summary>
    public static string Value(ReadOnlySpan<byte> utf8) => Get(Values, utf8);

    private static string Get(Entry?[] table, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > NameBytesMax)
            return Encoding.UTF8.GetString(utf8);

        uint hash = 2166136261;
        foreach (var b in utf8)
            hash = (hash ^ b) * 16777619;
        ref var slot = ref table[hash & (Slots - 1)];

        if (slot is { } entry && utf8.SequenceEqual(entry.Utf8))
            return entry.Name;

        // A race writes one of two equal entries: both are right.
        var name = Encoding.UTF8.GetString(utf8);
        slot = new(utf8.ToArray(), name);
        return name;
    }

    private sealed record Entry(byte[] Utf8, string Name);
}
