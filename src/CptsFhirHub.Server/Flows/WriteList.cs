using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>A resource on its way to the store: a stored one with a new tree, or a new one with the id it will have.</summary>
internal sealed class Draft
{
    private readonly Element _before;

    public Draft(Stored stored) => (Type, Id, Version, Root, _before) =
        (stored.Type, stored.Id, stored.Version, stored.Resource.Root, stored.Resource.Root);

    public Draft(Element root, string id) => (Type, Id, Version, Root, _before) = (root.ResourceType!, id, null, root, root);

    public string Type { get; }

    public string Id { get; }

    /// <summary>The version it replaces; null when it is new.</summary>
    public long? Version { get; }

    public Element Root { get; set; }

    public string Reference => $"{Type}/{Id}";

    /// <summary>True when there is something to write.</summary>
    public bool IsChanged => Version is null || (!ReferenceEquals(Root, _before) && !Root.SameAs(_before));
}

/// <summary>The writes of one commit, collected. A resource written twice is written once, as it stands at the end.</summary>
internal sealed class WriteList(JournalMessage message, DateTimeOffset now)
{
    private const string OutboxPrefix = "outbox/";

    private readonly List<Write> _guards = [];
    private readonly List<Draft> _drafts = [];
    private readonly HashSet<Draft> _notes = [];
    private readonly List<OutboxEntry> _outgoing = [];

    /// <summary>The references of what is written, Provenance and notes excepted.</summary>
    public IReadOnlyList<string> Touched => [.. Changed.Where(draft => draft.Type != "Provenance" && !_notes.Contains(draft)).Select(draft => draft.Reference)];

    /// <summary>The id of the outbox entry that a line of a message's lineage names; null when it names a resource.</summary>
    public static string? OutboxIdOf(string lineage) =>
        lineage.StartsWith(OutboxPrefix, StringComparison.Ordinal) ? lineage[OutboxPrefix.Length..] : null;

    private IEnumerable<Draft> Changed => _drafts.Where(draft => draft.IsChanged);

    public void AddGuards(IEnumerable<Write.Guard> guards) => _guards.AddRange(guards);

    public Draft New(Element root) => new(root, NewId());

    public void Put(Draft draft)
    {
        if (!_drafts.Contains(draft))
            _drafts.Add(draft);
    }

    /// <summary>Something that the hub notes for itself and forgets after a while: its lineage leads to it, and no Provenance.</summary>
    public void PutNote(Draft draft)
    {
        _notes.Add(draft);
        Put(draft);
    }

    /// <summary>Tells <paramref name="target"/> that something happened to a resource, in the transaction of what happened.</summary>
    public void Enqueue(string kind, string subject, string target) =>
        _outgoing.Add(new(NewId(), message.Tenant, kind, subject, target, JsonSerializer.SerializeToUtf8Bytes(
            new Dictionary<string, string> { ["event"] = kind, ["resource"] = subject, ["occurredAt"] = now.Instant() })));

    public void Enqueue(IEnumerable<OutboxEntry> entries) => _outgoing.AddRange(entries);

    /// <summary>The resources alone: a write that settles no message.</summary>
    public IReadOnlyList<Write> Resources() => [.. Changed.Select(Step)];

    /// <summary>Guards, resources, outgoing effects, and the mark in the journal: one transaction.</summary>
    public IReadOnlyList<Write> Settled(Reception reception, string map)
    {
        var changed = Changed.ToList();
        var lineage = changed.Select(draft => $"{draft.Reference}/_history/{(draft.Version ?? 0) + 1}")
            .Concat(_outgoing.Select(entry => OutboxPrefix + entry.Id)).ToList();
        return
        [
            .. _guards,
            .. changed.Select(Step),
            .. _outgoing.Select(entry => new Write.Enqueue(entry)),
            new Write.Settle(reception.ToOutcome(map, lineage, message.Attempts)),
        ];
    }

    private static Write Step(Draft draft) => draft.Version is { } version
        ? new Write.Update(new(draft.Root), draft.Id, version, MayCreate: false)
        : new Write.Create(new(draft.Root), IfNoneExist: null, draft.Id) { HasFreshId = true };

    private string NewId() => FreshIds.New(now);
}
