namespace CptsFhirHub.Server.Pages;

/// <summary>Registers what this room needs, and its routes.</summary>
internal static class PagesSetup
{
    public static void AddPages(this WebApplicationBuilder builder)
    {
        _ = builder;
    }

    public static void MapPages(this WebApplication app)
    {
        _ = app;
    }
}
