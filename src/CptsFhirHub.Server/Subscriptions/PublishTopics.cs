using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>Keeps each topic readable and searchable as a Basic, in every tenant: <c>GET Basic?code=SubscriptionTopic</c>.</summary>
internal sealed class PublishTopics(ResourceStore store, HubSettings settings) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var tenant in settings.Tenants)
        {
            // The same content makes no new version.
            var commit = await store.CommitAsync(
                tenant, [.. Topics.All.Select(topic => topic.ToBasic()).Select(basic => new Write.Update(basic, basic.Id!))], cancellationToken);
            if (!commit.Committed)
                throw new InvalidOperationException($"The topics of {tenant} were not taken.");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
