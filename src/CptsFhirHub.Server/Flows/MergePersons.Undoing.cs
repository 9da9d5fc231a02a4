using System.Globalization;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <content>A merge taken back: both records as they were, with what each sender has said since.</content>
internal sealed partial class MergePersons
{
    /// <summary>Makes two records of one person again, as that Provenance tells.</summary>
    public async Task<MergeReply> UnmergeAsync(string provenance, Caller caller, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(caller.Tenant, provenance, cancellationToken) is not { Type: "Provenance" } merge
            || merge.Resource.Root.Child("activity").CodeOf(Lifecycle) != "merge")
            throw new Refusal(404, "not-found", "There is no such merge.", "provenance");
        var before = await BeforeAsync(merge, caller.Tenant, cancellationToken);
        if (before is not [var source, var target, ..])
            throw new Refusal(422, "not-found", "The versions that this merge tells of are not kept.", "provenance");
        var present = await store.ReadAsync(caller.Tenant, source.Reference, cancellationToken)
            ?? throw new Refusal(409, "conflict", "The merged record has been deleted since.");
        if (!PersonMerge.IsReplacedBy(present.Resource.Root, target.Reference))
            return new(present.Resource, null, [Told("These two are two records already.")], 0);

        await RequireLastAsync(target.Reference, caller, cancellationToken);
        var now = time.GetUtcNow();
        List<Write> writes = [];
        List<Stored> changed = [];
        List<string> unsettled = [];
        var isMarked = false;
        Dictionary<string, Element> persons = new(StringComparer.Ordinal);
        Dictionary<string, Element> records = new(StringComparer.Ordinal);
        foreach (var was in before)
        {
            if (await store.ReadAsync(caller.Tenant, was.Reference, cancellationToken) is not { } current
                || await store.VReadAsync(caller.Tenant, was.Type, was.Id, was.Version + 1, cancellationToken) is not { } after)
                continue;
            var undone = PersonMerge.Undo(was.Resource.Root, after.Resource.Root, current.Resource.Root, source.Reference, target.Reference);
            changed.Add(current);
            if (was.Type == "Patient")
            {
                persons[was.Reference] = undone.Root;
                continue;
            }

            if (PersonRecords.IsOne(undone.Root))
                records[was.Reference] = undone.Root;
            else if (!undone.IsSettled)
                unsettled.Add(current.Reference);
            // The question that the merge had answered gets the other answer, and no one asks it again.
            var root = AsksAbout(undone.Root, source.Reference, target.Reference)
                ? Verification.Ended(undone.Root, Verdict.Apart, now.Instant()) : undone.Root;
            isMarked |= Verification.IsOne(root) && Verification.Of(root) == Verdict.Apart
                && Verification.Pairs(root).Contains(Verification.Pair(source.Reference, target.Reference));
            writes.Add(Update(current, root));
        }

        if (!isMarked)
            writes.Add(new Write.Create(new(Mark(caller.Tenant, source.Reference, target.Reference, now)), IfNoneExist: null, Guid.CreateVersion7(now).ToString()));

