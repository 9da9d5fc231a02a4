using CptsFhirHub.Coordination;
using CptsFhirHub.Coordination.Cohorts;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Puts each patient of a leaving GP in exactly one of six states: who has found a GP, who came forward, who is silent. Coordination
/// compares; this flow loads the facts and writes the difference. The same facts give the same Group, so a second run writes nothing.
/// </summary>
internal sealed class ReconcileCohort(ResourceStore store, Territories territories, TimeProvider time, ILogger<ReconcileCohort> logger)
{
    private const string CohortKind = Vocabulary.Root + "/CodeSystem/type-cohorte";
    private const string CallOutcome = Vocabulary.Root + "/CodeSystem/issue-rappel";
    private const string InseeUrl = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code";
    private const string Rpps = "urn:oid:1.2.250.1.71.4.2.1";

    /// <summary>Patients asked for in one search.</summary>
    private const int PortionSize = 100;

    /// <summary>How often a run begins anew because the Group was changed under it.</summary>
    private const int AttemptsMax = 4;

    /// <summary>Every cohort of every tenant; gives the sentence that the list of jobs shows.</summary>
    public async Task<string> RunAllAsync(CancellationToken cancellationToken)
    {
        var (cohorts, members, changes) = (0, 0, 0);
        foreach (var tenant in territories.Tenants)
        {
            var groups = await store.FindAllAsync(
                tenant, Queries.By("Group", Queries.Token("Group", "code", CohortKind, "medecin-sortant")), cancellationToken);
            foreach (var group in groups)
            {
                var run = await RunAsync(tenant, group, cancellationToken);
                cohorts++;
                members += run.Members.Count;
                changes += run.Changes.Count;
            }
        }

        return $"{cohorts} cohorts, {members} members, {changes} changed state.";
    }

    /// <summary>Reconciles one cohort and reports: one population a state, with its count. <c>Group/{id}/$reconcile</c></summary>
    public async Task<Resource> ReportAsync(Stored group, Caller caller, CancellationToken cancellationToken)
    {
        var run = await RunAsync(caller.Tenant, group, cancellationToken);
        var now = time.GetUtcNow();
        var report = Element.OfResource("MeasureReport");
        report.With("status", "complete").With("type", "summary").With("measure", Vocabulary.Root + "/Measure/cohorte-medecin-sortant");
        report.Refer("subject", group.Reference);
        report.With("date", now.Instant());
        report.Add("period").With("start", now.Instant()).With("end", now.Instant());
        var populations = report.AddItem("group");
        foreach (var (state, count) in run.Counts)
        {
            var population = populations.AddItem("population");
            population.Concept("code", Vocabulary.CohortState, Reconciliation.CodeOf(state));
            population.With("count", (decimal)count);
        }

        populations.Add("measureScore").With("value", (decimal)run.Members.Count);
        return new(report);
    }

    private async Task<CohortRun> RunAsync(string tenant, Stored group, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
            var run = await CompareAsync(tenant, group, today, cancellationToken);
            if (WithStates(group.Resource.Root, run, today) is not { } changed)
                return run;

            var commit = await store.CommitAsync(
                tenant, [new Write.Update(new(changed), group.Id, group.Version, MayCreate: false)], cancellationToken);
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

    private async Task<CohortRun> CompareAsync(string tenant, Stored group, DateOnly today, CancellationToken cancellationToken)
    {
        var root = group.Resource.Root;
        var before = new Dictionary<string, MemberState>(StringComparer.Ordinal);
        var references = new List<string>();
        foreach (var member in root.All("member"))
        {
            if (member.Child("entity")?.Text("reference") is not { } reference)
                continue;
            references.Add(reference);
            if (Reconciliation.StateOf(member.ExtensionOf(Vocabulary.MemberStateExtension)?.Text("valueCode")) is { } state)
                before[reference] = state;
        }

        var tasks = await TasksAsync(tenant, references, cancellationToken);
        var files = tasks.Where(task => KnownPerson.KindOf(task) == Vocabulary.ParcoursTask).Select(FileOf).OfType<FileFact>().ToList();
        var withFile = files.Select(file => file.Patient).ToHashSet(StringComparer.Ordinal);
        var members = new List<Member>();
        foreach (var reference in references.Distinct(StringComparer.Ordinal))
        {
            var patient = await store.ReadAsync(tenant, reference, cancellationToken);

            // Who objected before there was a file objects until a file says otherwise.
            var hasOpposed = before.GetValueOrDefault(reference) == MemberState.Opposed && !withFile.Contains(reference);
            members.Add(MemberOf(reference, patient?.Resource.Root, hasOpposed));
        }

        var leaving = await LeavingGpAsync(tenant, root, cancellationToken);
        return Reconciliation.Compare(
            members, files, tasks.SelectMany(FailedCalls), before, today, CohortRules.Default with { LeavingGp = leaving });
    }

    private async Task<List<Stored>> TasksAsync(string tenant, List<string> patients, CancellationToken cancellationToken)
    {
        var tasks = new List<Stored>();
        foreach (var portion in patients.Distinct(StringComparer.Ordinal).Chunk(PortionSize))
            tasks.AddRange(await store.FindAllAsync(tenant, Queries.By("Task",
                Queries.RefersToAny("Task", "patient", portion),
                Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask, "rappel")), cancellationToken));
        return tasks;
    }

