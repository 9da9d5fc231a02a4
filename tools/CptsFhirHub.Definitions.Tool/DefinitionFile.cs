using System.IO.Compression;
using System.Text;

namespace CptsFhirHub.Definitions.Tool;

/// <summary>
/// The file: a first line with the format and the number of definitions, one index line for each
/// (kind, url, version, name, detail, bytes of the body; tab between them), then the bodies one after the other. Brotli.
/// </summary>
internal static class DefinitionFile
{
    private const int QualityMax = 11;
    private const int WindowBits = 24;

    public static byte[] Write(IReadOnlyList<DefinitionLine> lines)
    {
        var bodies = lines.Select(line => Encoding.UTF8.GetBytes(line.Json)).ToList();
        var text = new StringBuilder().Append("cpts-fhir-hub r4 1 ").Append(lines.Count).Append('\n');
        foreach (var (line, body) in lines.Zip(bodies))
            text.AppendJoin('\t', line.Kind, line.Url, line.Version, line.Name, line.Detail, body.Length).Append('\n');

        byte[] plain = [.. Encoding.UTF8.GetBytes(text.ToString()), .. bodies.SelectMany(body => body)];
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(plain.Length)];
        if (!BrotliEncoder.TryCompress(plain, packed, out var written, QualityMax, WindowBits))
            throw new InvalidOperationException("The definitions could not be compressed.");
        return packed[..written];
    }
}
