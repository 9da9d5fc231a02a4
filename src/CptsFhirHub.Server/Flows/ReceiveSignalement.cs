using CptsFhirHub.Coordination.Intake;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// A signalement's whole walk: journal, read, map, validate, identify, qualify, commit, with the outbox in the same commit.
/// Nothing between the journal and the commit has a side effect, so any line of the journal can be run again: after a crash,
/// after a mended map, or because another message about the same person was faster.
/// </summary>
internal sealed class ReceiveSignalement(
    Journal journal, ResourceStore store, Sources sources, SignalementDecision decision, RunningWalks running,
    ILogger<ReceiveSignalement> logger)
{
    /// <summary>How often a commit is decided anew because somebody else's came first. Five messages about one person need four.</summary>
    private const int AttemptsMax = 12;

    /// <summary>Takes one message in. Whoever sends it again gets the first answer, and nothing happens twice.</summary>
    /// <param name="rowsInAnswer">A file of more rows is worked off after the answer, which then says where to follow it.</param>
    public async Task<Reception> Handle(Arrival arrival, int rowsInAnswer, CancellationToken cancellationToken)
    {
        var source = sources.Find(arrival.Source) ?? throw new InvalidOperationException("The door lets known sources in only.");

        // The sender's own key is part of the line that is kept: it is what recognises a repetition.
        var lines = source.Read(arrival.Bytes, arrival.ContentType);
        var only = lines.Lines.Count == 1 ? lines.Lines[0].Reading : null;
        arrival = arrival with { Key = arrival.Key ?? only?.BusinessKey ?? lines.FileKey };

        var receipt = await journal.ReceiveAsync(arrival, cancellationToken);
        if (receipt.First is { } first)
            return await FirstAnswerAsync(receipt.Message, first, cancellationToken);

        // From here on the message survives us: the walk no longer depends on the sender staying connected.
        var walk = running.RunAsync(receipt.Message.Id, () => lines.Lines.Count > 1
            ? FileAsync(receipt.Message, source, lines)
            : WalkAsync(receipt.Message, source, only ?? new(null, null, lines.Issues), lines.Issues));
        return lines.Lines.Count > rowsInAnswer ? RowCount.Begun(receipt.Message.Id, lines.Lines.Count) : await walk;
    }

    /// <summary>Runs a journal line again from its bytes. A line that has had its effect answers as before.</summary>
    public async Task<Reception> ReplayAsync(JournalMessage message, CancellationToken cancellationToken)
    {
        if (message.State is MessageState.Processed or MessageState.Duplicate || message.Signalement is not null)
            return Reception.OfJournal(message);
        if (sources.Find(message.Source) is not { } source)
            return Reception.OfJournal(message);

        if (message.ParentId is { } parentId && message.Line is { } line)
        {
            var file = await journal.ReadAsync(message.Tenant, parentId, cancellationToken);
            var bytes = await journal.RawAsync(message.Tenant, parentId, cancellationToken);
            var rows = source.Read(bytes, file?.ContentType ?? "");
            var row = rows.Lines.FirstOrDefault(row => row.Number == line)?.Reading ?? new(null, null, rows.Issues);
            return await running.RunAsync(message.Id, () => WalkAsync(message, source, row, []));
        }

        var lines = source.Read(await journal.RawAsync(message.Tenant, message.Id, cancellationToken), message.ContentType);
        var only = lines.Lines.Count == 1 ? lines.Lines[0].Reading : new(null, null, lines.Issues);
        return await running.RunAsync(message.Id, () => lines.Lines.Count > 1
            ? FileAsync(message, source, lines)
            : WalkAsync(message, source, only, lines.Issues));
    }

    /// <summary>The walk of one message, from what was read of it.</summary>
    private async Task<Reception> WalkAsync(
        JournalMessage message, Source source, SourceReading reading, IReadOnlyList<Issue> fileIssues)
    {
        var cancellationToken = CancellationToken.None;
        try
        {
            List<Issue> issues = [.. reading.Issues, .. fileIssues.Where(issue => !reading.Issues.Contains(issue))];
            if (reading.Tree is null && issues.Count == 0)
                issues.Add(Issue.Error("required", "", "There is nothing to read in this message."));
            if (reading.Tree is not { } tree || issues.Any(issue => issue.IsError))
                return await RejectAsync(message, issues, cancellationToken);

            var mapped = source.Map(tree);
            issues.AddRange(mapped.Issues);
            if (mapped.Draft is not { } draft || issues.Any(issue => issue.IsError))
                return await RejectAsync(message, issues, cancellationToken);

            issues.AddRange(source.Check(draft));
            if (issues.Any(issue => issue.IsError))
                return await RejectAsync(message, issues, cancellationToken);

            return await DecideAsync(new(message, source, MessageIntent.Of(tree), draft, Told(issues)), cancellationToken);
        }
        catch (Exception fault) when (fault is not StoreUnavailableException and not OperationCanceledException)
        {
            // Our own fault, never the sender's: the message is kept for a person and for a replay. Its text is not logged.
            FlowLog.WalkFailed(logger, message.Id, fault.GetType().Name);
            return await SettleAsync(message, new(ReceptionKind.Waiting, message.Id, MessageState.Waiting)
            {
                Issues = [new(Severity.Warning, "exception", "", "The hub could not finish this message; it is kept and will be run again.")],
            }, cancellationToken);
        }
    }

    /// <summary>Identify, qualify and commit, again as long as what was read has changed meanwhile.</summary>
    private async Task<Reception> DecideAsync(SignalementCase signalement, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            var plan = await decision.PlanAsync(signalement, cancellationToken);
            var commit = await store.CommitAsync(signalement.Message.Tenant, plan.Writes, cancellationToken);
            if (commit.Committed)
                return plan.Reception;

            // Two messages about one person, at once: ours was decided on what is no longer so.
            var stop = commit.Results.First(result => !result.Holds && result is not Written.NotTried);
            if (stop is not (Written.Overtaken or Written.VersionMismatch))
                throw new InvalidOperationException($"The commit of a signalement stopped at {stop.GetType().Name}.");
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5 * attempt)), cancellationToken);
        }

        // Durable and unfinished: the job that resumes messages takes it up.
        FlowLog.WalkOvertaken(logger, signalement.Message.Id, AttemptsMax);
        return new(ReceptionKind.Waiting, signalement.Message.Id, MessageState.Received);
    }

    /// <summary>Rows of a file: each is a message of its own, and one that fails does not stop the others.</summary>
    private async Task<Reception> FileAsync(JournalMessage file, Source source, SourceFile lines)
    {
        var cancellationToken = CancellationToken.None;
        var done = (await journal.RowsAsync(file, cancellationToken)).ToDictionary(row => row.Line ?? 0);
        var count = new RowCount(lines.Lines.Count);
        foreach (var line in lines.Lines)
        {
            if (done.TryGetValue(line.Number, out var before) && before.State != MessageState.Received)
            {
                count.Add(before.State);
                continue;
            }

            var row = before;
            if (row is null)
            {
                var receipt = await journal.ReceiveAsync(new Arrival(
                    file.Tenant, file.Source, file.Channel, file.ClientId, file.ContentType, line.Reading.BusinessKey, line.Bytes)
                {
                    ParentId = file.Id,
                    Line = line.Number,
                }, cancellationToken);
                if (receipt.First is not null)
                {
                    count.Add(MessageState.Duplicate);
                    continue;
                }

                row = receipt.Message;
            }

            var reception = await WalkAsync(row, source, line.Reading, []);
            count.Add(reception.State);
        }

        return await SettleAsync(file, count.ToReception(file.Id, lines.Issues), cancellationToken);
    }

    private async Task<Reception> FirstAnswerAsync(JournalMessage own, JournalMessage first, CancellationToken cancellationToken)
    {
        // The first may still be on its walk: its answer is everybody's. When nobody walks it (we came up a moment ago), we do.
        if (running.TryFind(first.Id, out var walk))
            return Repeated(await walk.WaitAsync(cancellationToken), own);

        var settled = await journal.ReadAsync(first.Tenant, first.Id, cancellationToken) ?? first;
        return Repeated(settled.State == MessageState.Received
            ? await ReplayAsync(settled, cancellationToken)
            : Reception.OfJournal(settled), own);
    }

    private static Reception Repeated(Reception first, JournalMessage own) => first with
    {
        Kind = first.Kind == ReceptionKind.Rejected ? ReceptionKind.Rejected : ReceptionKind.Repeated,
        OwnMessageId = own.Id,
    };

    private Task<Reception> RejectAsync(JournalMessage message, IReadOnlyList<Issue> issues, CancellationToken cancellationToken) =>
        SettleAsync(message, new(ReceptionKind.Rejected, message.Id, MessageState.Rejected) { Issues = issues }, cancellationToken);

    private async Task<Reception> SettleAsync(JournalMessage message, Reception reception, CancellationToken cancellationToken)
    {
        await journal.SettleAsync(message.Tenant, reception.ToOutcome(map: null, []), cancellationToken);
        return reception;
    }

    /// <summary>What the sender may want to mend; remarks on unused values stay with us.</summary>
    private static List<Issue> Told(List<Issue> issues) => [.. issues.Where(issue => issue.Severity >= Severity.Warning)];
}

/// <summary>One message on its walk, understood: what it is about and what it wants.</summary>
internal sealed record SignalementCase(
    JournalMessage Message, Source Source, MessageIntent Intent, SignalementDraft Draft, IReadOnlyList<Issue> Issues);

/// <summary>What one attempt decided: the writes of its one commit, and the answer that holds once they are durable.</summary>
internal sealed record SignalementPlan(IReadOnlyList<Write> Writes, Reception Reception);
