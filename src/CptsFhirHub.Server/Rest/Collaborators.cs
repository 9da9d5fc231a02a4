using System.Collections.Frozen;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Fhir.Validation;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Rest.Operations;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>What the interactions work with.</summary>
internal sealed record Collaborators(
    ResourceStore Store, Sight Sight, DefinitionSet Definitions, ProfileCheck Profiles, IEnumerable<WriteRule> Rules, HubAddress Url,
    HubSettings Settings, TimeProvider Time)
{
    private TerminologySource? _terminology;

    public GroupReconciliation? Reconcile { get; init; }

    public GroupSpreading? Spread { get; init; }

    public WaitingListing? WaitingList { get; init; }

    public CampaignCalling? Campaign { get; init; }

    public PersonMerging? Merging { get; init; }

    public IdentityTelling? Identity { get; init; }

    public PersonErasure? Erasure { get; init; }

    public PersonSharing? Sharing { get; init; }

    /// <summary>By what the persons of a tenant are compared.</summary>
    public required MatchParameters Comparing { get; init; }

    /// <summary>How often a client may look for persons.</summary>
    public required MatchQuota Matches { get; init; }

    /// <summary>The hub's own validator, with its profiles and code systems.</summary>
    public required Func<Validator> Checks { get; init; }

    public Validator Validator => Checks();

    /// <summary>Hears of the resources that announce an event. The message of one is walked once it is committed, before its sender is answered.</summary>
    public EventAnnouncement? Announced { get; init; }

    /// <summary>The events of <c>$process-message</c>.</summary>
    public IReadOnlyList<MessageHandler> Messages { get; init; } = [];

    /// <summary>Requests that are answered later.</summary>
    public required Deferred Deferred { get; init; }

    /// <summary>Code systems and value sets, those that clients have put here included.</summary>
    public TerminologySource Terminology => _terminology ??= new(Validator.Vocabulary);

    /// <summary>What the hub itself adds to a write, after the rules have judged it.</summary>
    public IReadOnlyList<WriteCompletion> Completions { get; init; } = [];

    /// <summary>The operations that other rooms serve, by name as in the table of routes.</summary>
    public IReadOnlyDictionary<string, Interaction> Operations { get; init; } = FrozenDictionary<string, Interaction>.Empty;

    /// <summary>Requests that may be sent again.</summary>
    public required Repeats Repeats { get; init; }

    /// <summary>How far the indexes of own search parameters are.</summary>
    public required IndexProgress Indexes { get; init; }

    /// <summary>The search parameters in force.</summary>
    public required OwnParameters Parameters { get; init; }

    /// <summary>Reads searches.</summary>
    public SearchQueryParser Searches => Parameters.Parser;

    /// <summary>Commits what a request asks for, and with it the answer when the request may be sent again.</summary>
    public async Task<CommitResult> CommitAsync(
        FhirRequest request, IReadOnlyList<Write> writes, Func<CommitResult, IReadOnlyList<Answer?>> answers, CancellationToken cancellationToken)
    {
        var commit = await Store.CommitAsync(
            request.Caller.Tenant, writes, request.Once is { } once ? new(once, commit => AnswerMemory.Write(answers(commit))) : null, cancellationToken);
        if (Announced is { } announced)
            foreach (var taken in commit.Results.OfType<Written.Taken>())
                await announced.TakeUp(taken.Receipt);
        return commit;
    }

    /// <summary>What is committed with a resource that announces an event; nothing for any other.</summary>
    public async Task<IReadOnlyList<Write>> AnnouncedAsync(FhirRequest request, Resource resource, bool isNew, CancellationToken cancellationToken)
    {
        return Announced is not null && await Announced.Announce(new(resource, isNew, MeantAsync, request.Caller)) is { } write ? [write] : [];

        async Task<Meant?> MeantAsync(string reference)
        {
            if (request.Beside(reference) is { } beside)
                return beside;
            return reference.Split('/') is [{ Length: > 0 } type, { Length: > 0 } id] && Conditions.IsServed(type)
                && request.Caller.Policy.Allows(type, Deeds.Read) && await Sight.ReadAsync(request.Caller, type, id, cancellationToken) is { IsDeleted: false } known
                ? new(known.Resource.Root, IsNew: false) : null;
        }
    }

    /// <summary>Judges a write; the first rule that refuses it decides.</summary>
    public async ValueTask<WriteVerdict> JudgeAsync(Stored? current, Resource next, Caller caller, CancellationToken cancellationToken)
    {
        List<Write>? also = null;
        foreach (var rule in Rules)
        {
            var verdict = await rule(current, next, caller, cancellationToken);
            if (verdict.Issues.Any(issue => issue.IsError))
                return verdict;
            if (verdict.Also.Count > 0)
                (also ??= []).AddRange(verdict.Also);
        }

        return also is null ? WriteVerdict.Fine : new([], also);
    }

    /// <summary>The resource as it is kept: with the tags of its senders, and completed by the hub.</summary>
    public Resource Kept(Stored? current, Resource next, Caller caller)
    {
        var kept = SentBy.Marked(next, current?.Resource, current is null ? caller.Policy.Sender : null);
        foreach (var complete in Completions)
            kept = complete(current, kept, caller);
        return kept;
    }

    /// <summary>Refuses a resource that breaks R4 or the profiles it claims.</summary>
    public void CheckBody(Resource resource, string path = "")
    {
        var issues = Profiles(resource);
        if (issues.Any(issue => issue.IsError))
            throw new Refusal(422, path.Length == 0 ? issues : [.. issues.Select(issue => issue with { Path = $"{path}/{issue.Path}" })]);
    }

    /// <summary>Judges and refuses.</summary>
    public async ValueTask<IReadOnlyList<Write>> RequireAsync(
        Stored? current, Resource next, Caller caller, CancellationToken cancellationToken, string path = "")
    {
        var verdict = await JudgeAsync(current, next, caller, cancellationToken);
        if (verdict.Issues.Any(issue => issue.IsError))
        {
            var status = verdict.Issues.Any(issue => issue.Code == "forbidden") ? 403 : 422;
            throw new Refusal(status, path.Length == 0 ? verdict.Issues : [.. verdict.Issues.Select(issue => issue with { Path = $"{path}/{issue.Path}" })]);
        }

        return verdict.Also;
    }
}
