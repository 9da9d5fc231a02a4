using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage;

/// <summary>One step of a commit. A commit is a list of steps that all happen, in order and in one transaction, or none does.</summary>
public abstract record Write
{
    private Write()
    {
    }

    /// <summary>
    /// FHIR create. With <paramref name="IfNoneExist"/> the search runs inside the transaction: no match creates, one match gives
    /// <see cref="Written.Matched"/>, more give <see cref="Written.Ambiguous"/>. The store assigns an id when <paramref
    /// name="Id"/> is null.
    /// </summary>
    public sealed record Create(Resource Resource, SearchQuery? IfNoneExist = null, string? Id = null) : Write
    {
        /// <summary>
        /// True when <see cref="Id"/> was drawn for this write: nothing can stand under it, and nobody asks the database whether something does.
        /// </summary>
        public bool HasFreshId { get; init; }
    }

    /// <summary>
    /// FHIR update; creates when the id is unknown and <paramref name="MayCreate"/>. <paramref name="IfMatch"/>: the version it
    /// must replace.
    /// </summary>
    public sealed record Update(Resource Resource, string Id, long? IfMatch = null, bool MayCreate = true) : Write
    {
        /// <summary>True when it came as a patch: history tells it so.</summary>
        public bool IsPatch { get; init; }
    }

    /// <summary>FHIR conditional update: no match creates, one updates, more are ambiguous.</summary>
    public sealed record UpdateWhere(Resource Resource, SearchQuery Where, long? IfMatch = null) : Write;

    /// <summary>FHIR delete; deleting what is absent or deleted is <see cref="Written.Unchanged"/>.</summary>
    public sealed record Delete(string Type, string Id, long? IfMatch = null) : Write;

    /// <summary>
    /// Precondition: the search matches exactly <paramref name="ExpectedReference"/> ("Type/id"), or nothing when it is null.
    /// </summary>
    public sealed record Expect(SearchQuery Query, string? ExpectedReference) : Write;

    /// <summary>
    /// Precondition: under these lookup keys stand exactly the references given, in any order. What was read is still so.
    /// </summary>
    public sealed record Guard(IReadOnlyList<LookupKey> Keys, IReadOnlyList<string> ExpectedReferences) : Write;

    /// <summary>
    /// Takes a message into the journal, there if all else of the commit is: <see cref="Written.Taken"/>. It tells of the resource that the commit creates
    /// before it, and is not taken when that stood there already. Made by <see cref="Journal.Receiving"/>.
    /// </summary>
    public sealed record Receive : Write
    {
        internal Receive(PreparedArrival prepared) => Prepared = prepared;

        internal PreparedArrival Prepared { get; }
    }

    /// <summary>Marks a journal message with its outcome, once: see <see cref="JournalOutcome.Attempts"/>.</summary>
    public sealed record Settle(JournalOutcome Outcome) : Write;

    /// <summary>Puts an outgoing effect in the outbox.</summary>
    public sealed record Enqueue(OutboxEntry Entry) : Write;

    /// <summary>
    /// Takes a resource out of the store: all its versions, and what the index says of it. What stays tells that it was deleted, and nothing
    /// of what it said. What was never known or is erased already is <see cref="Written.Unchanged"/>.
    /// </summary>
    public sealed record Erase(string Type, string Id) : Write;

    /// <summary>
    /// Takes the bytes and the senders' keys of the messages that wrote these resources or are about them out of the journal, and what was to go
    /// out about them out of the outbox: <see cref="Written.Forgotten"/>.
    /// </summary>
    public sealed record Forget(IReadOnlyList<string> References) : Write;
}

/// <summary>What became of one <see cref="Write"/>.</summary>
public abstract record Written
{
    private Written()
    {
    }

    /// <summary>True when the step was carried out or needed nothing; false when it stopped the commit.</summary>
    public abstract bool Holds { get; }

    public sealed record Created(Stored Stored) : Written { public override bool Holds => true; }

    public sealed record Updated(Stored Stored) : Written { public override bool Holds => true; }

    /// <summary>
    /// The content was the same, or there was nothing to delete: no new version. <paramref name="Stored"/> is null when nothing
    /// is there.
    /// </summary>
    public sealed record Unchanged(Stored? Stored) : Written { public override bool Holds => true; }

