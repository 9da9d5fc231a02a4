namespace CptsFhirHub.Server.Rest.Operations;

/// <summary><c>Patient/{id}/$share</c>: another CPTS of the hub is given the file of a person who agrees to it. For the coordination alone.</summary>
internal static class SharePatient
{
    private const string Share = "partage";
    private const string Transfer = "transfert";

    public static async Task<Answer> Run(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var request = call.Request;
        if (!request.Caller.IsCoordination)
            throw new Refusal(403, "forbidden", "Files are shared by the coordination.");
        if (hub.Sharing is not { } share)
            throw new Refusal(501, "not-supported", "This hub shares no files.");
        var to = call.Complex("to")?.Text("reference") ?? call.Text("to")
            ?? throw new Refusal(400, "value", "to names the CPTS: its Organization or its tenant.", "to");
        if (call.Text("mode") is not (Share or Transfer))
            throw new Refusal(400, "value", $"mode is {Share} or {Transfer}.", "mode");
        var wish = new Server.ShareWish($"Patient/{request.Id}", to, call.Text("mode") == Transfer, call.IsTrue("preview"));
        return Answer.Ok(await share(wish, request.Caller, cancellationToken));
    }
}
