using System.Collections.Frozen;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>Registers the FHIR interface and maps its table of routes.</summary>
internal static class RestSetup
{
    public const string Base = "/fhir";

    public static void AddRest(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<Sight>();
        services.AddSingleton<Metadata>();
        services.AddSingleton<Profiles>();
        services.AddHostedService<WarmUp>();
        services.AddSingleton<ProfileCheck>(provider => provider.GetRequiredService<Profiles>().Check);
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
            Reconcile = provider.GetService<GroupReconciliation>(),
            Completions = [.. provider.GetServices<WriteCompletion>()],
            Operations = provider.GetServices<ServedOperation>().ToFrozenDictionary(operation => operation.Name, operation => operation.Run, StringComparer.Ordinal),
        });
    }

    public static void MapRest(this WebApplication app)
    {
        var hub = app.Services.GetRequiredService<Collaborators>();
        app.MapMethods(Base + "/metadata", ["GET", "HEAD"], Metadata.Handle).ExcludeFromDescription();
        foreach (var route in Routes.Table)
        {
            string[] methods = route.Method == "GET" ? ["GET", "HEAD"] : [route.Method];
            app.MapMethods($"{Base}/{route.Pattern}".TrimEnd('/'), methods, (RequestDelegate)(context => FhirEndpoint.RunAsync(context, route, hub)))
                .ExcludeFromDescription();
        }
    }
}
