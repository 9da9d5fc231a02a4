using System.Text.Json;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;
using CptsFhirHub.Storage.Registry;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Checks of each open file whether the need is real (<see cref="Legitimacy"/>, flow M16): closes what is settled, with the reason, and puts on the
/// others what a coordinator should know.
/// </summary>
internal sealed class CheckNeeds(
    ResourceStore store, RegistryStore registry, Territories territories, Practices practices, FileClosing closings, TimeProvider time)
{
    /// <summary>When the files of a tenant were last checked, and when all of them.</summary>
    private const string Setting = "needs-checked";

    /// <summary>A commit that began before a run and ended after it bears an earlier instant.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromMinutes(5);

    /// <summary>All files at least so often: some grow old without being touched.</summary>
    private static readonly TimeSpan Daily = TimeSpan.FromHours(23);

    /// <summary>What a declared GP and the distance depend on beside the person: a change there may concern any file.</summary>
    private static readonly string[] OfGps = ["Practitioner", "PractitionerRole", "Location", "Organization"];

    public const string Remarks = Vocabulary.Root + "/CodeSystem/remarque-dossier";

    /// <summary>The <c>Task.output</c> that keeps for which GP a file was closed: opened again, it is not closed for the same.</summary>
    private const string KnownGp = "medecin-traitant-connu";

    private const int PortionSize = 100;
    private const int AdultYears = 18;

    private static readonly Criterion[] OpenFile =
    [
        Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask),
        Queries.Token("Task", "status", null, "requested", "received", "accepted", "ready", "in-progress", "on-hold"),
    ];

    /// <summary>Checks the open files that something has touched since the last run, and once a day all of them.</summary>
    public async Task<string> RunAllAsync(CancellationToken cancellationToken)
    {
        var (files, closed, remarked) = (0, 0, 0);
        foreach (var tenant in territories.Tenants)
        {
            var run = await RunDueAsync(territories.Of(tenant), cancellationToken);
            (files, closed, remarked) = (files + run.Files, closed + run.Closed, remarked + run.Remarked);
        }

        return $"{files} open files, {closed} closed, {remarked} with other remarks.";
    }

    /// <summary>
    /// Checks those open files of one territory that are due. What a run has come to is noted at its end: one that was cut off is done again, and what
    /// it had written already is as it should be.
    /// </summary>
    public async Task<(int Files, int Closed, int Remarked)> RunDueAsync(Territory territory, CancellationToken cancellationToken)
    {
        var begun = time.GetUtcNow();
        var last = registry.FindSetting(territory.Tenant, Setting) is { } json ? JsonSerializer.Deserialize<Checked>(json) : null;
        var isWhole = last is null || begun - last.All >= Daily || await HaveGpsChangedAsync(territory.Tenant, last.At - Overlap, cancellationToken);
        var run = isWhole
            ? await RunAsync(territory, cancellationToken)
            : await CheckAllAsync(territory, await TouchedAsync(territory.Tenant, last!.At - Overlap, cancellationToken), cancellationToken);
        await registry.PutSettingAsync(
            new SettingRow(territory.Tenant, Setting, JsonSerializer.Serialize(new Checked(begun, isWhole ? begun : last!.All)), begun), cancellationToken);
        return run;
    }

    private async Task<bool> HaveGpsChangedAsync(string tenant, DateTimeOffset since, CancellationToken cancellationToken)
    {
        foreach (var type in OfGps)
            if ((await store.SearchAsync(tenant, Queries.By(type, Queries.At(type, "_lastUpdated", Prefix.Ge, since)) with { Count = 1 }, cancellationToken)).Matches.Count > 0)
                return true;
        return false;
    }

    /// <summary>The open files that were written since, and those of whose person, request or relative something was.</summary>
    private async Task<IReadOnlyCollection<Stored>> TouchedAsync(string tenant, DateTimeOffset since, CancellationToken cancellationToken)
    {
        Dictionary<string, Stored> files = new(StringComparer.Ordinal);
        Add(await SinceAsync("Task", OpenFile));
        HashSet<string> persons = [.. (await SinceAsync("Patient")).Select(patient => patient.Reference)];
        foreach (var related in await SinceAsync("RelatedPerson"))
            if (related.Resource.Root.Child("patient")?.Text("reference") is { } person)
                persons.Add(person);
        foreach (var request in await SinceAsync("ServiceRequest"))
            if (request.Resource.Root.Child("subject")?.Text("reference") is { } person)
                persons.Add(person);
        foreach (var some in persons.Chunk(PortionSize))
            Add(await store.WalkAsync(tenant, Queries.By("Task", [.. OpenFile, Queries.RefersToAny("Task", "patient", some)]), cancellationToken));
        return files.Values;

        Task<List<Stored>> SinceAsync(string type, params ReadOnlySpan<Criterion> more) =>
            store.WalkAsync(tenant, Queries.By(type, [.. more, Queries.At(type, "_lastUpdated", Prefix.Ge, since)]), cancellationToken);

        void Add(List<Stored> found)
        {
            foreach (var file in found)
                files[file.Reference] = file;
        }
    }

    /// <summary>Checks all open files of one territory.</summary>
    public async Task<(int Files, int Closed, int Remarked)> RunAsync(Territory territory, CancellationToken cancellationToken)
    {
        var (files, closed, remarked) = (0, 0, 0);
        var query = Queries.By("Task", OpenFile) with { Count = PortionSize };
        while (true)
        {
            var page = await store.SearchAsync(territory.Tenant, query, cancellationToken);
            var run = await CheckAllAsync(territory, page.Matches, cancellationToken);
            (files, closed, remarked) = (files + run.Files, closed + run.Closed, remarked + run.Remarked);
            if (page.NextCursor is not { } next)
                return (files, closed, remarked);
            query = query with { Cursor = next };
        }
    }

    private async Task<(int Files, int Closed, int Remarked)> CheckAllAsync(
        Territory territory, IReadOnlyCollection<Stored> files, CancellationToken cancellationToken)
    {
        var (closed, remarked) = (0, 0);
        foreach (var file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await CheckAsync(territory, file, cancellationToken) is not { } verdict)
                continue;
            if (verdict.Closing is null)
                remarked++;
            else
                closed++;
        }

        return (files.Count, closed, remarked);
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
        var isMinor = Days.Of(root.Text("birthDate")) is { } born && born.AddYears(AdultYears) > Days.Of(time.GetUtcNow());
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

    /// <summary>When a run of a tenant's files began, and the last one of all of them.</summary>
    private sealed record Checked(DateTimeOffset At, DateTimeOffset All);
}
