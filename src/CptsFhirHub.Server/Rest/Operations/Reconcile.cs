namespace CptsFhirHub.Server.Rest.Operations;

/// <summary><c>Group/{id}/$reconcile</c>: puts each member of a leaving GP's cohort in one state and answers with the counts.</summary>
internal static class Reconcile
{
    public static async Task<Answer> Run(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var request = call.Request;
        if (hub.Reconcile is not { } reconcile)
            return Answer.Refused(501, "not-supported", "This hub reconciles no cohorts.");
        if (!request.Caller.IsCoordination)
            return Answer.Refused(403, "forbidden", "A cohort is reconciled by the coordination.");
        var group = await hub.Sight.ReadAsync(request.Caller, "Group", request.Id, cancellationToken);
        return group is null or { IsDeleted: true }
            ? Answer.Missing("Group", request.Id)
            : Answer.Ok(await reconcile(group, request.Caller, cancellationToken));
    }
}
