namespace CptsFhirHub.Server.Rest;

/// <summary>FHIR read, plain and conditional. https://hl7.org/fhir/R4/http.html#read</summary>
internal static class Read
{
    public static async Task<Answer> Handle(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var stored = await hub.Sight.ReadAsync(request.Caller, request.Type, request.Id, cancellationToken);
        if (stored is null)
            return Answer.Missing(request.Type, request.Id);
        if (stored.IsDeleted)
            return Answer.Refused(410, "deleted", $"{request.Type}/{request.Id} was deleted.") with { ETag = stored.ETag };
        if (request.IfNoneMatch is { } tags)
            return Conditions.Names(tags, stored.ETag) ? Answer.NotModified(stored) : Answer.Ok(stored);

        // An HTTP date has whole seconds; who needs to see two changes within one compares ETags.
        return request.IfModifiedSince is { } since && stored.LastUpdated < since.AddSeconds(1) ? Answer.NotModified(stored) : Answer.Ok(stored);
    }
}
