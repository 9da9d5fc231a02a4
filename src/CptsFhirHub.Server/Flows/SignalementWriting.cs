using CptsFhirHub.Coordination;
using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Coordination.Triage;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Turns what one message says, and what the hub knows, into the writes of one commit. It reads nothing and has no effect:
/// the same case, knowledge and instant give the same writes, but for the new ids.
/// </summary>
/// <remarks>It is long because each wish that a message can have is written here, all of them from the same writes and issues of one commit.</remarks>
internal sealed partial class SignalementWriting(SignalementCase signalement, Territory territory, DateTimeOffset now)
{
    private readonly WriteList _writes = new(signalement.Message, now);
    private readonly List<Issue> _issues = [.. signalement.Issues];

    /// <summary>The calls that a step of a file makes to those who reported the person.</summary>
    public required Func<Element, string, string, IReadOnlyList<OutboxEntry>> Feedback { get; init; }

    /// <summary>Who the machine took the person for, and why.</summary>
    public required IdentityDecision Decision { get; init; }

    /// <summary>By what persons are compared here.</summary>
    public required Matcher Matcher { get; init; }

    /// <summary>Where a need that cannot wait goes; told in the answer.</summary>
    public Orientation? Orientation { get; init; }

    private string Sender => signalement.Message.ClientId;

    /// <summary>What is remembered of the numbers that lead to this message's; it goes with the person.</summary>
    public IReadOnlyList<Stored> Led { get; init; } = [];

    /// <summary>What must still be so when the commit runs. Guards come first: the commit's own writes change what they look at.</summary>
    public void Guard(IEnumerable<Write.Guard> guards) => _writes.AddGuards(guards);

    /// <summary>Somebody looks for a GP: one more voice on an open request, or a new request.</summary>
    public SignalementPlan Signal(KnownPerson? known, IReadOnlyList<Stored> doubtful)
    {
        var taking = Withdrawals.TakingBack();
        if (taking is { Kind: KeyKind.Need })
            return Denied(known);
        var patient = WritePatient(known);
        var (facts, urls) = WriteFacts(known, patient);
        var isNew = known?.Request is null;
        foreach (var spare in known?.Spare ?? [])
        {
            var closed = new Draft(spare.Request) { Root = spare.Request.Resource.Root.Copy() };
            closed.Root.Put("status", "revoked");
            _writes.Put(closed);
        }

        var isLate = IsLate(known);
        var request = known?.Request is { } open ? OldRequest(open, known.Spare, urls, isLate) : NewRequest(patient, urls);

        // Qualify: all that is known, old and new, decides; the rank goes into the request, the reasons beside it.
        var dossier = Dossier.Of(patient.Root, request.Root, [.. facts.Select(fact => fact.Root), .. Flags(known)]);
        var qualified = Fragility.Assess(dossier, territory.Rules, Days.Of(now));
        request.Root = Held(request.Root, known, isWithdrawn: taking is not null);
        SetPriority(request.Root, qualified);
        _writes.Put(request);
        WriteQualification(known, patient, request, facts, qualified);

        var isComplete = Completeness.Missing(dossier, territory.Required).Count == 0;
        urls[SignalementDraft.RequestUrl] = request.Reference;
        var answered = FileTasks.Answered(known, signalement, urls, now);
        answered.ForEach(_writes.Put);
        var file = WriteFile(known, urls, request, new(doubtful.Count > 0, isComplete, isLate), qualified, answered);
        foreach (var (before, after) in known?.Spare.SelectMany(spare => spare.JoinedTo(request.Reference, file.Reference, now)) ?? [])
            _writes.Put(new(before) { Root = after });
        foreach (var note in Withdrawals.Bearers.Select(bearer => bearer.Resource).DistinctBy(note => note.Reference).Where(note => note.Reference != taking?.Note.Reference))
            _writes.PutNote(RememberedWithdrawals.Told(note, patient.Reference));
        var isClosed = taking is { } withdrawal && TakeBack(withdrawal, known, patient, file, request, doubtful.Count > 0);
        if (doubtful.Count > 0)
            WriteIdentityTask(patient, request, file, doubtful);
        else if (!isClosed)
            WriteDacTask(known, patient, request, file, qualified);

        var kind = doubtful.Count > 0 ? ReceptionKind.Waiting : isNew ? ReceptionKind.Created : ReceptionKind.Updated;
        if (doubtful.Count > 0)
            _issues.Add(Issue.Warning("multiple-matches", "Patient",
                "The person may be one the hub knows already: a coordinator decides, and the file is kept apart until then."));
        return Settle(kind, patient, request, file.Root.IdentifierOf(Vocabulary.Tracking));
    }

