using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Hosting;

/// <summary>The shell around the rooms: addresses, limits, logs, health, the order in which a request passes the doors.</summary>
internal static class HostingSetup
{
    private const int RequestLineReserve = 4;
    private const string DefaultUrl = "http://127.0.0.1:8080";

    /// <summary>Reads the settings and prepares the server; refuses to go on with settings that are not safe.</summary>
    public static HubSettings AddHosting(this WebApplicationBuilder builder)
    {
        var settings = HubSettings.Read(builder.Configuration, builder.Environment);
        if (settings.StorageProvider == StoreOptions.Postgres)
            PoolThreads.SleepAtOnce();
        if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]) && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls(DefaultUrl);
        var urls = Urls(builder).ToList();
        if (settings.Refusal(urls) is { } refusal)
            throw new InvalidDataException(refusal);

        // A fixed address is known before the server listens: references below it are then read as our own from the start.
        if (settings.PublicBaseUrl is null && urls is [var first, ..] && BindingAddress.Parse(first) is { Port: > 0 } binding && binding.Host is not ("*" or "+" or "0.0.0.0" or "[::]"))
            settings = settings with { PublicBaseUrl = first.TrimEnd('/') };

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = settings.Limits.BodyBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = settings.Limits.HeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = settings.Limits.HeaderCount;

            // The hub refuses a line past the limit with a reason; the server, which gives none, only one that is far past it.
            kestrel.Limits.MaxRequestLineSize = settings.Limits.RequestLineBytes * RequestLineReserve;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(settings.Limits.HeaderSeconds);
        });
        AddLogs(builder);
        var services = builder.Services;
        _ = CrossOrigin.Origins(builder.Configuration);
        services.AddCors();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(25));
        services.AddSingleton(settings);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<HubAddress>();
        services.AddSingleton<Meters>();
        services.AddSingleton<RepeatTurns>();
        services.AddSingleton<IndexProgress>();
        services.AddOpenApi("v1", options => options.AddDocumentTransformer((document, _, _) =>
        {
            // The framework would put the Host header of whoever asks here.
            document.Servers?.Clear();
            document.Info.Title = "CptsFhirHub";
            return Task.CompletedTask;
        }));
        return settings;
    }

    /// <summary>Where and how the hub with these settings remembers.</summary>
    public static StoreOptions StoreOptionsOf(
        this WebApplicationBuilder builder, HubSettings settings, Func<Fhir.Model.Resource, IEnumerable<LookupKey>> lookupKeysOf) => new()
        {
            Provider = settings.StorageProvider,
            ConnectionString = settings.StorageConnectionString,
            DataDirectory = settings.DataDirectory,
            JournalSecret = settings.JournalSecret,
            LookupKeysOf = lookupKeysOf,
            LookupKinds = Coordination.Identity.IdentityKeys.Kinds,
            PublicBaseUrl = settings.PublicBaseUrl is { } url ? url + "/fhir" : null,
            Definitions = Profiles.Load(Profiles.Folder(builder.Configuration), SourceCodes.Folder(builder.Configuration)),
        };

    /// <summary>Opens the store; it is closed when the host stops.</summary>
    public static async Task AddStoreAsync(
        this WebApplicationBuilder builder, HubSettings settings, Func<Fhir.Model.Resource, IEnumerable<LookupKey>> lookupKeysOf)
    {
        var options = builder.StoreOptionsOf(settings, lookupKeysOf);
        var definitions = options.Definitions;
        var store = await HubStore.OpenAsync(options, CancellationToken.None);

        // The container disposes what a factory gave it, not what it was handed.
        builder.Services.AddSingleton(_ => store);
        builder.Services.AddSingleton(definitions);
        builder.Services.AddSingleton(store.Resources);
        builder.Services.AddSingleton(store.Journal);
        builder.Services.AddSingleton(store.Background);
        builder.Services.AddHostedService<StoreNotice>();
        builder.Services.AddSingleton(store.Outbox);
        builder.Services.AddSingleton(store.Feeds);
        builder.Services.AddSingleton(store.Registry);
        builder.Services.AddSingleton(store.Answers);
        builder.Services.AddSingleton(store.Deferred);
    }

    public static void UseHosting(this WebApplication app)
    {
        app.UseMiddleware<Doorkeeping>();
        app.UseRouting();
        app.UseCrossOrigin();
        app.UseMiddleware<Authentication>();
        app.UseMiddleware<Admission>();
        app.UseMiddleware<BodyLimit>();
        app.UseMiddleware<Unpacking>();
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
        {
            builder.Logging.ClearProviders().AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information).AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
            });
        }

        // The framework's own request lines carry paths and queries: they may name a patient.
        if (!builder.Configuration.GetSection("Logging:LogLevel").Exists())
            builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Quartz", LogLevel.Warning);
    }
}
