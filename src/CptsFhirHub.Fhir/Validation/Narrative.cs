using System.Collections.Frozen;
using System.Xml;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>
/// The XHTML of a narrative: well formed, and only harmless elements and attributes.
/// https://hl7.org/fhir/R4/narrative.html#xhtml
/// </summary>
internal static class Narrative
{
    private const string Xhtml = "http://www.w3.org/1999/xhtml";
    private const int DepthMax = 200;

    private static readonly FrozenSet<string> Elements = Set(
        "h1 h2 h3 h4 h5 h6 div p b i tt small big em strong dfn code samp kbd var cite abbr acronym blockquote q pre address br span bdo "
        + "ul ol li dl dt dd table caption colgroup col thead tr tfoot tbody th td hr a img map area sub sup ins del "
        + "style strike u s center nav section article");

    private static readonly FrozenSet<string> Attributes = Set(
        "title style class id lang dir accesskey tabindex span width align valign char charoff abbr axis headers scope rowspan colspan "
        + "name href hreflang rel rev type charset shape coords src alt longdesc height usemap ismap cite datetime border frame rules "
        + "cellpadding cellspacing summary bgcolor nowrap start value compact");

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersFromEntities = 0,
        CheckCharacters = true,
    };

    /// <summary>What is wrong with the div, as a sentence; null when it is right.</summary>
    public static string? Fault(string text)
    {
        try
        {
            using var reader = XmlReader.Create(new StringReader(Entities.Resolve(text)), Settings);
            return Fault(reader);
        }
        catch (XmlException)
        {
            return "The narrative is not well-formed XHTML.";
        }
    }

    private static string? Fault(XmlReader reader)
    {
        var hasContent = false;
        var isFirst = true;
        while (reader.Read())
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    hasContent = true;
                    break;
                case XmlNodeType.ProcessingInstruction:
                    return "The narrative has a processing instruction.";
                case XmlNodeType.Element:
                    if (isFirst && (reader.LocalName != "div" || reader.NamespaceURI != Xhtml))
                        return "The narrative is one div in the XHTML namespace.";
                    isFirst = false;
                    if (reader.Depth > DepthMax)
                        return "The narrative nests too deep.";
                    if (!Elements.Contains(reader.LocalName) || reader.NamespaceURI != Xhtml)
                        return "The narrative has an element that is not allowed.";
                    hasContent |= reader.LocalName == "img";
                    if (Attribute(reader) is { } fault)
                        return fault;
                    break;
            }
        }

        return hasContent ? null : "The narrative has no content.";
    }

    private static string? Attribute(XmlReader reader)
    {
        while (reader.MoveToNextAttribute())
        {
            if (reader.Prefix is "xmlns" or "xml" || reader.LocalName == "xmlns")
                continue;
            if (!Attributes.Contains(reader.LocalName))
                return "The narrative has an attribute that is not allowed.";
            // A link that runs a script would run in the reader's browser.
            if (reader.LocalName is "href" or "src"
                && reader.Value.AsSpan().TrimStart().StartsWith("javascript:", StringComparison.OrdinalIgnoreCase))
                return "The narrative has a link that runs a script.";
        }

        reader.MoveToElement();
        return null;
    }

    private static FrozenSet<string> Set(string names) => names.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