        await GiveBackAsync(before, target, source, records, changed, writes, cancellationToken);
        await AssignLaterAsync(caller.Tenant, before, merge, writes, changed, unsettled, cancellationToken);
        await RestoreAsync(before, merge, present, persons, writes, cancellationToken);
        if (unsettled.Count > 0)
            writes.Add(new Write.Create(new(Unsettled(caller.Tenant, source.Reference, target.Reference, unsettled, now)), IfNoneExist: null, Guid.CreateVersion7(now).ToString()));
        var told = Provenance(caller, "unmerge", changed, now);
        told.AddItem("entity").With("role", "source").Add("what").With("reference", merge.Reference);
        var id = Guid.CreateVersion7(now).ToString();
        writes.Add(new Write.Create(new(told), IfNoneExist: null, id));
        await CommitAsync(caller.Tenant, writes, cancellationToken);
        var result = await store.ReadAsync(caller.Tenant, source.Reference, cancellationToken);
        List<Issue> issues = [Told($"{changed.Count - 2} resources went back.")];
        if (unsettled.Count > 0)
            issues.Add(Issue.Warning("incomplete", "", $"{unsettled.Count} resources could not be assigned: a task asks the coordination to look."));
        return new(result!.Resource, $"Provenance/{id}", issues, changed.Count - 2);
    }

    // What went on with the person that stayed, into a third one, comes back from there first.
    private async Task RequireLastAsync(string target, Caller caller, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(caller.Tenant, target, cancellationToken) is not { } stayed || PersonMerge.ReplacedBy(stayed.Resource.Root) is null)
            return;
        var later = await ProvenanceAsync(store, caller.Tenant, target, cancellationToken);
        throw new Refusal(409, "conflict", $"The record that stayed was merged into another one since: take that back first{(later is null ? "" : $", by {later}")}.", "provenance");
    }

    /// <summary>The records that began with the merged person and were first written by the merge go back to it.</summary>
    private async Task GiveBackAsync(
        List<Stored> before, Stored target, Stored source, Dictionary<string, Element> records, List<Stored> changed, List<Write> writes,
        CancellationToken cancellationToken)
    {
        foreach (var record in await PersonRecords.LoadAsync(store, target.Tenant, target.Reference, cancellationToken))
        {
            if (records.ContainsKey(record.Reference) || PersonRecords.Of(record.Resource.Root).Origin != source.Reference)
                continue;
            var moved = PersonMerge.Moved(record.Resource.Root, target.Reference, source.Reference) ?? record.Resource.Root;
            records[record.Reference] = moved;
            before.Add(record);
            changed.Add(record);
            writes.Add(Update(record, moved));
        }
    }

    /// <summary>
    /// Both persons as they were, with what each sender has said since: each takes it from the records that are its own.
    /// </summary>
    private async Task RestoreAsync(
        List<Stored> before, Stored merge, Stored present, Dictionary<string, Element> persons, List<Write> writes, CancellationToken cancellationToken)
    {
        var (source, target) = (before[0], before[1]);
        var held = await PersonRecords.LoadAsync(store, target.Tenant, target.Reference, cancellationToken);
        List<SourceRecord> all = [], own = [], theirs = [], theirsThen = [];
        foreach (var record in held)
        {
            var now = PersonRecords.Of(record.Resource.Root);
            all.Add(now);
            var isTheirs = writes.OfType<Write.Update>().Any(write =>
                write.Id == record.Id && write.Resource.Type == "Basic" && PersonMerge.Refers(write.Resource.Root, source.Reference));
            (isTheirs ? theirs : own).Add(now);
            if (!isTheirs)
                continue;
            var was = before.Find(one => one.Reference == record.Reference && one.Version != record.Version)
                ?? await store.VReadAsync(record.Tenant, "Basic", record.Id, 1, cancellationToken) ?? record;
            if (was.LastUpdated <= merge.LastUpdated)
                theirsThen.Add(PersonRecords.Of(was.Resource.Root));
        }

        if (await store.ReadAsync(target.Tenant, target.Reference, cancellationToken) is not { } current)
            return;
        var (undoneSource, undoneTarget) = (persons[source.Reference], persons[target.Reference]);
        if (theirs.Count > 0)
            undoneSource = GoldenRecord.Recomputed(undoneSource, theirsThen, theirs, source.Reference);
        // Nobody has written the person since the merge: it is as it was. Else its own records say what is left.
        if (theirs.Count > 0 && current.Version != target.Version + 1)
            undoneTarget = WithoutNumbersOf(undoneSource, target.Resource.Root,
                WithLinksOf(undoneTarget, GoldenRecord.Recomputed(current.Resource.Root, all, own, target.Reference)));
        writes.Add(Update(present, undoneSource));
        writes.Add(Update(current, undoneTarget));
    }

    // The merge wrote the other's numbers as old ones, which no sender says: they lead to the other again, and to nobody else.
    private static Element WithoutNumbersOf(Element other, Element before, Element root)
    {
        var person = root.Copy();
        Element[] identifiers = [.. person.All("identifier")];
        foreach (var identifier in identifiers)
            if (Bears(other, identifier) && !Bears(before, identifier))
                person.Remove(identifier);
        return person;

        static bool Bears(Element patient, Element number)
        {
            foreach (var identifier in patient.All("identifier"))
                if (identifier.Text("system") == number.Text("system") && identifier.Text("value") == number.Text("value"))
                    return true;
            return false;
        }
    }

    private static Element WithLinksOf(Element linked, Element root)
    {
        var person = root.Copy();
        foreach (var name in (ReadOnlySpan<string>)["link", "active"])
        {
            person.Remove(name);
            foreach (var item in linked.All(name))
                person.Append(item.Copy());
        }

        return person;
    }

    /// <summary>
    /// What was written about the merged person since goes to the record whose senders alone wrote it; what both could have written is left
    /// to a person.
    /// </summary>
    private async Task AssignLaterAsync(
        string tenant, List<Stored> before, Stored merge, List<Write> writes, List<Stored> changed, List<string> unsettled, CancellationToken cancellationToken)
    {
        var (source, target) = (before[0], before[1]);
        var known = before.Select(resource => resource.Reference).ToHashSet(StringComparer.Ordinal);
        var (theirs, others) = (SentBy.Senders(source.Resource.Root), SentBy.Senders(target.Resource.Root));
        foreach (var later in await ReferringAsync(tenant, target.Reference, cancellationToken))
        {
            // What a person has said of two records stays said.
            if (later.Type == "Task" && Verification.IsOne(later.Resource.Root) && Verification.Of(later.Resource.Root) != Verdict.None)
                continue;
            if (known.Contains(later.Reference)
                || await store.VReadAsync(tenant, later.Type, later.Id, 1, cancellationToken) is not { } first || first.LastUpdated <= merge.LastUpdated)
                continue;
            var senders = SentBy.Senders(later.Resource.Root);
            if (senders.Count == 0 || (senders.Overlaps(theirs) && senders.Overlaps(others)))
            {
                unsettled.Add(later.Reference);
            }
            else if (senders.Overlaps(theirs) && PersonMerge.Moved(later.Resource.Root, target.Reference, source.Reference) is { } moved)
            {
                changed.Add(later);
                writes.Add(Update(later, moved));
            }
        }
    }

    private Element Unsettled(string tenant, string source, string target, List<string> resources, DateTimeOffset now)
    {
        var cpts = territories.Of(tenant).Cpts;
        var task = DeskQuestion.Begun("Deux dossiers ont été séparés : dire à qui appartient ce qui a été écrit entre-temps.", source, target, cpts, cpts, now);
        task.With("priority", "urgent");
        foreach (var resource in resources)
            DeskQuestion.Name(task, "À attribuer", resource);
        return task;
    }

    /// <summary>
    /// The lasting mark that these are two persons, in the form in which a coordinator says it: a verification that is over. It hangs on
    /// neither record's list of tasks.
    /// </summary>
    private Element Mark(string tenant, string source, string target, DateTimeOffset now)
    {
        var cpts = territories.Of(tenant).Cpts;
        var task = DeskQuestion.Begun("Deux dossiers ont été séparés : la machine ne les réunit plus et ne le propose plus.", source, about: null, cpts, cpts, now);
        DeskQuestion.Name(task, DeskQuestion.ToCompare, target);
        return Verification.Ended(task, Verdict.Apart, now.Instant());
    }

    private async Task<List<Stored>> BeforeAsync(Stored merge, string tenant, CancellationToken cancellationToken)
    {
        List<string> references = [];
        foreach (var entity in merge.Resource.Root.All("entity"))
            if (entity.Text("role") == "revision" && entity.Child("what")?.Text("reference") is { } reference)
                references.Add(reference);
        List<Stored> before = [];
        foreach (var reference in references)
            if (reference.Split('/') is [var type, var id, _, var version]
                && await store.VReadAsync(tenant, type, id, long.Parse(version, CultureInfo.InvariantCulture), cancellationToken) is { } stored)
                before.Add(stored);
        return before.Count == references.Count ? before : [];
    }
}
