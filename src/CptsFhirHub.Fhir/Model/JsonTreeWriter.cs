using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CptsFhirHub.Fhir.Model;

/// <summary>Writes an element tree as FHIR JSON: runs of one name become arrays, a primitive's children become its <c>_name</c> member.</summary>
internal static class JsonTreeWriter
{
    private static readonly JsonWriterOptions Compact =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly JsonWriterOptions Indented =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true, Indented = true };

    /// <summary>A buffer larger than this is not kept for the next resource.</summary>
    private const int KeptBytes = 256 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? Kept;

    public static byte[] Write(Element root, bool pretty)
    {
        var buffer = Kept ?? new(4096);
        Kept = null;
        using (var writer = new Utf8JsonWriter(buffer, pretty ? Indented : Compact))
            WriteObject(writer, root);
        var json = buffer.WrittenSpan.ToArray();
        buffer.ResetWrittenCount();
        if (buffer.Capacity <= KeptBytes)
            Kept = buffer;
        return json;
    }

    private static void WriteObject(Utf8JsonWriter writer, Element node)
    {
        writer.WriteStartObject();
        if (node.ResourceType is { } type)
            writer.WriteString("resourceType"u8, type);
        WriteMembers(writer, node.Children);
        writer.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter writer, ReadOnlySpan<Element> children)
    {
        for (var start = 0; start < children.Length;)
        {
            var name = children[start].Name;
            var end = start + 1;
            while (end < children.Length && string.Equals(children[end].Name, name, StringComparison.Ordinal))
                end++;
            WriteRun(writer, name, children[start..end]);
            start = end;
        }
    }

    private static void WriteRun(Utf8JsonWriter writer, string name, ReadOnlySpan<Element> run)
    {
        var first = run[0];
        if (run.Length == 1 && !first.IsListItem)
        {
            if (!first.IsPrimitive)
            {
                writer.WritePropertyName(name);
                WriteObject(writer, first);
                return;
            }

            if (first.Value is not null)
            {
                writer.WritePropertyName(name);
                WriteValue(writer, first);
            }

            if (first.Count > 0)
            {
                writer.WritePropertyName("_" + name);
                WriteExtras(writer, first);
            }

            return;
        }

        WriteList(writer, name, run);
    }

    private static void WriteList(Utf8JsonWriter writer, string name, ReadOnlySpan<Element> run)
    {
        var hasValues = false;
        var hasExtras = false;
        foreach (var item in run)
        {
            hasValues |= !item.IsPrimitive || item.Value is not null;
            hasExtras |= item.IsPrimitive && item.Count > 0;
        }

        if (hasValues)
        {
            writer.WriteStartArray(name);
            foreach (var item in run)
            {
                if (!item.IsPrimitive)
                    WriteObject(writer, item);
                else if (item.Value is null)
                    writer.WriteNullValue();
                else
                    WriteValue(writer, item);
            }

            writer.WriteEndArray();
        }

        if (!hasExtras)
            return;
        writer.WriteStartArray("_" + name);
        foreach (var item in run)
        {
            if (item.IsPrimitive && item.Count > 0)
                WriteExtras(writer, item);
            else
                writer.WriteNullValue();
        }

        writer.WriteEndArray();
    }

    private static void WriteExtras(Utf8JsonWriter writer, Element primitive)
    {
        writer.WriteStartObject();
        WriteMembers(writer, primitive.Children);
        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, Element primitive)
    {
        switch (primitive.Kind)
        {
            case ElementKind.Number:
                writer.WriteRawValue(primitive.Value!, skipInputValidation: true);
                break;
            case ElementKind.Boolean:
                writer.WriteBooleanValue(primitive.Value == "true");
                break;
            default:
                writer.WriteStringValue(primitive.Value);
                break;
        }
    }
}
