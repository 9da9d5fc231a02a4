using System.Text;
using System.Text.Unicode;
using System.Xml;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Xml;

/// <summary>
/// One reading of FHIR XML into an element tree, guided by the definitions: they tell lists from single elements and numbers from
/// strings. Faults are collected with path and line; syntax faults end the reading. What is unknown is reported and passed over.
/// </summary>
internal sealed class XmlTreeReader(JsonLimits limits)
{
    private const string XmlnsNamespace = "http://www.w3.org/2000/xmlns/";

    private static readonly XmlReaderSettings Settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        MaxCharactersFromEntities = 0,
        CheckCharacters = true,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
    };

    private readonly List<Issue> _issues = [];
    private readonly List<(string Name, int Index)> _path = [];
    private XmlReader _reader = null!;
    private NarrativeReader _narratives = null!;
    private int _elements;

    private static DefinitionSet Definitions => R4.Definitions;

    private int Line => ((IXmlLineInfo)_reader).LineNumber;

    public Parsed Read(ReadOnlyMemory<byte> utf8)
    {
        var body = utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
        if (body.Length > limits.Bytes)
            return Refused("too-costly", 1, "line 1", $"The content has more than {limits.Bytes} bytes.");
        if (body.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
            return Refused("structure", 1, "line 1", "The content is empty.");
        if (!Utf8.IsValid(body.Span))
            return Refused("structure", 1, "line 1", "The content is not valid UTF-8.");

        var text = Encoding.UTF8.GetString(body.Span);
        using var characters = new StringReader(text);
        using var reader = XmlReader.Create(characters, Settings);
        _reader = reader;
        _narratives = new(reader, text);
        try
        {
            return ReadDocument();
        }
        catch (XmlException fault)
        {
            var isDocumentType = _elements == 0 && text.Contains("<!DOCTYPE", StringComparison.Ordinal);
            // A document type is refused before the fault knows its place.
            var (line, position) = fault.LineNumber > 0 ? (fault.LineNumber, fault.LinePosition) : (Math.Max(Line, 1), 1);
            return Refused("structure", line, $"line {line}, position {position}",
                isDocumentType ? "FHIR XML has no document type." : "The content is not well-formed XML.");
        }
        catch (TooCostly stop)
        {
            return Refused("too-costly", Line, Path(), stop.Message);
        }
    }

    private Parsed ReadDocument()
    {
        _reader.Read();
        if (_reader.NodeType == XmlNodeType.XmlDeclaration && _reader.GetAttribute("encoding") is { } encoding
            && !encoding.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && !encoding.Equals("us-ascii", StringComparison.OrdinalIgnoreCase))
            return Refused("structure", Line, "line 1", "FHIR XML is encoded in UTF-8, and this declares another encoding.");

        _reader.MoveToContent();
        var type = _reader.LocalName;
        if (_reader.NamespaceURI != FhirXml.Namespace)
            return Refused("structure", Line, $"line {Line}", $"The root element is not in the namespace {FhirXml.Namespace}.");
        if (!Definitions.IsResourceType(type))
            return Refused("structure", Line, $"line {Line}", "The root element is no resource type of R4.");

        var definition = Definitions.Type(type)!.Node;
        var root = Element.OfResource(definition.TypeName);
        _path.Add((root.Name, -1));
        Count();
        ReadBody(root, definition, depth: 1);
        while (_reader.Read())
        {
            // Reading to the end finds the faults of syntax after the root.
        }

        return new(new Resource(root), _issues);
    }

    /// <summary>The attributes and children of a resource or complex element; the reader ends on its end, or on itself when empty.</summary>
    private void ReadBody(Element node, ChildDefinition definition, int depth)
    {
        if (depth > limits.Depth)
            throw new TooCostly($"The content is nested deeper than {limits.Depth} levels.");
        ReadAttributes(node, definition);
        ReadChildren(node, definition, depth);
        if (node.Count == 0)
            Fault("structure", "An element has children.");
    }

    private void ReadChildren(Element node, ChildDefinition definition, int depth)
    {
        if (_reader.IsEmptyElement)
            return;
        var at = new Place();
        while (_reader.Read() && _reader.NodeType != XmlNodeType.EndElement)
        {
            if (_reader.NodeType == XmlNodeType.Element)
            {
                ReadChild(node, definition, depth, ref at);
            }
            else if (_reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA)
            {
                Fault("structure", "Text stands between elements: values are attributes.");
            }
        }
    }

    private void ReadChild(Element node, ChildDefinition parent, int depth, ref Place at)
    {
        Count();
        var child = ChildOf(parent);
        if (child?.Type is not { } type)
        {
            _path.Add((_reader.LocalName, -1));
            Fault("structure", _reader.NamespaceURI == FhirXml.Namespace
                ? $"The element '{TreePath.Shown(_reader.LocalName)}' is unknown in {parent.TypeName}."
                : $"The element '{TreePath.Shown(_reader.LocalName)}' is not in the namespace it belongs to.");
            SkipElement();
            _path.RemoveAt(_path.Count - 1);
            return;
        }

        var isList = child.Element.IsList;
        at.Items = at.Name == child.JsonName ? at.Items + 1 : 0;
        at.Name = child.JsonName;
        if (at.Items >= limits.Items)
            throw new TooCostly(string.Concat(
                $"An element occurs more than {limits.Items} times", limits.ItemsSetting is { } setting ? $" ({setting})." : "."));
        _path.Add((child.JsonName, isList ? at.Items : -1));
        var order = XmlOrder.Of(parent, child);
        if (order < at.Order)
            Fault("structure", "The element is out of order.");
        at.Order = Math.Max(at.Order, order);

        // As JSON a list is an array with objects in it: two levels.
        var inside = depth + (isList ? 2 : 1);
        if (type.IsResource)
            ReadHeldResource(node, child, inside);
        else if (child.TypeName == "xhtml")
            ReadNarrative(node, child);
        else if (type.IsPrimitive)
            ReadPrimitive(node, child, inside);
        else
            ReadComplex(node, child, inside);
        _path.RemoveAt(_path.Count - 1);
    }

    /// <summary>The definition of the element read, or null when it has no place here as an element.</summary>
    private ChildDefinition? ChildOf(ChildDefinition parent)
    {
        var name = _reader.LocalName;
        var child = parent.Child(name);
        if (child is null || XmlOrder.IsAttribute(parent, name))
            return null;
        if (parent.Type is { IsPrimitive: true } && name != "extension")
            return null;
        // A div without its namespace is read, and the fault told.
        return _reader.NamespaceURI == FhirXml.Namespace
            || (_reader.NamespaceURI == FhirXml.XhtmlNamespace && child.TypeName == "xhtml") ? child : null;
    }

    private void ReadComplex(Element node, ChildDefinition child, int depth)
    {
        var read = Element.Named(child.JsonName, child.Element.IsList);
        ReadBody(read, child, depth);
        // What has nothing in it has been told, and is left out.
        if (read.Count > 0)
            node.Append(read);
    }

    private void ReadPrimitive(Element node, ChildDefinition child, int depth)
    {
        var read = Element.Named(child.JsonName, child.Element.IsList);
        read.BecomeExtensionsOnly();
        if (ReadAttributes(read, child) is { Length: > 0 } value)
        {
            var (kind, text) = XmlValue.Of(child.TypeName, value, limits, out var fault);
            if (fault is not null)
                Fault("value", fault);
            read.SetValue(kind, text);
        }

        var own = read.Count;
        if (!_reader.IsEmptyElement)
            ReadChildren(read, child, depth);
        if (read.Count > own && depth > limits.Depth)
            throw new TooCostly($"The content is nested deeper than {limits.Depth} levels.");
        if (read.IsEmpty)
            Fault("structure", "A primitive has a value, or an extension in its place.");
        else
            node.Append(read);
    }

    private void ReadHeldResource(Element node, ChildDefinition child, int depth)
    {
        ReadAttributes(Element.Named(child.JsonName), null);
        Element? held = null;
        if (!_reader.IsEmptyElement)
        {
            while (_reader.Read() && _reader.NodeType != XmlNodeType.EndElement)
            {
                if (_reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA)
                    Fault("structure", "Text stands between elements: values are attributes.");
                if (_reader.NodeType != XmlNodeType.Element)
                    continue;
                if (held is not null || _reader.NamespaceURI != FhirXml.Namespace || !Definitions.IsResourceType(_reader.LocalName))
                {
                    Fault("structure", held is not null ? "One resource stands here, and no second." : "What stands here is no resource of R4.");
                    SkipElement();
                    continue;
                }

                Count();
                var definition = Definitions.Type(_reader.LocalName)!.Node;
                held = Element.OfResource(definition.TypeName, child.JsonName, child.Element.IsList);
                ReadBody(held, definition, depth);
            }
        }

        if (held is null)
            Fault("structure", "A resource stands here.");
        else
            node.Append(held);
    }

    private void ReadNarrative(Element node, ChildDefinition child)
    {
        if (_reader.NamespaceURI != FhirXml.XhtmlNamespace)
            Fault("structure", $"The narrative is not in the namespace {FhirXml.XhtmlNamespace}.");
        var text = _narratives.Read(out var fault);
        if (fault is not null)
            throw new TooCostly(fault);
        if (text.Length > limits.StringBytes)
            throw new TooCostly($"A string is longer than {limits.StringBytes} bytes.");
        node.Append(Element.Primitive(child.JsonName, ElementKind.String, text));
    }

    /// <summary>Reads <c>id</c>, and <c>url</c> of an extension, into the node; returns the text of <c>value</c>.</summary>
    private string? ReadAttributes(Element node, ChildDefinition? definition)
    {
        string? value = null;
        while (_reader.MoveToNextAttribute())
        {
            if (_reader.NamespaceURI == XmlnsNamespace)
                continue;
            if (_reader.Value.Length > limits.StringBytes)
                throw new TooCostly($"A string is longer than {limits.StringBytes} bytes.");
            var name = _reader.LocalName;
            if (definition is null || _reader.NamespaceURI.Length > 0)
                Fault("structure", $"The attribute '{TreePath.Shown(name)}' is unknown here.");
            else if (_reader.Value.Length == 0)
                Fault("structure", "An attribute is never empty.");
            else if (name == "value" && definition.Type is { IsPrimitive: true })
                value = _reader.Value;
            else if (XmlOrder.IsAttribute(definition, name))
                node.Append(Element.Primitive(name == "id" ? "id" : "url", ElementKind.String, _reader.Value));
            else
                Fault("structure", $"The attribute '{TreePath.Shown(name)}' is unknown here.");
        }

        _reader.MoveToElement();
        return value;
    }

    /// <summary>Passes over an element with all that is in it; the reader ends on its end.</summary>
    private void SkipElement()
    {
        if (_reader.IsEmptyElement)
            return;
        var depth = _reader.Depth;
        while (_reader.Read() && _reader.Depth > depth)
            if (_reader.NodeType == XmlNodeType.Element)
                Count();
    }

    private void Count()
    {
        if (++_elements > limits.Elements)
            throw new TooCostly($"The content has more than {limits.Elements} elements.");
    }

    private void Fault(string code, string text)
    {
        _issues.Add(Issue.Error(code, Path(), text) with { Line = Line });
        if (_issues.Count >= limits.Issues)
            throw new TooCostly($"More than {limits.Issues} faults: reading stopped here.");
    }

    private Parsed Refused(string code, int line, string place, string text)
    {
        _issues.Add(new(Severity.Fatal, code, place, text) { Line = line });
        return new(null, _issues);
    }

    private string Path() => TreePath.Write(_path);

    /// <summary>Where the reading of one element's children is: the greatest position in the definitions so far, and the run of one name.</summary>
    private struct Place
    {
        public int Order;
        public string? Name;
        public int Items;
    }
}
