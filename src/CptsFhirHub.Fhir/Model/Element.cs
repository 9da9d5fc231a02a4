using System.Diagnostics;

namespace CptsFhirHub.Fhir.Model;

/// <summary>What an <see cref="Element"/> carries besides its children.</summary>
public enum ElementKind : byte
{
    /// <summary>A complex element.</summary>
    None,

    /// <summary>A primitive that JSON writes as a string.</summary>
    String,

    /// <summary>A primitive that JSON writes as a number; its text is kept, 1.50 stays 1.50.</summary>
    Number,

    /// <summary>A primitive that JSON writes as true or false.</summary>
    Boolean,

    /// <summary>A primitive without a value: JSON writes only its <c>_name</c> member, with id and extensions.</summary>
    ExtensionsOnly,

    /// <summary>A resource: a root, a contained resource or the resource of a Bundle entry.</summary>
    Resource,
}

/// <summary>
/// One node of a resource: a name, the text of its primitive value if it has one, and its children in document order.
/// A primitive's <c>id</c> and <c>extension</c> (the <c>_name</c> member in JSON) are its children.
/// https://hl7.org/fhir/R4/json.html
/// </summary>
/// <remarks>
/// Invariant: children of one name stand side by side, so that they form one JSON array.
/// Nodes know nothing of their definition: <c>Definitions</c> says which type a name has.
/// A tree that has been handed to another component is no longer changed.
/// </remarks>
[DebuggerDisplay("{Name} = {Value}")]
public sealed class Element
{
    private static readonly Element[] None = [];
    private string? _text;
    private Element[] _children = None;
    private int _count;

    private Element(string name, ElementKind kind, string? text, bool isListItem)
    {
        Name = name;
        Kind = kind;
        _text = text;
        IsListItem = isListItem;
    }

    /// <summary>The JSON name, with the choice type where there is one: <c>valueQuantity</c>.</summary>
    public string Name { get; internal set; }

    /// <summary>What the node carries.</summary>
    public ElementKind Kind { get; private set; }

    /// <summary>True when JSON writes the element inside an array.</summary>
    public bool IsListItem { get; internal set; }

    /// <summary>The primitive's text: a decoded string, a number as it was written, <c>true</c> or <c>false</c>. Null when there is none.</summary>
    public string? Value => Kind is ElementKind.String or ElementKind.Number or ElementKind.Boolean ? _text : null;

    /// <summary>The resource type when the node is a resource, else null.</summary>
    public string? ResourceType => Kind == ElementKind.Resource ? _text : null;

    /// <summary>True for a primitive, with or without a value.</summary>
    public bool IsPrimitive =>
        Kind is ElementKind.String or ElementKind.Number or ElementKind.Boolean or ElementKind.ExtensionsOnly;

    /// <summary>The children in document order.</summary>
    public ReadOnlySpan<Element> Children => new(_children, 0, _count);

    /// <summary>The number of children.</summary>
    public int Count => _count;

    /// <summary>The child at <paramref name="index"/>, from 0 to <see cref="Count"/> - 1.</summary>
    public Element this[int index] => Children[index];

    /// <summary>True when the node has neither a value nor a child: FHIR allows none such.</summary>
    public bool IsEmpty => _count == 0 && Kind is (ElementKind.None or ElementKind.ExtensionsOnly);

    /// <summary>A new resource without children.</summary>
    public static Element OfResource(string resourceType, string name = "", bool isListItem = false) =>
        new(name.Length == 0 ? resourceType : name, ElementKind.Resource, resourceType, isListItem);

    /// <summary>A new node that stands alone, to be filled and added later.</summary>
    public static Element Named(string name, bool isListItem = false) => new(name, ElementKind.None, null, isListItem);

    /// <summary>A new primitive that stands alone.</summary>
    public static Element Primitive(string name, ElementKind kind, string text, bool isListItem = false) =>
        new(name, kind, text, isListItem);

    /// <summary>The first child of that name, or null.</summary>
    public Element? Child(string name)
    {
        foreach (var child in Children)
            if (string.Equals(child.Name, name, StringComparison.Ordinal))
                return child;
        return null;
    }

    /// <summary>The children of that name; an empty slice when there is none.</summary>
    public ReadOnlySpan<Element> All(string name)
    {
        for (var start = 0; start < _count; start++)
        {
            if (!string.Equals(_children[start].Name, name, StringComparison.Ordinal))
                continue;
            var end = start + 1;
            while (end < _count && string.Equals(_children[end].Name, name, StringComparison.Ordinal))
                end++;
            return new(_children, start, end - start);
        }

        return [];
    }

    /// <summary>The node reached by following first children, or null: <c>At("code", "coding", "system")</c>.</summary>
    public Element? At(params ReadOnlySpan<string> names)
    {
        var at = this;
        foreach (var name in names)
        {
            if (at.Child(name) is not { } child)
                return null;
            at = child;
        }

        return at;
    }

    /// <summary>The value of the first child of that name, or null.</summary>
    public string? Text(string name) => Child(name)?.Value;

    /// <summary>Adds a child that occurs once and returns it.</summary>
    public Element Add(string name) => Append(new(name, ElementKind.None, null, isListItem: false));

    /// <summary>Adds an item to a list child and returns it.</summary>
    public Element AddItem(string name) => Append(new(name, ElementKind.None, null, isListItem: true));

