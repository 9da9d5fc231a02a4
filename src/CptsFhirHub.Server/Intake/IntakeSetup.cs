using CptsFhirHub.Server.Flows;
using CptsFhirHub.Server.Intake.Drop;
using CptsFhirHub.Server.Intake.Mllp;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Intake;

/// <summary>Registers what this room needs, and its routes.</summary>
internal static class IntakeSetup
{
    public static void AddIntake(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddFlows();
        services.AddSingleton(provider => FhirMessages.Referral(
            provider.GetRequiredService<ReceiveSignalement>, provider.GetRequiredService<Journal>));
        foreach (var definition in MessageDefinitions.All)
            services.AddSingleton(definition);
        services.AddSingleton(provider => FhirMessages.Announced(
            provider.GetRequiredService<ReceiveSignalement>, provider.GetRequiredService<Journal>, provider.GetRequiredService<Sources>,
            provider.GetRequiredService<TimeProvider>().GetUtcNow));
        services.AddSingleton<WebhookSenders>();
        services.AddSingleton<IntakeDoor>();
        services.AddSingleton<MessageStories>();
        services.AddSingleton<JournalRoutes>();
        services.AddSingleton<ReplayRoutes>();
        services.AddSingleton<SourceRoutes>();
        services.AddSingleton<MllpDoor>();
        services.AddSingleton<MllpListener>();
        services.AddHostedService(provider => provider.GetRequiredService<MllpListener>());
        services.AddHostedService<DropFolder>();
    }

    public static void MapIntake(this WebApplication app)
    {
        var intake = app.MapGroup("/intake");
        intake.MapPost("/{source}", (HttpContext context, string source, IntakeDoor door, CancellationToken cancellationToken) =>
            door.Post(context, source, cancellationToken));
        intake.MapGet("/sources", (HttpContext context, SourceRoutes routes, CancellationToken cancellationToken) =>
            routes.List(context, cancellationToken));
        intake.MapGet("/sources/{name}/coverage", (HttpContext context, string name, SourceRoutes routes, CancellationToken cancellationToken) =>
            routes.Coverage(context, name, cancellationToken));
        intake.MapGet("/tracking/{number}", (HttpContext context, string number, JournalRoutes routes, CancellationToken cancellationToken) =>
            routes.Tracking(context, number, cancellationToken));

        var messages = intake.MapGroup("/messages");
        messages.MapGet("", (HttpContext context, JournalRoutes routes, CancellationToken cancellationToken) =>
            routes.List(context, cancellationToken));
        messages.MapPost("/replay", (HttpContext context, ReplayRoutes routes, CancellationToken cancellationToken) =>
            routes.Many(context, cancellationToken));
        messages.MapGet("/{id}", (HttpContext context, string id, JournalRoutes routes, CancellationToken cancellationToken) =>
            routes.One(context, id, cancellationToken));
        messages.MapGet("/{id}/raw", (HttpContext context, string id, JournalRoutes routes, CancellationToken cancellationToken) =>
            routes.Raw(context, id, cancellationToken));
        messages.MapGet("/{id}/rows", (HttpContext context, string id, JournalRoutes routes, CancellationToken cancellationToken) =>
            routes.Rows(context, id, cancellationToken));
        messages.MapPost("/{id}/replay", (HttpContext context, string id, ReplayRoutes routes, CancellationToken cancellationToken) =>
            routes.One(context, id, cancellationToken));
    }
}
