using System.Text;
using System.Xml;

namespace CptsFhirHub.Fhir.Xml;

/// <summary>
/// Reads the XHTML of a narrative as text, as JSON has it. A div that states its namespace is taken character for character;
/// one that has it from outside is written anew, for alone it would say something else.
/// </summary>
internal sealed class NarrativeReader(XmlReader reader, string source)
{
    private const int DepthMax = 200;

    private static readonly XmlWriterSettings Settings = new()
    {
        OmitXmlDeclaration = true,
        ConformanceLevel = ConformanceLevel.Fragment,
        CheckCharacters = false,
        NewLineHandling = NewLineHandling.None,
    };

    private int[]? _lineStarts;

    /// <summary>The div on which the reader stands; the reader ends on its end. A fault says why reading is given up.</summary>
    public string Read(out string? fault)
    {
        fault = null;
        var start = Offset() - 1;
        var isWhole = reader.Prefix.Length == 0 && reader.GetAttribute("xmlns") == FhirXml.XhtmlNamespace
            && string.CompareOrdinal(source, start, "<div", 0, 4) == 0 && !UsesOuterPrefix(start);
        if (!isWhole)
            return Rewritten(ref fault);

        if (reader.IsEmptyElement)
            return source[start..TagEnd(start)];
        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.Depth - depth > DepthMax)
            {
                fault = $"The narrative is nested deeper than {DepthMax} levels.";
                return string.Empty;
            }
        }

        return source[start..TagEnd(Offset())];
    }

    // Prefixes are rare in a narrative: where the document declares one at all, the div is written anew, which settles every case.
    private bool UsesOuterPrefix(int start) => source.AsSpan(0, start).Contains("xmlns:", StringComparison.Ordinal);

    private string Rewritten(ref string? fault)
    {
        var text = new StringBuilder();
        using (var writer = XmlWriter.Create(text, Settings))
        {
            var depth = reader.Depth;
            do
            {
                if (reader.Depth - depth > DepthMax)
                {
                    fault = $"The narrative is nested deeper than {DepthMax} levels.";
                    return string.Empty;
                }

                Copy(writer);
            }
            while (!IsOver(depth) && reader.Read());
        }

        return text.ToString();
    }

    private bool IsOver(int depth) =>
        reader.Depth == depth && (reader.NodeType == XmlNodeType.EndElement || (reader.NodeType == XmlNodeType.Element && reader.IsEmptyElement));

    private void Copy(XmlWriter writer)
    {
        switch (reader.NodeType)
        {
            case XmlNodeType.Element:
                var isEmpty = reader.IsEmptyElement;
                // A div that lacks its namespace has been told as a fault; here it is what it was meant to be.
                writer.WriteStartElement(reader.LocalName, reader.NamespaceURI == FhirXml.Namespace ? FhirXml.XhtmlNamespace : reader.NamespaceURI);
                while (reader.MoveToNextAttribute())
                    if (reader.Prefix != "xmlns" && reader.Name != "xmlns")
                        writer.WriteAttributeString(reader.Prefix, reader.LocalName, reader.NamespaceURI, reader.Value);
                reader.MoveToElement();
                if (isEmpty)
                    writer.WriteEndElement();
                break;
            case XmlNodeType.EndElement:
                writer.WriteFullEndElement();
                break;
            case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace:
                writer.WriteString(reader.Value);
                break;
        }
    }

    /// <summary>Past the <c>&gt;</c> that ends the tag: one in quotes does not.</summary>
    private int TagEnd(int from)
    {
        var quote = '\0';
        for (var at = from; at < source.Length; at++)
        {
            var c = source[at];
            if (quote != '\0')
                quote = c == quote ? '\0' : quote;
            else if (c is '"' or '\'')
                quote = c;
            else if (c == '>')
                return at + 1;
        }

        return source.Length;
    }

    /// <summary>Where the reader stands in the source: at the name in a tag.</summary>
    private int Offset()
    {
        _lineStarts ??= LineStarts(source);
        var at = (IXmlLineInfo)reader;
        return _lineStarts[at.LineNumber - 1] + at.LinePosition - 1;
    }

    /// <summary>As the reader counts lines: a line ends with \n, \r\n or \r.</summary>
    private static int[] LineStarts(string source)
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < source.Length; i++)
            if (source[i] == '\n' || (source[i] == '\r' && (i + 1 == source.Length || source[i + 1] != '\n')))
                starts.Add(i + 1);
        return [.. starts];
    }
}