    /// <summary>If-None-Exist found the one resource.</summary>
    public sealed record Matched(Stored Stored) : Written { public override bool Holds => true; }

    public sealed record Deleted(Stored Stored) : Written { public override bool Holds => true; }

    /// <summary>A precondition holds, a message is settled, an effect is queued.</summary>
    public sealed record Done : Written { public override bool Holds => true; }

    /// <summary>The message stands in the journal.</summary>
    public sealed record Taken(Receipt Receipt) : Written { public override bool Holds => true; }

    /// <summary>So much is forgotten. <paramref name="FilesKept"/>: files whose other lines still need them.</summary>
    public sealed record Forgotten(int Messages, int Entries, int FilesKept) : Written { public override bool Holds => true; }

    /// <summary>A condition matched several.</summary>
    public sealed record Ambiguous(int Matches) : Written { public override bool Holds => false; }

    /// <summary>An update of an unknown id that may not create.</summary>
    public sealed record NotFound : Written { public override bool Holds => false; }

    /// <summary>If-Match names another version than the current one.</summary>
    public sealed record VersionMismatch(long? CurrentVersion) : Written { public override bool Holds => false; }

    /// <summary>An <see cref="Write.Expect"/> or <see cref="Write.Guard"/> no longer holds: read again and try anew.</summary>
    public sealed record Overtaken : Written { public override bool Holds => false; }

    /// <summary>The message was settled by somebody else since this was decided; it is given as it stands.</summary>
    public sealed record AlreadySettled(JournalMessage Message) : Written { public override bool Holds => false; }

    /// <summary>Not tried, because another step of the commit stopped it.</summary>
    public sealed record NotTried : Written { public override bool Holds => false; }
}

/// <summary>The outcome of a commit.</summary>
/// <param name="Committed">True when all steps hold and are durable.</param>
/// <param name="Results">One result a step, in order. When not committed, exactly one step tells why; the others are <see
/// cref="Written.NotTried"/>.</param>
public sealed record CommitResult(bool Committed, IReadOnlyList<Written> Results)
{
    public Written this[int index] => Results[index];

    /// <summary>The answer that was given before, when the request is a repetition: then no step was tried.</summary>
    public KeptAnswer? Repeated { get; init; }
}

/// <summary>A version of a resource as the store keeps it; <paramref name="Json"/> carries id and meta already.</summary>
public sealed record Stored(
    string Tenant, string Type, string Id, long Version, DateTimeOffset LastUpdated, bool IsDeleted, ReadOnlyMemory<byte> Json)
{
    private const string FirstETag = "W/\"1\"";

    private Resource? _resource;

    public string Reference => $"{Type}/{Id}";

    /// <summary>How this version came to be, POST, PUT, PATCH or DELETE; only a history says it.</summary>
    public string? Method { get; init; }

    /// <summary>True when nothing stood there before this version; only a history says it.</summary>
    public bool IsNew { get; init; }

    public string ETag => Version == 1 ? FirstETag : $"W/\"{Version}\"";

    /// <summary>The resource read from <see cref="Json"/>, once.</summary>
    public Resource Resource => _resource ??= FhirJson.Parse(Json, JsonLimits.AsKept).Resource
        ?? throw new InvalidDataException($"The stored bytes of {Type} are not readable.");
}

/// <summary>
/// A value under which resources are found apart from FHIR search: an identity trait, "the open request of this patient". Stored
/// hashed.
/// </summary>
/// <param name="Kind">The kind: <c>ins</c>, <c>local</c>, <c>traits</c>, <c>open-request</c>.</param>
/// <param name="Value">
/// The value, already normalised. Of several parts with bars between them the first names the parts, and keys with the same second one are kept
/// side by side.
/// </param>
public readonly record struct LookupKey(string Kind, string Value);

/// <summary>A resource that bears a <see cref="LookupKey"/>.</summary>
public readonly record struct KeyBearer(LookupKey Key, Stored Resource)
{
    public string Reference => Resource.Reference;
}

/// <summary>A resource found under a <see cref="LookupKey"/>.</summary>
public readonly record struct LookupHit(LookupKey Key, string Type, string Id)
{
    public string Reference => $"{Type}/{Id}";
}
