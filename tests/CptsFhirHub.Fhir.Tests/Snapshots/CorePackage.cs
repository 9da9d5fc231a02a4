using System.Formats.Tar;
using System.IO.Compression;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Tests.Snapshots;

/// <summary>The structures of the official package, with their prose, opened when asked for.</summary>
internal sealed class CorePackage
{
    private const string Core = "http://hl7.org/fhir/StructureDefinition/";

    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Element> _open = new(StringComparer.Ordinal);

    public CorePackage(string path)
    {
        using var zipped = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var tar = new TarReader(zipped);
        while (tar.GetNextEntry() is { } entry)
        {
            const string Prefix = "package/StructureDefinition-";
            if (!entry.Name.StartsWith(Prefix, StringComparison.Ordinal) || entry.DataStream is not { } data)
                continue;
            using var bytes = new MemoryStream();
            data.CopyTo(bytes);
            _files[Core + entry.Name[Prefix.Length..^".json".Length]] = bytes.ToArray();
        }
    }

    public Element? Find(string url)
    {
        if (_open.TryGetValue(url, out var found))
            return found;
        return _files.TryGetValue(url, out var bytes) ? _open[url] = FhirJson.Parse(bytes).Resource!.Root : null;
    }
}