    /// <summary>Completes what stands here about a known person; an unknown one who asks for nothing is not ours to keep.</summary>
    public SignalementPlan Inform(KnownPerson? known)
    {
        if (signalement.DeniesNeed && Withdrawals.RememberedDenial(known?.Patient.Reference, _writes.New) is { } denial)
            _writes.PutNote(denial);
        if (known is null)
            return Nothing(known: null, "The person is not known here and nobody asks for a GP: nothing was kept but the message.");

        var patient = WritePatient(known);
        var (_, urls) = WriteFacts(known, patient);
        var request = known.Request is { } open ? new Draft(open) : null;
        if (request is not null && Documents.Attach(request.Root, signalement.Draft.Facts, urls) is { } attached)
        {
            request.Root = attached;
            _writes.Put(request);
        }

        if (request is not null && known.File is { } file && EndedBy(file, request) is { } closing)
            Close(known, new(file), request, closing);

        return Settle(ReceptionKind.Updated, patient, request, known.File?.Resource.Root.IdentifierOf(Vocabulary.Tracking));
    }

    /// <summary>
    /// A person to know of, who has asked for nothing yet. Somebody who resembles a known person is kept apart: joining is a person's decision.
    /// </summary>
    public SignalementPlan Enrol(KnownPerson? known, IReadOnlyList<Stored> doubtful)
    {
        var patient = WritePatient(known);
        WriteFacts(known, patient);
        if (doubtful.Count > 0)
            _issues.Add(Issue.Warning("multiple-matches", "Patient", "The person may be one the hub knows already: a coordinator compares them."));
        return Settle(known is null ? ReceptionKind.Created : ReceptionKind.Updated, patient,
            known?.Request is { } open ? new(open) : null, known?.File?.Resource.Root.IdentifierOf(Vocabulary.Tracking));
    }

    /// <summary>
    /// Two numbers of one hospital are one person. When only one of them stands here the numbers join; two records are merged where the
    /// numbers are the sender's own, see <see cref="MergeOfNumbers"/>, else by a person: a wrong merge mixes two medical records.
    /// </summary>
    /// <param name="records">What each sender says of the person who bears the retired number.</param>
    /// <param name="areApart">A person has said that the two are two persons: nobody is asked again.</param>
    public SignalementPlan Merge(KnownPerson? survivor, PersonSearch retired, IReadOnlyList<Stored> records, bool areApart)
    {
        if (areApart)
            return Nothing(survivor, "A coordinator has said that these two numbers are two persons: they stay apart.");
        if (survivor is not null && retired.Same is { } other && other.Reference != survivor.Patient.Reference)
        {
            if (MergeOfNumbers.Obstacle(signalement, survivor.Patient.Resource.Root, other.Resource.Root) is not { } obstacle)
            {
                _issues.Add(new(Severity.Information, "informational", "PID-3", "Both numbers have a record here: the two are merged."));
                return Settle(ReceptionKind.Updated, new(survivor.Patient), survivor.Request is { } asked ? new(asked) : null, tracking: null) with
                {
                    Merge = new(other.Reference, survivor.Patient.Reference, Result: null, IsPreview: false),
                };
            }

            if (survivor.Request is { } open && survivor.File is { } file)
                WriteIdentityTask(new(survivor.Patient), new(open), new(file), [other]);
            else
                Ask("Un établissement réunit deux de ses numéros : dire si les deux dossiers sont une seule personne.", survivor.Patient, compared: [other], named: []);
            _issues.Add(Issue.Warning("multiple-matches", "PID-3", $"{obstacle} Both have a record here: a coordinator merges them."));
            return Settle(ReceptionKind.Waiting, new(survivor.Patient), survivor.Request is { } request ? new(request) : null, tracking: null);
        }

        var kept = survivor?.Patient ?? retired.Same!;
        var patient = new Draft(kept) { Root = Marked(PersonRecords.Take(kept, survivor?.Records ?? records, SaidOfSurvivor(survivor), SpeakerOn(survivor), _writes)) };
        _writes.Put(patient);
        return Settle(ReceptionKind.Updated, patient, request: null, tracking: null);
    }

