namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>
/// <c>Patient/{id}/$purge</c>: the right to erasure. For the coordination alone. R4 has no such operation; it has the name of the later one.
/// https://build.fhir.org/patient-operation-purge.html
/// </summary>
internal static class PurgePatient
{
    /// <summary>What the audit keeps of the reason.</summary>
    private const int ReasonMax = 200;

    public static async Task<Answer> Run(OperationCall call, Collaborators hub, CancellationToken cancellationToken)
    {
        var request = call.Request;
        if (!request.Caller.IsCoordination)
            throw new Refusal(403, "forbidden", "Persons are erased by the coordination.");
        if (hub.Erasure is not { } erase)
            throw new Refusal(501, "not-supported", "This hub erases no persons.");
        var reason = call.Text("reason")?.Trim();
        if (string.IsNullOrEmpty(reason) || reason.Length > ReasonMax)
            throw new Refusal(400, "value", $"reason says in at most {ReasonMax} characters why; it names nobody, for it is kept.", "reason");
        return await erase($"Patient/{request.Id}", reason, request.Caller, cancellationToken) is { } told
            ? Answer.Ok(told)
            : throw new Refusal(404, "not-found", $"There is no Patient/{request.Id}.");
    }
}
