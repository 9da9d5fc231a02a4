namespace CptsFhirHub.Server.Access;

/// <summary>
/// Says who is asking, after routing and before anything reads the body. Without a caller only <see cref="OpenRoutes"/> answer.
/// </summary>
internal sealed class Authentication(
    RequestDelegate next, AccessTokens tokens, ClientRegistry clients, ConsoleSessions sessions, HubSettings settings)
{
    public Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint() as RouteEndpoint;
        if (endpoint is not null && OpenRoutes.Contains(context, endpoint))
            return next(context);

        var header = context.Request.Headers.Authorization;
        if (header.Count > 1)
            return Outcome.AnswerAsync(context, 400, "security", "One Authorization header at most.");

        var isConsole = endpoint?.Metadata.GetMetadata<ConsoleRoute>() is not null;
        var caller = isConsole ? BySession(context)
            : header.Count == 1 ? ByToken(header.ToString())
            : context.Request.Path.StartsWithSegments("/intake") && context.Request.Headers["X-Api-Key"] is [{ } key] ? ByApiKey(key)
            : null;
        if (caller is null && header.Count == 0 && settings.AccessOpen && !isConsole)
            caller = clients.Find("demo-admin") is { } admin ? admin.ToCaller(admin.FullPolicy) : null;
        if (caller is null)
            return ChallengeAsync(context, header.Count == 1, isConsole);

        if (caller.Role == Roles.Admin && context.Request.Headers["X-Tenant"] is [{ Length: > 0 } tenant])
        {
            if (!settings.Tenants.Contains(tenant))
                return Outcome.AnswerAsync(context, 404, "not-found", "No such tenant.");
            caller = caller with { Tenant = tenant };
        }

        context.Features.Set(caller);
        return next(context);
    }

    private static Task ChallengeAsync(HttpContext context, bool hadToken, bool isConsole)
    {
        if (isConsole)
        {
            context.Response.Redirect(ConsoleRoute.LoginPath);
            return Task.CompletedTask;
        }

        context.Response.Headers.WWWAuthenticate = hadToken ? "Bearer realm=\"hub\", error=\"invalid_token\"" : "Bearer realm=\"hub\"";
        return Outcome.AnswerAsync(
            context, 401, hadToken ? "expired" : "login", "A valid access token is needed: see /fhir/.well-known/smart-configuration.");
    }

    private Caller? ByToken(string header) =>
        header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? tokens.Find(header["Bearer ".Length..].Trim()) : null;

    private Caller? BySession(HttpContext context)
    {
        if (sessions.Of(context) is not { } session)
            return null;
        context.Features.Set(session);
        return session.Caller;
    }

    private Caller? ByApiKey(string key)
    {
        foreach (var client in clients.All)
            if (client.ApiKey?.Fits(key) == true)
                return clients.Find(client.Id)?.ToCaller(Policy.Nothing);
        return null;
    }
}