    // A linked number that has a record of its own stays there alone: when the link is undone, it goes with it.
    private Element SaidOfSurvivor(KnownPerson? survivor)
    {
        var said = signalement.Draft.Patient;
        if (survivor is null || signalement.Intent.Event is not "A24")
            return said;
        var numbers = survivor.Records.Select(record => PersonRecords.Of(record.Resource.Root).Number).ToHashSet(StringComparer.Ordinal);
        var own = said.Copy();
        Element[] identifiers = [.. own.All("identifier")];
        foreach (var identifier in identifiers)
            if (identifier.Text("use") == "old" && numbers.Contains($"{identifier.Text("system")}|{identifier.Text("value")}"))
                own.Remove(identifier);
        return own;
    }

    /// <summary>Two numbers of one hospital are two persons: the merge by which this sender made one of them is taken back, any other by a person.</summary>
    /// <param name="other">The record to which the second number leads.</param>
    /// <param name="merge">The Provenance of that merge; null when there is none to take back.</param>
    public SignalementPlan Separate(KnownPerson? person, Stored? other, string? merge)
    {
        if (person is null && other is null)
            return Nothing(known: null, "Neither number is known here.");
        if (person is null || other is null || person.Patient.Reference != other.Reference)
            return Nothing(person, "The two numbers do not lead to one record here: there is nothing to separate.");
        if (merge is not null)
            return Settle(ReceptionKind.Updated, new(person.Patient), person.Request is { } asked ? new(asked) : null, tracking: null) with { Unmerge = merge };
        Ask("Un établissement dit que deux de ses numéros sont deux personnes, et un seul dossier porte les deux : dire ce qui revient à chacune.", person.Patient, compared: [], named: []);
        _issues.Add(Issue.Warning("business-rule", "PID-3", "One record bears both numbers, and no merge by this sender made it: a coordinator separates them."));
        return Settle(ReceptionKind.Waiting, new(person.Patient), request: null, tracking: null);
    }

    /// <summary>An event whose effect the machine must not guess: it waits for a coordinator, with the person it names.</summary>
    public SignalementPlan Ask(KnownPerson? known, Stored? other)
    {
        var persons = new[] { known?.Patient, other }.OfType<Stored>().DistinctBy(person => person.Reference).ToList();
        if (persons.Count > 0)
            Ask(
                $"Un établissement déplace un séjour ou un compte vers une autre personne (événement {signalement.Intent.Event}) : dire ce qui va avec, puis le reporter à la main.",
                persons[0], compared: [], named: persons.Skip(1));
        _issues.Add(Issue.Warning("business-rule", "MSH-9",
            $"The event {signalement.Intent.Event} moves a stay or an account to another person: a coordinator decides what goes with it."));
        return Settle(ReceptionKind.Waiting, known is null ? null : new(known.Patient), request: null, tracking: null);
    }

    /// <summary>Several persons could be meant: the machine neither closes nor joins on a guess.</summary>
    public SignalementPlan Unsure(IReadOnlyList<Stored> doubtful)
    {
        if (signalement.Intent.Wish == Wish.Withdraw)
            Remember(known: null, hasFoundNothing: true);
        Ask("Un émetteur retire ou réunit un signalement, et plusieurs personnes connues peuvent être visées : dire laquelle.", doubtful[0], compared: [], named: doubtful.Skip(1));
        _issues.Add(Issue.Warning("multiple-matches", "Patient", "Several persons known here could be meant: a coordinator decides."));
        return Settle(ReceptionKind.Waiting, patient: null, request: null, tracking: null);
    }

    private Draft WritePatient(KnownPerson? known)
    {
        // Who names a record that stands here says nothing new of the person.
        if (known is not null && signalement.Draft.Own is { IsNew: false })
            return new(known.Patient);
        var said = signalement.Draft.Patient;
        var patient = known is null
            ? _writes.New(Marked(Stamped(said.Copy())))
            : new Draft(known.Patient) { Root = Marked(PersonRecords.Take(known.Patient, known.Records, said, SpeakerOn(known), _writes)) };
        _writes.Put(patient);
        return patient;
    }

