using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// What people and partners may do to Tasks over FHIR: the steps of the state tables and no others. A step that concerns another
/// resource (the file's request, the parent of a child task) writes it in the same commit.
/// </summary>
internal sealed class TaskSteps(ResourceStore store, SenderFeedback feedback, TimeProvider time)
{
    public async ValueTask<WriteVerdict> Judge(Stored? current, Resource next, Caller caller, CancellationToken cancellationToken)
    {
        if (next.Type != "Task")
            return WriteVerdict.Fine;
        var kind = next.Root.Child("code").CodeOf(Vocabulary.TaskKind);
        if (kind == Vocabulary.IdentityTask && !caller.IsCoordination && Verification.Of(next.Root) != Verdict.None
            && (current is null || Verification.Of(current.Resource.Root) != Verification.Of(next.Root)))
            return Refused("forbidden", "Task.output", "The coordination says whether two records are one person.");
        if (current is null || kind is null)
            return kind == Vocabulary.ParcoursTask && Mismatch(next.Root) is { } wrong ? new([wrong], []) : WriteVerdict.Fine;

        var before = current.Resource.Root;
        if (before.Child("code").CodeOf(Vocabulary.TaskKind) != kind)
            return Refused("business-rule", "Task.code", "A task does not change its kind.");
        return kind == Vocabulary.ParcoursTask
            ? await JudgeFileAsync(before, next.Root, caller, cancellationToken)
            : await JudgeChildAsync(kind, current, next.Root, caller, cancellationToken);
    }

    private async Task<WriteVerdict> JudgeFileAsync(Element before, Element next, Caller caller, CancellationToken cancellationToken)
    {
        var (from, to) = (KnownPerson.StateOf(before) ?? "", KnownPerson.StateOf(next) ?? "");
        if (Mismatch(next) is { } wrong)
            return new([wrong], []);
        if (from == to)
            return WriteVerdict.Fine;
        if (!caller.IsCoordination)
            return Refused("forbidden", "Task.businessStatus", "The coordination team moves a file.");
        if (FileStates.Next(from, to) is not { } state)
            return Refused("business-rule", "Task.businessStatus", FileStates.Refusal(from, to));
        if (FileStates.NeedsReason(from, to) && next.Child("statusReason") is null)
            return Refused("required", "Task.statusReason", $"The step from '{from}' to '{to}' says why.");

        // Who reported the person is told; the tags of the stored file say who that is, whatever the client writes.
        var told = await feedback.OnStepAsync(caller.Tenant, before, from, to, cancellationToken);

        // A request is open exactly as long as its file is.
        if (next.Child("focus")?.Text("reference") is not { } focus
            || await store.ReadAsync(caller.Tenant, focus, cancellationToken) is not { } request
            || request.Resource.Root.Text("status") == state.RequestStatus)
            return new([], told);
        var root = request.Resource.Root.Copy();
        root.Put("status", state.RequestStatus);
        return new([], [new Write.Update(new(root), request.Id, request.Version, MayCreate: false), .. told]);
    }

    private async Task<WriteVerdict> JudgeChildAsync(
        string kind, Stored current, Element next, Caller caller, CancellationToken cancellationToken)
    {
        var before = current.Resource.Root;
        var (from, to) = (before.Text("status") ?? "", next.Text("status") ?? "");
        if (from == to)
            return WriteVerdict.Fine;
        if (!ChildTasks.Allows(kind, from, to))
            return Refused("business-rule", "Task.status", ChildTasks.Refusal(kind, from, to));
        if (kind == Vocabulary.IdentityTask && to == "completed")
            return await JudgeVerdictAsync(current, next, caller, cancellationToken);
        var isOwner = caller.Organization is { } mine && before.Child("owner")?.Text("reference") == mine;
        if (!caller.IsCoordination && !(isOwner && ChildTasks.IsOwners(to)))
            return Refused("forbidden", "Task.status", ChildTasks.IsOwners(to)
                ? "Only who was asked takes this step." : "Only who asked takes this step.");
        if (!ChildTasks.IsOver(to) || await ParentAsync(next, caller.Tenant, cancellationToken) is not { } parent)
            return WriteVerdict.Fine;
        return new([], [new Write.Update(
            new(WithOutcome(parent.Resource.Root, kind, current.Reference, next, time.GetUtcNow())), parent.Id, parent.Version, MayCreate: false)]);
    }

