using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>
/// <c>Patient/$merge</c>, <c>$unmerge</c> and <c>$identity</c>: for the coordination alone. R4 has no such operation; these follow the later one in shape.
/// </summary>
internal static class MergePatients
{
    public static async Task<Answer> Merge(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var merging = Allowed(call, hub);
        var wish = new MergeWish(
            ReferenceOf(call, "source-patient"), ReferenceOf(call, "target-patient"), call.Resource("result-patient")?.Root, call.IsTrue("preview"));
        return Told(await merging.Merge(wish, call.Request.Caller, cancellationToken), "provenance");
    }

    public static async Task<Answer> Unmerge(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var merging = Allowed(call, hub);
        return Told(await merging.Unmerge(ReferenceOf(call, "provenance"), call.Request.Caller, cancellationToken), "unmerged");
    }

    /// <summary><c>Patient/{id}/$identity</c></summary>
    public static async Task<Answer> Tell(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var request = call.Request;
        if (!request.Caller.IsCoordination)
            throw new Refusal(403, "forbidden", "What each sender says of a person is the coordination's to see.");
        if (hub.Identity is not { } tell)
            throw new Refusal(501, "not-supported", "This hub keeps no identities.");
        return await hub.Sight.ReadAsync(request.Caller, "Patient", request.Id, cancellationToken) is { IsDeleted: false } patient
            ? Answer.Ok(await tell(patient, request.Caller.Tenant, cancellationToken))
            : throw new Refusal(404, "not-found", $"There is no Patient/{request.Id}.");
    }

    private static PersonMerging Allowed(OperationCall call, Collaborators hub)
    {
        if (!call.Request.Caller.IsCoordination)
            throw new Refusal(403, "forbidden", "Records are merged and separated by the coordination.");
        return hub.Merging ?? throw new Refusal(501, "not-supported", "This hub merges no records.");
    }

    private static string ReferenceOf(OperationCall call, string parameter) =>
        call.Complex(parameter)?.Text("reference") ?? throw new Refusal(400, "value", $"{parameter} is a Reference.", parameter);

    private static Answer Told(MergeReply reply, string provenance)
    {
        var answer = Element.OfResource("Parameters");
        var outcome = Element.OfResource("OperationOutcome", "resource");
        foreach (var issue in reply.Issues)
        {
            var item = outcome.AddItem("issue");
            item.With("severity", issue.Severity.ToString().ToLowerInvariant()).With("code", issue.Code).With("diagnostics", issue.Text);
            if (issue.Path.Length > 0)
                item.WithItem("expression", issue.Path);
        }

        answer.AddItem("parameter").With("name", "outcome").Append(outcome);
        answer.AddItem("parameter").With("name", "result").Append(reply.Result.Root.Copy("resource", isListItem: false));
        if (reply.Provenance is { } reference)
            answer.AddItem("parameter").With("name", provenance).Add("valueReference").With("reference", reference);
        return Answer.Ok(new Resource(answer));
    }
}
