namespace CptsFhirHub.Server.Rest.Operations;

/// <summary><c>Task/$call-back</c>: one call-back for each person who waits and can be reached, under the name of a campaign.</summary>
internal static class CallBack
{
    private const int NameMax = 64;

    public static async Task<Answer> Run(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        if (hub.Campaign is not { } campaign)
            return Answer.Refused(501, "not-supported", "This hub calls nobody back.");
        if (!call.Request.Caller.IsCoordination)
            throw new Refusal(403, "forbidden", "Campaigns belong to the coordination.");
        if (call.Text("name") is not { Length: > 0 and <= NameMax } name || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.'))
            return Answer.Refused(400, "value", $"name is at most {NameMax} letters, digits, hyphens and dots.", "name");
        var wish = new CampaignWish(name, call.Text("source"), call.Text("commune"), call.Text("criterion"), call.IsTrue("preview"));
        if (!call.Request.Prefer.Async || call.Request.IsLater)
            return Answer.Ok(await campaign(call.Request.Caller, wish, cancellationToken));
        return await hub.Deferred.AcceptAsync(
            async (request, _, token) => Answer.Ok(await campaign(request.Caller, wish, token)), call.Request, hub, cancellationToken);
    }
}
