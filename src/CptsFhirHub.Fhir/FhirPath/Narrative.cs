using System.Net;
using System.Text.RegularExpressions;
using System.Xml;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>Which HTML a narrative may hold. https://hl7.org/fhir/R4/narrative.html#rules</summary>
internal static partial class Narrative
{
    private const int DepthMax = 100;
    private const long CharactersMax = 5_000_000;

    private static readonly HashSet<string> Elements = new(StringComparer.Ordinal)
    {
        "h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "span", "a", "img", "b", "i", "em", "strong",
        "small", "big", "tt", "pre", "code", "blockquote", "q", "cite", "dfn", "kbd", "samp", "var", "abbr",
        "acronym", "address", "sub", "sup", "ins", "del", "ul", "ol", "li", "dl", "dt", "dd", "table", "caption",
        "colgroup", "col", "thead", "tbody", "tfoot", "tr", "th", "td", "bdo", "center",
    };

    private static readonly HashSet<string> Attributes = new(StringComparer.Ordinal)
    {
        "title", "style", "class", "id", "lang", "xml:lang", "dir", "accesskey", "tabindex", "span", "width", "align",
        "valign", "char", "charoff", "abbr", "axis", "headers", "scope", "rowspan", "colspan", "href", "name", "src",
        "alt", "longdesc", "height", "border", "cellpadding", "cellspacing", "frame", "rules", "summary", "type",
        "cite", "datetime", "rel", "xmlns", "nowrap", "bgcolor", "compact", "start", "value", "color",
    };

    /// <summary>True when the text is one XHTML div that has only what the specification allows, and holds some text or an image.</summary>
    public static bool IsAllowed(string xhtml)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = CharactersMax,
        };
        var hasContent = false;
        try
        {
            using var reader = XmlReader.Create(new StringReader(NamedEntity().Replace(xhtml, Decoded)), settings);
            while (reader.Read())
            {
                if (reader.Depth > DepthMax)
                    return false;
                switch (reader.NodeType)
                {
                    case XmlNodeType.Element:
                        if (reader.Depth == 0 && reader.LocalName != "div")
                            return false;
                        if (!Elements.Contains(reader.LocalName) || !HasAllowedAttributes(reader))
                            return false;
                        hasContent |= reader.LocalName == "img";
                        break;
                    case XmlNodeType.Text or XmlNodeType.CDATA:
                        hasContent |= !string.IsNullOrWhiteSpace(reader.Value);
                        break;
                }
            }

            return hasContent;
        }
        catch (XmlException)
        {
            return false;
        }
    }

    // XML knows five entities by name, HTML hundreds; FHIR allows them all.
    [GeneratedRegex("&(?<name>[A-Za-z0-9]{1,40});", RegexOptions.NonBacktracking)]
    private static partial Regex NamedEntity();

    private static string Decoded(Match match) =>
        match.Groups["name"].Value is "lt" or "gt" or "amp" or "quot" or "apos" ? match.Value : WebUtility.HtmlDecode(match.Value);

    private static bool HasAllowedAttributes(XmlReader reader)
    {
        while (reader.MoveToNextAttribute())
        {
            if (!Attributes.Contains(reader.Name) && reader.Prefix != "xmlns")
                return false;
            if (reader.LocalName is "href" or "src"
                && reader.Value.TrimStart().StartsWith("javascript:", StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }
        }

        reader.MoveToElement();
        return true;
    }
}
