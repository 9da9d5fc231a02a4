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
    private const int FaultsMax = 20;

    // What a browser or a telephone can follow.
    private static readonly FrozenSet<string> Schemes = Set("http https mailto tel sms fax ftp data cid");

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

    /// <summary>Reads the div of a narrative: what is wrong with it, and what its links lead to.</summary>
    public static NarrativeContent Read(string text)
    {
        var content = new NarrativeContent();
        try
        {
            using var reader = XmlReader.Create(new StringReader(Entities.Resolve(text)), Settings);
            Read(reader, content);
        }
        catch (XmlException)
        {
            content.IsReadable = false;
        }

        return content;
    }

    private static void Read(XmlReader reader, NarrativeContent content)
    {
        var isFirst = true;
        while (reader.Read() && content.Faults.Count < FaultsMax)
        {
            switch (reader.NodeType)
            {
                case XmlNodeType.Text or XmlNodeType.CDATA:
                    content.HasContent = true;
                    break;
                case XmlNodeType.ProcessingInstruction:
                    content.Faults.Add(Phrases.NarrativeInstruction);
                    break;
                case XmlNodeType.Element:
                    if (isFirst && (reader.LocalName != "div" || reader.NamespaceURI != Xhtml))
                        content.Faults.Add(Phrases.NarrativeDiv);
                    isFirst = false;
                    if (reader.Depth > DepthMax)
                    {
                        content.Faults.Add(Phrases.NarrativeDepth);
                        return;
                    }

                    if (!Elements.Contains(reader.LocalName) || reader.NamespaceURI != Xhtml)
                        content.Faults.Add(Phrases.NarrativeElement);
                    content.HasContent |= reader.LocalName == "img";
                    Attribute(reader, content);
                    break;
            }
        }
    }

    private static void Attribute(XmlReader reader, NarrativeContent content)
    {
        var isAnchor = reader.LocalName == "a";
        while (reader.MoveToNextAttribute())
        {
            if (reader.Prefix is "xmlns" or "xml" || reader.LocalName == "xmlns")
                continue;
            if (!Attributes.Contains(reader.LocalName))
                content.Faults.Add(Phrases.NarrativeAttribute);
            else if (reader.LocalName == "id" || (isAnchor && reader.LocalName == "name"))
                content.Ids.Add(reader.Value);
            else if (reader.LocalName is "href" or "src")
                Link(reader.Value.Trim(), isAnchor, content);
            if (reader.LocalName == "lang" && reader.Depth > 1)
                content.HasLanguages = true;
        }

        reader.MoveToElement();
    }

    private static void Link(string target, bool isAnchor, NarrativeContent content)
    {
        // A link that runs a script would run in the reader's browser.
        if (target.StartsWith("javascript:", StringComparison.OrdinalIgnoreCase))
        {
            content.Faults.Add(Phrases.NarrativeScript);
        }
        else if (target.StartsWith('#'))
        {
            if (target.Length > 1)
                content.Links.Add(target[1..]);
        }
        else if (isAnchor && target.IndexOf(':', StringComparison.Ordinal) is var colon and > 0
                 && target.AsSpan(0, colon).IndexOfAny('/', '?', '#') < 0 && !Schemes.Contains(target[..colon].ToLowerInvariant()))
        {
            content.Unfollowed++;
        }
    }

    private static FrozenSet<string> Set(string names) => names.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}

/// <summary>What the div of a narrative holds.</summary>
internal sealed class NarrativeContent
{
    /// <summary>False when it is not well-formed XML.</summary>
    public bool IsReadable { get; set; } = true;

    /// <summary>True when there is text or an image.</summary>
    public bool HasContent { get; set; }

    /// <summary>True when parts of it say their language.</summary>
    public bool HasLanguages { get; set; }

    /// <summary>What is not allowed, once for each place.</summary>
    public List<Phrase> Faults { get; } = [];

    /// <summary>The names that a link can lead to.</summary>
    public List<string> Ids { get; } = [];

    /// <summary>The names that links within the resource lead to.</summary>
    public List<string> Links { get; } = [];

    /// <summary>Links to addresses of a kind that nobody can follow.</summary>
    public int Unfollowed { get; set; }
}
