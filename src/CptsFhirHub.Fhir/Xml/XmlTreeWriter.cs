using System.Text;
using System.Xml;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Xml;

/// <summary>Writes an element tree as FHIR XML. Whatever the tree holds, the result is well formed.</summary>
internal sealed class XmlTreeWriter
{
    private static readonly XmlReaderSettings NarrativeSettings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersFromEntities = 0,
    };

    private readonly XmlWriter _writer;

    private XmlTreeWriter(XmlWriter writer) => _writer = writer;

    public static byte[] Write(Element root, bool pretty)
    {
        using var stream = new MemoryStream();
        var settings = new XmlWriterSettings
        {
            Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            Indent = pretty,
            NewLineChars = "\n",
            // A line end in an attribute would be read back as a blank.
            NewLineHandling = NewLineHandling.Entitize,
            CheckCharacters = false,
        };
        using (var writer = XmlWriter.Create(stream, settings))
        {
            var tree = new XmlTreeWriter(writer);
            if (root.ResourceType is null)
                tree.Node(root, null);
            else
                tree.Resource(root);
        }

        return stream.ToArray();
    }

    private void Resource(Element node)
    {
        var definition = R4.Definitions.Type(node.ResourceType!)?.Node;
        Start(node.ResourceType!);
        foreach (var child in Ordered(node, definition))
            Node(child, definition?.Of(child));
        _writer.WriteEndElement();
    }

    private void Node(Element node, ChildDefinition? definition)
    {
        if (definition?.TypeName == "xhtml" && node.Value is { } div)
        {
            _writer.WriteRaw(Narrative(div));
            return;
        }

        Start(node.Name);
        if (node.ResourceType is not null)
        {
            Resource(node);
        }
        else
        {
            foreach (var child in node.Children)
                if (IsAttribute(node, child, definition))
                    _writer.WriteAttributeString(child.Name, Clean(child.Value!));
            if (node.Value is { } value)
                _writer.WriteAttributeString("value", Clean(value));
            foreach (var child in Ordered(node, definition))
                if (!IsAttribute(node, child, definition))
                    Node(child, definition?.Of(child));
        }

        _writer.WriteEndElement();
    }

    private void Start(string name) =>
        _writer.WriteStartElement(name.Length == 0 ? "_" : XmlConvert.EncodeLocalName(name), FhirXml.Namespace);

    private static bool IsAttribute(Element node, Element child, ChildDefinition? definition)
    {
        if (child.Value is null || child.IsListItem)
            return false;
        if (definition is not null)
            return XmlOrder.IsAttribute(definition, child.Name);
        return child.Name == "id" || (child.Name == "url" && node.Name is "extension" or "modifierExtension");
    }

    /// <summary>The children as the specification orders them, unknown ones last; those of one name keep their order.</summary>
    private static ReadOnlySpan<Element> Ordered(Element node, ChildDefinition? definition)
    {
        var children = node.Children;
        if (definition is null || children.Length < 2)
            return children;

        var keys = new long[children.Length];
        var isOrdered = true;
        for (var i = 0; i < keys.Length; i++)
        {
            long order = definition.Child(children[i].Name) is { } child ? XmlOrder.Of(definition, child) : int.MaxValue;
            keys[i] = (order << 32) + i;
            isOrdered &= i == 0 || keys[i - 1] < keys[i];
        }

        if (isOrdered)
            return children;
        var ordered = children.ToArray();
        Array.Sort(keys, ordered);
        return ordered;
    }

    /// <summary>The div as it is when it is XML; else its characters as text, in a div, so that the document stays well formed.</summary>
    private static string Narrative(string text)
    {
        var div = Entities.Resolve(text);
        if (IsDiv(div))
            return div;
        var escaped = Clean(text)
            .Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal);
        return $"<div xmlns=\"{FhirXml.XhtmlNamespace}\">{escaped}</div>";
    }

    private static bool IsDiv(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith("<div", StringComparison.Ordinal))
            return false;
        try
        {
            using var reader = XmlReader.Create(new StringReader(text), NarrativeSettings);
            if (reader.MoveToContent() != XmlNodeType.Element || reader.LocalName != "div" || reader.NamespaceURI != FhirXml.XhtmlNamespace)
                return false;
            while (reader.Read())
            {
                // To the end: only the whole shows that it is well formed.
            }

            return true;
        }
        catch (XmlException)
        {
            return false;
        }
    }

    /// <summary>The text without what XML cannot say: control characters and halves of surrogate pairs.</summary>
    private static string Clean(string text)
    {
        StringBuilder? clean = null;
        for (var i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && XmlConvert.IsXmlSurrogatePair(text[i + 1], text[i]))
            {
                clean?.Append(text[i]).Append(text[i + 1]);
                i++;
            }
            else if (XmlConvert.IsXmlChar(text[i]))
            {
                clean?.Append(text[i]);
            }
            else
            {
                clean ??= new StringBuilder(text.Length).Append(text, 0, i);
                clean.Append('\uFFFD');
            }
        }

        return clean?.ToString() ?? text;
    }
}
