using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server;

/// <summary>What a <see cref="WriteRule"/> says of a write.</summary>
/// <param name="Issues">Errors refuse it: code <c>forbidden</c> with 403, any other with 422.</param>
/// <param name="Also">Writes that belong to it and are committed with it, such as a Provenance or a notice.</param>
internal sealed record WriteVerdict(IReadOnlyList<Issue> Issues, IReadOnlyList<Write> Also)
{
    public static readonly WriteVerdict Fine = new([], []);
}

/// <summary>
/// A rule of the CPTS on what clients write over FHIR. <paramref name="current"/> is null for a create; the version it was judged by
/// is the one that gets replaced, else the rule is asked again.
/// </summary>
internal delegate ValueTask<WriteVerdict> WriteRule(Stored? current, Resource next, Caller caller, CancellationToken cancellationToken);

/// <summary>
/// Completes what a client writes with what only the hub writes, such as the state of a subscription. Pure: the rules have judged before.
/// </summary>
internal delegate Resource WriteCompletion(Stored? current, Resource next, Caller caller);

/// <summary>A conformance resource that a room makes of its own tables, to be published beside those that stand in files.</summary>
internal sealed record PublishedDefinition(string Name, byte[] Json);

/// <summary>A FHIR message, sound by R4, with the id its sender gave it.</summary>
internal sealed record FhirMessage(Resource Bundle, string Id, Caller Caller);

/// <summary>What became of a message: <c>ok</c>, <c>transient-error</c> or <c>fatal-error</c>, what to tell, and what it is about now.</summary>
internal sealed record MessageReply(string Code, IReadOnlyList<Issue> Issues, IReadOnlyList<string> Focus);

/// <summary>Takes the messages of one event. It refuses with a <see cref="Refusal"/>.</summary>
internal sealed record MessageHandler(string Event, Func<FhirMessage, CancellationToken, Task<MessageReply>> Handle)
{
    /// <summary>The code system of the event.</summary>
    public required string System { get; init; }

    /// <summary>The MessageDefinitions of the event by canonical, each with the mode in which it is spoken here: <c>receiver</c>, <c>sender</c>.</summary>
    public IReadOnlyList<(string Mode, string Canonical)> Definitions { get; init; } = [];
}

/// <summary>
/// Takes note of an event that a sender announces by writing a resource: what is committed with that resource, and what follows when it is
/// durable.
/// </summary>
/// <param name="Announce">
/// The write that belongs to it, null for what announces nothing; it refuses with a <see cref="Refusal"/>.
/// </param>
/// <param name="TakeUp">Walks the message that was received with the resource. What it cannot finish now is taken up later.</param>
internal sealed record EventAnnouncement(
    Func<AnnouncedResource, Task<Write?>> Announce, Func<Receipt, Task> TakeUp);

/// <summary>What a reference means to its sender: the resource, and whether it is written together with the one that refers to it.</summary>
internal readonly record struct Meant(Element Resource, bool IsNew);

/// <summary>A resource that a client writes.</summary>
/// <param name="IsNew">True when nothing stood there before.</param>
/// <param name="Meant">What a reference of the resource means to the caller; null when that is nothing.</param>
internal sealed record AnnouncedResource(Resource Resource, bool IsNew, Func<string, Task<Meant?>> Meant, Caller Caller);

/// <summary>True when outgoing calls to that recipient have an address: what nobody is called about need not be queued.</summary>
internal delegate bool HasAddress(string recipient);

/// <summary>Reconciles the cohort of a Group and answers with its MeasureReport. <c>Group/{id}/$reconcile</c></summary>
internal delegate Task<Resource> GroupReconciliation(Stored group, Caller caller, CancellationToken cancellationToken);

/// <summary>Spreads the cohort of a Group over volunteer GPs and answers with Parameters. <c>Group/{id}/$spread</c></summary>
internal delegate Task<Resource> GroupSpreading(Stored group, Caller caller, Element parameters, CancellationToken cancellationToken);

