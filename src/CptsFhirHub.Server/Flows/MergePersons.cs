using System.Globalization;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// A coordinator says that two records are one person, or takes it back. One transaction moves every reference; a Provenance names the
/// version of each resource before, so that undoing needs nothing else, also after weeks of other messages.
/// </summary>
internal sealed class MergePersons(ResourceStore store, Territories territories, TimeProvider time)
{
    private const string Lifecycle = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
    private const string AgentTypes = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
    private const int Portion = 500;

    /// <summary>Resources that one merge moves: beyond it the two are no two records of one person.</summary>
    private const int MovedMax = 5_000;

    /// <summary>What keeps the past as it was.</summary>
    private static readonly string[] Unmoved = ["Provenance", "AuditEvent", "Patient"];

    private static readonly IReadOnlyList<(string Type, IReadOnlyList<SearchParameter> Parameters)> Referring =
    [
        .. ServedTypes.All.Except(Unmoved).Order(StringComparer.Ordinal)
            .Select(type => (Type: type, Parameters: (IReadOnlyList<SearchParameter>)[.. R4.Definitions.SearchParameters(type)
                .Where(parameter => parameter.Type == SearchParameterType.Reference && parameter.Targets.Contains("Patient"))]))
            .Where(type => type.Parameters.Count > 0),
    ];

    /// <summary>Merges the source into the target, or says what it would do.</summary>
    public async Task<MergeReply> MergeAsync(MergeWish wish, Caller caller, CancellationToken cancellationToken)
    {
        var source = await PersonAsync(wish.Source, "source-patient", caller, cancellationToken);
        var target = await PersonAsync(wish.Target, "target-patient", caller, cancellationToken);
        if (source.Reference == target.Reference)
            throw new Refusal(422, "business-rule", "A record is not merged with itself.");
        if (PersonMerge.IsReplacedBy(source.Resource.Root, target.Reference))
            return new(target.Resource, await ProvenanceAsync(caller.Tenant, source.Reference, cancellationToken), [Told("These two are one person already.")], 0);
        foreach (var record in (ReadOnlySpan<Stored>)[source, target])
            if (record.Resource.Root.Text("active") == "false")
                throw new Refusal(409, "conflict", "A record that was merged or disabled cannot be merged.");

        var now = time.GetUtcNow();
        List<Write> writes = [];
        var own = await RecordsAsync(target, target, writes, now, cancellationToken);
        var theirs = await RecordsAsync(source, target, writes, now, cancellationToken);
        var (kept, gone) = PersonMerge.Join(
            target.Resource.Root, target.Reference, source.Resource.Root, source.Reference,
            GoldenRecord.Recomputed(target.Resource.Root, own, [.. own, .. theirs], target.Reference));
        if (wish.Result is { } given)
            kept = Chosen(given, kept);
        List<Stored> before = [source, target];
        writes.Add(Update(target, kept));
        writes.Add(Update(source, gone));
        var moved = await ReferringAsync(caller.Tenant, source.Reference, cancellationToken);
        var closed = await ClosedAsync(caller.Tenant, source.Reference, target.Reference, now, writes, cancellationToken);
        foreach (var resource in moved)
        {
            var root = closed.GetValueOrDefault(resource.Reference, resource.Resource.Root);
            if (AsksAbout(root, source.Reference, target.Reference))
                root = Verification.Ended(root, Verdict.Same, now.Instant());
            if (PersonMerge.Moved(root, source.Reference, target.Reference) is not { } redirected)
                continue;
            before.Add(resource);
            writes.Add(Update(resource, redirected));
        }

        List<Issue> issues = [.. Warnings(source, target, await PersonSearch.AreApartAsync(store, caller.Tenant, source.Reference, target.Reference, cancellationToken))];
        if (wish.IsPreview)
            return new(new(kept), null, [Told($"{before.Count - 2} resources would be moved."), .. issues], before.Count - 2);

        var provenance = Provenance(caller, "merge", before, now);
        var id = Guid.CreateVersion7(now).ToString();
        writes.Add(new Write.Create(new(provenance), IfNoneExist: null, id));
        await CommitAsync(caller.Tenant, writes, cancellationToken);
        var result = await store.ReadAsync(caller.Tenant, target.Reference, cancellationToken);
        return new(result!.Resource, $"Provenance/{id}", [Told($"{before.Count - 2} resources were moved."), .. issues], before.Count - 2);
    }

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

