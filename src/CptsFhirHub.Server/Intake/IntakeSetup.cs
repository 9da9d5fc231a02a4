namespace CptsFhirHub.Server.Intake;

/// <summary>Registers what this room needs, and its routes.</summary>
internal static class IntakeSetup
{
    public static void AddIntake(this WebApplicationBuilder builder)
    {
        _ = builder;
    }

    public static void MapIntake(this WebApplication app)
    {
        _ = app;
    }
}