    private Speaker SpeakerOn(KnownPerson? known) => new(Sender, signalement.SaidAt, now)
    {
        LastSaid = known?.Request is { } open ? Withdrawals.LastSaid(HoldingReports.Of(open.Resource.Root)) : null,
    };

    /// <summary>Writes the facts that are new; gives all that are known now, and under which reference each of the message's stands.</summary>
    private (List<Draft> Facts, Dictionary<string, string> Urls) WriteFacts(KnownPerson? known, Draft patient)
    {
        var urls = new Dictionary<string, string>(StringComparer.Ordinal) { [SignalementDraft.PatientUrl] = patient.Reference };
        var facts = known is null ? [] : known.Facts.Where(fact => fact.Type is not ("Flag" or "RiskAssessment"))
            .Select(fact => new Draft(fact)).ToList();
        var written = new List<Draft>();
        foreach (var (url, said) in signalement.Draft.Facts)
        {
            var fact = said.Copy();
            Access.SentBy.Mark(fact, Sender);
            if (fact.ResourceType is "Encounter" or "Coverage")
                SaidAt.Stamp(fact, signalement.SaidAt);
            switch (FactMatch.Of(fact, Sender, known?.Facts ?? []))
            {
                case FactMatch.Known same:
                    urls[url] = same.Fact.Reference;
                    break;
                case FactMatch.Older newer:
                    var completed = facts.First(draft => draft.Reference == newer.Fact.Reference);
                    completed.Root = Renewed(fact, newer.Fact.Resource.Root);
                    urls[url] = completed.Reference;
                    written.Add(completed);
                    break;
                case FactMatch.Newer older:
                    var mended = facts.First(draft => draft.Reference == older.Fact.Reference);
                    mended.Root = Renewed(older.Fact.Resource.Root, fact);
                    urls[url] = mended.Reference;
                    written.Add(mended);
                    break;
                default:
                    var added = _writes.New(fact);
                    urls[url] = added.Reference;
                    facts.Add(added);
                    written.Add(added);
                    break;
            }
        }

        // Facts refer to each other: an observation to the stay, a stay to the patient.
        foreach (var fact in written)
        {
            fact.Root.Resolve(urls);
            _writes.Put(fact);
        }

        foreach (var replaced in Documents.Replaced(written.Select(fact => fact.Root), facts))
            _writes.Put(replaced);

        return (facts, urls);
    }

    /// <summary>The new content under the old identity, with the senders of both.</summary>
    private static Element Renewed(Element older, Element said)
    {
        var renewed = said.Copy();
        if (older.ResourceType == "Encounter")
            foreach (var child in older.Children)
                if (child.Name is not ("id" or "meta") && renewed.Child(child.Name) is null)
                    renewed.Append(child.Copy());
        foreach (var sender in Access.SentBy.Senders(older))
            Access.SentBy.Mark(renewed, sender);
        return renewed;
    }

    private Draft NewRequest(Draft patient, Dictionary<string, string> urls)
    {
        var root = HoldingReports.Without(signalement.Draft.Request!);
        root.Resolve(urls);
        root.AddItem("identifier").With("system", Vocabulary.Tracking).With("value", TrackingNumber.New());
        root.Put("status", "active");
        if (root.Child("authoredOn") is null)
            root.With("authoredOn", now.Instant());
        if (root.Child("subject") is null)
            root.Refer("subject", patient.Reference);
        Access.SentBy.Mark(root, Sender);
        return _writes.New(root);
    }

    private Draft OldRequest(Stored open, IReadOnlyList<OpenRequest> spare, Dictionary<string, string> urls, bool isLate)
    {
        var said = HoldingReports.Without(signalement.Draft.Request!);
        said.Resolve(urls);

        // The number of a request that a sender wrote itself stays there alone: who asks for it finds one.
        var taken = spare.SelectMany(request => request.Request.Resource.Root.All("identifier").ToArray()).ToList();
        foreach (var identifier in said.All("identifier").ToArray())
            if (taken.Exists(other => SecondReport.Same(other, identifier)))
                said.Remove(identifier);

        // One that a sender wrote itself has no number yet to ask after it.
        if (open.Resource.Root.IdentifierOf(Vocabulary.Tracking) is null)
            said.AddItem("identifier").With("system", Vocabulary.Tracking).With("value", TrackingNumber.New());
        return new(open) { Root = Marked(isLate ? SecondReport.Complete(open.Resource.Root, said) : SecondReport.Merge(open.Resource.Root, said)) };
    }

