using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>FHIR delete, by id and conditional (one match at most). https://hl7.org/fhir/R4/http.html#delete</summary>
internal static class Delete
{
    private const int TriesMax = 4;

    public static async Task<Answer> Handle(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var writes = await PlanAsync(request, hub, cancellationToken);
            if (writes.Count == 0)
                return Deleted(request, null);
            var commit = await hub.Store.CommitAsync(request.Caller.Tenant, writes, cancellationToken);
            if (commit.Committed)
                return Deleted(request, commit.Results.OfType<Written.Deleted>().FirstOrDefault()?.Stored);
            if (commit.Results.Any(result => result is Written.VersionMismatch))
                return Answer.Refused(412, "conflict", "If-Match names a version that is not the current one.");
            if (tries == TriesMax)
                return Answer.Refused(409, "conflict", "Others keep changing what the condition matches; try again.");
        }
    }

    /// <summary>204 without a body, or 200 with an outcome for who wants one; the same when there was nothing to delete.</summary>
    public static Answer Deleted(FhirRequest request, Stored? deletion) => request.Prefer.Return == "OperationOutcome"
        ? new(200)
        {
            ETag = deletion?.ETag,
            Issues = [new(Severity.Information, "informational", "", deletion is null ? "There was nothing to delete." : $"{deletion.Reference} is deleted.")],
        }
        : new(204) { ETag = deletion?.ETag };

    /// <summary>The writes of a delete; none when there is nothing to delete.</summary>
    public static async Task<IReadOnlyList<Write>> PlanAsync(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        if (request.Id.Length == 0)
        {
            if (hub.Settings.Limits.ConditionalDeletes > 1 && !request.IsEntry)
                return await PlanManyAsync(request, hub, cancellationToken);
            var resolved = await Conditions.ResolveAsync(request.Type, request.Parameters, request.Caller, hub, cancellationToken);
            return resolved.Match is { } match
                ? [resolved.Unchanged, new Write.Delete(match.Type, match.Id, Conditions.Version(request.IfMatch, match.Version))]
                : [];
        }

        // To a partner a resource outside its right and one that never was answer alike.
        var isPartner = request.Caller.Policy.RowsOf(request.Type) is not null;
        if (isPartner && await hub.Sight.ReadAsync(request.Caller, request.Type, request.Id, cancellationToken) is null)
            throw new Refusal(404, "not-found", $"There is no {request.Type}/{request.Id}.");
        var current = request.IfMatch is null ? null : await hub.Store.ReadAsync(request.Caller.Tenant, request.Type, request.Id, cancellationToken);
        return [new Write.Delete(request.Type, request.Id, Conditions.Version(request.IfMatch, current is { IsDeleted: false } ? current.Version : null))];
    }

    /// <summary>Deletes all that the condition matches, each in the version that was found; refuses with 412 past the limit.</summary>
    private static async Task<IReadOnlyList<Write>> PlanManyAsync(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        var most = hub.Settings.Limits.ConditionalDeletes;
        var query = Sight.Narrow(Conditions.Parse(request.Type, request.Parameters, hub), request.Caller.Policy) with { Count = most + 1 };
        var page = await hub.Store.SearchAsync(request.Caller.Tenant, query, cancellationToken);
        return page.Matches.Count <= most
            ? [.. page.Matches.Select(match => new Write.Delete(match.Type, match.Id, match.Version))]
            : throw new Refusal(412, "multiple-matches", $"The condition matches more than {most} resources, which is the most that is deleted at once.");
    }
}
