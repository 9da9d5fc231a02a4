using System.Text.Json;

namespace CptsFhirHub.Fhir.Model;

/// <summary>Where <see cref="FhirJson.Stamp(ReadOnlySpan{byte}, in JsonStampPlaces, string, string, string)"/> sets what it sets, in the bytes of one resource.</summary>
public readonly struct JsonStampPlaces
{
    /// <summary>Behind the value of <c>resourceType</c>.</summary>
    internal int TypeEnd { get; private init; }

    /// <summary>The value of <c>id</c>; of length 0 when there is none.</summary>
    internal (int At, int Length) Id { get; private init; }

    /// <summary>Just behind the brace that opens meta; -1 when there is none.</summary>
    internal int Meta { get; private init; }

    internal bool MetaHasMembers { get; private init; }

    internal (int At, int Length) VersionId { get; private init; }

    internal (int At, int Length) LastUpdated { get; private init; }

    internal static JsonStampPlaces Find(ReadOnlySpan<byte> json, bool isTypeEnough)
    {
        var places = new JsonStampPlaces { Meta = -1, TypeEnd = -1 };
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
                places = FindInMeta(ref reader, skipped, places);
                continue;
            }

            var start = skipped + (int)reader.TokenStartIndex;
            reader.Skip();
            if (isType)
                places = places with { TypeEnd = skipped + (int)reader.BytesConsumed };
            if (isType && isTypeEnough)
                return places;
            if (isId)
                places = places with { Id = (start, skipped + (int)reader.BytesConsumed - start) };
        }

        return places.TypeEnd >= 0 ? places : throw new ArgumentException("The bytes carry no resourceType.", nameof(json));
    }

    private static JsonStampPlaces FindInMeta(ref Utf8JsonReader reader, int skipped, JsonStampPlaces places)
    {
        places = places with { Meta = skipped + (int)reader.BytesConsumed };
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isVersion = reader.ValueTextEquals("versionId"u8);
            var isUpdated = reader.ValueTextEquals("lastUpdated"u8);
            reader.Read();
            var start = skipped + (int)reader.TokenStartIndex;
            reader.Skip();
            var value = (start, skipped + (int)reader.BytesConsumed - start);
            places = places with
            {
                MetaHasMembers = true,
                VersionId = isVersion ? value : places.VersionId,
                LastUpdated = isUpdated ? value : places.LastUpdated,
            };
        }

        return places;
    }
}
