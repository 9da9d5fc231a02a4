using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Hosting;

/// <summary><c>/health/ready</c>: 200 while the store takes writes and the hub is not stopping, else 503.</summary>
internal static class Readiness
{
    public static async Task<IResult> Handle(HubStore store, IHostApplicationLifetime lifetime, CancellationToken cancellationToken) =>
        !lifetime.ApplicationStopping.IsCancellationRequested && await store.IsReadyAsync(cancellationToken)
            ? Results.Text("ready")
            : Results.Text("not ready", statusCode: StatusCodes.Status503ServiceUnavailable);
}