    /// <summary>
    /// True when the sender has said more since: by its own clock, or, where it tells no hours, because it knows of no end of a stay that has ended.
    /// </summary>
    private bool IsLate(KnownPerson? known)
    {
        if (known?.Request is not { } open)
            return false;
        if (signalement.SaidAt is not null)
            return Withdrawals.IsOlder(HoldingReports.Of(open.Resource.Root));
        foreach (var (_, fact) in signalement.Draft.Facts)
            if (fact.ResourceType == "Encounter" && known.FactsOf("Encounter").Any(stay => FactMatch.HasEndedSince(fact, stay.Resource.Root, Sender)))
                return true;
        return false;
    }

    private static void SetPriority(Element request, Assessment qualified)
    {
        request.Put("priority", qualified.Priority);
        if (request.ExtensionOf(Vocabulary.RankExtension) is { } old)
            request.Remove(old);
        request.AddItem("extension").With("url", Vocabulary.RankExtension).With("valueDecimal", qualified.Rank);
    }

    private void WriteQualification(KnownPerson? known, Draft patient, Draft request, List<Draft> facts, Assessment qualified)
    {
        var risk = known?.FactsOf("RiskAssessment")
            .Where(stored => stored.Resource.Root.Child("basis") is not null)
            .Select(stored => new Draft(stored)).FirstOrDefault();
        var root = Qualification.RiskOf(qualified, patient.Reference, request.Reference, facts.Select(fact => fact.Reference), now);
        if (risk is null)
            _writes.Put(_writes.New(root));
        else if (!FactMatch.HasSameContent(WithoutTime(risk.Root), WithoutTime(root)))
        {
            risk.Root = root;
            _writes.Put(risk);
        }

        var flags = known?.FactsOf("Flag").ToList() ?? [];
        foreach (var criterion in qualified.Fired)
        {
            if (!flags.Any(flag => IsActive(flag, criterion.Code)))
                _writes.Put(_writes.New(Qualification.FlagOf(criterion, patient.Reference, now)));
        }

        foreach (var flag in flags.Where(flag => IsOver(flag, qualified)))
        {
            var ended = new Draft(flag) { Root = flag.Resource.Root.Copy() };
            ended.Root.Put("status", "inactive");
            _writes.Put(ended);
        }
    }

    private static bool IsActive(Stored flag, string criterion) => flag.Resource.Root.Text("status") == "active"
        && flag.Resource.Root.Child("code").CodeOf(Vocabulary.Criterion) == criterion;

    private static bool IsOver(Stored flag, Assessment qualified) => flag.Resource.Root.Text("status") == "active"
        && flag.Resource.Root.Child("code").CodeOf(Vocabulary.Criterion) is { } code
        && qualified.Fired.All(criterion => criterion.Code != code)
        && !Qualification.IsSetByPeople(flag.Resource.Root);

    private static Element WithoutTime(Element risk)
    {
        var copy = risk.Copy();
        copy.Remove("occurrenceDateTime");
        return copy;
    }

