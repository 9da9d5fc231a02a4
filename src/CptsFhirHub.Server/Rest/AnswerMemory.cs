using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// Answers written down, to be given once more. A version of a resource is kept as its name: its bytes stand in the store and never change,
/// and what is erased there is not kept here.
/// </summary>
internal static class AnswerMemory
{
    /// <summary>One for each entry of a transaction, null where an entry is answered anew; a single one for every other request.</summary>
    public static byte[] Write(IReadOnlyList<Answer?> answers)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Wire }))
        {
            json.WriteStartArray();
            foreach (var answer in answers)
            {
                if (answer is null)
                    json.WriteNullValue();
                else
                    Write(json, answer);
            }

            json.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static async Task<IReadOnlyList<Answer?>> ReadAsync(
        ReadOnlyMemory<byte> bytes, ResourceStore store, string tenant, CancellationToken cancellationToken)
    {
        using var json = JsonDocument.Parse(bytes);
        var answers = new List<Answer?>();
        foreach (var element in json.RootElement.EnumerateArray())
            answers.Add(element.ValueKind == JsonValueKind.Null ? null : await ReadAsync(element, store, tenant, cancellationToken));
        return answers;
    }

    private static void Write(Utf8JsonWriter json, Answer answer)
    {
        json.WriteStartObject();
        json.WriteNumber("status", answer.Status);
        if (answer.Stored is { } stored)
        {
            json.WriteString("version", string.Create(CultureInfo.InvariantCulture, $"{stored.Type}/{stored.Id}/{stored.Version}"));
            json.WriteString("at", stored.LastUpdated);
        }

        if (answer.IsBare)
            json.WriteBoolean("bare", true);
        if (answer.Location is { } location)
            json.WriteString("location", location);
        if (answer.ETag is { } tag)
            json.WriteString("etag", tag);
        if (answer.RawType is { } type)
            json.WriteString("type", type);
        if (!answer.Body.IsEmpty)
            json.WriteBase64String("body", answer.Body.Span);
        if (answer.Headers.Count > 0)
        {
            json.WriteStartObject("headers");
            foreach (var (name, value) in answer.Headers)
                json.WriteString(name, value);
            json.WriteEndObject();
        }

        if (answer.Issues.Count > 0)
        {
            json.WritePropertyName("issues");
            JsonSerializer.Serialize(json, answer.Issues);
        }

        json.WriteEndObject();
    }

    private static async Task<Answer> ReadAsync(JsonElement json, ResourceStore store, string tenant, CancellationToken cancellationToken)
    {
        Stored? stored = null;
        var isBare = json.TryGetProperty("bare", out _);
        if (Text(json, "version") is { } version && version.Split('/') is [var type, var id, var number])
        {
            stored = await store.VReadAsync(tenant, type, id, long.Parse(number, CultureInfo.InvariantCulture), cancellationToken);

            // What was erased since is told without its content.
            isBare |= stored is null;
            stored ??= new(
                tenant, type, id, long.Parse(number, CultureInfo.InvariantCulture), json.GetProperty("at").GetDateTimeOffset(),
                IsDeleted: false, ReadOnlyMemory<byte>.Empty);
        }

        return new(json.GetProperty("status").GetInt32())
        {
            Stored = stored,
            IsBare = isBare,
            Location = Text(json, "location"),
            ETag = Text(json, "etag"),
            RawType = Text(json, "type"),
            Body = json.TryGetProperty("body", out var body) ? body.GetBytesFromBase64() : ReadOnlyMemory<byte>.Empty,
            Headers =
            [
                .. json.TryGetProperty("headers", out var headers)
                    ? headers.EnumerateObject().Select(header => (header.Name, header.Value.GetString() ?? ""))
                    : [],
                (RepeatKey.ReplayedHeader, "true"),
            ],
            Issues = json.TryGetProperty("issues", out var issues) ? issues.Deserialize<List<Issue>>() ?? [] : [],
        };
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;
}
