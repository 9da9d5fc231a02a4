using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Coordination.Intake;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// The walk of one message after the journal: map, validate, identify, qualify, commit. What it understood can be had before it decides,
/// so that the rows of a file that are about one person follow each other.
/// </summary>
internal sealed class MessageWalk(
    Journal journal, ResourceStore store, SignalementDecision decision, RecordResources records, LeavingGp leaving, MergePersons merging,
    Territories territories, ILogger<MessageWalk> logger)
{
    /// <summary>How often a commit is decided anew because somebody else's came first. Five messages about one person need four.</summary>
    private const int AttemptsMax = 12;

    /// <summary>Whoever is said to be older is more likely a slip of the year.</summary>
    private const int AgeYearsMax = 120;

    public async Task<Reception> HandleAsync(
        JournalMessage message, Source source, SourceReading reading, IReadOnlyList<Issue> fileIssues) =>
        await DecideAsync(await UnderstandAsync(message, source, reading, fileIssues, CancellationToken.None));

    /// <summary>Puts right what the reader cannot know, maps and validates.</summary>
    public async Task<UnderstoodMessage> UnderstandAsync(
        JournalMessage message, Source source, SourceReading reading, IReadOnlyList<Issue> fileIssues, CancellationToken cancellationToken) =>
        Understand(message, source, await leaving.AdjustAsync(message.Tenant, reading, cancellationToken), fileIssues);

    /// <summary>Maps and validates. It changes nothing and never throws: a fault of ours is kept for the decision.</summary>
    public static UnderstoodMessage Understand(
        JournalMessage message, Source source, SourceReading reading, IReadOnlyList<Issue> fileIssues)
    {
        try
        {
            List<Issue> issues = [.. reading.Issues, .. fileIssues.Where(issue => !reading.Issues.Contains(issue))];
            if (reading.Tree is null && issues.Count == 0)
                issues.Add(Issue.Error("required", "", "There is nothing to read in this message."));
            if (reading.Tree is not { } tree || issues.Any(issue => issue.IsError))
                return new(message, source, issues);

            var intent = source.Intent(tree);
            if (intent.Wish == Wish.Nothing)
                return new(message, source, [new(Severity.Information, "informational", "MSH-9", "An acknowledgement asks for nothing: it was kept.")]) { AsksNothing = true };
            var mapped = source.Map(tree);
            issues.AddRange(mapped.Issues);
            if (mapped.Draft is null && intent.Wish != Wish.Record && !issues.Any(issue => issue.IsError))
                issues.Add(Issue.Error("required", "Patient", "The message names no person."));
            if (mapped.Told is not { } told || issues.Any(issue => issue.IsError))
                return new(message, source, issues);

            // A reader that has said it names the field of its source.
            issues.AddRange(told.SelectMany(entry => NationalNumbers.Check(entry.Resource)).Where(doubt => !issues.Exists(issue => issue.Text == doubt.Text)).ToList());
            issues.AddRange(Births(told, message.ReceivedAt));
            issues.AddRange(source.Check(told.Select(entry => entry.Resource)));
            if (issues.Any(issue => issue.IsError))
                return new(message, source, issues);

            // What the sender may want to mend; remarks on unused values stay with us.
            issues.RemoveAll(issue => issue.Severity < Severity.Warning);
            if (source.IsUntrusted && mapped.Draft is { } unsure)
                MatchMarks.Mark(unsure.Patient, MatchMarks.Untrusted);
            return new(message, source, issues)
            {
                Case = mapped.Draft is { } draft && intent.Wish != Wish.Record
                    ? new(message, source, intent, draft with { Own = message.Channel == FhirEvent.Channel ? draft.Own : null, Sender = message.ClientId }, issues)
                    {
                        IsKeyedByMessage = source.Name != FhirReferral.SourceName && draft.SourceKey?.Value is { } own && own == reading.BusinessKey,
                    }
                    : null,
                Records = intent.Wish == Wish.Record ? told : [],
            };
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return new(message, source, []) { Fault = fault };
        }
    }

    /// <summary>Nobody is born after the message came, and hardly anybody alive so long before it: a slip of the year, to be looked at.</summary>
    private static IEnumerable<Issue> Births(IReadOnlyList<MappedResource> told, DateTimeOffset receivedAt)
    {
        var (today, oldest) = (Days.Text(receivedAt), Days.Text(receivedAt.AddYears(-AgeYearsMax)));
        foreach (var entry in told)
        {
            if (entry.Resource is not { ResourceType: "Patient" } person || person.Text("birthDate") is not { Length: <= 10 } born)
                continue;
            if (string.CompareOrdinal(born, today[..born.Length]) > 0)
                yield return Issue.Warning("value", "Patient.birthDate", "The birth date lies in the future.");
            else if (string.CompareOrdinal(born, oldest[..born.Length]) < 0)
                yield return Issue.Warning("value", "Patient.birthDate", "The birth date lies more than 120 years back.");
        }
    }

    /// <summary>Identifies, qualifies and commits what was understood, or settles why nothing was.</summary>
    public async Task<Reception> DecideAsync(UnderstoodMessage understood)
    {
        var cancellationToken = CancellationToken.None;
        var message = understood.Message;
        try
        {
            if (understood.Fault is { } own)
                return await KeepAsync(message, own, cancellationToken);
            if (understood.Case is { } signalement)
                return await DecideAsync(signalement, cancellationToken);
            if (understood.AsksNothing)
                return await SettleAsync(message, Kept(understood), understood.Source.MapVersion(), cancellationToken);
            if (understood.Records.Count > 0)
                return await records.HandleAsync(message, understood.Source, understood.Records, understood.Issues, cancellationToken);
            return await SettleAsync(message, new(ReceptionKind.Rejected, message.Id, MessageState.Rejected)
            {
                Issues = understood.Issues.Count > 0 ? understood.Issues
                    : [Issue.Error("required", "", "There is nothing to read in this message.")],
            }, understood.Source.MapVersion(), cancellationToken);
        }
        catch (Exception fault) when (fault is not StoreUnavailableException and not StoreBusyException and not OperationCanceledException)
        {
            return await KeepAsync(message, fault, cancellationToken);
        }
    }

    /// <summary>True when nothing was decided: others were faster each time, or a fault of the program stopped it.</summary>
    public static bool IsUnfinished(Reception reception) =>
        reception.State == MessageState.Received || OwnFault.Stopped(reception);

    /// <summary>What deciding it would write and answer, without writing anything.</summary>
    public async Task<SignalementPlan> PlanAsync(UnderstoodMessage understood, CancellationToken cancellationToken)
    {
        if (understood.Case is { } signalement)
            return await decision.PlanAsync(signalement, cancellationToken);
        if (understood.AsksNothing)
            return new([], Kept(understood));
        if (understood.Records.Count > 0)
            return await records.PlanAsync(understood.Message, understood.Source, understood.Records, understood.Issues, cancellationToken);
        return new([], understood.Fault is null
            ? new(ReceptionKind.Rejected, understood.Message.Id, MessageState.Rejected) { Issues = understood.Issues }
            : new(ReceptionKind.Waiting, understood.Message.Id, MessageState.Waiting));
    }

    private static Reception Kept(UnderstoodMessage understood) =>
        new(ReceptionKind.Updated, understood.Message.Id, MessageState.Processed) { Issues = understood.Issues };

    /// <summary>Our own fault, never the sender's: the message is kept. The fault's text is not logged.</summary>
    private Task<Reception> KeepAsync(JournalMessage message, Exception fault, CancellationToken cancellationToken)
    {
        FlowLog.WalkFailed(logger, message.Id, fault.GetType().Name);
        return SettleAsync(message, OwnFault.Of(message), map: null, cancellationToken);
    }

    /// <summary>Identify, qualify and commit, again as long as what was read has changed meanwhile.</summary>
    private async Task<Reception> DecideAsync(SignalementCase signalement, CancellationToken cancellationToken)
    {
        MergeReply? merged = null;
        var isUndone = false;
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            var plan = await decision.PlanAsync(signalement, cancellationToken);
            if (plan.Merge is { } wish)
            {
                // A transaction of its own, as when a coordinator merges. Cut off between the two, the message runs again and finds one person.
                merged ??= await MergeAsync(signalement, wish, cancellationToken);
                continue;
            }

            if (plan.Unmerge is { } provenance)
            {
                merged ??= await UnmergeAsync(signalement, provenance, cancellationToken);
                isUndone = merged is not null;
                continue;
            }

            if (merged is not null)
                plan = plan.After(merged, isUndone
                    ? $"One record bore both numbers: the two are two records again. {merged.Moved} resources went back."
                    : $"Both numbers had a record here: the two are one now. {merged.Moved} resources were moved.");
            var commit = await store.CommitAsync(signalement.Message.Tenant, plan.Writes, cancellationToken);
            if (commit.Committed)
                return plan.Reception;

            var stop = commit.Results.First(result => !result.Holds && result is not Written.NotTried);
            if (stop is Written.AlreadySettled { Message: var settled })
            {
                // Somebody else walked this very message. What has had its effect has its answer too.
                if (!ReplayMessages.IsOpen(settled))
                    return Reception.OfJournal(settled);
                signalement = signalement with { Message = settled };
                continue;
            }

            // Two messages about one person, at once: ours was decided on what is no longer so.
            if (stop is not (Written.Overtaken or Written.VersionMismatch))
                throw new InvalidOperationException($"The commit of a signalement stopped at {stop.GetType().Name}.");
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5 * attempt)), cancellationToken);
        }

        // Durable and unfinished: the job that resumes messages takes it up.
        FlowLog.WalkOvertaken(logger, signalement.Message.Id, AttemptsMax);
        return new(ReceptionKind.Waiting, signalement.Message.Id, MessageState.Received);
    }

    /// <summary>Merges two records as the sender of both says; null when something about them has just changed, and all is looked at anew.</summary>
    private async Task<MergeReply?> MergeAsync(SignalementCase signalement, MergeWish wish, CancellationToken cancellationToken)
    {
        try
        {
            return await merging.MergeAsync(
                wish, MergeOfNumbers.CallerOf(signalement.Message, territories.Of(signalement.Message.Tenant)), cancellationToken);
        }
        catch (Refusal refusal) when (refusal.Status == 409)
        {
            return null;
        }
    }

    /// <summary>Takes a merge back as the sender who made it says; null when something about the records has just changed, and all is looked at anew.</summary>
    private async Task<MergeReply?> UnmergeAsync(SignalementCase signalement, string provenance, CancellationToken cancellationToken)
    {
        try
        {
            return await merging.UnmergeAsync(
                provenance, MergeOfNumbers.CallerOf(signalement.Message, territories.Of(signalement.Message.Tenant)), cancellationToken);
        }
        catch (Refusal refusal) when (refusal.Status == 409)
        {
            return null;
        }
    }

    private async Task<Reception> SettleAsync(JournalMessage message, Reception reception, string? map, CancellationToken cancellationToken)
    {
        while (!await journal.SettleAsync(message.Tenant, reception.ToOutcome(map, [], message.Attempts), cancellationToken))
        {
            // Somebody else walked this very message. What has had its effect keeps it.
            if (await journal.ReadAsync(message.Tenant, message.Id, cancellationToken) is not { } settled)
                break;
            if (!ReplayMessages.IsOpen(settled))
                return Reception.OfJournal(settled);
            message = settled;
        }

        return reception;
    }
}

