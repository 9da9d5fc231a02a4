using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Subscriptions;

/// <summary>
/// Moves a Subscription through its life: requested, active, error, off. Only the hub says active and error.
/// https://hl7.org/fhir/R4/valueset-subscription-status.html
/// </summary>
internal sealed class SubscriptionStates(ResourceStore store)
{
    private const int TriesMax = 4;

    /// <summary>Sets the status where it is one of <paramref name="from"/>; what a client has changed in the meantime stays.</summary>
    public async Task MoveAsync(
        string tenant, string id, IReadOnlyList<string> from, string to, string? error, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            var current = await store.ReadAsync(tenant, "Subscription", id, cancellationToken);
            if (current is not { IsDeleted: false } || !from.Contains(current.Resource.Root.Text("status")))
                return;
            if (current.Resource.Root.Text("status") == to && current.Resource.Root.Text("error") == error)
                return;
            var commit = await store.CommitAsync(
                tenant, [new Write.Update(With(current.Resource, to, error), id, current.Version, MayCreate: false)], cancellationToken);
            if (commit.Committed)
                return;
        }
    }

    /// <summary>The Subscription with another status and error.</summary>
    public static Resource With(Resource subscription, string status, string? error)
    {
        var root = subscription.Root.Copy();
        root.Put("status", status);
        if (error is null)
            root.Remove("error");
        else
            root.Put("error", error);
        return new(root);
    }
}
