namespace CptsFhirHub.Server.Access;

/// <summary>
/// The only routes that answer without credentials. A test walks every endpoint and fails when one that is not here answers.
/// </summary>
internal static class OpenRoutes
{
    /// <summary>Route patterns, whatever the method.</summary>
    public static readonly IReadOnlySet<string> Patterns = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "/health/live",
        "/health/ready",
        "/auth/token",
        "/fhir/metadata",
        "/fhir/.well-known/smart-configuration",
        "/inscription",
        "/connexion",
        "/intake/{source}",     // open to signed webhooks alone: see IsSignedWebhook
        "/assets/{file}",
    };

    public static bool Contains(HttpContext context, RouteEndpoint endpoint)
    {
        var pattern = "/" + endpoint.RoutePattern.RawText?.Trim('/');
        return Patterns.Contains(pattern) && (pattern != "/intake/{source}" || IsSignedWebhook(context.Request));
    }

    /// <summary>A webhook that carries no Bearer token proves itself by its signature, which the intake checks before it reads a word.</summary>
    private static bool IsSignedWebhook(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Headers.ContainsKey("webhook-signature") && !request.Headers.ContainsKey("Authorization");
}
