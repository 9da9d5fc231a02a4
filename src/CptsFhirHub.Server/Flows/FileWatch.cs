using System.Globalization;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Looks at every open file: fragile people of whom nobody hears get a Flag and a call-back (the watch over medical isolation, flow M27); old
/// needs are to be confirmed, and leave the list when nobody does (flow M25). What is made has a number of its own and is made once.
/// </summary>
internal sealed class FileWatch(ResourceStore store, Territories territories, FileClosing closings, TimeProvider time)
{
    public const string Alert = Vocabulary.Root + "/CodeSystem/alerte-suivi";
    private const string Isolated = "isolement-medical";
    private const string AlertNumbers = Vocabulary.Root + "/NamingSystem/alerte-isolement";
    private const string ConfirmationNumbers = Vocabulary.Root + "/NamingSystem/confirmation-annuelle";
    private const string CallOutcome = Vocabulary.Root + "/CodeSystem/issue-rappel";

    /// <summary>Files looked at together.</summary>
    private const int PortionSize = 100;

    private static readonly string[] Open = ["requested", "received", "accepted", "ready", "in-progress", "on-hold"];

    /// <summary>All open files.</summary>
    public static SearchQuery AllOpen { get; } = Queries.By("Task",
        Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask), Queries.Token("Task", "status", null, Open));

    /// <summary>Flags fragile people of whom nobody hears, and ends the flags of those of whom somebody did.</summary>
    public async Task<string> WatchIsolationAsync(CancellationToken cancellationToken)
    {
        var (files, begun, ended) = (0, 0, 0);
        foreach (var tenant in territories.Tenants)
        {
            ended += await EndFlagsOfClosedFilesAsync(tenant, cancellationToken);
            await foreach (var portion in OpenFilesAsync(tenant, cancellationToken))
                foreach (var file in portion)
                {
                    files++;
                    var reasons = FollowUp.Isolation(file.Watched, Today, territories.Of(tenant).FollowUp);
                    if (reasons.Count > 0 && file.Flag is null)
                        begun += await BeginAsync(territories.Of(tenant), file, reasons, cancellationToken) ? 1 : 0;
                    else if (reasons.Count == 0 && file.Flag is { } flag)
                        ended += await EndAsync(tenant, flag, file.Tasks, cancellationToken) ? 1 : 0;
                }
        }

        return $"{files} open files, {begun} persons flagged as isolated, {ended} flags ended.";
    }

    /// <summary>Asks for the confirmation of old needs, and closes files that nobody confirmed in time.</summary>
    public async Task<string> ConfirmAsync(CancellationToken cancellationToken)
    {
        var (files, asked, closed) = (0, 0, 0);
        foreach (var tenant in territories.Tenants)
            await foreach (var portion in OpenFilesAsync(tenant, cancellationToken))
                foreach (var file in portion)
                {
                    files++;
                    var territory = territories.Of(tenant);
                    switch (FollowUp.Confirm(file.Watched, Today, territory.FollowUp))
                    {
                        case Confirmation.Ask:
                            asked += await AskAsync(territory, file, cancellationToken) ? 1 : 0;
                            break;
                        case Confirmation.Close:
                            closed += await CloseAsync(tenant, file, cancellationToken) ? 1 : 0;
                            break;
                    }
                }

        return $"{files} open files, {asked} to be confirmed, {closed} closed unconfirmed.";
    }

    private DateOnly Today => Days.Of(time.GetUtcNow());

    /// <summary>An open file with what hangs on it.</summary>
    private sealed record OpenFile(Stored Task, Stored Request, WatchedFile Watched, IReadOnlyList<Stored> Tasks, Stored? Flag, int Flags);

    private async IAsyncEnumerable<List<OpenFile>> OpenFilesAsync(
        string tenant, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var query = AllOpen with { Count = PortionSize };
        while (true)
        {
            var page = await store.SearchAsync(tenant, query, cancellationToken);
            yield return await DescribeAsync(tenant, page.Matches, cancellationToken);
            if (page.NextCursor is not { } next)
                yield break;
            query = query with { Cursor = next };
        }
    }

    private async Task<List<OpenFile>> DescribeAsync(string tenant, IReadOnlyList<Stored> files, CancellationToken cancellationToken)
    {
        var patients = files.Select(file => file.Resource.Root.Child("for")?.Text("reference")).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (patients.Count == 0)
            return [];
        var tasks = (await AboutAsync("Task", "patient")).ToLookup(task => task.Resource.Root.Child("for")?.Text("reference") ?? "", StringComparer.Ordinal);
        var flags = (await AboutAsync("Flag", "patient")).ToLookup(flag => flag.Resource.Root.Child("subject")?.Text("reference") ?? "", StringComparer.Ordinal);
        var contacts = await AboutAsync("Communication", "patient");
        contacts.AddRange(await AboutAsync("Appointment", "patient"));

        var described = new List<OpenFile>();
        foreach (var file in files)
        {
            var root = file.Resource.Root;
            if (root.Child("for")?.Text("reference") is not { } patient || root.Child("focus")?.Text("reference") is not { } focus
                || Days.Of(root.Text("authoredOn")) is not { } since || await store.ReadAsync(tenant, focus, cancellationToken) is not { } request)
                continue;
            var own = tasks[patient].ToList();
            var ours = flags[patient].Where(flag => flag.Resource.Root.IdentifierOf(AlertNumbers) is not null).ToList();
            described.Add(new(
                file, request, Watch(file, patient, since, request, own, contacts.Where(contact => IsWith(contact, patient))), own,
                ours.Find(flag => flag.Resource.Root.Text("status") == "active"), ours.Count));
        }

        return described;

        Task<List<Stored>> AboutAsync(string type, string parameter) =>
            store.WalkAsync(tenant, Queries.By(type, Queries.RefersToAny(type, parameter, patients)), cancellationToken);
    }

    private WatchedFile Watch(
        Stored file, string patient, DateOnly since, Stored request, List<Stored> tasks, IEnumerable<Stored> contacts)
    {
        DateOnly? contact = null, confirmed = null, due = null, accepted = null;
        foreach (var task in tasks)
        {
            var (root, day) = (task.Resource.Root, Days.Of(task.LastUpdated));
            var status = root.Text("status");
            switch (KnownPerson.KindOf(task))
            {
                case ChildTasks.CallBack when WasReached(root):
                case ChildTasks.DacSupport when status is "in-progress" or "completed":
                    contact = Days.Later(contact, day);
                    break;
                case ChildTasks.GpProposal when status is "accepted" or "completed":
                    accepted = Days.Later(accepted, day);
                    break;
                case ChildTasks.YearlyConfirmation when BelongsTo(root, file.Reference):
                    if (status == "completed")
                        (confirmed, contact) = (Days.Later(confirmed, day), Days.Later(contact, day));
                    else if (!ChildTasks.IsOver(status ?? ""))
                        due = Days.Of(root.At("restriction", "period")?.Text("end"));
                    break;
            }
        }

        foreach (var one in contacts)
            contact = Days.Later(contact, ContactDay(one));
        return new(file.Reference, patient, since)
        {
            IsFragile = request.Resource.Root.Text("priority") is "urgent" or "asap" or "stat",
            LastContact = contact,
            Refusals = tasks.Count(task => KnownPerson.KindOf(task) == ChildTasks.GpProposal && task.Resource.Root.Text("status") == "rejected"
                && (accepted is not { } yes || Days.Of(task.LastUpdated) > yes)),
            LastConfirmed = confirmed,
            ConfirmationDue = due,
        };
    }

    private static bool WasReached(Element call)
    {
        foreach (var output in call.All("output"))
            if (output.Child("valueCodeableConcept").CodeOf(CallOutcome) == "joint")
                return true;
        return false;
    }

    /// <summary>The day on which the person was spoken with or seen; null for a message that failed and a visit that was not kept.</summary>
    private DateOnly? ContactDay(Stored contact)
    {
        var root = contact.Resource.Root;
        return contact.Type == "Communication"
            ? root.Text("status") == "completed" && root.Text("received") is { } received ? Days.Of(received) : null
            : root.Text("status") is "arrived" or "fulfilled" or "checked-in" && Days.Of(root.Text("start")) is { } day && day <= Today ? day : null;
    }

    private static bool IsWith(Stored contact, string patient)
    {
        if (contact.Resource.Root.Child("subject")?.Text("reference") == patient)
            return true;
        foreach (var participant in contact.Resource.Root.All("participant"))
            if (participant.Child("actor")?.Text("reference") == patient)
                return true;
        return false;
    }

    private static bool BelongsTo(Element task, string file)
    {
        foreach (var parent in task.All("partOf"))
            if (parent.Text("reference") == file)
                return true;
        return false;
    }

    private async Task<bool> BeginAsync(Territory territory, OpenFile file, IReadOnlyList<string> reasons, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var number = string.Create(CultureInfo.InvariantCulture, $"{file.Task.Id}/{file.Flags + 1}");
        var words = string.Join(" ; ", reasons);
        var flag = Element.OfResource("Flag");
        flag.AddItem("identifier").With("system", AlertNumbers).With("value", number);
        flag.With("status", "active");
        flag.Concept("code", Alert, Isolated, "Isolement médical").With("text", $"Isolement médical : {words}");
        flag.Refer("subject", file.Watched.Patient);
        flag.Add("period").With("start", now.Instant());

        var call = ChildTask(territory, file, ChildTasks.CallBack, "Rappel", now);
        call.AddItem("identifier").With("system", AlertNumbers).With("value", number);
        call.With("description", "Personne fragile et sans nouvelles : à rappeler.");
        call.Add("reasonCode").With("text", words);
        var commit = await store.CommitAsync(territory.Tenant,
        [
            new Write.Expect(Queries.By("Flag", Queries.Token("Flag", "identifier", AlertNumbers, number)), ExpectedReference: null),
            new Write.Create(new(flag)),
            new Write.Create(new(call)),
        ], cancellationToken);
        return commit.Committed;
    }

    /// <summary>Ends a flag, and the call-back that came with it if nobody has worked on it.</summary>
    private async Task<bool> EndAsync(string tenant, Stored flag, IReadOnlyList<Stored> tasks, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var root = flag.Resource.Root.Copy();
        root.Put("status", "inactive");
        (root.Child("period") ?? root.Add("period")).Put("end", now.Instant());
        var writes = new List<Write> { new Write.Update(new(root), flag.Id, flag.Version, MayCreate: false) };
        var number = flag.Resource.Root.IdentifierOf(AlertNumbers);
        foreach (var task in tasks.Where(task => task.Resource.Root.IdentifierOf(AlertNumbers) == number && task.Resource.Root.Text("status") == "requested"))
            writes.Add(new Write.Update(new(Ended(task.Resource.Root, "cancelled", "La personne a été contactée, ou n'est plus concernée.", now)),
                task.Id, task.Version, MayCreate: false));
        return (await store.CommitAsync(tenant, writes, cancellationToken)).Committed;
    }

    private async Task<int> EndFlagsOfClosedFilesAsync(string tenant, CancellationToken cancellationToken)
    {
        var ended = 0;
        foreach (var flag in await store.WalkAsync(tenant, Queries.By("Flag", Numbered("Flag", AlertNumbers)), cancellationToken))
        {
            if (flag.Resource.Root.Text("status") != "active" || flag.Resource.Root.IdentifierOf(AlertNumbers) is not { } number)
                continue;
            var file = await store.ReadAsync(tenant, "Task/" + number[..number.LastIndexOf('/')], cancellationToken);
            if (file is not null && Open.Contains(file.Resource.Root.Text("status")))
                continue;
            var calls = await store.WalkAsync(tenant, Queries.By("Task", Queries.Token("Task", "identifier", AlertNumbers, number)), cancellationToken);
            ended += await EndAsync(tenant, flag, calls, cancellationToken) ? 1 : 0;
        }

        return ended;
    }

    private static Criterion.Match Numbered(string type, string system) => new Criterion.Match(
        Fhir.Definitions.R4.Definitions.SearchParameter(type, "identifier")!, null, [new SearchValue.Token(system, null)]);

    private async Task<bool> AskAsync(Territory territory, OpenFile file, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var asked = file.Tasks.Count(task => task.Resource.Root.IdentifierOf(ConfirmationNumbers) is not null);
        var number = string.Create(CultureInfo.InvariantCulture, $"{file.Task.Id}/{asked + 1}");
        var task = ChildTask(territory, file, ChildTasks.YearlyConfirmation, "Confirmation annuelle", now);
        task.AddItem("identifier").With("system", ConfirmationNumbers).With("value", number);
        task.With("description", "Demander si la personne cherche encore un médecin traitant.");
        task.Add("restriction").Add("period").With(
            "end", Today.AddDays(territory.FollowUp.ConfirmWithinDays).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        var commit = await store.CommitAsync(territory.Tenant,
        [
            new Write.Expect(Queries.By("Task", Queries.Token("Task", "identifier", ConfirmationNumbers, number)), ExpectedReference: null),
            new Write.Create(new(task)),
        ], cancellationToken);
        return commit.Committed;
    }

    /// <summary>Takes the file off the list; what a GP or the insurer is at work on stays until they are done.</summary>
    private async Task<bool> CloseAsync(string tenant, OpenFile file, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var writes = await closings.WritesAsync(
            file.Task, file.Request, FileStates.ClosedNotConfirmed, "Le besoin n'a pas été confirmé dans le délai.", cancellationToken,
            endOf: task => KnownPerson.KindOf(task) == ChildTasks.YearlyConfirmation && BelongsTo(task.Resource.Root, file.Task.Reference)
                && !ChildTasks.IsOver(task.Resource.Root.Text("status") ?? "")
                    ? Ended(task.Resource.Root, "failed", "Sans réponse dans le délai.", now)
                    : null);
        return writes.Count > 0 && (await store.CommitAsync(tenant, writes, cancellationToken)).Committed;
    }

    private static Element ChildTask(Territory territory, OpenFile file, string kind, string display, DateTimeOffset now)
    {
        var task = Element.OfResource("Task");
        task.ReferItem("partOf", file.Task.Reference);
        task.With("status", "requested").With("intent", "order").With("priority", file.Request.Resource.Root.Text("priority"));
        task.Concept("code", Vocabulary.TaskKind, kind, display);
        task.Refer("focus", file.Request.Reference);
        task.Refer("for", file.Watched.Patient);
        task.With("authoredOn", now.Instant()).With("lastModified", now.Instant());
        task.Refer("requester", territory.Cpts);
        task.Refer("owner", territory.Cpts);
        return task;
    }

    private static Element Ended(Element task, string status, string reason, DateTimeOffset now)
    {
        var root = task.Copy();
        root.Put("status", status);
        root.Remove("statusReason");
        root.Add("statusReason").With("text", reason);
        root.Put("lastModified", now.Instant());
        return root;
    }
}
