namespace CptsFhirHub.Server.Jobs;

/// <summary>Registers what this room needs, and its routes.</summary>
internal static class JobsSetup
{
    public static void AddJobs(this WebApplicationBuilder builder)
    {
        _ = builder;
    }

    public static void MapJobs(this WebApplication app)
    {
        _ = app;
    }
}
