using System.Buffers;
using System.Text.Json;

namespace CptsFhirHub.Server.Access;

/// <summary>The SMART discovery document. https://hl7.org/fhir/smart-app-launch/conformance.html</summary>
internal static class SmartConfiguration
{
    public static Task Handle(HttpContext context, HubAddress address)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("issuer", address.Fhir);
            json.WriteString("token_endpoint", address.Value + TokenEndpoint.Path);
            Write(json, "grant_types_supported", "client_credentials");
            Write(json, "token_endpoint_auth_methods_supported", "client_secret_basic", "private_key_jwt");
            Write(json, "token_endpoint_auth_signing_alg_values_supported", "RS384", "ES384");
            Write(json, "scopes_supported", "system/*.cruds", "system/*.rs");
            Write(json, "capabilities", "client-confidential-symmetric", "client-confidential-asymmetric", "permission-v1", "permission-v2");
            json.WriteEndObject();
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.WrittenCount;
        return context.Response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted).AsTask();
    }

    private static void Write(Utf8JsonWriter json, string name, params ReadOnlySpan<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
