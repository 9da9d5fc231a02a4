using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>What the coordination does with the cohort of a leaving GP.</summary>
internal static class CohortOperations
{
    /// <summary>
    /// <c>Group/{id}/$reconcile</c>: puts each member in one state and answers with the counts. A large cohort is answered later: 202 and
    /// the address of the status.
    /// </summary>
    public static async Task<Answer> Reconcile(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        if (hub.Reconcile is not { } reconcile)
            return Answer.Refused(501, "not-supported", "This hub reconciles no cohorts.");
        var group = await FindAsync(call, hub, cancellationToken);
        if (group.Resource.Root.All("member").Length <= hub.Settings.Limits.ReconcileAtOnce || call.Request.Prefer.Async || call.Request.IsLater)
            return Answer.Ok(await reconcile(group, call.Request.Caller, cancellationToken));
        return await hub.Deferred.AcceptAsync(
            async (request, collaborators, token) => Answer.Ok(await reconcile(await FindAsync(call, collaborators, token), request.Caller, token)),
            call.Request, hub, cancellationToken);
    }

    /// <summary><c>Group/{id}/$spread</c>: the members without a GP in the piles of volunteer GPs.</summary>
    public static async Task<Answer> Spread(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        if (hub.Spread is not { } spread)
            return Answer.Refused(501, "not-supported", "This hub spreads no cohorts.");
        var group = await FindAsync(call, hub, cancellationToken);
        return Answer.Ok(await spread(group, call.Request.Caller, call.Parameters, cancellationToken));
    }

    private static async Task<Stored> FindAsync(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var request = call.Request;
        if (!request.Caller.IsCoordination)
            throw new Refusal(403, "forbidden", "Cohorts belong to the coordination.");
        return await hub.Sight.ReadAsync(request.Caller, "Group", request.Id, cancellationToken) is { IsDeleted: false } group
            ? group
            : throw new Refusal(404, "not-found", $"There is no Group/{request.Id}.");
    }
}
