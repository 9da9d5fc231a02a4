namespace CptsFhirHub.Server.Hosting;

/// <summary><c>/health/ready</c>: 200 while the store takes writes and the hub is not stopping, else 503.</summary>
internal static class Readiness
{
    public static IResult Handle(IHostApplicationLifetime lifetime) =>
        !lifetime.ApplicationStopping.IsCancellationRequested
            ? Results.Text("ready")
            : Results.Text("not ready", statusCode: StatusCodes.Status503ServiceUnavailable);
}
