using System.Text;

namespace CptsFhirHub.Fhir.Model;

/// <summary>What reading gave: the resource as far as it could be read (null when not at all) and every fault with its path.</summary>
public sealed record Parsed(Resource? Resource, IReadOnlyList<Issue> Issues)
{
    /// <summary>True when nothing was wrong enough to refuse it.</summary>
    public bool IsSound => Resource is not null && !Issues.Any(issue => issue.IsError);
}

/// <summary>How much JSON is read before it is refused as too costly. Every bound is tested at, and one past.</summary>
public sealed record JsonLimits
{
    /// <summary>The limits used where none are given.</summary>
    public static JsonLimits Default { get; } = new();

    /// <summary>For what the hub keeps or has written: it was within the limits of the door that it came through, and is read whatever its size.</summary>
    public static JsonLimits AsKept { get; } = new()
    {
        Bytes = int.MaxValue,
        StringBytes = int.MaxValue,
        Items = int.MaxValue,
        Elements = int.MaxValue,
        Members = int.MaxValue,
        Depth = 128,
    };

    /// <summary>Bytes of the whole.</summary>
    public int Bytes { get; init; } = 50 * 1024 * 1024;

    /// <summary>Objects and arrays inside one another.</summary>
    public int Depth { get; init; } = 64;

    /// <summary>Bytes of one string.</summary>
    public int StringBytes { get; init; } = 1024 * 1024;

    /// <summary>Bytes of one member name.</summary>
    public int NameBytes { get; init; } = 256;

    /// <summary>Members of one object.</summary>
    public int Members { get; init; } = 1_000;

    /// <summary>Items of one array.</summary>
    public int Items { get; init; } = 10_000;

    /// <summary>Where <see cref="Items"/> is set, for whoever reaches it; null when nobody can set it.</summary>
    public string? ItemsSetting { get; init; }

    /// <summary>Elements of one resource.</summary>
    public int Elements { get; init; } = 200_000;

    /// <summary>Characters of one number.</summary>
    public int NumberCharacters { get; init; } = 100;

    /// <summary>The largest exponent of a number, either way.</summary>
    public int NumberExponent { get; init; } = 999;

    /// <summary>Issues collected before reading stops.</summary>
    public int Issues { get; init; } = 100;
}

/// <summary>FHIR JSON, read and written. https://hl7.org/fhir/R4/json.html</summary>
public static class FhirJson
{
    /// <summary>
    /// Reads a resource from UTF-8 bytes; a byte order mark is skipped. Never throws on bad data: the issues say what is wrong and where.
    /// Refused beyond plain JSON: duplicate members, null and empty values, control characters, lone surrogates, invalid UTF-8.
    /// </summary>
    public static Parsed Parse(ReadOnlyMemory<byte> utf8, JsonLimits? limits = null) =>
        new JsonTreeReader(limits ?? JsonLimits.Default).Read(utf8);

    /// <summary>Reads a resource from text.</summary>
    public static Parsed Parse(string json) => Parse(Encoding.UTF8.GetBytes(json));

    /// <summary>
    /// Reads a JSON object that is no FHIR resource into the same kind of tree, its root being a resource of that
    /// <paramref name="modelName"/>: how a source's own JSON becomes the input of a map. Null members are left out.
    /// </summary>
    public static Parsed ParseModel(ReadOnlyMemory<byte> utf8, string modelName, JsonLimits? limits = null) =>
        new JsonTreeReader(limits ?? JsonLimits.Default, modelName).Read(utf8);

    /// <summary>Writes a tree as UTF-8 JSON, compact or indented.</summary>
    public static byte[] Write(Element root, bool pretty = false) => JsonTreeWriter.Write(root, pretty);

    /// <summary>
    /// The same bytes with <c>id</c>, <c>meta.versionId</c> and <c>meta.lastUpdated</c> set in their place (or after resourceType
    /// where they are missing); nothing else moves or changes. The bytes have been read without error before.
    /// </summary>
    public static byte[] Stamp(ReadOnlySpan<byte> json, string id, string versionId, string lastUpdated) =>
        Stamp(json, StampPlaces(json), id, versionId, lastUpdated);

    /// <summary>The same where <see cref="StampPlaces"/> has looked through these bytes before.</summary>
    public static byte[] Stamp(ReadOnlySpan<byte> json, in JsonStampPlaces places, string id, string versionId, string lastUpdated) =>
        JsonStamp.Apply(json, places, id, versionId, lastUpdated);

    /// <summary>Where id and meta stand in the bytes of a resource, or where they would.</summary>
    /// <param name="hasIdOrMeta">False when it is known that there is neither: the bytes are then looked through no further than the type.</param>
    public static JsonStampPlaces StampPlaces(ReadOnlySpan<byte> json, bool hasIdOrMeta = true) => JsonStampPlaces.Find(json, isTypeEnough: !hasIdOrMeta);
}
