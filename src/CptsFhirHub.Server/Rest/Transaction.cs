using System.Diagnostics;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>
/// FHIR transaction: all entries happen, or none does. Deletes come first, then creates, updates, patches and reads; references by
/// fullUrl and by search become references by id. https://hl7.org/fhir/R4/http.html#trules
/// </summary>
/// <remarks>
/// Conditions are resolved before the commit, because references need the ids; the commit carries each as a precondition. When one
/// no longer holds the whole is planned anew.
/// </remarks>
internal static class Transaction
{
    private const int TriesMax = 5;

    public static async Task<Answer> Handle(FhirRequest request, Resource bundle, Collaborators hub, CancellationToken cancellationToken)
    {
        if (hub.Repeats.Find(request) is { } known)
            return await RepeatedAsync(request, bundle, known, hub, cancellationToken);
        for (var tries = 1; ; tries++)
        {
            var entries = Read(request, bundle);
            var plan = await PlanAsync(entries, request.Caller, hub, cancellationToken);
            if (plan.Writes.Count > 0)
                await RefuseReadsAsync(entries, hub, cancellationToken);
            var commit = plan.Writes.Count == 0
                ? new CommitResult(Committed: true, [])
                : await hub.CommitAsync(request, plan.Writes, commit => WriteAnswers(plan, commit), cancellationToken);
            if (commit.Repeated is { } kept)
                return await RepeatedAsync(request, bundle, kept, hub, cancellationToken);
            if (commit.Committed)
            {
                var answers = await AnswersAsync(plan, commit, hub, cancellationToken);
                if (plan.Writes.Count == 0 && answers.FindIndex(answer => !answer.Succeeded) is >= 0 and var failed)
                    throw entries[failed].At(new(answers[failed].Status, answers[failed].Issues));
                return Answer.Ok(Batch.Write("transaction-response", answers, request.Caller, hub));
            }

            if (entries.Find(entry => entry is { Kind: EntryKind.Delete, Request.IfMatch: not null }
                && plan.AtOf(entry) is { } at && commit[at] is Written.VersionMismatch) is { } stale)
                throw stale.At(new(412, "conflict", "If-Match names a version that is not the current one."));
            if (tries == TriesMax)
                return Answer.Refused(409, "conflict", "Others keep changing what this transaction refers to; try again.");
        }
    }

    private static List<TransactionEntry> Read(FhirRequest request, Resource bundle)
    {
        var entries = new List<TransactionEntry>();
        foreach (var element in bundle.Root.All("entry"))
        {
            var entry = new TransactionEntry(Batch.Read(request, element, entries.Count));
            try
            {
                entry.Read.Route.Admit(entry.Request);
            }
            catch (Refusal refusal)
            {
                throw entry.At(refusal);
            }

            if (entry.Kind is EntryKind.Create or EntryKind.Update && entry.Request.Body?.Type != entry.Request.Type)
                throw new Refusal(400, "invalid", "The entry's resource is missing or not of the type in its url.", $"{entry.Path}.resource");
            if (entry.Kind == EntryKind.Patch && entry.Request.Body is null)
                throw new Refusal(400, "required", "The entry's patch is missing.", $"{entry.Path}.resource");
            entries.Add(entry);
        }

        return entries;
    }

    private static async Task<TransactionPlan> PlanAsync(
        List<TransactionEntry> entries, Caller caller, Collaborators hub, CancellationToken cancellationToken)
    {
        foreach (var entry in entries)
            await entry.ResolveAsync(caller, hub, cancellationToken);
        var deleted = entries.Where(entry => entry is { Kind: EntryKind.Delete, Target: not null }).Select(entry => entry.Target!).ToHashSet(StringComparer.Ordinal);
        foreach (var entry in entries)
            entry.Lose(deleted, hub.Time);
        RefuseOverlaps(entries);

        var expects = entries.Where(entry => entry.Resolved is not null).Select(entry => (Write)entry.Resolved!.Unchanged).ToList();
        var references = new BundleReferences(entries, deleted, caller, hub);
        foreach (var entry in entries.Where(entry => entry.Request.Body is not null))
            expects.AddRange(await references.RewriteAsync(entry, cancellationToken));

        var plan = new TransactionPlan(entries, expects);
        foreach (var kind in (EntryKind[])[EntryKind.Delete, EntryKind.Create, EntryKind.Update, EntryKind.Patch])
            foreach (var entry in entries.Where(entry => entry.Kind == kind))
            {
                try
                {
                    plan.Add(entry, await entry.WritesAsync(caller, Beside, hub, cancellationToken));
                }
                catch (Refusal refusal)
                {
                    throw entry.At(refusal);
                }
            }

        return plan;

        Meant? Beside(string reference) => entries.Find(entry => entry.Target == reference && entry.Kind is EntryKind.Create or EntryKind.Update) switch
        {
            { Kind: EntryKind.Create, Match: { } match } => new(match.Resource.Root, IsNew: false),
            { Request.Body.Root: { } written } entry => new(written, IsNew: entry.Kind == EntryKind.Create),
            _ => null,
        };
    }

