using CptsFhirHub.Coordination.Cohorts;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Puts each patient of a leaving GP in exactly one of six states: who has found a GP, who came forward, who is silent. Coordination
/// compares; this flow loads the facts and writes the difference. The same facts give the same Group, so a second run writes nothing.
/// </summary>
internal sealed class ReconcileCohort(
    ResourceStore store, Sources sources, Territories territories, CohortCalls calls, TimeProvider time, ILogger<ReconcileCohort> logger)
{
    private const string ReportNumbers = Vocabulary.Root + "/NamingSystem/rapport-cohorte";

    /// <summary>How often a run begins anew because the Group was changed under it.</summary>
    private const int AttemptsMax = 4;

    /// <summary>Cohorts in memory at once.</summary>
    private const int CohortsAtOnce = 4;

    /// <summary>Members whose records are in memory at once for the table.</summary>
    private const int LinesAtOnce = 500;

    /// <summary>Every cohort of every tenant; gives the sentence that the list of jobs shows.</summary>
    public async Task<string> RunAllAsync(CancellationToken cancellationToken)
    {
        var (cohorts, members, changes) = (0, 0, 0);
        foreach (var tenant in territories.Tenants)
        {
            foreach (var cohort in await CohortsAsync(store, tenant, cancellationToken))
            {
                if (await store.ReadAsync(tenant, cohort, cancellationToken) is not { } group)
                    continue;
                var run = await RunAsync(tenant, group, cancellationToken);
                cohorts++;
                members += run.Members.Count;
                changes += run.Changes.Count;
            }
        }

        return $"{cohorts} cohorts, {members} members, {changes} changed state.";
    }

    /// <summary>The cohorts of a tenant, by reference: each may be large, and is read when its turn comes.</summary>
    public static async Task<List<string>> CohortsAsync(ResourceStore store, string tenant, CancellationToken cancellationToken)
    {
        var cohorts = new List<string>();
        await foreach (var group in store.EachAsync(
            tenant, Queries.By("Group", Queries.Token("Group", "code", Vocabulary.CohortKind, "medecin-sortant")) with { Count = CohortsAtOnce }, cancellationToken))
            cohorts.Add(group.Reference);
        return cohorts;
    }

    /// <summary>Reconciles one cohort and answers with its last report. <c>Group/{id}/$reconcile</c></summary>
    public async Task<Resource> ReportAsync(Stored group, Caller caller, CancellationToken cancellationToken)
    {
        await RunAsync(caller.Tenant, group, cancellationToken);
        return (await LastReportAsync(caller.Tenant, group.Reference, cancellationToken))!.Resource;
    }

    /// <summary>The cohort as a table, as it stood after the last run; null when there is no such cohort.</summary>
    public async Task<string?> TableAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(tenant, "Group/" + id, cancellationToken) is not { } group
            || group.Resource.Root.Child("code").CodeOf(Vocabulary.CohortKind) is null)
            return null;
        var toCall = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var call in store.EachAsync(tenant, OpenCalls(group.Reference), cancellationToken))
            if (call.Resource.Root.Child("for")?.Text("reference") is { } patient)
                toCall.Add(patient);
        var csv = CohortReport.CsvHead();
        foreach (var members in group.Resource.Root.All("member").ToArray().DistinctBy(member => member.Child("entity")?.Text("reference")).Chunk(LinesAtOnce))
        {
            var people = new Dictionary<string, Element>(StringComparer.Ordinal);
            foreach (var member in members)
                if (member.Child("entity")?.Text("reference") is { } reference && await store.ReadAsync(tenant, reference, cancellationToken) is { } patient)
                    people[reference] = patient.Resource.Root;
            CohortReport.AddTo(csv, members, people.GetValueOrDefault, toCall);
        }

        return csv.ToString();
    }

    private async Task<CohortRun> RunAsync(string tenant, Stored group, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var now = time.GetUtcNow();
            var today = Days.Of(now);
            var root = group.Resource.Root;
            var territory = territories.Of(tenant);
            var (references, before, gone) = MembersOf(root);
            var rules = territory.CohortRules;
            var (reconciled, plans, notes) = (new List<Reconciled>(references.Count), new List<CallPlan>(), new Dictionary<string, MemberNote>(StringComparer.Ordinal));
            await foreach (var facts in CohortFacts.InPortionsAsync(store, territory, sources.CohortLists, root, references, before, today, cancellationToken))
            {
                var some = Reconciliation.Compare(facts.Members, facts.Files, facts.Attempts, before, today, rules);
                var plan = CallList.Plan(some, facts.Calls, today, rules);
                reconciled.AddRange(some.Members);
                plans.Add(plan);
                foreach (var call in plan.Ask)
                    notes[call.Patient] = facts.Notes.GetValueOrDefault(call.Patient, MemberNote.None);
            }

            var run = Reconciliation.RunOf(reconciled, before) with { NoLongerListed = gone.Count };

            // The calls first: each is made once whatever happens, and a run that ends here is taken up by the next.
            var toCall = new CallPlan([.. plans.SelectMany(plan => plan.Ask)], [.. plans.SelectMany(plan => plan.Withdraw), .. await CallsOfAsync(group, gone, cancellationToken)]);
            await calls.CarryOutAsync(territory, group, toCall, notes, now, cancellationToken);
            var last = await LastReportAsync(tenant, group.Reference, cancellationToken);
            var writes = new List<Write>();
            if (WithStates(root, run, today) is { } changed)
                writes.Add(new Write.Update(new(changed), group.Id, group.Version, MayCreate: false));
            if (last is null || !CohortReport.TellTheSame(last.Resource.Root, run))
                writes.Add(NewReport(group, run, last, now));
            if (writes.Count == 0)
                return run;

            var commit = await store.CommitAsync(tenant, writes, cancellationToken);
            if (commit.Committed)
            {
                FlowLog.Reconciled(logger, group.Id, run.Members.Count, run.Changes.Count);
                return run;
            }

            if (attempt == AttemptsMax || await store.ReadAsync(tenant, group.Reference, cancellationToken) is not { } newer)
                throw new Refusal(409, "conflict", "The cohort keeps changing; try again.");
            group = newer;
        }
    }

    /// <summary>The report, made once by whoever is first: two hubs that reconcile at once find the one of the other.</summary>
    private static Write.Create NewReport(Stored group, CohortRun run, Stored? last, DateTimeOffset now)
    {
        var since = last?.LastUpdated ?? now;
        var report = CohortReport.Of(group.Reference, run, last is null ? null : CohortReport.CountsOf(last.Resource.Root, 0), since, now);
        var number = $"{group.Id}/{(last is null ? "0" : last.Id)}";
        report.AddItem("identifier").With("system", ReportNumbers).With("value", number);
        return new(new(report), Queries.By("MeasureReport", Queries.Token("MeasureReport", "identifier", ReportNumbers, number)),
            Guid.CreateVersion7(now).ToString());
    }

    private async Task<Stored?> LastReportAsync(string tenant, string group, CancellationToken cancellationToken)
    {
        var query = Queries.By("MeasureReport", Queries.Refers("MeasureReport", "subject", group), Queries.Token("MeasureReport", "status", null, "complete"));
        return (await store.SearchAsync(tenant, query with { Count = 1 }, cancellationToken)).Matches is [var last, ..] ? last : null;
    }

    /// <summary>The open calls to those who are not listed any more: nobody makes them.</summary>
    private async Task<List<CallBack>> CallsOfAsync(Stored group, HashSet<string> gone, CancellationToken cancellationToken)
    {
        var open = new List<CallBack>();
        if (gone.Count == 0)
            return open;
        await foreach (var call in store.EachAsync(group.Tenant, OpenCalls(group.Reference), cancellationToken))
            if (call.Resource.Root.Child("for")?.Text("reference") is { } patient && gone.Contains(patient)
                && CohortCalls.NumberOf(call.Resource.Root, group.Id) is { } number)
                open.Add(new(call.Reference, patient, number, Ended: null, WasReached: false));
        return open;
    }

    private static SearchQuery OpenCalls(string group) => Queries.By("Task",
        Queries.Refers("Task", "focus", group),
        Queries.Token("Task", "code", Vocabulary.TaskKind, Coordination.Signalements.ChildTasks.CallBack),
        Queries.Token("Task", "status", null, "requested", "accepted", "in-progress"));

    /// <summary>The members who count, where they stood, and those who are not listed any more.</summary>
    private static (List<string> References, Dictionary<string, MemberState> Before, HashSet<string> Gone) MembersOf(Element group)
    {
        var before = new Dictionary<string, MemberState>(StringComparer.Ordinal);
        var references = new List<string>();
        var gone = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in group.All("member"))
        {
            if (member.Child("entity")?.Text("reference") is not { } reference)
                continue;
            if (CohortLeavers.IsInactive(member))
            {
                gone.Add(reference);
                continue;
            }

            if (Reconciliation.StateOf(member.ExtensionOf(Vocabulary.MemberStateExtension)?.Text("valueCode")) is { } state)
                before[reference] = state;
            references.Add(reference);
        }

        gone.ExceptWith(references);
        return ([.. references.Distinct(StringComparer.Ordinal)], before, gone);
    }

    /// <summary>The Group with the states of the run and what they rest on, or null when every member stands there already.</summary>
    private static Element? WithStates(Element group, CohortRun run, DateOnly today)
    {
        var found = run.Members.ToDictionary(member => member.Patient, StringComparer.Ordinal);
        var changed = run.Changes.Select(change => change.Patient).ToHashSet(StringComparer.Ordinal);
        var root = group.Copy();
        foreach (var member in root.All("member"))
            if (!CohortLeavers.IsInactive(member) && member.Child("entity")?.Text("reference") is { } reference && found.TryGetValue(reference, out var state))
                Mark(member, state, changed.Contains(reference) ? today : null);
        return root.SameAs(group) ? null : root;
    }

    /// <param name="member">The member, changed in place.</param>
    /// <param name="found">Where the run found the person.</param>
    /// <param name="since">The day of the change; null when the state is the one before.</param>
    private static void Mark(Element member, Reconciled found, DateOnly? since)
    {
        if (since is { } day)
        {
            Replace(member, Vocabulary.MemberStateExtension).With("valueCode", Reconciliation.CodeOf(found.State));
            Replace(member, Vocabulary.MemberStateSinceExtension)
                .With("valueDate", day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
        }

        var evidence = member.ExtensionOf(Vocabulary.MemberEvidenceExtension)?.Child("valueReference");
        if (evidence?.Text("reference") != found.Evidence?.Reference || evidence?.Text("display") != found.Evidence?.French)
        {
            Drop(member, Vocabulary.MemberEvidenceExtension);
            if (found.Evidence is { } proof)
                member.AddItem("extension").With("url", Vocabulary.MemberEvidenceExtension)
                    .Add("valueReference").With("reference", proof.Reference).With("display", proof.French);
        }

        if (found.NeedsReview != (member.ExtensionOf(Vocabulary.MemberReviewExtension) is not null))
        {
            Drop(member, Vocabulary.MemberReviewExtension);
            if (found.NeedsReview)
                member.AddItem("extension").With("url", Vocabulary.MemberReviewExtension).With("valueBoolean", true);
        }
    }

    private static Element Replace(Element member, string url)
    {
        Drop(member, url);
        return member.AddItem("extension").With("url", url);
    }

    private static void Drop(Element member, string url)
    {
        if (member.ExtensionOf(url) is { } old)
            member.Remove(old);
    }
}
