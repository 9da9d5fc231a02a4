using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Xml;

/// <summary>FHIR XML, read and written over the same element tree as JSON. https://hl7.org/fhir/R4/xml.html</summary>
public static class FhirXml
{
    /// <summary>The namespace of every element but the narrative.</summary>
    public const string Namespace = "http://hl7.org/fhir";

    internal const string XhtmlNamespace = "http://www.w3.org/1999/xhtml";

    /// <summary>
    /// Reads a resource from UTF-8 bytes; a byte order mark is skipped. Never throws on bad data: the issues say what is wrong, with path
    /// and line. The limits are those of JSON, the depth being that of the same content as JSON, so that what is read here can be
    /// read again when it has been stored. Document types and what they bring are refused; nothing is ever fetched.
    /// </summary>
    public static Parsed Parse(ReadOnlyMemory<byte> utf8, JsonLimits? limits = null) =>
        new XmlTreeReader(limits ?? JsonLimits.Default).Read(utf8);

    /// <summary>
    /// Writes a tree as UTF-8 XML, its elements in the order of the specification. What no definition knows is written last, by its shape.
    /// </summary>
    public static byte[] Write(Element root, bool pretty = false) => XmlTreeWriter.Write(root, pretty);

    /// <summary>True when the content begins as XML does: with <c>&lt;</c>.</summary>
    public static bool IsXml(ReadOnlySpan<byte> utf8)
    {
        var body = utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
        var start = body.IndexOfAnyExcept(" \t\r\n"u8);
        return start >= 0 && body[start] == '<';
    }
}
