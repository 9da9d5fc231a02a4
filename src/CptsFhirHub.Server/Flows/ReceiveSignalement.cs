using System.Text;
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
    Journal journal, Sources sources, MapsInForce maps, MessageWalk walks, FileWalk files, RunningWalks running,
    ILogger<ReceiveSignalement> logger)
{
    /// <summary>Takes one message in. Whoever sends it again gets the first answer, and nothing happens twice.</summary>
    /// <param name="rowsInAnswer">A file of more rows is worked off after the answer, which then says where to follow it.</param>
    public async Task<Reception> Handle(Arrival arrival, int rowsInAnswer, CancellationToken cancellationToken)
    {
        var source = await maps.OfAsync(
            arrival.Tenant, sources.Find(arrival.Source) ?? throw new InvalidOperationException("The door lets known sources in only."), cancellationToken);

        arrival = arrival with { Bytes = source.Cleaned(arrival.Bytes) };

        // The sender's own key is part of the line that is kept: it is what recognises a repetition.
        var lines = source.Read(arrival.Bytes, arrival.ContentType, arrival.ClientId);
        var hasRows = source.HasRows(lines);
        var only = hasRows || lines.Lines.Count == 0 ? null : lines.Lines[0].Reading;
        arrival = arrival with
        {
            Key = arrival.Key ?? only?.BusinessKey ?? lines.FileKey,
            Same = lines.IsKnownByKey ? Encoding.ASCII.GetBytes(lines.FileKey) : arrival.Same,
        };

        var receipt = await journal.ReceiveAsync(arrival, cancellationToken);
        if (receipt.IsRepeated)
            return await AnswerOfAsync(receipt.Message, cancellationToken);
        if (receipt.First is { } first)
            return await FirstAnswerAsync(receipt.Message, first, cancellationToken);

        // From here on the message survives us: the walk no longer depends on the sender staying connected.
        var walk = running.RunAsync(receipt.Message.Id, () => hasRows
            ? files.HandleAsync(receipt.Message, source, lines)
            : walks.HandleAsync(receipt.Message, source, only ?? new(null, null, lines.Issues), lines.Issues));
        return lines.Lines.Count > rowsInAnswer ? RowCount.Begun(receipt.Message.Id, lines.Lines.Count) : await walk;
    }

    /// <summary>
    /// Walks a message that was received within another commit. A store that fails meanwhile leaves it received: the job that resumes messages
    /// takes it up.
    /// </summary>
    public async Task TakeUpAsync(Receipt receipt)
    {
        if (receipt.First is not null)
            return;
        try
        {
            await ReplayAsync(receipt.Message, CancellationToken.None);
        }
        catch (Exception fault) when (fault is StoreUnavailableException or StoreBusyException)
        {
            FlowLog.ResumeFailed(logger, receipt.Message.Id, fault.GetType().Name);
        }
    }

    /// <summary>Runs a journal line again from its bytes. A line that has had its effect answers as before.</summary>
    public async Task<Reception> ReplayAsync(JournalMessage message, CancellationToken cancellationToken)
    {
        return sources.Find(message.Source) is { } source
            ? await ReplayAsync(message, await maps.OfAsync(message.Tenant, source, cancellationToken), cancellationToken)
            : Reception.OfJournal(message);
    }

    /// <summary>The same with the source's maps as they are given.</summary>
    public async Task<Reception> ReplayAsync(JournalMessage message, Source source, CancellationToken cancellationToken)
    {
        if (!ReplayMessages.IsOpen(message))
            return Reception.OfJournal(message);
        var (lines, row, issues) = await LinesAsync(message, source, cancellationToken);
        return await running.RunAsync(message.Id, () => row is null
            ? files.HandleAsync(message, source, lines)
            : walks.HandleAsync(message, source, row, issues));
    }

    /// <summary>What the message says, read again from its bytes; no reading for a file whose rows are messages of their own.</summary>
    public async Task<(SourceReading? Reading, IReadOnlyList<Issue> Issues)> ReadAsync(
        JournalMessage message, Source source, CancellationToken cancellationToken)
    {
        var (_, row, issues) = await LinesAsync(message, source, cancellationToken);
        return (row, issues);
    }

    /// <summary>The answer of a file from the states its rows have now.</summary>
    public async Task RecountAsync(JournalMessage file, CancellationToken cancellationToken)
    {
        if (sources.Find(file.Source) is { } source)
            await ReplayAsync(file, source, cancellationToken);
    }

    private async Task<(SourceFile Lines, SourceReading? Row, IReadOnlyList<Issue> Issues)> LinesAsync(
        JournalMessage message, Source source, CancellationToken cancellationToken)
    {
        if (message.ParentId is { } parentId && message.Line is { } line)
        {
            var file = await journal.ReadAsync(message.Tenant, parentId, cancellationToken);
            var bytes = await journal.RawAsync(message.Tenant, parentId, cancellationToken);
            var rows = source.Read(bytes, file?.ContentType ?? "", message.ClientId);
            return (rows, rows.Lines.FirstOrDefault(row => row.Number == line)?.Reading ?? new(null, null, rows.Issues), []);
        }

        var raw = await journal.RawAsync(message.Tenant, message.Id, cancellationToken);
        var lines = source.Read(raw, message.ContentType, message.ClientId);
        return source.HasRows(lines)
            ? (lines, null, [])
            : (lines, lines.Lines.Count == 1 ? lines.Lines[0].Reading : new(null, null, lines.Issues), lines.Issues);
    }

    /// <summary>The answer to a message that was taken in before, exactly as its sender got it or would have got it.</summary>
    public async Task<Reception> AnswerOfAsync(JournalMessage first, CancellationToken cancellationToken)
    {
        // It may still be on its walk: its answer is everybody's. When nobody walks it (we came up a moment ago), we do.
        if (running.TryFind(first.Id, out var walk))
            return await walk.WaitAsync(cancellationToken);

        var settled = await journal.ReadAsync(first.Tenant, first.Id, cancellationToken) ?? first;
        if (settled.DuplicateOf is { } original && await journal.ReadAsync(first.Tenant, original, cancellationToken) is { } before)
            return Repeated(await AnswerOfAsync(before, cancellationToken), settled);
        return settled.State == MessageState.Received ? await ReplayAsync(settled, cancellationToken) : Reception.OfJournal(settled);
    }

    private async Task<Reception> FirstAnswerAsync(JournalMessage own, JournalMessage first, CancellationToken cancellationToken) =>
        Repeated(await AnswerOfAsync(first, cancellationToken), own);

    private static Reception Repeated(Reception first, JournalMessage own) => first with { OwnMessageId = own.Id };
}
