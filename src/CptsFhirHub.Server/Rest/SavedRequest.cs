using System.Buffers;
using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// A request written down, to be carried out after its connection is gone, by another process perhaps. Who sent it is looked up again: a
/// client that may no longer come in has nothing done in its name, and a token's narrower right stays as narrow.
/// </summary>
internal static class SavedRequest
{
    public static byte[] Write(FhirRequest request)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Wire }))
        {
            json.WriteStartObject();
            json.WriteString("client", request.Caller.IsPerson ? "" : request.Caller.ClientId);
            json.WriteString("tenant", request.Caller.Tenant);
            json.WriteString("scope", Scope.Describe(request.Caller.Policy));
            json.WriteString("method", request.Method);
            json.WriteString("path", request.Path);
            json.WriteString("query", QueryText.Write(request.Parameters));
            json.WriteString("summary", request.View.Summary);
            json.WriteString("elements", request.View.Elements is { } elements ? string.Join(',', elements) : null);
            json.WriteString("return", request.Prefer.Return);
            json.WriteString("handling", request.Prefer.Handling);
            json.WriteString("language", request.Language);
            json.WriteString("purpose", request.Purpose);
            if (request.Body is { } body)
                json.WriteBase64String("body", body.Json.Span);
            if (request.Once is { } once)
            {
                json.WriteBase64String("scopeHash", once.Scope);
                json.WriteBase64String("digest", once.Digest);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The request and its route; null when its client may no longer come in, or there is no such route any more.</summary>
    public static (FhirRequest Request, Route Route)? Read(ReadOnlyMemory<byte> bytes, ClientRegistry clients, HubSettings settings, JsonLimits limits)
    {
        using var json = JsonDocument.Parse(bytes);
        var root = json.RootElement;
        var tenant = Text(root, "tenant")!;
        if (clients.Find(Text(root, "client")!) is not { } client || (client.Tenant != tenant && (client.Role != Roles.Admin || !settings.Tenants.Contains(tenant))))
            return null;
        var scopes = Text(root, "scope")!.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Scope.Read).OfType<Scope>().ToList();
        if (Routes.Find(Text(root, "method")!, Text(root, "path")!) is not var (route, type, id, version))
            return null;
        var body = root.TryGetProperty("body", out var sent) ? FhirJson.Parse(sent.GetBytesFromBase64(), limits).Resource : null;
        var request = new FhirRequest(Text(root, "method")!, client.ToCaller(client.FullPolicy.Within(scopes)) with { Tenant = tenant })
        {
            Type = type,
            Id = id,
            Version = version,
            Path = Text(root, "path")!,
            Parameters = QueryText.Read(Text(root, "query")!),
            View = new(Text(root, "summary"), Text(root, "elements")?.Split(','), IsPretty: false),
            Prefer = new(Text(root, "return"), Text(root, "handling")),
            Language = Text(root, "language"),
            Purpose = Text(root, "purpose"),
            Body = body,
            Once = root.TryGetProperty("digest", out var digest) ? new(root.GetProperty("scopeHash").GetBytesFromBase64(), digest.GetBytesFromBase64()) : null,
            IsLater = true,
        };
        return (request, route);
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;
}