    /// <summary>One resource may be written by one entry only, else the outcome would hang on the order.</summary>
    private static void RefuseOverlaps(List<TransactionEntry> entries)
    {
        var written = new Dictionary<string, TransactionEntry>(StringComparer.Ordinal);
        var named = new Dictionary<string, TransactionEntry>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            foreach (var key in entry.Identities)
                if (!written.TryAdd(key, entry))
                    throw new Refusal(400, "duplicate", $"{written[key].Path} and {entry.Path} write the same resource.", entry.Path);
            if (entry.Read.FullUrl is { } fullUrl && !named.TryAdd(fullUrl, entry))
                throw new Refusal(400, "duplicate", $"{named[fullUrl].Path} and {entry.Path} have the same fullUrl.", entry.Path);
        }
    }

    /// <summary>
    /// All entries succeed or none does, reads too: one that would fail is found before anything is written. It is asked again after the
    /// commit, for it sees what was written; what the transaction itself writes is there by then.
    /// </summary>
    private static async Task RefuseReadsAsync(List<TransactionEntry> entries, Collaborators hub, CancellationToken cancellationToken)
    {
        foreach (var entry in entries.Where(entry => entry.Kind == EntryKind.Read))
        {
            var target = $"{entry.Request.Type}/{entry.Request.Id}";
            var writer = entries.Find(other => other.Target == target);
            if (writer is { Kind: EntryKind.Delete })
                throw entry.At(new(410, "deleted", $"{writer.Path} deletes what this entry reads."));
            if (writer is null && await ReadAsync(entry, hub, cancellationToken) is { Succeeded: false } failed)
                throw entry.At(new(failed.Status, failed.Issues));
        }
    }

    private static Task<List<Answer>> AnswersAsync(
        TransactionPlan plan, CommitResult commit, Collaborators hub, CancellationToken cancellationToken) =>
        WithReadsAsync(plan.Entries, WriteAnswers(plan, commit), hub, cancellationToken);

    /// <summary>What became of each entry that writes; null for one that reads.</summary>
    private static List<Answer?> WriteAnswers(TransactionPlan plan, CommitResult commit) =>
        [.. plan.Entries.Select(entry => entry.Kind == EntryKind.Read ? null : Answered(entry, plan.AtOf(entry) is { } at ? commit[at] : null))];

    private static async Task<List<Answer>> WithReadsAsync(
        IReadOnlyList<TransactionEntry> entries, IReadOnlyList<Answer?> written, Collaborators hub, CancellationToken cancellationToken)
    {
        var answers = new List<Answer>(entries.Count);
        for (var i = 0; i < entries.Count; i++)
            answers.Add(written[i] ?? await ReadAsync(entries[i], hub, cancellationToken));
        return answers;
    }

    /// <summary>The answer given before; what an entry reads is read now.</summary>
    private static async Task<Answer> RepeatedAsync(
        FhirRequest request, Resource bundle, KeptAnswer kept, Collaborators hub, CancellationToken cancellationToken)
    {
        var written = await hub.Repeats.ReplayAsync(request, kept, cancellationToken);
        var answers = await WithReadsAsync(Read(request, bundle), written, hub, cancellationToken);
        return Answer.Ok(Batch.Write("transaction-response", answers, request.Caller, hub)) with { Headers = [(RepeatKey.ReplayedHeader, "true")] };
    }

    private static async Task<Answer> ReadAsync(TransactionEntry entry, Collaborators hub, CancellationToken cancellationToken)
    {
        try
        {
            return await entry.Read.Route.Run(entry.Request, hub, cancellationToken);
        }
        catch (Refusal refusal)
        {
            // The writes are committed: a read that fails says so in its own entry.
            return Answer.Refused(refusal.Status, refusal.Issues);
        }
    }

    private static Answer Answered(TransactionEntry entry, Written? written)
    {
        // What became of a write is told by its location and ETag; the resources come back to who asks for them.
        var prefer = entry.Request.Prefer.Return is null ? new Prefer("minimal", null) : entry.Request.Prefer;
        return written switch
        {
            Written.Created created => Answer.Wrote(201, created.Stored, prefer),
            Written.Updated updated => Answer.Wrote(200, updated.Stored, prefer),
            Written.Unchanged { Stored: { IsDeleted: false } same } => Answer.Wrote(200, same, prefer),
            Written.Deleted or Written.Unchanged => new(204),
            null when entry.Kind == EntryKind.Create => Answer.Wrote(200, entry.Match!, prefer),
            null => new(204),
            _ => throw new UnreachableException(),
        };
    }
}

/// <summary>The writes of a transaction in the order of the specification, and which of them belongs to which entry.</summary>
internal sealed class TransactionPlan(IReadOnlyList<TransactionEntry> entries, List<Write> writes)
{
    private readonly Dictionary<int, int> _at = [];

    public IReadOnlyList<TransactionEntry> Entries => entries;

    public IReadOnlyList<Write> Writes => writes;

    public void Add(TransactionEntry entry, IReadOnlyList<Write> more)
    {
        if (more.Count == 0)
            return;
        _at[entry.Read.Index] = writes.Count;
        writes.AddRange(more);
    }

    /// <summary>The place of the entry's own write; null when it needed none.</summary>
    public int? AtOf(TransactionEntry entry) => _at.TryGetValue(entry.Read.Index, out var at) ? at : null;
}
