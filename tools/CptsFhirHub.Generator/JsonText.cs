using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CptsFhirHub.Generator;

/// <summary>JSON as these senders write it: accents as they are, nothing that is not known.</summary>
internal static class JsonText
{
    public static byte[] Of(Action<Utf8JsonWriter> write, bool isIndented = false)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = isIndented, NewLine = "\n" }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>An object under a name.</summary>
    public static void Group(this Utf8JsonWriter json, string name, Action write)
    {
        json.WriteStartObject(name);
        write();
        json.WriteEndObject();
    }

    /// <summary>The texts that are known; the others give nothing.</summary>
    public static void Texts(this Utf8JsonWriter json, params ReadOnlySpan<(string Name, string? Value)> texts)
    {
        foreach (var (name, value) in texts)
            if (!string.IsNullOrEmpty(value))
                json.WriteString(name, value);
    }

    public static void List(this Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
