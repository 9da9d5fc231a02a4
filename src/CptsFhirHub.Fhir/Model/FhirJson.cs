namespace CptsFhirHub.Fhir.Model;

/// <summary>What reading gave: the resource as far as it could be read (null when not at all) and every fault with its path.</summary>
public sealed record Parsed(Resource? Resource, IReadOnlyList<Issue> Issues)
{
    /// <summary>True when nothing was wrong enough to refuse it.</summary>
    public bool IsSound => Resource is not null && !Issues.Any(issue => issue.IsError);
}

/// <summary>FHIR JSON, read and written. https://hl7.org/fhir/R4/json.html</summary>
public static class FhirJson
{
    /// <summary>Reads a resource from UTF-8 bytes. Never throws on bad data: the issues say what is wrong and where.</summary>
    public static Parsed Parse(ReadOnlyMemory<byte> utf8) => throw new NotSupportedException();

    /// <summary>Reads a resource from text.</summary>
    public static Parsed Parse(string json) => Parse(System.Text.Encoding.UTF8.GetBytes(json));

    /// <summary>Writes a tree as compact UTF-8 JSON.</summary>
    public static byte[] Write(Element root, bool pretty = false) => throw new NotSupportedException();

    /// <summary>
    /// The same bytes with <c>id</c>, <c>meta.versionId</c> and <c>meta.lastUpdated</c> set in their place (or after resourceType);
    /// nothing else moves or changes.
    /// </summary>
    public static byte[] Stamp(ReadOnlySpan<byte> json, string id, string versionId, string lastUpdated) => throw new NotSupportedException();
}