/// <summary>What of the waiting list a GP is shown.</summary>
/// <param name="Criterion">Code of a criterion that must hold; null for everybody.</param>
internal sealed record WaitingListWish(string? Criterion, bool IsByDistance, int Count);

/// <summary>The people who wait, for one GP: a searchset of files with their persons. <c>PractitionerRole/{id}/$waiting-list</c></summary>
internal delegate Task<Resource> WaitingListing(Stored role, Caller caller, WaitingListWish wish, CancellationToken cancellationToken);

/// <summary>Whom a campaign calls back.</summary>
/// <param name="Name">Under which each person is called once: <c>aci-2026</c>.</param>
/// <param name="Source">Only whom this source has signalled; null for all.</param>
/// <param name="Commune">Only who lives there, by INSEE code; null for all.</param>
/// <param name="Criterion">Only whom this criterion holds for; null for all.</param>
internal sealed record CampaignWish(string Name, string? Source, string? Commune, string? Criterion, bool IsPreview);

/// <summary>Asks for the calls of a campaign and answers with Parameters. <c>Task/$call-back</c></summary>
internal delegate Task<Resource> CampaignCalling(Caller caller, CampaignWish wish, CancellationToken cancellationToken);

/// <summary>A merge that somebody asks for: references to Patients, with a version where it must still be the present one.</summary>
/// <param name="Result">The merged record as the coordinator wants it; null for what the rules give.</param>
internal sealed record MergeWish(string Source, string Target, Element? Result, bool IsPreview)
{
    /// <summary>True when the source's work goes on with the target's open request, instead of ending with its own: a sender wrote it a moment ago.</summary>
    public bool KeepsWork { get; init; }
}

/// <summary>What became of a merge or of its undoing.</summary>
/// <param name="Result">The record: merged, or the one that is there again.</param>
/// <param name="Provenance">By which it can be undone; null for a preview and when nothing was done.</param>
internal sealed record MergeReply(Resource Result, string? Provenance, IReadOnlyList<Issue> Issues, int Moved);

/// <summary>Merges two records of one person, and undoes it. They refuse with a <see cref="Refusal"/>.</summary>
internal sealed record PersonMerging(
    Func<MergeWish, Caller, CancellationToken, Task<MergeReply>> Merge, Func<string, Caller, CancellationToken, Task<MergeReply>> Unmerge);

/// <summary>Tells what each sender says of a person, from whom each value comes, and who decided what. <c>Patient/{id}/$identity</c></summary>
internal delegate Task<Resource> IdentityTelling(Stored patient, string tenant, CancellationToken cancellationToken);

/// <summary>
/// Erases everything the hub holds of a person and answers with what that was; null when there is no such person. <c>Patient/{id}/$purge</c>
/// </summary>
internal delegate Task<Resource?> PersonErasure(string patient, string reason, Caller caller, CancellationToken cancellationToken);

/// <summary>What a coordinator shares with another CPTS of the hub.</summary>
/// <param name="To">The CPTS: its Organization or its tenant.</param>
/// <param name="IsTransfer">True when the file goes there for good and closes here.</param>
internal sealed record ShareWish(string Patient, string To, bool IsTransfer, bool IsPreview);

/// <summary>Shares a person's file with another CPTS of the hub and answers with Parameters. It refuses with a <see cref="Refusal"/>. <c>Patient/{id}/$share</c></summary>
internal delegate Task<Resource> PersonSharing(ShareWish wish, Caller caller, CancellationToken cancellationToken);

/// <summary>Checks a resource against R4 and the profiles it claims.</summary>
internal delegate IReadOnlyList<Issue> ProfileCheck(Resource resource);

/// <summary>What a room adds to a type in the CapabilityStatement: an extension with a canonical.</summary>
internal sealed record CapabilityNote(string Type, string Url, string Canonical);
