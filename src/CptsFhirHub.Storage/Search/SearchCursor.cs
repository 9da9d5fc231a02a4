using System.Buffers.Text;
using System.Text.Json;

namespace CptsFhirHub.Storage.Search;

/// <summary>
/// Where a page ended: the last resource shown and, when sorted, its values. Opaque to callers; anything else than what was given
/// out is refused.
/// </summary>
internal sealed record SearchCursor(long Row, IReadOnlyList<object?> Values)
{
    private const int LengthMax = 4_096;

    public string Write()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartArray();
            json.WriteNumberValue(Row);
            foreach (var value in Values)
            {
                switch (value)
                {
                    case long number:
                        json.WriteStringValue($"i{number}");
                        break;
                    case double real:
                        json.WriteStringValue($"r{real:R}");
                        break;
                    case string text:
                        json.WriteStringValue($"t{text}");
                        break;
                    default:
                        json.WriteNullValue();
                        break;
                }
            }

            json.WriteEndArray();
        }

        return Base64Url.EncodeToString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    /// <summary>Null when the text is no cursor.</summary>
    public static SearchCursor? Read(string text)
    {
        if (text.Length > LengthMax || !Base64Url.IsValid(text))
            return null;
        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(text));
            var items = json.RootElement.EnumerateArray().ToList();
            var values = items.Skip(1).Select(Value).ToList();
            return new(items[0].GetInt64(), values);
        }
        catch (Exception failure)
            when (failure is JsonException or InvalidOperationException or FormatException or ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static object? Value(JsonElement item)
    {
        if (item.ValueKind == JsonValueKind.Null)
            return null;
        var text = item.GetString()!;

        // No text in an index has the character that ends one for some databases.
        return text.Contains('\0', StringComparison.Ordinal) ? throw new FormatException() : text[0] switch
        {
            'i' => long.Parse(text.AsSpan(1)),
            'r' when double.Parse(text.AsSpan(1)) is var real && double.IsFinite(real) => real,
            't' => text[1..],
            _ => throw new FormatException(),
        };
    }
}
