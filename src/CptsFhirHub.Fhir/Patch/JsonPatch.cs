using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Patch;

/// <summary>What a JSON Patch made of a document that need not be a resource; null and the reason when it could not be applied.</summary>
public sealed record PatchedJson(byte[]? Json, IReadOnlyList<Issue> Issues);

/// <summary>JSON Patch over the JSON text; numbers keep their text. https://www.rfc-editor.org/rfc/rfc6902</summary>
public static class JsonPatch
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = PatchLimits.DepthMax, AllowDuplicateProperties = false };
    private static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The resource after all operations, read again from the patched JSON. <paramref name="target"/> is not changed.</summary>
    public static Patched Apply(Resource target, ReadOnlyMemory<byte> patch, JsonLimits? limits = null)
    {
        var (json, issues) = Apply(target.Json, patch);
        return json is null ? new(null, issues) : Patched.Reread(json, limits);
    }

    /// <summary>The document after all operations, in order; the first that fails ends it.</summary>
    public static PatchedJson Apply(ReadOnlyMemory<byte> document, ReadOnlyMemory<byte> patch)
    {
        try
        {
            if (!TryParse(patch, out var operations) || operations is not JsonArray list)
                return Refused(new(Severity.Fatal, "structure", "patch", "A JSON Patch is an array of operations, without members that are there twice."));
            if (list.Count > PatchLimits.OperationsMax)
                return Refused(new(Severity.Fatal, "too-costly", "patch", $"A patch has at most {PatchLimits.OperationsMax} operations."));
            if (!TryParse(document, out var root))
                return Refused(Issue.Error("structure", "document", "What is to be patched is no JSON."));

            var run = new Run(root);
            for (var i = 0; i < list.Count; i++)
                if (run.Apply(list[i], string.Create(CultureInfo.InvariantCulture, $"patch[{i}]")) is { } fault)
                    return Refused(fault);
            return new(Write(run.Root), []);
        }
        catch (InvalidOperationException)
        {
            // How System.Text.Json tells of escaped lone surrogates, once the text is asked for.
            return Refused(new(Severity.Fatal, "structure", "patch", "A text is no valid Unicode."));
        }
    }

    private static bool TryParse(ReadOnlyMemory<byte> json, out JsonNode? node)
    {
        node = null;
        if (!Utf8.IsValid(json.Span))
            return false;
        try
        {
            node = JsonNode.Parse(json.Span, documentOptions: Strict);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static byte[] Write(JsonNode? root)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, Written))
        {
            if (root is null)
                writer.WriteNullValue();
            else
                root.WriteTo(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static PatchedJson Refused(Issue issue) => new(null, [issue]);

    /// <summary>A document on its way through the operations. Each gives the issue that ends it, or null.</summary>
    private sealed class Run(JsonNode? root)
    {
        private int _copiedCharacters;

        public JsonNode? Root { get; private set; } = root;

        public Issue? Apply(JsonNode? node, string place)
        {
            if (node is not JsonObject operation || Text(operation, "op") is not { } op || Text(operation, "path") is not { } pathText)
                return Malformed(place, "An operation is an object with op and path.");
            if (JsonPointer.Read(pathText) is not { } path)
                return Malformed(place, $"The path is no JSON Pointer of at most {PatchLimits.DepthMax} steps.");

            JsonNode? value = null;
            if (op is "add" or "replace" or "test" && !operation.TryGetPropertyValue("value", out value))
                return Malformed(place, "The operations add, replace and test have a value.");
            JsonPointer? from = null;
            if (op is "move" or "copy" && (from = Text(operation, "from") is { } text ? JsonPointer.Read(text) : null) is null)
                return Malformed(place, "The operations move and copy have a from that is a JSON Pointer.");

            return op switch
            {
                "add" => Add(path, value?.DeepClone(), place),
                "remove" => Remove(path, place),
                "replace" => Replace(path, value?.DeepClone(), place),
                "move" => Move(from!, path, place),
                "copy" => Copy(from!, path, place),
                "test" => Test(path, value, place),
                _ => Malformed(place, "The op of an operation is add, remove, replace, move, copy or test."),
            };
        }

        private Issue? Add(JsonPointer path, JsonNode? value, string place)
        {
            if (path.IsRoot)
            {
                Root = value;
                return null;
            }

            if (!path.TryFindParent(Root, out var parent))
                return Absent(place);
            switch (parent)
            {
                case JsonObject @object:
                    @object[path.Last] = value;
                    return null;
                case JsonArray array when path.Last == "-":
                    array.Add(value);
                    return null;
                case JsonArray array when JsonPointer.IndexOf(path.Last, array.Count + 1) is { } index:
                    array.Insert(index, value);
                    return null;
                default:
                    return Absent(place);
            }
        }

        private Issue? Remove(JsonPointer path, string place)
        {
            if (path.IsRoot)
                return Issue.Error("processing", place, "The whole document cannot be removed.");
            if (!path.TryFindParent(Root, out var parent))
                return Absent(place);
            switch (parent)
            {
                case JsonObject @object:
                    return @object.Remove(path.Last) ? null : Absent(place);
                case JsonArray array when JsonPointer.IndexOf(path.Last, array.Count) is { } index:
                    array.RemoveAt(index);
                    return null;
                default:
                    return Absent(place);
            }
        }

        private Issue? Replace(JsonPointer path, JsonNode? value, string place)
        {
            if (path.IsRoot)
            {
                Root = value;
                return null;
            }

            if (!path.TryFindParent(Root, out var parent))
                return Absent(place);
            switch (parent)
            {
                case JsonObject @object when @object.ContainsKey(path.Last):
                    @object[path.Last] = value;
                    return null;
                case JsonArray array when JsonPointer.IndexOf(path.Last, array.Count) is { } index:
                    array[index] = value;
                    return null;
                default:
                    return Absent(place);
            }
        }

        private Issue? Move(JsonPointer from, JsonPointer path, string place)
        {
            if (!from.TryFind(Root, out var value))
                return Absent(place);
            if (from.Holds(path))
                return Issue.Error("processing", place, "A value cannot be moved into itself.");
            if (from.Steps.SequenceEqual(path.Steps))
                return null;
            if (!IsShallow(value, PatchLimits.DepthMax))
                return TooDeep(place);
            return Remove(from, place) ?? Add(path, value, place);
        }

        private Issue? Copy(JsonPointer from, JsonPointer path, string place)
        {
            if (!from.TryFind(Root, out var value))
                return Absent(place);
            if (!IsShallow(value, PatchLimits.DepthMax))
                return TooDeep(place);
            _copiedCharacters += value?.ToJsonString().Length ?? 4;
            if (_copiedCharacters > PatchLimits.CopiedCharactersMax)
                return Issue.Error("too-costly", place, "The patch copies too much.");
            return Add(path, value?.DeepClone(), place);
        }

        /// <summary>Numbers are equal by value, 1.0 and 1; members in any order.</summary>
        private Issue? Test(JsonPointer path, JsonNode? value, string place)
        {
            if (!path.TryFind(Root, out var found))
                return Absent(place);
            return JsonNode.DeepEquals(found, value) ? null : Issue.Error("processing", place, "The test failed: another value stands there.");
        }

        private static string? Text(JsonObject operation, string name) =>
            operation.TryGetPropertyValue(name, out var node) && node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

        private static bool IsShallow(JsonNode? node, int depth) => node switch
        {
            JsonObject or JsonArray when depth == 0 => false,
            JsonObject @object => @object.All(member => IsShallow(member.Value, depth - 1)),
            JsonArray array => array.All(item => IsShallow(item, depth - 1)),
            _ => true,
        };

        private static Issue Absent(string place) => Issue.Error("processing", place, "What the pointer names is not there.");

        private static Issue TooDeep(string place) => Issue.Error("too-costly", place, $"The value is nested deeper than {PatchLimits.DepthMax} levels.");

        private static Issue Malformed(string place, string text) => new(Severity.Fatal, "structure", place, text);
    }
}
