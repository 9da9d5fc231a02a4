using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace CptsFhirHub.Fhir.Definitions;

/// <summary>
/// Reads the embedded file that <c>tools/CptsFhirHub.Definitions.Tool</c> writes. Layout, after Brotli:
/// <code>
/// cpts-fhir-hub r4 1 {count}\n
/// {kind}\t{url}\t{version}\t{name}\t{detail}\t{body bytes}\n      count times
/// {body}{body}...                                               JSON, in the order of the index
/// </code>
/// </summary>
internal static class DefinitionArchive
{
    private const string Format = "cpts-fhir-hub r4 1 ";
    private const int ExpectedBytes = 6 << 20;

    public static List<Definition> Read(Stream packed)
    {
        using var brotli = new BrotliStream(packed, CompressionMode.Decompress);
        using var memory = new MemoryStream(ExpectedBytes);
        brotli.CopyTo(memory, 1 << 16);
        var bytes = new ReadOnlyMemory<byte>(memory.GetBuffer(), 0, (int)memory.Length);

        var at = 0;
        var head = Line(bytes.Span, ref at);
        if (!head.StartsWith(Format, StringComparison.Ordinal))
            throw new InvalidOperationException("The embedded definitions have an unknown format.");
        var count = int.Parse(head.AsSpan(Format.Length), CultureInfo.InvariantCulture);

        var rows = new string[count][];
        for (var i = 0; i < count; i++)
            rows[i] = Line(bytes.Span, ref at).Split('\t');

        var definitions = new List<Definition>(count);
        foreach (var row in rows)
        {
            var length = int.Parse(row[5], CultureInfo.InvariantCulture);
            var traits = row[4].Length == 0 ? null : StructureTraits.Parse(row[4]);
            definitions.Add(new(row[0], row[1], row[2].Length == 0 ? null : row[2], row[3], traits, bytes.Slice(at, length)));
            at += length;
        }

        return definitions;
    }

    private static string Line(ReadOnlySpan<byte> bytes, ref int at)
    {
        var length = bytes[at..].IndexOf((byte)'\n');
        var line = Encoding.UTF8.GetString(bytes.Slice(at, length));
        at += length + 1;
        return line;
    }
}
