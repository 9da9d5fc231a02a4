using System.Net;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Outbound;

/// <summary>Registers what carries the outbox out, and <c>/outbox</c>.</summary>
internal static class OutboundSetup
{
    public static void AddOutbound(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<OutboundTargets>();
        services.AddSingleton<HasAddress>(provider => name => provider.GetRequiredService<OutboundTargets>().Find(name) is not null);
        services.AddSingleton<ResolveHost>(static (host, cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken));
        services.AddSingleton<OutboundHttp>();
        services.AddSingleton(OutboxSchedule.Read(builder.Configuration));
        services.AddSingleton<IOutgoing, FixedTargets>();
        services.AddSingleton<OutboxRoutes>();
        services.AddSingleton<Dispatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<Dispatcher>());
    }

    /// <param name="gauge">Takes a figure to be read at each scrape.</param>
    public static void MapOutbound(this WebApplication app, Action<string, Func<double>> gauge)
    {
        var outbox = app.Services.GetRequiredService<Outbox>();
        gauge("hub_outbox_due", () => outbox.CountsAsync(CancellationToken.None).GetAwaiter().GetResult().Due);
        gauge("hub_outbox_dead", () => outbox.CountsAsync(CancellationToken.None).GetAwaiter().GetResult().Dead);
        var routes = app.Services.GetRequiredService<OutboxRoutes>();
        app.MapGet("/outbox", routes.List);
        app.MapGet("/outbox/{id}", routes.One);
        app.MapPost("/outbox/{id}/replay", routes.Replay);
        app.MapPost("/outbox/replay", routes.ReplayAll);
    }
}
