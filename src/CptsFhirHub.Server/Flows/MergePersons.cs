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
/// A coordinator, or the sender of both, says that two records are one person, or takes it back. One transaction moves every reference; a Provenance names the
/// version of each resource before, so that undoing needs nothing else, also after weeks of other messages.
/// </summary>
internal sealed partial class MergePersons(ResourceStore store, Territories territories, TimeProvider time)
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
        if (await LeadsToAsync(source, target.Reference, cancellationToken))
            return new(target.Resource, await ProvenanceAsync(store, caller.Tenant, source.Reference, cancellationToken), [Told("These two are one person already.")], 0);
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
        var closed = await ClosedAsync(caller.Tenant, source.Reference, target.Reference, wish.KeepsWork, now, writes, cancellationToken);
        foreach (var resource in moved.UnionBy(closed.Values.Select(end => end.Before), resource => resource.Reference, StringComparer.Ordinal))
        {
            var end = closed.TryGetValue(resource.Reference, out var ended) ? ended.After : null;
            var root = end ?? resource.Resource.Root;
            if (AsksAbout(root, source.Reference, target.Reference))
                root = Verification.Ended(root, Verdict.Same, now.Instant());
            if ((PersonMerge.Moved(root, source.Reference, target.Reference) ?? end) is not { } redirected)
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

    /// <summary>True when that record was merged into the person, at once or by way of others.</summary>
    private async Task<bool> LeadsToAsync(Stored source, string target, CancellationToken cancellationToken)
    {
        var (at, passed) = (source, new HashSet<string>(StringComparer.Ordinal));
        while (PersonMerge.ReplacedBy(at.Resource.Root) is { } next && passed.Add(next))
        {
            if (next == target)
                return true;
            if (await store.ReadAsync(source.Tenant, next, cancellationToken) is not { } person)
                return false;
            at = person;
        }

        return false;
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
        var written = PersonRecords.Written(first, target.Reference);
        SaidAt.Stamp(written, SaidAt.Of(person.Resource.Root));
        writes.Add(new Write.Create(new(written), IfNoneExist: null, Guid.CreateVersion7(now).ToString()));
        return [first];
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
        foreach (var (_, task) in await store.BearersAsync(tenant, [new(IdentityKeys.Compared, reference)], cancellationToken))
            found.TryAdd(task.Reference, task);
        return [.. found.Values];
    }

    /// <summary>True for an open Task that compares these two and nobody else.</summary>
    private static bool AsksAbout(Element resource, string source, string target) =>
        resource is { ResourceType: "Task" } && Verification.IsOne(resource)
        && resource.Text("status") is "requested" or "received" or "accepted" or "in-progress" or "on-hold" or "draft"
        && Verification.Pairs(resource).Distinct().ToList() is [var pair] && pair == Verification.Pair(source, target);

    /// <summary>A person has one open request: of two, the source's is closed as a duplicate. Gives its resources before, and as they become.</summary>
    private async Task<Dictionary<string, (Stored Before, Element After)>> ClosedAsync(
        string tenant, string source, string target, bool keepsWork, DateTimeOffset now, List<Write> writes, CancellationToken cancellationToken)
    {
        Dictionary<string, (Stored Before, Element After)> closed = new(StringComparer.Ordinal);
        var theirs = await store.BearersAsync(tenant, [KnownPerson.OpenRequestKey(source)], cancellationToken);
        var kept = await store.BearersAsync(tenant, [KnownPerson.OpenRequestKey(target)], cancellationToken);
        writes.InsertRange(0, [Guard(source, theirs), Guard(target, kept)]);
        if (kept.Count == 0)
            return closed;

        // What holds the one that ends holds the one that stands from now on, and so do those who signalled it.
        var united = HoldingReports.United(kept[0].Resource.Resource.Root, theirs.Select(request => request.Resource.Resource.Root));
        if (!united.SameAs(kept[0].Resource.Resource.Root))
            closed[kept[0].Reference] = (kept[0].Resource, united);
        var stands = keepsWork ? await OpenRequest.LoadAsync(store, kept[0].Resource, cancellationToken) : null;
        foreach (var (_, request) in theirs)
        {
            closed[request.Reference] = (request, With(request, "revoked", now, isTask: false));
            var open = await OpenRequest.LoadAsync(store, request, cancellationToken);
            if (stands is not null)
            {
                foreach (var joined in open.JoinedTo(stands.Request.Reference, stands.File?.Reference, now))
                    closed[joined.Before.Reference] = joined;
                continue;
            }

            foreach (var task in open.Tasks)
            {
                if (KnownPerson.KindOf(task) == Vocabulary.ParcoursTask && FileStates.Next(KnownPerson.StateOf(task.Resource.Root) ?? "", FileStates.ClosedDuplicate) is not null)
                    closed[task.Reference] = (task, FileSteps.Moved(task.Resource.Root, FileStates.ClosedDuplicate, now));
                else if (task.Resource.Root.Text("status") is "requested" or "received" or "draft" && !AsksAbout(task.Resource.Root, source, target))
                    closed[task.Reference] = (task, With(task, "cancelled", now, isTask: true));
            }
        }

        return closed;

        static Write.Guard Guard(string person, IReadOnlyList<KeyBearer> hits) =>
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

    /// <summary>The Provenance of the newest merge of that record into another; null when it was merged into none.</summary>
    public static async Task<string?> ProvenanceAsync(ResourceStore store, string tenant, string source, CancellationToken cancellationToken)
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