    /// <summary>Adds a node built elsewhere and returns it.</summary>
    public Element Append(Element child)
    {
        if (_count == _children.Length)
            Array.Resize(ref _children, _count == 0 ? 4 : _count * 2);

        var at = _count;
        if (_count > 0 && !string.Equals(_children[_count - 1].Name, child.Name, StringComparison.Ordinal))
        {
            for (var i = _count - 2; i >= 0; i--)
            {
                if (!string.Equals(_children[i].Name, child.Name, StringComparison.Ordinal))
                    continue;
                at = i + 1;
                break;
            }
        }

        if (at < _count)
            Array.Copy(_children, at, _children, at + 1, _count - at);
        _children[at] = child;
        _count++;
        return child;
    }

    /// <summary>Adds a string child; nothing is added when <paramref name="value"/> is null or empty. Returns this node.</summary>
    public Element With(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            Append(new(name, ElementKind.String, value, isListItem: false));
        return this;
    }

    /// <summary>Adds a boolean child when <paramref name="value"/> is not null. Returns this node.</summary>
    public Element With(string name, bool? value)
    {
        if (value is { } known)
            Append(new(name, ElementKind.Boolean, known ? "true" : "false", isListItem: false));
        return this;
    }

    /// <summary>Adds a number child when <paramref name="value"/> is not null. Returns this node.</summary>
    public Element With(string name, decimal? value)
    {
        if (value is { } known)
            Append(new(name, ElementKind.Number, known.ToString(System.Globalization.CultureInfo.InvariantCulture), isListItem: false));
        return this;
    }

    /// <summary>Adds a string item to a list child; nothing when <paramref name="value"/> is null or empty. Returns this node.</summary>
    public Element WithItem(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            Append(new(name, ElementKind.String, value, isListItem: true));
        return this;
    }

    /// <summary>Lets children be added to an empty array that is larger than they need, until <see cref="Settle"/>.</summary>
    internal void Fill(Element[] room)
    {
        Debug.Assert(_count == 0);
        _children = room;
    }

    /// <summary>Keeps the children in an array of their number and gives the larger one back, empty.</summary>
    internal Element[] Settle()
    {
        var room = _children;
        _children = _count == 0 ? None : room.AsSpan(0, _count).ToArray();
        Array.Clear(room, 0, _count);
        return room;
    }

    /// <summary>Makes the node a resource, once its <c>resourceType</c> has been read.</summary>
    internal void BecomeResource(string resourceType)
    {
        Kind = ElementKind.Resource;
        _text = resourceType;
    }

    /// <summary>Makes the node a primitive that has no value yet.</summary>
    internal void BecomeExtensionsOnly() => Kind = ElementKind.ExtensionsOnly;

    /// <summary>Gives the node a primitive value; its children (extensions) stay.</summary>
    public void SetValue(ElementKind kind, string text)
    {
        Debug.Assert(kind is ElementKind.String or ElementKind.Number or ElementKind.Boolean);
        Kind = kind;
        _text = text;
    }

    /// <summary>Sets the only string child of that name, in its place, or adds it.</summary>
    public void Put(string name, string value)
    {
        if (Child(name) is { } child)
            child.SetValue(ElementKind.String, value);
        else
            With(name, value);
    }

    /// <summary>Removes every child of that name; true when there was one.</summary>
    public bool Remove(string name)
    {
        var kept = 0;
        for (var i = 0; i < _count; i++)
            if (!string.Equals(_children[i].Name, name, StringComparison.Ordinal))
                _children[kept++] = _children[i];
        var removed = kept < _count;
        Array.Clear(_children, kept, _count - kept);
        _count = kept;
        return removed;
    }

    /// <summary>Removes that very child; true when it was there.</summary>
    public bool Remove(Element child)
    {
        var at = Array.IndexOf(_children, child, 0, _count);
        if (at < 0)
            return false;
        Array.Copy(_children, at + 1, _children, at, _count - at - 1);
        _children[--_count] = null!;
        return true;
    }

    /// <summary>Puts a child before the one at <paramref name="index"/>; the caller keeps children of one name together.</summary>
    internal void Insert(int index, Element child)
    {
        if (_count == _children.Length)
            Array.Resize(ref _children, _count == 0 ? 4 : _count * 2);
        Array.Copy(_children, index, _children, index + 1, _count - index);
        _children[index] = child;
        _count++;
    }

    /// <summary>Puts the children in the order of their keys; those with one key keep theirs. Children of one name must have one key.</summary>
    internal void SortChildren(int[] keys)
    {
        Debug.Assert(keys.Length == _count);
        var order = new int[_count];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort(order, (one, other) => keys[one] == keys[other] ? one.CompareTo(other) : keys[one].CompareTo(keys[other]));
        _children = Array.ConvertAll(order, at => _children[at]);
    }

    /// <summary>Puts <paramref name="next"/> in the place of the child at <paramref name="index"/>.</summary>
    internal void Replace(int index, Element next)
    {
        Debug.Assert(index < _count);
        _children[index] = next;
    }

    /// <summary>The place of that very child, or -1.</summary>
    internal int IndexOf(Element child) => Array.IndexOf(_children, child, 0, _count);

    /// <summary>The resource as a root of its own. It shares its children: who takes it leaves the tree it came from alone.</summary>
    public Element AsRoot() => new(_text!, ElementKind.Resource, _text, isListItem: false)
    {
        _children = _count == 0 ? None : _children.AsSpan(0, _count).ToArray(),
        _count = _count,
    };

    /// <summary>A deep copy, under another name when one is given.</summary>
    public Element Copy(string? name = null, bool? isListItem = null)
    {
        var copy = new Element(name ?? Name, Kind, _text, isListItem ?? IsListItem)
        {
            _children = _count == 0 ? None : new Element[_count],
            _count = _count,
        };
        for (var i = 0; i < _count; i++)
            copy._children[i] = _children[i].Copy();
        return copy;
    }
}
