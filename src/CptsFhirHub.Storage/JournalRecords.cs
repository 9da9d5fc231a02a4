using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Storage;

/// <summary>States of a journal message; the texts of the public contract.</summary>
public static class MessageState
{
    /// <summary>Durable, not yet interpreted.</summary>
    public const string Received = "received";

    public const string Processed = "processed";
    public const string Duplicate = "duplicate";

    /// <summary>Readable, but needs a person.</summary>
    public const string Waiting = "waiting";

    public const string Rejected = "rejected";
}

/// <summary>A message as it arrives, before interpretation.</summary>
/// <param name="Source">The source's name: <c>doctolib</c>.</param>
/// <param name="Channel">http, mllp, file, console.</param>
/// <param name="Key">The business key, when it could be read. It may name a person: a keyed hash of it is kept, not the key.</param>
/// <param name="Bytes">The bytes exactly as received; empty for an unknown source.</param>
public sealed record Arrival(
    string Tenant, string Source, string Channel, string ClientId, string ContentType, string? Key, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>What makes it the same message as another of its key, when that is less than all its bytes.</summary>
    public ReadOnlyMemory<byte>? Same { get; init; }

    /// <summary>Why it is rejected at the door, when it is; then the message is kept in state rejected.</summary>
    public IReadOnlyList<Issue> DoorIssues { get; init; } = [];

    /// <summary>Under which key the sender may repeat the request that brought it; null when it has none.</summary>
    public Repeatable? Once { get; init; }

    /// <summary>The file message this row came from, when it is a row of a file.</summary>
    public string? ParentId { get; init; }

    /// <summary>The line in the parent file, from 1.</summary>
    public int? Line { get; init; }
}

/// <summary>
/// What journalling an arrival gave. <paramref name="First"/> is the earlier message with the same source, key and content, whose
/// answer is repeated;
/// then <paramref name="Message"/> is a line of its own in state duplicate.
/// </summary>
public sealed record Receipt(JournalMessage Message, JournalMessage? First)
{
    /// <summary>True when the request came under a key that was used before: no line was added, and both are the line of then.</summary>
    public bool IsRepeated { get; init; }
}

/// <summary>One line of the journal. Its key is a keyed hash, under which it is found again and which nobody reads back.</summary>
public sealed record JournalMessage(
    string Id, long Sequence, string Tenant, string Source, string Channel, string ClientId, string ContentType, string? Key,
    string State, DateTimeOffset ReceivedAt, DateTimeOffset? SettledAt, int Attempts)
{
    public string? DuplicateOf { get; init; }
    public string? ParentId { get; init; }
    public int? Line { get; init; }

    /// <summary>The answer given, as JSON, once settled.</summary>
    public ReadOnlyMemory<byte> Answer { get; init; }

    public string? Patient { get; init; }
    public string? Signalement { get; init; }
    public string? Tracking { get; init; }

    /// <summary>The map and its version that read the message.</summary>
    public string? Map { get; init; }

    public long Size { get; init; }
}

/// <summary>The outcome that settles a message: part of the commit that carries its effect.</summary>
public sealed record JournalOutcome(string MessageId, string State)
{
    public ReadOnlyMemory<byte> Answer { get; init; }
    public string? Patient { get; init; }
    public string? Signalement { get; init; }
    public string? Tracking { get; init; }
    public string? Map { get; init; }

    /// <summary>
    /// How often the message had been settled when this was decided: with another number there, somebody else was faster, and nothing is settled.
    /// Null settles it in any case.
    /// </summary>
    public int? Attempts { get; init; }

    /// <summary>The references written for this message, "Type/id/_history/v" each: its lineage.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];
}

/// <summary>What to find in the journal; nulls do not restrict.</summary>
public sealed record JournalFilter(string Tenant)
{
    public string? Source { get; init; }
    public string? State { get; init; }

    /// <summary>The sender's own key, or the hash that a <see cref="JournalMessage"/> shows of it.</summary>
    public string? Key { get; init; }

    public string? Patient { get; init; }
    public string? ClientId { get; init; }
    public string? ParentId { get; init; }

    /// <summary>True for messages as they came: a file counts once, its rows not at all.</summary>
    public bool IsWhole { get; init; }

    public string? Tracking { get; init; }
    public DateTimeOffset? From { get; init; }
    public DateTimeOffset? To { get; init; }

    /// <summary>Messages before this sequence: where the next page begins.</summary>
    public long? Before { get; init; }

    public int Count { get; init; } = 50;
}

/// <summary>Of which messages the bytes are forgotten: those settled before these instants, of the sources named.</summary>
/// <param name="ProcessedBefore">For messages that had their effect, and repetitions.</param>
/// <param name="RejectedBefore">For messages that were refused.</param>
public sealed record BodyAge(DateTimeOffset ProcessedBefore, DateTimeOffset RejectedBefore)
{
    public IReadOnlyCollection<string> Sources { get; init; } = [];

    /// <summary>True for all sources but those named.</summary>
    public bool IsOfOthers { get; init; } = true;
}

/// <summary>An outgoing effect, written in the transaction of what causes it.</summary>
/// <param name="Id">Unique; repeated on each try so that the receiver can recognise it.</param>
/// <param name="Kind">What it is: <c>task-created</c>.</param>
/// <param name="Subject">Entries of one subject leave in order.</param>
public sealed record OutboxEntry(string Id, string Tenant, string Kind, string Subject, string Target, ReadOnlyMemory<byte> Payload);