    /// <summary>A comparison ends with what a person saw; the machine keeps to it from then on.</summary>
    private async Task<WriteVerdict> JudgeVerdictAsync(Stored current, Element next, Caller caller, CancellationToken cancellationToken)
    {
        if (!caller.IsCoordination)
            return Refused("forbidden", "Task.status", "The coordination says whether two records are one person.");
        switch (Verification.Of(next))
        {
            case Verdict.None when Verification.Pairs(next).Any():
                return Refused("required", "Task.output",
                    "A comparison that is completed says how it ended: an output 'issue-verification' with 'personnes-distinctes' or 'meme-personne'.");
            case Verdict.Same when Verification.Subject(next) is { } subject:
                foreach (var other in Verification.Others(next))
                    if (!await AreOneAsync(caller.Tenant, subject, other, cancellationToken))
                        return Refused("business-rule", "Task.output", "Records of one person are merged first, by Patient/$merge.");
                break;
        }

        return await ParentAsync(next, caller.Tenant, cancellationToken) is not { } parent ? WriteVerdict.Fine : new([], [new Write.Update(
            new(WithOutcome(parent.Resource.Root, Vocabulary.IdentityTask, current.Reference, next, time.GetUtcNow())),
            parent.Id, parent.Version, MayCreate: false)]);
    }

    private async Task<bool> AreOneAsync(string tenant, string one, string other, CancellationToken cancellationToken) =>
        await PersonSearch.SurvivorAsync(store, tenant, one, cancellationToken) == await PersonSearch.SurvivorAsync(store, tenant, other, cancellationToken);

    private async Task<Stored?> ParentAsync(Element child, string tenant, CancellationToken cancellationToken) =>
        child.Child("partOf")?.Text("reference") is { } parent ? await store.ReadAsync(tenant, parent, cancellationToken) : null;

    /// <summary>The file with how a child task ended: whoever opens the file sees it, with the report the partner wrote.</summary>
    internal static Element WithOutcome(Element file, string kind, string child, Element ended, DateTimeOffset now)
    {
        var root = file.Copy();
        var report = Report(ended);
        var output = root.AddItem("output");
        output.Concept("type", Vocabulary.TaskInput, "compte-rendu", "Compte rendu")
            .With("text", $"{kind} : {ended.Text("status")}{(report is null ? "" : $" – {report}")}");
        output.Refer("valueReference", child);
        root.Put("lastModified", now.Instant());
        return root;
    }

    private static string? Report(Element task)
    {
        foreach (var output in task.All("output"))
            if (output.Text("valueString") is { } text)
                return text;
        foreach (var note in task.All("note"))
            if (note.Text("text") is { } text)
                return text;
        return task.Child("statusReason")?.Text("text");
    }

    /// <summary>The fault of a file whose two statuses do not stand together, or null.</summary>
    private static Issue? Mismatch(Element task)
    {
        if (FileStates.Find(KnownPerson.StateOf(task)) is not { } state)
            return Issue.Error("business-rule", "Task.businessStatus", "A file says its state, a code of etat-parcours.");
        return state.TaskStatus == task.Text("status") || KnownPerson.IsUnread(task)
            ? null
            : Issue.Error("business-rule", "Task.status", $"A file in state '{state.Code}' has the status '{state.TaskStatus}'.");
    }

    private static WriteVerdict Refused(string code, string path, string text) => new([Issue.Error(code, path, text)], []);
}
