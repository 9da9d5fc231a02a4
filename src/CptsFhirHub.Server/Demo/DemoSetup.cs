namespace CptsFhirHub.Server.Demo;

/// <summary>Registers the demo territory, when there is to be one.</summary>
internal static class DemoSetup
{
    public static void AddDemo(this WebApplicationBuilder builder, HubSettings settings)
    {
        // Hub:DemoTerritory=false leaves the store empty: tests bring their own people.
        if (settings.Demo && builder.Configuration.GetValue("Hub:DemoTerritory", defaultValue: true))
            builder.Services.AddHostedService<DemoTerritory>();
    }
}
