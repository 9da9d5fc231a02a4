using System.Diagnostics;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// FHIR update: by id, with If-Match, only as a create (If-None-Match: *, RFC 9110 §13.1.2), and conditional.
/// https://hl7.org/fhir/R4/http.html#update
/// </summary>
internal static class Update
{
    private const int TriesMax = 4;

    public static async Task<Answer> Handle(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        if (request.Body is not { } resource)
            return Answer.Refused(400, "required", "An update carries the resource in its body.");
        if (resource.Type != request.Type)
            return Answer.Refused(400, "invalid", $"PUT [base]/{request.Type} received a {resource.Type}.");
        if (request.Id.Length > 0 && resource.Id != request.Id)
            return Answer.Refused(400, "invalid", "The id in the body is not the id in the URL.", $"{resource.Type}.id");
        hub.CheckBody(resource);

        return await CommitAsync(request, () => PlanAsync(request, resource, hub, cancellationToken), hub, cancellationToken);
    }

    /// <summary>
    /// Commits what was planned. What the rules judged must be what gets replaced: when another write came between, it is planned again.
    /// </summary>
    public static async Task<Answer> CommitAsync(
        FhirRequest request, Func<Task<(IReadOnlyList<Write> Writes, int At)>> planAsync, Collaborators hub, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var plan = await planAsync();
            var commit = await hub.CommitAsync(request, plan.Writes, commit => [Answered(commit[plan.At], request)], cancellationToken);
            if (commit.Repeated is { } kept)
                return (await hub.Repeats.ReplayAsync(request, kept, cancellationToken))[0]!;
            if (commit.Committed)
                return Answered(commit[plan.At], request);
            if (commit[plan.At] is Written.VersionMismatch && request.IfMatch is { } tags && tags.Trim() != "*")
                return Answer.Refused(412, "conflict", "If-Match names a version that is not the current one.");
            if (tries == TriesMax)
                return Answer.Refused(409, "conflict", "Others keep changing this resource; try again.");
        }
    }

    /// <summary>The writes of an update, and which of them is the update itself.</summary>
    private static async Task<(IReadOnlyList<Write> Writes, int At)> PlanAsync(
        FhirRequest request, Resource resource, Collaborators hub, CancellationToken cancellationToken)
    {
        var caller = request.Caller;
        if (request.Id.Length > 0)
        {
            var known = await hub.Store.ReadAsync(caller.Tenant, request.Type, request.Id, cancellationToken);
            return ([.. await ReplaceAsync(request, resource, request.Id, known, hub, cancellationToken)], 0);
        }

        var resolved = await Conditions.ResolveAsync(request.Type, request.Parameters, caller, hub, cancellationToken);
        if (resolved.Match is { } match)
        {
            if (resource.Id is { } given && given != match.Id)
                throw new Refusal(400, "invalid", "The id in the body is not that of the resource the condition matches.", $"{resource.Type}.id");
            return ([resolved.Unchanged, .. await ReplaceAsync(request, resource, match.Id, match, hub, cancellationToken)], 1);
        }

        var id = resource.Id ?? FreshIds.New(hub.Time.GetUtcNow());
        var current = await hub.Store.ReadAsync(caller.Tenant, request.Type, id, cancellationToken);
        if (current is { IsDeleted: false })
            throw new Refusal(409, "conflict", "The condition matches nothing, but the id in the body is taken.", $"{resource.Type}.id");
        return ([resolved.Unchanged, .. await ReplaceAsync(request, resource, id, current, hub, cancellationToken)], 1);
    }

    /// <summary>The update of one known id, after right, version and rules were looked at.</summary>
    public static async Task<IReadOnlyList<Write>> ReplaceAsync(
        FhirRequest request, Resource resource, string id, Stored? known, Collaborators hub, CancellationToken cancellationToken)
    {
        var caller = request.Caller;
        var current = known is { IsDeleted: false } ? known : null;
        var isHidden = current is not null && !await hub.Sight.SeesAsync(caller, current, cancellationToken);
        if ((current is null || isHidden) && !caller.Policy.Allows(request.Type, Deeds.Create))
            throw new Refusal(404, "not-found", $"There is no {request.Type}/{id}.");

        // What one may not see has no version either: the answer is that of an id which nothing bears.
        if (isHidden && Conditions.Version(request.IfMatch, null) is not null)
            throw new Refusal(412, "conflict", "If-Match names a version that is not the current one.");
        if (isHidden)
            throw new Refusal(404, "not-found", $"There is no {request.Type}/{id}.");

        var ifMatch = Conditions.Version(request.IfMatch, current?.Version);
        if (current is not null && ifMatch is null && request.Type == "Task" && caller.Policy.Sender is not null)
            throw new Refusal(412, "required", "A Task is updated with If-Match: read it first and send its ETag.");
        if (ifMatch is not null && ifMatch != current?.Version)
            throw new Refusal(412, "conflict", "If-Match names a version that is not the current one.");
        if (current is not null && request.IfNoneMatch?.Trim() == "*")
            throw new Refusal(412, "conflict", "If-None-Match is *, and there is such a resource already.");

        resource = QualifiedIns.Restored(caller, request.Method == "PATCH" ? null : current, resource);
        var also = await hub.RequireAsync(current, resource, caller, cancellationToken);
        var announced = await hub.AnnouncedAsync(request, resource, isNew: current is null, cancellationToken);
        var marked = hub.Kept(current, resource, caller);
        return [new Write.Update(marked, id, current?.Version) { IsPatch = request.Method == "PATCH" }, .. also, .. announced];
    }

    private static Answer Answered(Written written, FhirRequest request) => written switch
    {
        Written.Created created => Answer.Wrote(201, created.Stored, request.Prefer),
        Written.Updated updated => Answer.Wrote(200, updated.Stored, request.Prefer),
        Written.Unchanged { Stored: { } same } => Answer.Wrote(200, same, request.Prefer),
        _ => throw new UnreachableException(),
    };
}
