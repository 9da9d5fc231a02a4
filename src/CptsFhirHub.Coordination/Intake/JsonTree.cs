using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake;

/// <summary>
/// Any JSON object as a source tree: members become children of their name, arrays become list items, numbers keep their digits,
/// null and empty strings are absent. Strict: comments, trailing commas and a member named twice are refused.
/// </summary>
internal static class JsonTree
{
    public const int BytesMax = 5 * 1024 * 1024;
    public const int DepthMax = 32;
    public const int ValuesMax = 50_000;

    /// <summary>Members of one object: each is looked up among the others.</summary>
    public const int MembersMax = 1_000;

    /// <summary>One tree, or null and the fault that stopped the reading.</summary>
    public static Element? Read(ReadOnlyMemory<byte> bytes, string rootName, List<Issue> issues)
    {
        var roots = ReadMany(bytes, rootName, issues);
        if (roots is [var only])
            return only.Root;
        if (!issues.Any(issue => issue.IsError))
            issues.Add(Issue.Error("structure", "$", "One object is expected here, not a list."));
        return null;
    }

    /// <summary>The object, or each object of the array, that the bytes hold, with its text; empty when they cannot be read.</summary>
    public static IReadOnlyList<(Element Root, string Text)> ReadMany(ReadOnlyMemory<byte> bytes, string rootName, List<Issue> issues)
    {
        var utf8 = bytes.Span;
        if (utf8.StartsWith(Encoding.UTF8.Preamble))
            utf8 = utf8[3..];
        if (utf8.Length > BytesMax)
            return Refuse(issues, "too-long", "$", $"More than {BytesMax} bytes.");
        if (!Utf8.IsValid(utf8))
            return Refuse(issues, "structure", PlaceOfBadByte(utf8), "The bytes here are not UTF-8.");

        try
        {
            var reader = new Utf8JsonReader(utf8, new() { MaxDepth = DepthMax });
            reader.Read();
            List<(Element, string)> roots = [];
            var values = 0;
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    if (!ReadRoot(ref reader, utf8, rootName, $"$[{roots.Count}]", roots, ref values, issues))
                        return [];
            }
            else if (!ReadRoot(ref reader, utf8, rootName, "$", roots, ref values, issues))
            {
                return [];
            }

            // The reader itself refuses anything that follows the first value.
            reader.Read();
            return roots;
        }
        catch (JsonException fault)
        {
            // The reader's own text may quote the payload, so only its place is told.
            return Refuse(issues, "structure", PlaceOf(fault), IsTruncated(utf8)
                ? "The JSON stops before its end: it is truncated." : "The JSON is malformed here.");
        }
        catch (InvalidOperationException)
        {
            return Refuse(issues, "structure", "$", "A string holds half of a surrogate pair.");
        }
    }

    private static bool ReadRoot(
        ref Utf8JsonReader reader,
        ReadOnlySpan<byte> utf8,
        string rootName,
        string path,
        List<(Element Root, string Text)> roots,
        ref int values,
        List<Issue> issues)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            issues.Add(Issue.Error("structure", path, "A JSON object is expected here."));
            return false;
        }

        var start = (int)reader.TokenStartIndex;
        var root = Element.OfResource(rootName);
        if (!ReadObject(ref reader, root, path, ref values, issues))
            return false;
        roots.Add((root, Encoding.UTF8.GetString(utf8[start..(int)reader.BytesConsumed])));
        return true;
    }

    private static bool ReadObject(ref Utf8JsonReader reader, Element parent, string path, ref int values, List<Issue> issues)
    {
        HashSet<string> seen = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var at = $"{path}.{name}";
            if (!seen.Add(name))
            {
                issues.Add(Issue.Error("structure", at, "This member occurs twice: nobody can say which one counts."));
                return false;
            }

            if (seen.Count > MembersMax)
            {
                issues.Add(Issue.Error("too-long", at, $"More than {MembersMax} members in one object."));
                return false;
            }

            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                var index = 0;
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    if (!ReadValue(ref reader, parent, name, isListItem: true, $"{at}[{index++}]", ref values, issues))
                        return false;
            }
            else if (!ReadValue(ref reader, parent, name, isListItem: false, at, ref values, issues))
            {
                return false;
            }
        }

        return true;
    }

    private static bool ReadValue(
        ref Utf8JsonReader reader, Element parent, string name, bool isListItem, string path, ref int values, List<Issue> issues)
    {
        if (++values > ValuesMax)
        {
            issues.Add(Issue.Error("too-long", path, $"More than {ValuesMax} values."));
            return false;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ReadObject(ref reader, parent.Append(Element.Named(name, isListItem)), path, ref values, issues);
            case JsonTokenType.StartArray:
                issues.Add(Issue.Error("structure", path, "A list inside a list is not expected."));
                return false;
            case JsonTokenType.String:
                if (reader.GetString() is { Length: > 0 } text)
                    parent.Append(Element.Primitive(name, ElementKind.String, text, isListItem));
                return true;
            case JsonTokenType.Number:
                var digits = Encoding.ASCII.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
                parent.Append(Element.Primitive(name, ElementKind.Number, digits, isListItem));
                return true;
            case JsonTokenType.True or JsonTokenType.False:
                var claim = reader.TokenType == JsonTokenType.True ? "true" : "false";
                parent.Append(Element.Primitive(name, ElementKind.Boolean, claim, isListItem));
                return true;
            default:
                return true;
        }
    }

    private static (Element, string)[] Refuse(List<Issue> issues, string code, string path, string text)
    {
        issues.Add(new(Severity.Fatal, code, path, text));
        return [];
    }

    private static string PlaceOf(JsonException fault) => string.Create(CultureInfo.InvariantCulture,
        $"line {(fault.LineNumber ?? 0) + 1}, byte {(fault.BytePositionInLine ?? 0) + 1}");

    private static bool IsTruncated(ReadOnlySpan<byte> utf8)
    {
        // Read as the first block of a longer text: what is merely unfinished then raises no fault.
        try
        {
            var reader = new Utf8JsonReader(utf8, isFinalBlock: false, new(new() { MaxDepth = DepthMax }));
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string PlaceOfBadByte(ReadOnlySpan<byte> utf8)
    {
        var at = 0;
        while (Rune.DecodeFromUtf8(utf8[at..], out _, out var length) == OperationStatus.Done)
            at += length;
        var before = utf8[..at];
        var line = before.Count((byte)'\n') + 1;
        return string.Create(CultureInfo.InvariantCulture, $"line {line}, byte {at - before.LastIndexOf((byte)'\n')}");
    }
}