    private Draft WriteFile(
        KnownPerson? known, Dictionary<string, string> urls, Draft request, ReportStanding standing, Assessment qualified, List<Draft> answered)
    {
        var (isDoubtful, isComplete, isLate) = standing;
        if (known?.File is { } stored)
        {
            var file = new Draft(stored);
            if (KnownPerson.IsUnread(file.Root))
            {
                file.Root = TakenUp(file.Root, urls[SignalementDraft.PatientUrl], request);
                file.Root = FileSteps.Moved(file.Root, FileStates.Start(isDoubtful, signalement.Intent.IsInferred, isComplete), now);
                _writes.Put(file);
            }

            if (signalement.Draft.Task?.Child("restriction") is { } due && FileTasks.Moves(due, file.Root, known.Request) && !(isLate && file.Root.Child("restriction") is not null))
            {
                // A later source may be the one that knows by when the first visit is due, and a later message that it has moved; not an older one that comes late.
                file.Root = file.Root.Copy();
                file.Root.Remove("restriction");
                file.Root.Append(due.Copy());
                _writes.Put(file);
            }

            foreach (var task in answered)
            {
                file.Root = TaskSteps.WithOutcome(file.Root, signalement.Source.Answers!, task.Reference, task.Root, now);
                _writes.Put(file);
            }

            var state = KnownPerson.StateOf(file.Root);
            if (FileSteps.After(state, signalement.Intent.IsInferred, isComplete, answered.Count > 0) is { } next && next != state)
            {
                _writes.Enqueue(Feedback(file.Root, state ?? "", next));
                file.Root = FileSteps.Moved(file.Root, next, now);
                _writes.Put(file);
            }

            return file;
        }

        var root = signalement.Draft.Task?.Copy() ?? Element.OfResource("Task");
        foreach (var name in (ReadOnlySpan<string>)["identifier", "status", "businessStatus", "focus", "for", "intent", "authoredOn", "lastModified", "priority"])
            root.Remove(name);
        root.Resolve(urls);
        root.AddItem("identifier").With("system", Vocabulary.Tracking).With("value", request.Root.IdentifierOf(Vocabulary.Tracking));
        root.With("intent", "order");
        root.With("priority", qualified.Priority);
        if (root.Child("code") is null)
            root.Concept("code", Vocabulary.TaskKind, Vocabulary.ParcoursTask, "Parcours vers un médecin traitant");
        root.Refer("focus", request.Reference);
        root.Refer("for", urls[SignalementDraft.PatientUrl]);
        root.With("authoredOn", now.Instant());
        if (root.Child("owner") is null)
            root.Refer("owner", territory.Cpts);
        Access.SentBy.Mark(root, Sender);
        root = FileSteps.Moved(root, FileStates.Start(isDoubtful, signalement.Intent.IsInferred, isComplete), now);
        var created = _writes.New(root);
        _writes.Put(created);
        return created;
    }

    /// <summary>The file that a partner wrote with its request, with what it left open.</summary>
    private Element TakenUp(Element written, string patient, Draft request)
    {
        var file = written.Copy();
        if (file.IdentifierOf(Vocabulary.Tracking) is null)
            file.AddItem("identifier").With("system", Vocabulary.Tracking).With("value", request.Root.IdentifierOf(Vocabulary.Tracking));
        if (file.Child("for") is null)
            file.Refer("for", patient);
        if (file.Child("owner") is null)
            file.Refer("owner", territory.Cpts);
        if (file.Child("authoredOn") is null)
            file.With("authoredOn", now.Instant());
        return file;
    }

    private void WriteIdentityTask(Draft patient, Draft request, Draft file, IReadOnlyList<Stored> doubtful)
    {
        var task = ChildTask(Vocabulary.IdentityTask, "Vérification d'identité", patient, request, file, territory.Cpts);
        task.With("description", "Cette personne est peut-être déjà connue : comparer les dossiers avant de continuer.");
        foreach (var candidate in doubtful)
            DeskQuestion.Compare(task, Matcher, patient.Root, candidate, now);

        _writes.Put(_writes.New(task));
    }

    private void Ask(string question, Stored person, IEnumerable<Stored> compared, IEnumerable<Stored> named) =>
        _writes.Put(_writes.New(DeskQuestion.Of(signalement, territory, Matcher, new(question, person, compared, named), now)));

    /// <summary>A fragile person's file goes to the DAC too, beside whatever the GP search does, unless the person said no.</summary>
    private void WriteDacTask(
        KnownPerson? known, Draft patient, Draft request, Draft file, Assessment qualified)
    {
        if (territory.Dac is not { } dac || !qualified.NeedsDac)
            return;
        if (known?.Children.Any(task => KnownPerson.KindOf(task) == Vocabulary.DacTask
            && task.Resource.Root.Text("status") is not ("cancelled" or "entered-in-error")) == true)
            return;

        var task = ChildTask(Vocabulary.DacTask, "Appui du DAC", patient, request, file, dac);
        task.With("description", "Situation fragile sans médecin traitant : appui demandé au dispositif d'appui à la coordination.");
        var reason = task.Add("reasonCode");
        foreach (var criterion in qualified.Fired)
            reason.Coding(Vocabulary.Criterion, criterion.Code);
        reason.With("text", string.Join(" ; ", qualified.Fired.Select(criterion => criterion.French)));
        foreach (var criterion in qualified.Fired)
        {
            var input = task.AddItem("input");
            input.Concept("type", Vocabulary.TaskInput, "critere", "Critère");
            input.Concept("valueCodeableConcept", Vocabulary.Criterion, criterion.Code).With("text", criterion.French);
        }

        var asked = _writes.New(task);
        _writes.Put(asked);
        _writes.Enqueue("task-created", asked.Reference, dac);
    }

