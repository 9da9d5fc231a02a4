using System.Text;

namespace CptsFhirHub.Fhir.Model;

/// <summary>Sets id, versionId and lastUpdated inside JSON bytes without writing the rest anew.</summary>
internal static class JsonStamp
{
    public static byte[] Apply(ReadOnlySpan<byte> json, in JsonStampPlaces places, string id, string versionId, string lastUpdated)
    {
        if (places is { Meta: < 0, Id.Length: 0 })
            return ApplyToBare(json, places.TypeEnd, $",\"id\":\"{id}\",\"meta\":{{\"versionId\":\"{versionId}\",\"lastUpdated\":\"{lastUpdated}\"}}");

        var edits = new List<(int At, int Length, string Text)>(4);
        var newMeta = places.Meta < 0 ? $",\"meta\":{{\"versionId\":\"{versionId}\",\"lastUpdated\":\"{lastUpdated}\"}}" : string.Empty;

        if (places.Id.Length > 0)
        {
            edits.Add((places.Id.At, places.Id.Length, $"\"{id}\""));
            if (newMeta.Length > 0)
                edits.Add((places.Id.At + places.Id.Length, 0, newMeta));
        }
        else
        {
            edits.Add((places.TypeEnd, 0, $",\"id\":\"{id}\"{newMeta}"));
        }

        if (newMeta.Length == 0)
        {
            var missing = new StringBuilder();
            if (places.VersionId.Length > 0)
                edits.Add((places.VersionId.At, places.VersionId.Length, $"\"{versionId}\""));
            else
                missing.Append($"\"versionId\":\"{versionId}\",");
            if (places.LastUpdated.Length > 0)
                edits.Add((places.LastUpdated.At, places.LastUpdated.Length, $"\"{lastUpdated}\""));
            else
                missing.Append($"\"lastUpdated\":\"{lastUpdated}\",");
            if (missing.Length > 0 && !places.MetaHasMembers)
                missing.Length--;
            if (missing.Length > 0)
                edits.Add((places.Meta, 0, missing.ToString()));
        }

        return Splice(json, edits);
    }

    private static byte[] ApplyToBare(ReadOnlySpan<byte> json, int at, string both)
    {
        var result = GC.AllocateUninitializedArray<byte>(json.Length + Encoding.UTF8.GetByteCount(both));
        json[..at].CopyTo(result);
        var written = at + Encoding.UTF8.GetBytes(both, result.AsSpan(at));
        json[at..].CopyTo(result.AsSpan(written));
        return result;
    }

    private static byte[] Splice(ReadOnlySpan<byte> json, List<(int At, int Length, string Text)> edits)
    {
        edits.Sort((a, b) => (a.At, a.Length == 0 ? 1 : 0).CompareTo((b.At, b.Length == 0 ? 1 : 0)));
        var size = json.Length;
        foreach (var (_, length, text) in edits)
            size += Encoding.UTF8.GetByteCount(text) - length;

        var result = GC.AllocateUninitializedArray<byte>(size);
        int read = 0, written = 0;
        foreach (var (at, length, text) in edits)
        {
            json[read..at].CopyTo(result.AsSpan(written));
            written += at - read;
            written += Encoding.UTF8.GetBytes(text, result.AsSpan(written));
            read = at + length;
        }

        json[read..].CopyTo(result.AsSpan(written));
        return result;
    }
}
