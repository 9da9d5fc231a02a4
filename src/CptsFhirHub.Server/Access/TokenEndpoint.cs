using System.Buffers;
using System.Text;
using System.Text.Json;

namespace CptsFhirHub.Server.Access;

/// <summary>
/// <c>POST /auth/token</c>: client_credentials with <c>client_secret_basic</c> or <c>private_key_jwt</c>.
/// https://hl7.org/fhir/smart-app-launch/backend-services.html
/// </summary>
internal static class TokenEndpoint
{
    public const string Path = "/auth/token";

    private const int FormBytesMax = 64 * 1024;
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    public static async Task Handle(
        HttpContext context, ClientRegistry clients, ClientAssertion assertions, AccessTokens tokens, FailedLogins failed, HubAddress address)
    {
        if (failed.MustWait(context))
        {
            context.Response.Headers.RetryAfter = "60";
            await RefuseAsync(context, 429, "invalid_client", "Too many failed attempts from this address.");
            return;
        }

        if (await ReadFormAsync(context) is not { } form)
        {
            await RefuseAsync(context, 400, "invalid_request", "The body is application/x-www-form-urlencoded, each parameter once.");
            return;
        }

        if (form.GetValueOrDefault("grant_type") is not { } grant)
        {
            await RefuseAsync(context, 400, "invalid_request", "grant_type is missing.");
            return;
        }

        if (grant != "client_credentials")
        {
            await RefuseAsync(context, 400, "unsupported_grant_type", "Only client_credentials is supported.");
            return;
        }

        var asserted = form.ContainsKey("client_assertion");
        var basic = context.Request.Headers.Authorization;
        if (asserted && basic.Count > 0 || basic.Count > 1)
        {
            await RefuseAsync(context, 400, "invalid_request", "A client authenticates in one way at a time.");
            return;
        }

        var client = asserted
            ? form.GetValueOrDefault("client_assertion_type") == AssertionType
                ? await assertions.CheckAsync(form["client_assertion"], address.Value + Path, context.RequestAborted)
                : null
            : BySecret(basic.ToString(), clients);
        if (client is null)
        {
            failed.Count(context);
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"hub\"";
            await RefuseAsync(context, 401, "invalid_client", "Client authentication failed.");
            return;
        }

        await GrantAsync(context, client, form.GetValueOrDefault("scope"), tokens);
    }

    private static async Task GrantAsync(HttpContext context, Client client, string? scopeText, AccessTokens tokens)
    {
        var policy = client.FullPolicy;
        if (!string.IsNullOrWhiteSpace(scopeText))
        {
            var scopes = scopeText.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Scope.Read).ToList();
            policy = scopes.Contains(null) ? Policy.Nothing : policy.Within(scopes!);
            if (!policy.Types.Any())
            {
                await RefuseAsync(context, 400, "invalid_scope", "No scope asked for is one that this client may have.");
                return;
            }
        }

        if (tokens.Issue(client, policy) is not { } token)
        {
            context.Response.Headers.RetryAfter = "60";
            await RefuseAsync(context, 429, "invalid_request", "Too many tokens are alive.");
            return;
        }

        await WriteAsync(context, 200, json =>
        {
            json.WriteString("access_token", token);
            json.WriteString("token_type", "bearer");
            json.WriteNumber("expires_in", AccessTokens.LifetimeSeconds);
            json.WriteString("scope", Scope.Describe(policy));
        });
    }

    private static Client? BySecret(string header, ClientRegistry clients)
    {
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return null;
        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header["Basic ".Length..].Trim(), bytes, out var length))
            return null;
        var text = Encoding.UTF8.GetString(bytes.AsSpan(0, length));
        if (text.IndexOf(':', StringComparison.Ordinal) is var colon && colon < 0)
            return null;
        var client = clients.Find(Uri.UnescapeDataString(text[..colon]));
        return client?.Secret?.Fits(Uri.UnescapeDataString(text[(colon + 1)..])) == true ? client : null;
    }

    /// <summary>The form's parameters; null when it is not one, is too large or names a parameter twice.</summary>
    private static async Task<Dictionary<string, string>?> ReadFormAsync(HttpContext context)
    {
        var request = context.Request;
        if (!request.HasFormContentType || request.ContentType!.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase)
            || request.ContentLength > FormBytesMax)
            return null;
        try
        {
            var options = new Microsoft.AspNetCore.Http.Features.FormOptions { BufferBodyLengthLimit = FormBytesMax, ValueCountLimit = 32 };
            context.Features.Set<Microsoft.AspNetCore.Http.Features.IFormFeature>(
                new Microsoft.AspNetCore.Http.Features.FormFeature(request, options));
            var form = await request.ReadFormAsync(context.RequestAborted);
            return form.Any(pair => pair.Value.Count != 1)
                ? null
                : form.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string error, string description) =>
        WriteAsync(context, status, json =>
        {
            json.WriteString("error", error);
            json.WriteString("error_description", description);
        });

    private static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        await using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.Headers.Pragma = "no-cache";
        response.ContentLength = buffer.WrittenCount;
        await response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
    }
}
