using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Hosting;

/// <summary>The shell around the rooms: addresses, limits, logs, health, the order in which a request passes the doors.</summary>
internal static class HostingSetup
{
    private const string DefaultUrl = "http://127.0.0.1:8080";

    /// <summary>Reads the settings and prepares the server; refuses to go on with settings that are not safe.</summary>
    public static HubSettings AddHosting(this WebApplicationBuilder builder)
    {
        var settings = HubSettings.Read(builder.Configuration, builder.Environment);
        if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]) && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls(DefaultUrl);
        if (settings.Refusal(Urls(builder)) is { } refusal)
            throw new InvalidDataException(refusal);

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.Limits.BodyBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = settings.Limits.HeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = settings.Limits.HeaderCount;
            kestrel.Limits.MaxRequestLineSize = settings.Limits.RequestLineBytes;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(settings.Limits.HeaderSeconds);
        });
        AddLogs(builder);
        var services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(25));
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<HubAddress>();
        services.AddSingleton<Meters>();
        services.AddOpenApi("v1");
        return settings;
    }

    public static void AddStore(this WebApplicationBuilder builder) => builder.Services.AddSingleton<ResourceStore>();

    public static void UseHosting(this WebApplication app)
    {
        app.UseMiddleware<Doorkeeping>();
        app.UseRouting();
        app.UseMiddleware<Authentication>();
        app.UseMiddleware<Admission>();
    }

    public static void MapHosting(this WebApplication app)
    {
        app.MapGet("/health/live", () => "live").ExcludeFromDescription();
        app.MapGet("/health/ready", Readiness.Handle).ExcludeFromDescription();
        app.MapGet("/metrics", Meters.Handle).ExcludeFromDescription();
        app.MapOpenApi();
    }

    private static IEnumerable<string> Urls(WebApplicationBuilder builder) =>
        (builder.Configuration[WebHostDefaults.ServerUrlsKey] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Concat(builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>());

    private static void AddLogs(WebApplicationBuilder builder)
    {
        if (!builder.Environment.IsDevelopment())
            builder.Logging.ClearProviders().AddJsonConsole(console => console.UseUtcTimestamp = true);

        // The framework's own request lines carry paths and queries: they may name a patient.
        if (!builder.Configuration.GetSection("Logging:LogLevel").Exists())
            builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Quartz", LogLevel.Warning);
    }
}
