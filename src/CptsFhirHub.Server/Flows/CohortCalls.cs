using System.Globalization;
using CptsFhirHub.Coordination.Cohorts;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// The call list of a cohort as Tasks <c>rappel</c>. Each has a number of its own under which it is created once, whoever runs and
/// however often: two hubs, or a run begun anew after a crash, make one Task.
/// </summary>
internal sealed class CohortCalls(ResourceStore store)
{
    private const string Numbers = Vocabulary.Root + "/NamingSystem/rappel-cohorte";

    /// <summary>From this rank on a call goes before the others.</summary>
    private const decimal FirstFromRank = 30;

    /// <summary>Writes in one transaction: others write in between.</summary>
    private const int PortionSize = 100;

    /// <summary>The number of a call-back of this cohort; null for a call of another kind.</summary>
    public static int? NumberOf(Element task, string group) =>
        task.IdentifierOf(Numbers) is { } value && value.StartsWith(group + "/", StringComparison.Ordinal)
        && int.TryParse(value.AsSpan(value.LastIndexOf('/') + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : null;

    /// <summary>Asks for the calls that the plan lacks and withdraws those that it needs no more.</summary>
    public async Task CarryOutAsync(
        Territory territory, Stored group, CallPlan plan, IReadOnlyDictionary<string, MemberNote> notes, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        foreach (var portion in plan.Ask.OrderByDescending(call => notes.GetValueOrDefault(call.Patient, MemberNote.None).Rank)
            .ThenBy(call => call.Patient, StringComparer.Ordinal).Chunk(PortionSize))
            await WriteAsync(
                territory.Tenant,
                [.. portion.Select(call => Asked(TaskOf(territory, group, call, notes.GetValueOrDefault(call.Patient, MemberNote.None), now), now))],
                cancellationToken);

        foreach (var portion in plan.Withdraw.Chunk(PortionSize))
        {
            var writes = new List<Write>(portion.Length);
            foreach (var call in portion)
                if (await store.ReadAsync(territory.Tenant, call.Reference, cancellationToken) is { } stored
                    && !ChildTasks.IsOver(stored.Resource.Root.Text("status") ?? ""))
                    writes.Add(new Write.Update(new(Withdrawn(stored.Resource.Root, now)), stored.Id, stored.Version, MayCreate: false));
            await WriteAsync(territory.Tenant, writes, cancellationToken);
        }
    }

    /// <summary>Somebody may work on a Task at this moment: what is not written stands in the next run's plan again.</summary>
    private async Task WriteAsync(string tenant, List<Write> portion, CancellationToken cancellationToken)
    {
        if (portion.Count > 0 && !(await store.CommitAsync(tenant, portion, cancellationToken)).Committed)
            foreach (var write in portion)
                await store.CommitAsync(tenant, [write], cancellationToken);
    }

    private static Write.Create Asked(Element task, DateTimeOffset now) => new(
        new(task), Queries.By("Task", Queries.Token("Task", "identifier", Numbers, task.IdentifierOf(Numbers)!)), Guid.CreateVersion7(now).ToString());

    private static Element TaskOf(Territory territory, Stored group, NewCall call, MemberNote note, DateTimeOffset now)
    {
        var task = Element.OfResource("Task");
        task.AddItem("identifier").With("system", Numbers)
            .With("value", string.Create(CultureInfo.InvariantCulture, $"{group.Id}/{call.Patient[(call.Patient.IndexOf('/', StringComparison.Ordinal) + 1)..]}/{call.Number}"));
        task.With("status", "requested").With("intent", "order").With("priority", note.Rank >= FirstFromRank ? "asap" : "urgent");
        task.Concept("code", Vocabulary.TaskKind, ChildTasks.CallBack, "Rappel");
        task.With("description", "Patient fragile d'un médecin qui cesse son activité, sans nouvelles : à rappeler.");
        task.Refer("focus", group.Reference);
        task.Refer("for", call.Patient);
        task.With("authoredOn", now.Instant()).With("lastModified", now.Instant());
        task.Refer("requester", territory.Cpts);
        task.Refer("owner", territory.Cpts);
        if (note.Reasons.Length > 0)
            task.Add("reasonCode").With("text", note.Reasons);
        if (note.SeenThrice is { } rpps)
        {
            var input = task.AddItem("input");
            input.Concept("type", Vocabulary.TaskInput, "medecin-a-proposer", "Médecin à proposer en premier");
            input.With("valueString", rpps);
        }

        return task;
    }

    private static Element Withdrawn(Element task, DateTimeOffset now)
    {
        var root = task.Copy();
        root.Put("status", "cancelled");
        root.Remove("statusReason");
        root.Add("statusReason").With("text", "La personne n'est plus sans nouvelles, ou un autre rappel la concerne.");
        root.Put("lastModified", now.Instant());
        return root;
    }
}
