using System.Diagnostics;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>FHIR create, plain and conditional. https://hl7.org/fhir/R4/http.html#create</summary>
internal static class Create
{
    public static async Task<Answer> Handle(FhirRequest request, Collaborators hub, CancellationToken cancellationToken)
    {
        if (request.Body is not { } resource)
            return Answer.Refused(400, "required", "A create carries the resource in its body.");
        if (resource.Type != request.Type)
            return Answer.Refused(400, "invalid", $"POST [base]/{request.Type} received a {resource.Type}.");
        hub.CheckBody(resource);
        var also = await hub.RequireAsync(null, resource, request.Caller, cancellationToken);
        var announced = await hub.AnnouncedAsync(request, resource, isNew: true, cancellationToken);
        var condition = Condition(request, hub);

        // The If-None-Exist search and the write are one transaction: two hospitals that post
        // the same discharge in the same second must end up with one Patient.
        var marked = hub.Kept(current: null, resource, request.Caller);
        var commit = await hub.CommitAsync(
            request, [new Write.Create(marked, condition), .. also, .. announced], commit => [Answered(commit[0], request)], cancellationToken);
        return commit.Repeated is { } kept
            ? (await hub.Repeats.ReplayAsync(request, kept, cancellationToken))[0]!
            : Answered(commit[0], request);
    }

    private static Answer Answered(Written written, FhirRequest request) => written switch
    {
        Written.Created created => Answer.Wrote(201, created.Stored, request.Prefer),
        Written.Matched matched => Answer.Wrote(200, matched.Stored, request.Prefer),
        Written.Ambiguous many => Answer.Refused(412, "multiple-matches",
            $"If-None-Exist matched {many.Matches} resources; it may match one at most."),
        _ => throw new UnreachableException(),
    };

    private static SearchQuery? Condition(FhirRequest request, Collaborators hub)
    {
        if (request.IfNoneExist is not { } text)
            return null;
        var query = Conditions.Parse(request.Type, QueryText.Read(text), hub);
        return Sight.Narrow(query, request.Caller.Policy);
    }
}
