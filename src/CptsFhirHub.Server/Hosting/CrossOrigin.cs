namespace CptsFhirHub.Server.Hosting;

/// <summary>
/// Lets pages of other origins call the FHIR interface: setting <c>Hub:Cors:Origins</c>, nobody by default. Pages carry a token in
/// Authorization; the console's cookie is never sent across.
/// </summary>
internal static class CrossOrigin
{
    private static readonly string[] Doors = ["/fhir", "/auth/token"];

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

    private static readonly string[] Asked =
    [
        "Accept", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Exist", "If-None-Match",
        "Prefer", "X-Correlation-Id", "X-Purpose-Of-Use", "X-Request-Id", "X-Security-Context", "X-Tenant",
    ];

    private static readonly string[] Told =
    [
        "Content-Location", "ETag", "Idempotency-Replayed", "Last-Modified", "Location", "Preference-Applied", "Retry-After",
        "X-Correlation-Id", "X-Progress", "X-Request-Id", "X-Security-Context",
    ];

    /// <summary>The origins of the settings. Stops the start at one that is no origin.</summary>
    public static string[] Origins(IConfiguration configuration)
    {
        string[] origins = [.. configuration.GetSection("Hub:Cors:Origins").GetChildren().Select(origin => origin.Value).OfType<string>()];
        foreach (var origin in origins)
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.GetLeftPart(UriPartial.Authority) != origin)
                throw new InvalidDataException("Hub:Cors:Origins holds origins such as https://app.example.org, without a path.");
        return origins;
    }

    public static void UseCrossOrigin(this WebApplication app)
    {
        var origins = Origins(app.Configuration);
        if (origins.Length == 0)
            return;
        app.UseWhen(
            context => Doors.Any(door => context.Request.Path.StartsWithSegments(door, StringComparison.Ordinal)),
            branch => branch.UseCors(policy => policy.WithOrigins(origins).WithMethods(Methods).WithHeaders(Asked).WithExposedHeaders(Told)
                .SetPreflightMaxAge(TimeSpan.FromMinutes(10))));
    }
}
