using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// A signalement's whole walk: journal, read, map, validate, identify, qualify, commit, with the outbox in the same commit.
/// Nothing between the journal and the commit has a side effect, so any line of the journal can be run again: after a crash,
/// after a mended map, or because another message about the same person was faster.
/// </summary>
internal sealed class ReceiveSignalement(
    Journal journal, Sources sources, MessageWalk walks, FileWalk files, RunningWalks running)
{
    /// <summary>Takes one message in. Whoever sends it again gets the first answer, and nothing happens twice.</summary>
    /// <param name="rowsInAnswer">A file of more rows is worked off after the answer, which then says where to follow it.</param>
    public async Task<Reception> Handle(Arrival arrival, int rowsInAnswer, CancellationToken cancellationToken)
    {
        var source = sources.Find(arrival.Source) ?? throw new InvalidOperationException("The door lets known sources in only.");

        // The sender's own key is part of the line that is kept: it is what recognises a repetition.
        var lines = source.Read(arrival.Bytes, arrival.ContentType, arrival.ClientId);
        var hasRows = source.HasRows(lines);
        var only = hasRows || lines.Lines.Count == 0 ? null : lines.Lines[0].Reading;
        arrival = arrival with { Key = arrival.Key ?? only?.BusinessKey ?? lines.FileKey };

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
            var rows = source.Read(bytes, file?.ContentType ?? "", message.ClientId);
            var row = rows.Lines.FirstOrDefault(row => row.Number == line)?.Reading ?? new(null, null, rows.Issues);
            return await running.RunAsync(message.Id, () => walks.HandleAsync(message, source, row, []));
        }

        var raw = await journal.RawAsync(message.Tenant, message.Id, cancellationToken);
        var lines = source.Read(raw, message.ContentType, message.ClientId);
        var only = lines.Lines.Count == 1 ? lines.Lines[0].Reading : new(null, null, lines.Issues);
        return await running.RunAsync(message.Id, () => source.HasRows(lines)
            ? files.HandleAsync(message, source, lines)
            : walks.HandleAsync(message, source, only, lines.Issues));
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

    private static Reception Repeated(Reception first, JournalMessage own) => first with
    {
        Kind = first.Kind == ReceptionKind.Rejected ? ReceptionKind.Rejected : ReceptionKind.Repeated,
        OwnMessageId = own.Id,
    };
}
