using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Checks of each open file whether the need is real (<see cref="Legitimacy"/>, flow M16): closes what is settled, with the reason, and puts on the
/// others what a coordinator should know.
/// </summary>
internal sealed class CheckNeeds(ResourceStore store, Territories territories, Practices practices, FileClosing closings, TimeProvider time)
{
    public const string Remarks = Vocabulary.Root + "/CodeSystem/remarque-dossier";

    /// <summary>The <c>Task.output</c> that keeps for which GP a file was closed: opened again, it is not closed for the same.</summary>
    private const string KnownGp = "medecin-traitant-connu";

    private const int PortionSize = 100;
    private const int AdultYears = 18;

    private static readonly string[] Open = ["requested", "received", "accepted", "ready", "in-progress", "on-hold"];

    /// <summary>Checks all open files.</summary>
    public async Task<string> RunAllAsync(CancellationToken cancellationToken)
    {
        var (files, closed, remarked) = (0, 0, 0);
        foreach (var tenant in territories.Tenants)
        {
            var run = await RunAsync(territories.Of(tenant), cancellationToken);
            (files, closed, remarked) = (files + run.Files, closed + run.Closed, remarked + run.Remarked);
        }

        return $"{files} open files, {closed} closed, {remarked} with other remarks.";
    }

    /// <summary>Checks the open files of one territory.</summary>
    public async Task<(int Files, int Closed, int Remarked)> RunAsync(Territory territory, CancellationToken cancellationToken)
    {
        var (files, closed, remarked) = (0, 0, 0);
        var query = Queries.By("Task",
            Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask), Queries.Token("Task", "status", null, Open)) with
        { Count = PortionSize };
        while (true)
        {
            var page = await store.SearchAsync(territory.Tenant, query, cancellationToken);
            foreach (var file in page.Matches)
            {
                files++;
                if (await CheckAsync(territory, file, cancellationToken) is not { } verdict)
                    continue;
                if (verdict.Closing is null)
                    remarked++;
                else
                    closed++;
            }

            if (page.NextCursor is not { } next)
                return (files, closed, remarked);
            query = query with { Cursor = next };
        }
    }

    /// <summary>What changed for the file; null when nothing did.</summary>
    private async Task<NeedVerdict?> CheckAsync(Territory territory, Stored file, CancellationToken cancellationToken)
    {
        var root = file.Resource.Root;
        if (root.Child("for")?.Text("reference") is not { } person || root.Child("focus")?.Text("reference") is not { } focus
            || await store.ReadAsync(territory.Tenant, person, cancellationToken) is not { } patient
            || await store.ReadAsync(territory.Tenant, focus, cancellationToken) is not { } request)
            return null;
        var facts = await FactsAsync(territory, root, patient, request, cancellationToken);
        var verdict = Legitimacy.Check(facts, territory.FarKm);
        var state = KnownPerson.StateOf(root) ?? "";
        if (verdict.Closing is { } closing)
        {
            // A GP of the territory has said yes, or is asked: what follows is theirs and the team's.
            if (closing == FileStates.ClosedHasGp && state is FileStates.Proposed or FileStates.Accepted or FileStates.FirstVisit
                || FileStates.Next(state, closing) is null)
            {
                return null;
            }

            var writes = await closings.WritesAsync(
                file, request, closing, verdict.Reason!, cancellationToken, closed => Remember(closed, closing, facts.Gp));
            return (await store.CommitAsync(territory.Tenant, writes, cancellationToken)).Committed ? verdict : null;
        }

        var noted = Noted(root, verdict.Remarks);
        return noted is not null
            && (await store.CommitAsync(territory.Tenant, [new Write.Update(new(noted), file.Id, file.Version, MayCreate: false)], cancellationToken)).Committed
                ? verdict
                : null;
    }

    private async Task<NeedFacts> FactsAsync(
        Territory territory, Element file, Stored patient, Stored request, CancellationToken cancellationToken)
    {
        var (root, traits) = (patient.Resource.Root, Traits.Of(patient.Resource.Root));
        var isMinor = Days.Of(root.Text("birthDate")) is { } born && born.AddYears(AdultYears) > DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        return new()
        {
            IsDeceased = root.Text("deceasedBoolean") == "true" || root.Child("deceasedDateTime") is not null,
            Gp = await practices.DeclaredAsync(territory, root, cancellationToken),
            GpOverruled = OverruledGp(file),
            SaysGpLeft = SaysGpLeft(request.Resource.Root),
            LivesOutside = territory.Communes.Count > 0 && traits.Commune is { } commune ? !territory.Communes.Contains(commune) : null,
            IsMinor = isMinor,
            HasGuardian = isMinor && (root.Child("contact") is not null || (await store.SearchAsync(
                territory.Tenant, Queries.By("RelatedPerson", Queries.Refers("RelatedPerson", "patient", patient.Reference)) with { Count = 1 },
                cancellationToken)).Matches.Count > 0),
        };
    }

    /// <summary>The file with these remarks and no others of ours; null when it bears them already.</summary>
    private static Element? Noted(Element file, IReadOnlyList<NeedRemark> remarks)
    {
        var before = new List<string>();
        var (reason, text) = (file.Child("reasonCode"), string.Join(" ; ", remarks.Select(remark => remark.French)));
        if (reason is not null)
            foreach (var coding in reason.All("coding"))
                if (coding.Text("system") == Remarks)
                    before.Add(coding.Text("code") ?? "");
        if (before.SequenceEqual(remarks.Select(remark => remark.Code), StringComparer.Ordinal) && (remarks.Count == 0 || reason?.Text("text") == text))
            return null;

        var noted = file.Copy();
        noted.Remove("reasonCode");
        var concept = Element.OfResource("Task").Add("reasonCode");
        if (reason is not null)
            foreach (var coding in reason.All("coding"))
                if (coding.Text("system") != Remarks)
                    concept.Append(coding.Copy());
        foreach (var remark in remarks)
            concept.Coding(Remarks, remark.Code);
        if (remarks.Count > 0)
            concept.With("text", text);
        if (concept.Child("coding") is not null)
            noted.Append(concept.Copy());
        return noted;
    }

    /// <summary>Keeps for which GP the file was closed.</summary>
    private static void Remember(Element file, string closing, DeclaredGp? gp)
    {
        if (closing != FileStates.ClosedHasGp || gp is null)
            return;
        var output = file.AddItem("output");
        output.Concept("type", Vocabulary.TaskInput, KnownGp, "Médecin traitant connu à la clôture");
        output.With("valueString", gp.Reference);
    }

    private static string? OverruledGp(Element file)
    {
        string? gp = null;
        foreach (var output in file.All("output"))
            if (output.Child("type").CodeOf(Vocabulary.TaskInput) == KnownGp)
                gp = output.Text("valueString");
        return gp;
    }

    private static bool SaysGpLeft(Element request)
    {
        foreach (var reason in request.All("reasonCode"))
            foreach (var coding in reason.All("coding"))
                if (coding.Text("code") == "medecin-parti")
                    return true;
        return false;
    }
}
