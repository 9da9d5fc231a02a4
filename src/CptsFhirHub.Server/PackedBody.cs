using System.Buffers.Binary;
using System.IO.Compression;

namespace CptsFhirHub.Server;

/// <summary>
/// Bodies that come with the content coding gzip. A limit of bytes is one of what they unpack to: a little that unpacks to much is stopped there.
/// https://www.rfc-editor.org/rfc/rfc9110#section-8.4
/// </summary>
internal static class PackedBody
{
    public const string Gzip = "gzip";

    // Head and tail of a gzip without content.
    private const int GzipBytesMin = 18;

    /// <summary>How the body is packed; empty when it is not.</summary>
    public static string CodingOf(HttpRequest request) =>
        request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant() is var coding && coding is "identity" ? "" : coding;

    /// <summary>What was packed; null when it is larger than the limit.</summary>
    public static ReadOnlyMemory<byte>? Unpack(MemoryStream packed, long limit)
    {
        packed.Position = 0;
        using var gzip = new GZipStream(packed, CompressionMode.Decompress);
        var unpacked = new MemoryStream();
        var chunk = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = gzip.Read(chunk)) > 0)
            {
                if (unpacked.Length + read > limit)
                    return null;
                unpacked.Write(chunk, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            throw NoGzip();
        }

        // The stream ends quietly where the bytes do: only its last four say how much there was to be.
        if (packed.Length < GzipBytesMin || BinaryPrimitives.ReadUInt32LittleEndian(packed.GetBuffer().AsSpan((int)packed.Length - 4)) != (uint)unpacked.Length)
            throw NoGzip();
        return unpacked.GetBuffer().AsMemory(0, (int)unpacked.Length);

        static Refusal NoGzip() => new(400, "structure", "The body is not what its content coding says: it is no gzip, or cut off.");
    }
}