/// <summary>One message on its walk, understood: what it is about and what it wants.</summary>
internal sealed record SignalementCase(
    JournalMessage Message, Source Source, MessageIntent Intent, SignalementDraft Draft, IReadOnlyList<Issue> Issues)
{
    /// <summary>True when the key of the request is that of the message: what withdraws it later bears another, perhaps.</summary>
    public bool IsKeyedByMessage { get; init; }

    /// <summary>When its sender made it, as FHIR writes it; null when it does not say.</summary>
    public string? Time => Intent.Movement is { } movement ? movement.RecordedAt : Draft.Request?.Text("authoredOn");

    /// <summary>The same as an instant; null without hours, and from a clock that is far ahead: all that came later would be older.</summary>
    public DateTimeOffset? SaidAt => Flows.SaidAt.Parse(Time) is { } said && said <= Message.ReceivedAt + ClockErrorMax ? said : null;

    /// <summary>True for a hospital's word that the person needs no GP: it names the declared one, or tells of the death.</summary>
    public bool DeniesNeed => Intent is { Wish: Wish.Inform, Movement: not null }
        && (Draft.Patient.Child("generalPractitioner") is not null || SignalementWriting.TellsOfDeath(Draft.Patient));

    private static readonly TimeSpan ClockErrorMax = TimeSpan.FromDays(1);
}

