using System.Text;
using System.Text.Json;

namespace CptsFhirHub.Fhir.Model;

/// <summary>Sets id, versionId and lastUpdated inside JSON bytes without writing the rest anew.</summary>
internal static class JsonStamp
{
    public static byte[] Apply(ReadOnlySpan<byte> json, string id, string versionId, string lastUpdated)
    {
        var places = Find(json);
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

    /// <summary>The same for a resource that has neither id nor meta.</summary>
    public static byte[] ApplyToBare(ReadOnlySpan<byte> json, string id, string versionId, string lastUpdated)
    {
        var at = Find(json, isTypeEnough: true).TypeEnd;
        var both = $",\"id\":\"{id}\",\"meta\":{{\"versionId\":\"{versionId}\",\"lastUpdated\":\"{lastUpdated}\"}}";
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

        var result = new byte[size];
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

    private static Places Find(ReadOnlySpan<byte> json, bool isTypeEnough = false)
    {
        var places = new Places { Meta = -1, TypeEnd = -1 };
        var skipped = json.StartsWith("\uFEFF"u8) ? 3 : 0;
        var reader = new Utf8JsonReader(json[skipped..], new JsonReaderOptions { MaxDepth = 1024 });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("resourceType"u8);
            var isId = reader.ValueTextEquals("id"u8);
            var isMeta = reader.ValueTextEquals("meta"u8);
            reader.Read();
            if (isMeta && reader.TokenType == JsonTokenType.StartObject)
            {
                FindInMeta(ref reader, skipped, ref places);
                continue;
            }

            var start = skipped + (int)reader.TokenStartIndex;
            reader.Skip();
            if (isType)
                places.TypeEnd = skipped + (int)reader.BytesConsumed;
            if (isType && isTypeEnough)
                return places;
            if (isId)
                places.Id = (start, skipped + (int)reader.BytesConsumed - start);
        }

        if (places.TypeEnd < 0)
            throw new ArgumentException("The bytes carry no resourceType.", nameof(json));
        return places;
    }

    private static void FindInMeta(ref Utf8JsonReader reader, int skipped, ref Places places)
    {
        places.Meta = skipped + (int)reader.BytesConsumed;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            places.MetaHasMembers = true;
            var isVersion = reader.ValueTextEquals("versionId"u8);
            var isUpdated = reader.ValueTextEquals("lastUpdated"u8);
            reader.Read();
            var start = skipped + (int)reader.TokenStartIndex;
            reader.Skip();
            var length = skipped + (int)reader.BytesConsumed - start;
            if (isVersion)
                places.VersionId = (start, length);
            else if (isUpdated)
                places.LastUpdated = (start, length);
        }
    }

    private struct Places
    {
        public int TypeEnd;
        public (int At, int Length) Id;

        /// <summary>Just behind the brace that opens meta; -1 when there is none.</summary>
        public int Meta;

        public bool MetaHasMembers;
        public (int At, int Length) VersionId;
        public (int At, int Length) LastUpdated;
    }
}
