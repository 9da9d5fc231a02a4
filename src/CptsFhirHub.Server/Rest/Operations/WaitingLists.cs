using System.Globalization;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary><c>PractitionerRole/{id}/$waiting-list</c>: who waits for a GP, as that GP may take them.</summary>
internal static class WaitingLists
{
    private const int Usual = 20;
    private const int Most = 200;

    public static async Task<Answer> Run(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        if (hub.WaitingList is not { } list)
            return Answer.Refused(501, "not-supported", "This hub keeps no waiting list.");
        var request = call.Request;
        if (!request.Caller.IsCoordination)
            throw new Refusal(403, "forbidden", "The waiting list belongs to the coordination.");
        if (call.Text("order") is not (null or "rank" or "distance"))
            return Answer.Refused(400, "invalid", "order is rank or distance.", "order");
        var count = call.Text("count") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : Usual;
        if (count is < 1 or > Most)
            return Answer.Refused(400, "invalid", $"count is a number from 1 to {Most}.", "count");
        if (await hub.Sight.ReadAsync(request.Caller, "PractitionerRole", request.Id, cancellationToken) is not { IsDeleted: false } role)
            return Answer.Missing("PractitionerRole", request.Id);
        var shown = await list(role, request.Caller, new(call.Text("criterion"), call.Text("order") == "distance", count), cancellationToken);
        foreach (var entry in shown.Root.All("entry"))
            if (entry.Child("resource") is { } resource)
                entry.With("fullUrl", $"{hub.Url.Fhir}/{resource.ResourceType}/{resource.Text("id")}");
        return Answer.Ok(shown);
    }
}