    private static FileFact? FileOf(Stored task) =>
        task.Resource.Root.Child("for")?.Text("reference") is { } patient && KnownPerson.StateOf(task.Resource.Root) is { } state
            ? new(patient, state)
            : null;

    private static List<FailedAttempt> FailedCalls(Stored task)
    {
        var attempts = new List<FailedAttempt>();
        var root = task.Resource.Root;
        if (KnownPerson.KindOf(task) != "rappel" || root.Child("for")?.Text("reference") is not { } patient)
            return attempts;
        foreach (var output in root.All("output"))
            if (output.Child("valueCodeableConcept").CodeOf(CallOutcome) is "sans-reponse" or "faux-numero")
                attempts.Add(new(patient, DateOnly.FromDateTime(task.LastUpdated.UtcDateTime)));
        return attempts;
    }

    private static Member MemberOf(string reference, Element? patient, bool hasOpposed)
    {
        if (patient is null)
            return new(reference) { HasOpposed = hasOpposed, HasContact = false };
        return new(reference)
        {
            BirthDate = patient.Text("birthDate"),
            HasOpposed = hasOpposed,
            IsDeceased = patient.Text("deceasedBoolean") == "true" || patient.Child("deceasedDateTime") is not null,
            HasContact = patient.Child("telecom") is not null || patient.Child("address") is not null,
            DeclaredGp = patient.Child("generalPractitioner") is { } gp
                ? gp.Child("identifier")?.Text("value") ?? gp.Text("reference") : null,
            Commune = patient.Child("address")?.ExtensionOf(InseeUrl)?.Child("valueCoding")?.Text("code"),
            IsFragileByList = Told.Unknown,
        };
    }

    /// <summary>The leaving GP as patients name him: by RPPS when it is known, else by reference.</summary>
    private async Task<string?> LeavingGpAsync(string tenant, Element group, CancellationToken cancellationToken)
    {
        if (group.Child("managingEntity")?.Text("reference") is not { } reference)
            return null;
        var gp = await store.ReadAsync(tenant, reference, cancellationToken);
        if (gp is { Type: "PractitionerRole" } && gp.Resource.Root.Child("practitioner")?.Text("reference") is { } practitioner)
            gp = await store.ReadAsync(tenant, practitioner, cancellationToken);
        return gp?.Resource.Root.IdentifierOf(Rpps) ?? gp?.Reference ?? reference;
    }

    /// <summary>The Group with the states of the run, or null when every member stands there already.</summary>
    private static Element? WithStates(Element group, CohortRun run, DateOnly today)
    {
        if (run.Changes.Count == 0)
            return null;
        var changes = run.Changes.ToDictionary(change => change.Patient, change => change.After, StringComparer.Ordinal);
        var root = group.Copy();
        foreach (var member in root.All("member"))
        {
            if (member.Child("entity")?.Text("reference") is not { } reference || !changes.TryGetValue(reference, out var state))
                continue;
            foreach (var url in (ReadOnlySpan<string>)[Vocabulary.MemberStateExtension, Vocabulary.MemberStateSinceExtension])
                if (member.ExtensionOf(url) is { } old)
                    member.Remove(old);
            member.AddItem("extension").With("url", Vocabulary.MemberStateExtension).With("valueCode", Reconciliation.CodeOf(state));
            member.AddItem("extension").With("url", Vocabulary.MemberStateSinceExtension)
                .With("valueDate", today.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
        }

        return root;
    }
}
