using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// Opens, right after the start and beside it, what the first request would otherwise wait for: definitions, profiles, rights.
/// </summary>
internal sealed class WarmUp(Profiles profiles, ClientRegistry clients) : BackgroundService
{
    private static readonly string[] Types = ["Patient", "ServiceRequest", "Task", "Slot"];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(
        () =>
        {
            foreach (var client in clients.All)
                _ = client.FullPolicy;
            foreach (var type in Types)
            {
                if (stoppingToken.IsCancellationRequested)
                    return;
                profiles.Check(new Resource(Element.OfResource(type)));
            }
        },
        stoppingToken);
}
