using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace CptsFhirHub.Fhir.Model;

/// <summary>One reading of JSON bytes into an element tree. Faults are collected with their path; syntax faults end the reading.</summary>
internal sealed class JsonTreeReader(JsonLimits limits, string? modelName = null)
{
    private readonly ReadingRoom _room = ReadingRoom.Take();
    private List<Issue>? _issues;
    private int _elements;
    private int _depth;

    private IReadOnlyList<Issue> Issues => _issues is null ? [] : _issues;

    /// <summary>The member names of the objects being read, innermost last; an object's own begin at its offset.</summary>
    private List<string> Members => _room.Members;

    private List<(string Name, int Index)> Places => _room.Places;

    /// <summary>A source's own JSON: no FHIR rules on <c>resourceType</c>, <c>_name</c> and null.</summary>
    private bool IsModel => modelName is not null;

    public Parsed Read(ReadOnlyMemory<byte> utf8)
    {
        var body = utf8.Span.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
        if (body.Length > limits.Bytes)
            return Refused("too-costly", "line 1, position 1", $"The content has more than {limits.Bytes} bytes.");
        if (body.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
            return Refused("structure", "line 1, position 1", "The content is empty.");
        if (!Utf8.IsValid(body.Span))
            return Refused("structure", PlaceOf(body.Span, FirstInvalid(body.Span)), "The content is not valid UTF-8.");

        var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = limits.Depth });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
                return Refused("structure", "line 1, position 1", "The content is not a JSON object.");