    private Element ChildTask(string kind, string display, Draft patient, Draft request, Draft file, string? owner) =>
        FileTasks.Child(kind, display, new(patient.Reference, request, file.Reference, owner, territory.Cpts), now);

    /// <summary>The state in which this news ends the search, or null: the person has died, or has a GP after all.</summary>
    private string? EndedBy(Stored file, Draft request)
    {
        var (said, state) = (signalement.Draft.Patient, KnownPerson.StateOf(file.Resource.Root) ?? "");
        if (TellsOfDeath(said) && FileStates.Next(state, FileStates.ClosedDeceased) is not null)
            return FileStates.ClosedDeceased;

        // A hospital that names the declared GP answers the question "has this person really none?", as long as nobody else said so.
        if (said.Child("generalPractitioner") is null || state != FileStates.ToConfirm
            || !KnownPerson.SourcesOf(request.Root).TrueForAll(source => source == signalement.Source.Name))
            return null;

        // What it has said later, that there is none, goes on; and what another hospital says.
        var held = HoldingReports.Of(request.Root);
        var left = Withdrawals.LeftByDenial(held);
        if (left.Count == 0)
            return FileStates.ClosedHasGp;
        request.Root = HoldingReports.Written(request.Root, left);
        _writes.Put(request);
        return null;
    }

    /// <summary>True for a person who has died.</summary>
    public static bool TellsOfDeath(Element patient) => patient.Text("deceasedBoolean") == "true" || patient.Child("deceasedDateTime") is not null;

    private static IEnumerable<Element> Flags(KnownPerson? known) =>
        known is null ? [] : known.FactsOf("Flag").Select(flag => flag.Resource.Root);

    /// <summary>The tree, which nobody else holds yet, with the sender among those who contributed.</summary>
    private Element Marked(Element root)
    {
        Access.SentBy.Mark(root, Sender);
        return root;
    }

    /// <summary>The tree, which nobody else holds yet, with the time of the message.</summary>
    private Element Stamped(Element root)
    {
        SaidAt.Stamp(root, signalement.SaidAt);
        return root;
    }

    /// <summary>How a report stands to what is known.</summary>
    /// <param name="IsDoubtful">The person may be another.</param>
    /// <param name="IsComplete">Nothing is missing in the file.</param>
    /// <param name="IsLate">Its sender has said more since.</param>
    private readonly record struct ReportStanding(bool IsDoubtful, bool IsComplete, bool IsLate);

    private SignalementPlan Nothing(KnownPerson? known, string why)
    {
        _issues.Add(new(Severity.Information, "informational", "", why));
        return Settle(ReceptionKind.Updated, known is null ? null : new(known.Patient), request: null, tracking: null);
    }

    private SignalementPlan Settle(ReceptionKind kind, Draft? patient, Draft? request, string? tracking)
    {
        var message = signalement.Message;
        var map = signalement.Source.MapVersion();
        if (patient is not null)
            foreach (var note in Led)
                _writes.PutNote(RememberedWithdrawals.Told(note, patient.Reference));
        if (_writes.Touched.Count > 0)
        {
            var provenance = MessageProvenance.Of(message, territory, map, _writes.Touched, now);
            Decision.WriteTo(provenance);
            _writes.Put(_writes.New(provenance));
        }

        var reception = new Reception(
            kind, message.Id, kind == ReceptionKind.Waiting ? MessageState.Waiting : MessageState.Processed)
        {
            Patient = patient?.Reference,
            Signalement = request?.Reference,
            Tracking = tracking,
            Orientation = Orientation,
            Issues = _issues,
        };
        return new(_writes.Settled(reception, map), reception);
    }
}
