using System.Collections.Frozen;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Rest.Operations;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>Registers the FHIR interface and maps its table of routes.</summary>
internal static class RestSetup
{
    public const string Base = "/fhir";

    public static void AddRest(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.Configure<RouteOptions>(routing => routing.SetParameterPolicy<LogicalId>(LogicalId.Name));
        services.AddSingleton<Sight>();
        services.AddSingleton<Metadata>();
        services.AddSingleton<OwnParameters>();
        services.AddHostedService<ParameterLoading>();
        services.AddSingleton<WriteRule>(provider => provider.GetRequiredService<OwnParameters>().Judge);
        services.AddSingleton<Deferred>();
        services.AddSingleton<MatchQuota>();
        services.AddHostedService<ResumeDeferred>();
        services.AddSingleton<Repeats>();
        services.AddHostedService<ForgetAnswers>();
        services.AddSingleton<Profiles>();
        services.AddHostedService<WarmUp>();
        services.AddSingleton<ProfileCheck>(provider => provider.GetRequiredService<Profiles>().Check);
        foreach (var definition in OperationDefinitions.All)
            services.AddSingleton(definition);
        services.AddSingleton<WriteRule>((_, next, _, _) => new(View.RefusePart(next)));
        services.AddSingleton<WriteRule>((current, next, caller, _) => new(PartnerFields.Check(current, next, caller)));
        services.AddSingleton(provider => new Collaborators(
            provider.GetRequiredService<ResourceStore>(),
            provider.GetRequiredService<Sight>(),
            provider.GetRequiredService<DefinitionSet>(),
            provider.GetRequiredService<ProfileCheck>(),
            [.. provider.GetServices<WriteRule>()],
            provider.GetRequiredService<HubAddress>(),
            provider.GetRequiredService<HubSettings>(),
            provider.GetRequiredService<TimeProvider>())
        {
            Parameters = provider.GetRequiredService<OwnParameters>(),
            Checks = () => provider.GetRequiredService<Profiles>().Validator,
            Messages = [.. provider.GetServices<MessageHandler>()],
            Indexes = provider.GetRequiredService<IndexProgress>(),
            Repeats = provider.GetRequiredService<Repeats>(),
            Deferred = provider.GetRequiredService<Deferred>(),
            Reconcile = provider.GetService<GroupReconciliation>(),
            WaitingList = provider.GetService<WaitingListing>(),
            Campaign = provider.GetService<CampaignCalling>(),
            Spread = provider.GetService<GroupSpreading>(),
            Merging = provider.GetService<PersonMerging>(),
            Announced = provider.GetService<EventAnnouncement>(),
            Identity = provider.GetService<IdentityTelling>(),
            Erasure = provider.GetService<PersonErasure>(),
            Sharing = provider.GetService<PersonSharing>(),
            Comparing = provider.GetRequiredService<MatchParameters>(),
            Matches = provider.GetRequiredService<MatchQuota>(),
            Completions = [.. provider.GetServices<WriteCompletion>()],
            Operations = provider.GetServices<ServedOperation>().ToFrozenDictionary(operation => operation.Name, operation => operation.Run, StringComparer.Ordinal),
        });
    }

    public static void MapRest(this WebApplication app)
    {
        var hub = app.Services.GetRequiredService<Collaborators>();
        app.Use(AnswerOperations);
        app.MapMethods(Base + "/metadata", ["GET", "HEAD"], Metadata.Handle).ExcludeFromDescription();
        app.MapMethods(Base + "/metadata", ["OPTIONS"], (RequestDelegate)(context => TellMethods(context, ["GET", "HEAD", "OPTIONS"]))).ExcludeFromDescription();
        app.MapMethods(Base + "/metadata", ["POST", "PUT", "PATCH", "DELETE"], (RequestDelegate)NoStatement).ExcludeFromDescription();
        foreach (var route in Routes.Table)
            app.MapMethods(Address(route), Methods(route), (RequestDelegate)(context => FhirEndpoint.RunAsync(context, route, hub))).ExcludeFromDescription();
        foreach (var address in Routes.Table.GroupBy(Address, StringComparer.Ordinal))
        {
            string[] methods = [.. address.SelectMany(Methods).Distinct(StringComparer.Ordinal), "OPTIONS"];
            app.MapMethods(address.Key, ["OPTIONS"], (RequestDelegate)(context => TellMethods(context, methods))).ExcludeFromDescription();
            // Without this a GET would be looked for among the resources, and not be found.
            if (address.All(route => route.Name[0] == '$' && route.Method == "POST"))
                app.MapMethods(address.Key, ["GET", "HEAD"], (RequestDelegate)NotByGet).ExcludeFromDescription();
        }
    }

    private static Task NoStatement(HttpContext context)
    {
        context.Response.Headers.Allow = "GET, HEAD, OPTIONS";
        return Outcome.AnswerAsync(context, 405, "not-supported", "The statement is read; see Allow.");
    }

    /// <summary>
    /// Where no route takes an operation, the router speaks of the resource of that id: whether there is such an operation, and how it
    /// is called, is told here.
    /// </summary>
    private static Task AnswerOperations(HttpContext context, RequestDelegate next)
    {
        var path = context.Request.Path;
        return path.Value!.Contains('$', StringComparison.Ordinal) && path.StartsWithSegments(Base, StringComparison.Ordinal, out var below)
            ? AnswerOperationAsync(context, next, below.Value!.Trim('/'))
            : next(context);
    }

    private static async Task AnswerOperationAsync(HttpContext context, RequestDelegate next, string path)
    {
        await next(context);
        if (context.Response is not { StatusCode: 404 or 405, HasStarted: false, ContentLength: null or 0, ContentType: null })
            return;
        context.Response.Headers.Remove("Allow");
        var refusal = FhirEndpoint.NoSuchOperation(context.Response, path);
        await Outcome.AnswerAsync(context, refusal.Status, refusal.Issues[0].Code, refusal.Issues[0].Text);
    }

    private static Task NotByGet(HttpContext context)
    {
        context.Response.Headers.Allow = "POST, OPTIONS";
        return Outcome.AnswerAsync(context, 405, "not-supported", "This operation is not called by this method; see Allow.");
    }

    private static string Address(Route route) => $"{Base}/{route.RouterPattern}".TrimEnd('/');

    private static string[] Methods(Route route) => route.Method == "GET" ? ["GET", "HEAD"] : [route.Method];

    /// <summary>Which methods an address knows, and which patches it takes. https://www.rfc-editor.org/rfc/rfc5789#section-3.1</summary>
    private static Task TellMethods(HttpContext context, string[] methods)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers.Allow = string.Join(", ", methods);
        if (methods.Contains("PATCH"))
            context.Response.Headers["Accept-Patch"] = Negotiation.PatchTypes;
        return Task.CompletedTask;
    }
}