            var root = Element.Named(modelName ?? string.Empty);
            if (IsModel)
                root.BecomeResource(modelName!);
            root = ReadRoot(ref reader, root);
            reader.Read();
            _room.Return();
            return root.ResourceType is null ? new(null, Issues) : new(new Resource(root, body), Issues);
        }
        catch (JsonException fault)
        {
            var code = IsTooDeep(body.Span) ? "too-costly" : "structure";
            var text = code == "structure"
                ? "The content is not well-formed JSON."
                : $"The content is nested deeper than {limits.Depth} levels.";
            return Refused(code, $"line {fault.LineNumber + 1}, position {fault.BytePositionInLine + 1}", text);
        }
        catch (TooCostly stop)
        {
            return Refused("too-costly", Path(), stop.Message);
        }
    }

    private bool IsTooDeep(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = limits.Depth + 1 });
        try
        {
            while (reader.Read())
                if (reader.TokenType is (JsonTokenType.StartObject or JsonTokenType.StartArray) && reader.CurrentDepth >= limits.Depth)
                    return true;
        }
        catch (JsonException)
        {
            // The same fault again: it stands before any place that is too deep.
        }

        return false;
    }

    private Element ReadRoot(ref Utf8JsonReader reader, Element root)
    {
        // The type is wanted first, for the paths of issues; it may stand anywhere in the object.
        if (!IsModel)
        {
            if (PeekResourceType(reader) is { } type)
            {
                root = Element.OfResource(type);
            }
            else
            {
                Fault("required", "The object has no resourceType.");
            }
        }

        Places.Add((root.Name, -1));
        ReadObject(ref reader, root, mayBeResource: true);
        return root;
    }

    private static string? PeekResourceType(Utf8JsonReader ahead)
    {
        while (ahead.Read() && ahead.TokenType == JsonTokenType.PropertyName)
        {
            // An escaped name may hold half of a surrogate pair, on which comparing throws; it is read in its turn.
            var isType = !ahead.ValueIsEscaped && ahead.ValueTextEquals("resourceType"u8);
            ahead.Read();
            if (isType)
                return ahead.TokenType == JsonTokenType.String && !ahead.ValueIsEscaped && ahead.ValueSpan.Length > 0
                    ? NameTable.Get(ahead.ValueSpan)
                    : null;
            ahead.Skip();
        }

        return null;
    }

    private void ReadObject(ref Utf8JsonReader reader, Element node, bool mayBeResource)
    {
        var firstMember = Members.Count;
        var holdsPlaces = false;

        // Children are gathered in an array that the next object at this depth uses again, and copied at their number.
        var fills = node.Count == 0;
        if (fills)
            node.Fill(_room.Room(_depth));
        _depth++;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var member = MemberName(ref reader, out var isExtra);
            if (HasMember(firstMember, member))
                Fault("structure", $"The member '{TreePath.Shown(member)}' is there twice.");
            Members.Add(member);
            if (Members.Count - firstMember > limits.Members)
                throw new TooCostly($"An object has more than {limits.Members} members.");
            reader.Read();

            if (mayBeResource && !IsModel && member == "resourceType")
            {
                ReadResourceType(ref reader, node);
                continue;
            }

            var name = isExtra ? NameOfExtra(member) : member;
            Places.Add((name, -1));
            if (isExtra)
                ReadExtras(ref reader, node, name, ref holdsPlaces);
            else
                ReadValues(ref reader, node, name, ref holdsPlaces);
            Places.RemoveAt(Places.Count - 1);
        }

        if (holdsPlaces)
            RefuseEmptyPlaces(node);
        if (node.Count == 0 && !IsModel && Members.Count == firstMember)
            Fault("structure", "An object has at least one member.");
        Members.RemoveRange(firstMember, Members.Count - firstMember);
        _depth--;
        if (fills)
            _room.Keep(_depth, node.Settle());
    }

    private void ReadResourceType(ref Utf8JsonReader reader, Element node)
    {
        if (reader.TokenType != JsonTokenType.String || TextOf(ref reader) is not { Length: > 0 } type)
        {
            Fault("structure", "resourceType is a non-empty string.");
            reader.Skip();
            return;
        }

        if (node.ResourceType is null)
            node.BecomeResource(type);
    }

    private void ReadValues(ref Utf8JsonReader reader, Element node, string name, ref bool holdsPlaces)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            ReadOne(ref reader, node, name, index: -1, ref holdsPlaces);
            return;
        }

        // Places that _name made before name came.
        var waiting = node.All(name).Length;
        var index = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (index >= limits.Items)
                throw TooMany();
            Places[^1] = (name, index);
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                Fault("structure", "An array holds no array.");
                reader.Skip();
            }
            else
            {
                ReadOne(ref reader, node, name, index, ref holdsPlaces, index < waiting);
            }

            index++;
        }

        Places[^1] = (name, -1);
        if (index == 0 && !IsModel)
            Fault("structure", "An array has at least one item.");
    }

    private void ReadOne(
        ref Utf8JsonReader reader, Element node, string name, int index, ref bool holdsPlaces, bool isWaiting = false)
    {
        Count();
        var isItem = index >= 0;
        var waiting = isWaiting || !isItem ? WaitingFor(node, name, index) : null;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                if (waiting is not null)
                    Fault("structure", $"The member '_{TreePath.Shown(name)}' goes with a primitive, and this is an object.");
                var child = Element.Named(name, isItem);
                node.Append(child);
                ReadObject(ref reader, child, name is "resource" or "contained" or "outcome");
                break;
            case JsonTokenType.Null:
                if (IsModel)
                    break;
                if (!isItem)
                    Fault("structure", "A member is never null.");
                else if (waiting is null)
                    node.Append(Place(name));
                holdsPlaces |= isItem;
                break;
            case JsonTokenType.String:
                Place(node, waiting, name, isItem, ElementKind.String, Checked(ref reader, name));
                break;
            case JsonTokenType.Number:
                Place(node, waiting, name, isItem, ElementKind.Number, Number(ref reader));
                break;
            default:
                Place(node, waiting, name, isItem, ElementKind.Boolean, reader.TokenType == JsonTokenType.True ? "true" : "false");
                break;
        }
    }

    private static Element Place(string name)
    {
        var place = Element.Named(name, isListItem: true);
        place.BecomeExtensionsOnly();
        return place;
    }

    private static void Place(Element node, Element? waiting, string name, bool isItem, ElementKind kind, string text)
    {
        if (waiting is null)
        {
            node.Append(Element.Primitive(name, kind, text, isItem));
            return;
        }

        waiting.IsListItem = isItem;
        waiting.SetValue(kind, text);
    }

    /// <summary>The element that a <c>_name</c> member made before <c>name</c> came.</summary>
    private static Element? WaitingFor(Element node, string name, int index)
    {
        var places = node.All(name);
        var at = Math.Max(index, 0);
        return at < places.Length && places[at].Kind == ElementKind.ExtensionsOnly ? places[at] : null;
    }

    /// <summary>A <c>_name</c> member: the id and extensions of the primitive <c>name</c>, before or after its value.</summary>
    private void ReadExtras(ref Utf8JsonReader reader, Element node, string name, ref bool holdsPlaces)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            ReadExtra(ref reader, node, name, -1);
            return;
        }

        var index = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (index >= limits.Items)
                throw TooMany();
            Places[^1] = (name, index);
            holdsPlaces = true;
            ReadExtra(ref reader, node, name, index++);
        }

        Places[^1] = (name, -1);
        if (index == 0)
            Fault("structure", "An array has at least one item.");
    }

    private void ReadExtra(ref Utf8JsonReader reader, Element node, string name, int index)
    {
        Count();
        var there = node.All(name);
        var at = Math.Max(index, 0);
        var target = at < there.Length ? there[at] : null;
        if (target is { IsPrimitive: false })
            Fault("structure", $"The member '_{TreePath.Shown(name)}' goes with a primitive, and '{TreePath.Shown(name)}' is an object.");
        if (target is not null && target.IsListItem != index >= 0)
            Fault("structure", $"'{TreePath.Shown(name)}' and '_{TreePath.Shown(name)}' are both arrays or neither is.");
        if (target is null)
        {
            target = Place(name);
            target.IsListItem = index >= 0;
            node.Append(target);
        }

        if (reader.TokenType == JsonTokenType.StartObject)
        {
            ReadObject(ref reader, target, mayBeResource: false);
        }
        else if (reader.TokenType != JsonTokenType.Null || index < 0)
        {
            Fault("structure", $"The member '_{TreePath.Shown(name)}' is an object with id and extension.");
            reader.Skip();
        }
    }

    private void RefuseEmptyPlaces(Element node)
    {
        foreach (var child in node.Children)
            if (child.IsEmpty && child.Kind == ElementKind.ExtensionsOnly)
                Fault("structure", $"An item of '{TreePath.Shown(child.Name)}' is null and has no extension.");
    }

    private bool HasMember(int first, string member)
    {
        for (var i = first; i < Members.Count; i++)
            if (ReferenceEquals(Members[i], member) || string.Equals(Members[i], member, StringComparison.Ordinal))
                return true;
        return false;
    }

    private string MemberName(ref Utf8JsonReader reader, out bool isExtra)
    {
        if (reader.ValueSpan.Length > limits.NameBytes)
            throw new TooCostly($"A member name is longer than {limits.NameBytes} bytes.");
        var name = reader.ValueIsEscaped ? TextOf(ref reader) : NameTable.Get(reader.ValueSpan);
        isExtra = !IsModel && name.Length > 1 && name[0] == '_';
        if (name.Length == 0)
            Fault("structure", "A member name is empty.");
        return name;
    }

    private static string NameOfExtra(string member)
    {
        Span<byte> utf8 = stackalloc byte[512];
        return Encoding.UTF8.TryGetBytes(member.AsSpan(1), utf8, out var length) ? NameTable.Get(utf8[..length]) : member[1..];
    }

    private string Checked(ref Utf8JsonReader reader, string name)
    {
        if (reader.ValueSpan.Length > limits.StringBytes)
            throw new TooCostly($"A string is longer than {limits.StringBytes} bytes.");
        if (!reader.ValueIsEscaped && reader.ValueSpan.Length > 0 && name is "system" or "url" or "use")
            return NameTable.Value(reader.ValueSpan);
        var text = TextOf(ref reader);
        if (text.Length == 0 && !IsModel)
            Fault("structure", "A string is never empty.");
        if (reader.ValueIsEscaped)
            foreach (var c in text)
                if (c < ' ' && c is not ('\t' or '\r' or '\n'))
                {
                    Fault("value", "A string holds a control character.");
                    break;
                }

        return text;
    }

    private string TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() ?? string.Empty;
        }
        catch (InvalidOperationException)
        {
            // An escaped surrogate without its partner is JSON, but no text.
            Fault("value", "A string holds half of a surrogate pair.");
            return "\uFFFD";
        }
    }

    private string Number(ref Utf8JsonReader reader)
    {
        var raw = reader.ValueSpan;
        if (raw.Length > limits.NumberCharacters)
        {
            Fault("value", $"A number is longer than {limits.NumberCharacters} characters.");
            return "0";
        }

        var exponentAt = raw.IndexOfAny((byte)'e', (byte)'E');
        if (exponentAt >= 0)
        {
            var digits = raw[(exponentAt + 1)..];
            if (digits.Length > 0 && digits[0] == '+')
                digits = digits[1..];
            if (!Utf8Parser.TryParse(digits, out int exponent, out _) || Math.Abs(exponent) > limits.NumberExponent)
            {
                Fault("value", $"The exponent of a number is beyond {limits.NumberExponent}.");
                return "0";
            }
        }

        return Encoding.ASCII.GetString(raw);
    }

    private void Count()
    {
        if (++_elements > limits.Elements)
            throw new TooCostly($"The content has more than {limits.Elements} elements.");
    }

    private TooCostly TooMany() => new(string.Concat(
        $"An array has more than {limits.Items} items", limits.ItemsSetting is { } setting ? $" ({setting})." : "."));

    private void Fault(string code, string text)
    {
        (_issues ??= []).Add(Issue.Error(code, Path(), text));
        if (_issues.Count >= limits.Issues)
            throw new TooCostly($"More than {limits.Issues} faults: reading stopped here.");
    }

    private Parsed Refused(string code, string place, string text)
    {
        (_issues ??= []).Add(new(Severity.Fatal, code, place, text));
        return new(null, _issues);
    }

    private string Path() => TreePath.Write(Places);

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (at < bytes.Length && Rune.DecodeFromUtf8(bytes[at..], out _, out var consumed) == System.Buffers.OperationStatus.Done)
            at += consumed;
        return at;
    }

    private static string PlaceOf(ReadOnlySpan<byte> bytes, int at)
    {
        var before = bytes[..at];
        return $"line {before.Count((byte)'\n') + 1}, position {at - before.LastIndexOf((byte)'\n')}";
    }
}