/// <summary>A message as far as it was understood: a case to decide, records to write, or the issues that refuse it.</summary>
internal sealed record UnderstoodMessage(JournalMessage Message, Source Source, IReadOnlyList<Issue> Issues)
{
    public SignalementCase? Case { get; init; }

    public IReadOnlyList<MappedResource> Records { get; init; } = [];

    /// <summary>True for a message that is sound and wants nothing of the hub.</summary>
    public bool AsksNothing { get; init; }

    /// <summary>A fault of the program, told when the message is decided.</summary>
    public Exception? Fault { get; init; }

    /// <summary>
    /// What this message is about: two messages that share a key must not be decided in another order than they came.
    /// </summary>
    public IEnumerable<string> Keys
    {
        get
        {
            if (Case is { } signalement)
            {
                foreach (var key in signalement.Draft.Keys)
                    yield return $"{key.Kind}:{key.Value}";
                if (signalement.Draft.SourceKey is var (system, value))
                    yield return $"{system}|{value}";
            }

            foreach (var record in Records)
                if (record.Key is { } key)
                    yield return key;
        }
    }
}

/// <summary>What one attempt decided: the writes of its one commit, and the answer that holds once they are durable.</summary>
internal sealed record SignalementPlan(IReadOnlyList<Write> Writes, Reception Reception)
{
    /// <summary>Two records to merge first, after which it is decided anew: then nothing of this plan is written. Null for none.</summary>
    public MergeWish? Merge { get; init; }

    /// <summary>The Provenance of a merge to take back first, after which it is decided anew. Null for none.</summary>
    public string? Unmerge { get; init; }

    /// <summary>The plan of a message for which two records were merged or separated: told to its sender, and by its lineage.</summary>
    public SignalementPlan After(MergeReply merged, string text)
    {
        var reception = Reception with
        {
            Issues = [.. Reception.Issues, new(Severity.Information, "informational", "PID-3", text)],
        };
        return new([.. Writes.Select(write => write is Write.Settle settle
            ? new Write.Settle(settle.Outcome with
            {
                Answer = reception.ToJson(),
                Resources = merged.Provenance is { } told ? [.. settle.Outcome.Resources, $"{told}/_history/1"] : settle.Outcome.Resources,
            })
            : write)], reception);
    }
}