    /// <summary>A person's records; where there are none yet, the person's own values become the first, to be kept with the person that stays.</summary>
    private async Task<List<SourceRecord>> RecordsAsync(
        Stored person, Stored target, List<Write> writes, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var stored = await PersonRecords.LoadAsync(store, person.Tenant, person.Reference, cancellationToken);
        writes.Insert(0, new Write.Guard([PersonRecords.Key(person.Reference)], [.. stored.Select(record => record.Reference)]));
        if (stored.Count > 0)
            return [.. stored.Select(record => PersonRecords.Of(record.Resource.Root))];
        var first = PersonRecords.First(person);
        writes.Add(new Write.Create(new(PersonRecords.Written(first, target.Reference)), IfNoneExist: null, Guid.CreateVersion7(now).ToString()));
        return [first];
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
            undoneTarget = WithLinksOf(undoneTarget, GoldenRecord.Recomputed(current.Resource.Root, all, own, target.Reference));
        writes.Add(Update(present, undoneSource));
        writes.Add(Update(current, undoneTarget));
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

    private async Task<Stored> PersonAsync(string given, string parameter, Caller caller, CancellationToken cancellationToken)
    {
        var parts = given.Split('/');
        if (parts is not (["Patient", _] or ["Patient", _, "_history", _]))
            throw new Refusal(400, "value", $"{parameter} is a reference to a Patient of this hub.", parameter);
        if (await store.ReadAsync(caller.Tenant, $"Patient/{parts[1]}", cancellationToken) is not { } person)
            throw new Refusal(404, "not-found", $"The patient of {parameter} is not known.", parameter);
        if (parts.Length == 4 && parts[3] != person.Version.ToString(CultureInfo.InvariantCulture))
            throw new Refusal(409, "conflict", $"The patient of {parameter} has changed since that version.", parameter);
        return person;
    }

    /// <summary>What stands in the merged record is the coordinator's choice, but for its id, its links and its activity.</summary>
    private static Element Chosen(Element given, Element kept)
    {
        var chosen = given.Copy();
        foreach (var name in (ReadOnlySpan<string>)["id", "meta", "link", "active"])
        {
            chosen.Remove(name);
            foreach (var item in kept.All(name))
                chosen.Append(item.Copy());
        }

        return chosen;
    }

    private async Task<List<Stored>> ReferringAsync(string tenant, string reference, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, Stored>(StringComparer.Ordinal);
        foreach (var (type, parameters) in Referring)
        {
            var alternatives = parameters.Select(parameter => (IReadOnlyList<Criterion>)[Queries.Refers(type, parameter.Code, reference)]);
            var query = Queries.By(type, new Criterion.Any([.. alternatives])) with { Count = Portion };
            while (true)
            {
                var page = await store.SearchAsync(tenant, query, cancellationToken);
                foreach (var match in page.Matches)
                    found[match.Reference] = match;
                if (found.Count > MovedMax)
                    throw new Refusal(422, "too-costly", $"More than {MovedMax} resources refer to the record: this is no merge of two records of one person.");
                if (page.NextCursor is not { } next)
                    break;
                query = query with { Cursor = next };
            }
        }

        // No search leads from a person to the tasks that compare it with somebody: their records are inputs.
        foreach (var hit in await store.FindAsync(tenant, [new(IdentityKeys.Compared, reference)], cancellationToken))
            if (!found.ContainsKey(hit.Reference) && await store.ReadAsync(tenant, hit.Reference, cancellationToken) is { IsDeleted: false } task)
                found[hit.Reference] = task;
        return [.. found.Values];
    }

    /// <summary>True for an open Task that compares these two and nobody else.</summary>
    private static bool AsksAbout(Element resource, string source, string target) =>
        resource is { ResourceType: "Task" } && Verification.IsOne(resource)
        && resource.Text("status") is "requested" or "received" or "accepted" or "in-progress" or "on-hold" or "draft"
        && Verification.Pairs(resource).Distinct().ToList() is [var pair] && pair == Verification.Pair(source, target);

    /// <summary>A person has one open request: of two, the source's is closed as a duplicate. Gives its resources as they become.</summary>
    private async Task<Dictionary<string, Element>> ClosedAsync(
        string tenant, string source, string target, DateTimeOffset now, List<Write> writes, CancellationToken cancellationToken)
    {
        Dictionary<string, Element> closed = new(StringComparer.Ordinal);
        var theirs = await store.FindAsync(tenant, [KnownPerson.OpenRequestKey(source)], cancellationToken);
        var kept = await store.FindAsync(tenant, [KnownPerson.OpenRequestKey(target)], cancellationToken);
        writes.InsertRange(0, [Guard(source, theirs), Guard(target, kept)]);
        if (kept.Count == 0)
            return closed;
        foreach (var hit in theirs)
        {
            if (await store.ReadAsync(tenant, hit.Reference, cancellationToken) is not { } request)
                continue;
            closed[request.Reference] = With(request, "revoked", now, isTask: false);
            foreach (var task in await store.FindAllAsync(tenant, Queries.By("Task", Queries.Refers("Task", "focus", request.Reference)), cancellationToken))
            {
                if (KnownPerson.KindOf(task) == Vocabulary.ParcoursTask && FileStates.Next(KnownPerson.StateOf(task.Resource.Root) ?? "", FileStates.ClosedDuplicate) is not null)
                    closed[task.Reference] = FileSteps.Moved(task.Resource.Root, FileStates.ClosedDuplicate, now);
                else if (task.Resource.Root.Text("status") is "requested" or "received" or "draft" && !AsksAbout(task.Resource.Root, source, target))
                    closed[task.Reference] = With(task, "cancelled", now, isTask: true);
            }
        }

        return closed;

        static Write.Guard Guard(string person, IReadOnlyList<LookupHit> hits) =>
            new([KnownPerson.OpenRequestKey(person)], [.. hits.Select(hit => hit.Reference)]);
    }

    private static Element With(Stored stored, string status, DateTimeOffset now, bool isTask)
    {
        var root = stored.Resource.Root.Copy();
        root.Put("status", status);
        if (isTask)
            root.Put("lastModified", now.Instant());
        return root;
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
        var task = Element.OfResource("Task");
        task.With("status", "requested").With("intent", "order").With("priority", "urgent");
        task.Concept("code", Vocabulary.TaskKind, Vocabulary.IdentityTask, "Vérification d'identité");
        task.With("description", "Deux dossiers ont été séparés : dire à qui appartient ce qui a été écrit entre-temps.");
        task.Refer("focus", source);
        task.Refer("for", target);
        task.With("authoredOn", now.Instant()).With("lastModified", now.Instant());
        task.Refer("requester", cpts);
        task.Refer("owner", cpts);
        foreach (var resource in resources)
        {
            var input = task.AddItem("input");
            input.Concept("type", Vocabulary.TaskInput, "commentaire", "À attribuer");
            input.Refer("valueReference", resource);
        }

        return task;
    }

    /// <summary>
    /// The lasting mark that these are two persons, in the form in which a coordinator says it: a verification that is over. It hangs on
    /// neither record's list of tasks.
    /// </summary>
    private Element Mark(string tenant, string source, string target, DateTimeOffset now)
    {
        var cpts = territories.Of(tenant).Cpts;
        var task = Element.OfResource("Task");
        task.With("status", "requested").With("intent", "order");
        task.Concept("code", Vocabulary.TaskKind, Vocabulary.IdentityTask, "Vérification d'identité");
        task.With("description", "Deux dossiers ont été séparés : la machine ne les réunit plus et ne le propose plus.");
        task.Refer("focus", source);
        task.With("authoredOn", now.Instant()).With("lastModified", now.Instant());
        task.Refer("requester", cpts);
        task.Refer("owner", cpts);
        var input = task.AddItem("input");
        input.Concept("type", Vocabulary.TaskInput, "commentaire", "Dossier à comparer");
        input.Refer("valueReference", target);
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

    private async Task<string?> ProvenanceAsync(string tenant, string source, CancellationToken cancellationToken)
    {
        var told = await store.FindAllAsync(tenant, Queries.By("Provenance", Queries.Refers("Provenance", "target", source)), cancellationToken);
        return told.Where(provenance => provenance.Resource.Root.Child("activity").CodeOf(Lifecycle) == "merge")
            .OrderByDescending(provenance => provenance.LastUpdated).Select(provenance => provenance.Reference).FirstOrDefault();
    }

    /// <summary>The source and the target first, then what else is touched; each with the version that it had.</summary>
    private Element Provenance(Caller caller, string activity, List<Stored> before, DateTimeOffset now)
    {
        var provenance = Element.OfResource("Provenance");
        foreach (var stored in before)
            provenance.ReferItem("target", stored.Reference);
        provenance.With("recorded", now.Instant());
        provenance.Concept("activity", Lifecycle, activity);
        var agent = provenance.AddItem("agent");
        agent.Concept("type", AgentTypes, "author", "Author");
        var who = agent.Add("who");
        who.With("reference", caller.Organization ?? territories.Of(caller.Tenant).Cpts);
        who.Add("identifier").With("system", SentBy.System).With("value", caller.ClientId);
        foreach (var stored in before)
            provenance.AddItem("entity").With("role", "revision").Add("what")
                .With("reference", string.Create(CultureInfo.InvariantCulture, $"{stored.Reference}/_history/{stored.Version}"));
        return provenance;
    }

    private static IEnumerable<Issue> Warnings(Stored source, Stored target, bool areApart)
    {
        var comparison = Identification.Compare(Traits.Of(source.Resource.Root), Traits.Of(target.Resource.Root));
        if (areApart)
            yield return Issue.Warning("business-rule", "source-patient", "Somebody has said that these two are two persons: this merge takes it back.");
        if (comparison.Grade is MatchGrade.CertainlyNot or MatchGrade.Possible)
            yield return Issue.Warning("business-rule", "source-patient", "The machine would not have thought of these two: " + string.Join(" ", comparison.Reasons.Select(reason => reason.Text)));
    }

    private static Issue Told(string text) => new(Severity.Information, "informational", "", text);

    private static Write.Update Update(Stored stored, Element root) => new(new(root), stored.Id, stored.Version, MayCreate: false);

    private async Task CommitAsync(string tenant, List<Write> writes, CancellationToken cancellationToken)
    {
        if (!(await store.CommitAsync(tenant, writes, cancellationToken)).Committed)
            throw new Refusal(409, "conflict", "Something about these records has just changed: look again, and try once more.");
    }
}
