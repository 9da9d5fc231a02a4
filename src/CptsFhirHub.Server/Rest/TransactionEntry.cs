using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

internal enum EntryKind
{
    Read,
    Create,
    Update,
    Patch,
    Delete,
}

/// <summary>An entry of a transaction on its way: read, then resolved to the resource it is about, then turned into writes.</summary>
internal sealed class TransactionEntry(BatchEntry read)
{
    public BatchEntry Read => read;

    public FhirRequest Request => read.Request;

    public string Path => read.Path;

    public EntryKind Kind { get; } = read.Route.Name switch
    {
        "create" => EntryKind.Create,
        "update" => EntryKind.Update,
        "patch" => EntryKind.Patch,
        "delete" => EntryKind.Delete,
        _ when read.Route.Method == "GET" => EntryKind.Read,
        _ => throw new Refusal(400, "not-supported", "A transaction reads, searches, creates, updates, patches and deletes.", $"{read.Path}.request"),
    };

    /// <summary>What its condition matched, when it has one.</summary>
    public Resolved? Resolved { get; private set; }

    /// <summary>The one resource that its condition matches, and that the transaction does not delete before; null when there is none.</summary>
    public Stored? Match { get; private set; }

    /// <summary>The resource it is about, "Type/id"; null for a read and for a delete that matches nothing.</summary>
    public string? Target { get; private set; }

    /// <summary>What may occur once in a transaction: the resource written, and an unmatched condition of a create.</summary>
    public IEnumerable<string> Identities => (Kind, Resolved, Match) switch
    {
        (EntryKind.Read, _, _) => [],
        (EntryKind.Create, _, not null) => [],
        (EntryKind.Create or EntryKind.Update, not null, null) => [Target!, $"{Request.Type}?{QueryText.Write(Criteria!)}"],
        _ => Target is null ? [] : [Target],
    };

    /// <summary>The condition of a conditional create, update, patch or delete; null when it has none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Criteria =>
        Kind == EntryKind.Create ? Request.IfNoneExist is { } text ? QueryText.Read(text) : null
        : Kind != EntryKind.Read && Request.Id.Length == 0 ? Request.Parameters
        : null;

    private string TargetId => Target![(Request.Type.Length + 1)..];

    public async Task ResolveAsync(Caller caller, Collaborators hub, CancellationToken cancellationToken)
    {
        if (Criteria is { } criteria)
        {
            try
            {
                Resolved = await Conditions.ResolveAsync(Request.Type, criteria, caller, hub, cancellationToken);
                Match = Resolved.Match;
            }
            catch (Refusal refusal)
            {
                throw At(refusal);
            }
        }

        Target = Kind switch
        {
            EntryKind.Read => null,
            EntryKind.Delete or EntryKind.Patch => Request.Id.Length > 0 ? $"{Request.Type}/{Request.Id}" : Match?.Reference,
            _ when Match is { } match => match.Reference,
            EntryKind.Update when Request.Id.Length > 0 => $"{Request.Type}/{Request.Id}",
            EntryKind.Update when Request.Body!.Id is { } given => $"{Request.Type}/{given}",
            _ => $"{Request.Type}/{FreshIds.New(hub.Time.GetUtcNow())}",
        };
    }

    /// <summary>Deletes come first: what they take away, the condition of a create does not find any more.</summary>
    public void Lose(IReadOnlySet<string> deleted, TimeProvider time)
    {
        if (Kind != EntryKind.Create || Match is not { } match || !deleted.Contains(match.Reference))
            return;
        Match = null;
        Target = $"{Request.Type}/{FreshIds.New(time.GetUtcNow())}";
    }

    /// <summary>The entry's own write first, then those that belong to it.</summary>
    /// <param name="beside">What a reference means among the other entries.</param>
    public async Task<IReadOnlyList<Write>> WritesAsync(
        Caller caller, Func<string, Meant?> beside, Collaborators hub, CancellationToken cancellationToken)
    {
        var request = Request with { Beside = beside };
        switch (Kind)
        {
            case EntryKind.Delete:
                return Target is null ? [] : await Delete.PlanAsync(Request with { Id = TargetId }, hub, cancellationToken);

            case EntryKind.Create when Match is not null:
                return [];

            case EntryKind.Create:
                var fresh = Body(hub);
                var also = await hub.RequireAsync(null, fresh, caller, cancellationToken);
                var announced = await hub.AnnouncedAsync(request, fresh, isNew: true, cancellationToken);
                return [new Write.Create(hub.Kept(current: null, fresh, caller), null, TargetId) { HasFreshId = true }, .. also, .. announced];

            case EntryKind.Update:
                var next = Body(hub);
                if (next.Id is { } given && given != TargetId || Request.Id.Length > 0 && next.Id is null)
                    throw new Refusal(400, "invalid", "The id in the resource is not the one the entry writes.", "resource.id");
                var known = Match ?? await hub.Store.ReadAsync(caller.Tenant, Request.Type, TargetId, cancellationToken);
                return await Update.ReplaceAsync(request, next, TargetId, known, hub, cancellationToken);

            case EntryKind.Patch:
                var patched = Match
                    ?? (Target is null ? null : await hub.Store.ReadAsync(caller.Tenant, Request.Type, TargetId, cancellationToken));
                return await Patch.ReplaceAsync(request, patched, hub, cancellationToken);

            default:
                return [];
        }
    }

    /// <summary>The refusal with this entry's place before each path.</summary>
    public Refusal At(Refusal refusal) => new(
        refusal.Status,
        [.. refusal.Issues.Select(issue => issue with { Path = issue.Path.Length == 0 ? Path : $"{Path}.{issue.Path}" })]);

    // The references were rewritten in the tree: the bytes it came in are no longer its own.
    private Resource Body(Collaborators hub)
    {
        var resource = new Resource(Request.Body!.Root);
        hub.CheckBody(resource);
        return resource;
    }
}
