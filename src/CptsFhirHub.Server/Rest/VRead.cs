using System.Globalization;

namespace CptsFhirHub.Server.Rest;

/// <summary>FHIR vread. https://hl7.org/fhir/R4/http.html#vread</summary>
internal static class VRead
{
    public static async Task<Answer> Handle(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        // Who may see the current version may see how it came to be.
        if (await hub.Sight.ReadAsync(request.Caller, request.Type, request.Id, cancellationToken) is null)
            return Answer.Missing(request.Type, request.Id);
        if (!long.TryParse(request.Version, NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            return Answer.Refused(404, "not-found", "There is no such version.");

        var stored = await hub.Store.VReadAsync(request.Caller.Tenant, request.Type, request.Id, version, cancellationToken);
        return stored switch
        {
            null => Answer.Refused(404, "not-found", "There is no such version."),
            { IsDeleted: true } => Answer.Refused(410, "deleted", "This version is the deletion."),
            _ => Answer.Ok(stored),
        };
    }
}
