using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>What a replay would do to one message, or did not need to.</summary>
/// <param name="Would">The state it would have after: <c>processed</c>, <c>waiting</c>, <c>rejected</c>; null when a replay leaves it alone.</param>
/// <param name="Map">The map it would be read with.</param>
internal sealed record ReplayPreview(JournalMessage Message, string? Would, string? Map)
{
    /// <summary>What would be written: <c>create</c> or <c>update</c>, and the type or the resource.</summary>
    public IReadOnlyList<(string Action, string Resource)> Changes { get; init; } = [];

    /// <summary>What would go out: the kind and whom it is for.</summary>
    public IReadOnlyList<(string Kind, string Target)> Outgoing { get; init; } = [];

    /// <summary>What has gone out for it already, or is on its way: it goes out no second time.</summary>
    public IReadOnlyList<OutboxItem> Sent { get; init; } = [];

    public IReadOnlyList<Issue> Issues { get; init; } = [];
}

/// <summary>
/// Runs journal lines again, one or many, with the map that is in force or with a version of it; or says what that would do. What has had
/// its effect is never run again, so nothing goes out twice.
/// </summary>
internal sealed class ReplayMessages(
    Journal journal, Outbox outbox, Sources sources, MapsInForce maps, ReceiveSignalement receive, MessageWalk walks)
{
    /// <summary>True for a line that a replay runs.</summary>
    public static bool IsOpen(JournalMessage message) =>
        message.State is MessageState.Rejected or MessageState.Waiting or MessageState.Received && message.Signalement is null;

    /// <summary>The source that the message is read with; null when the source, or that version of its map, is not there.</summary>
    public async Task<Source?> SourceOfAsync(JournalMessage message, long? mapVersion, CancellationToken cancellationToken) =>
        sources.Find(message.Source) is not { } source ? null
            : mapVersion is { } version ? await maps.PinnedAsync(message.Tenant, source, version, cancellationToken)
            : await maps.OfAsync(message.Tenant, source, cancellationToken);

    public async Task<Reception> RunAsync(JournalMessage message, Source source, CancellationToken cancellationToken)
    {
        var reception = await receive.ReplayAsync(message, source, cancellationToken);

        // A file counts its rows anew when one of them has gone on.
        if (message.ParentId is { } parent && await journal.ReadAsync(message.Tenant, parent, cancellationToken) is { } file && IsOpen(file)
            && reception.State != message.State)
            await receive.RecountAsync(file, cancellationToken);
        return reception;
    }

    public async Task<ReplayPreview> PreviewAsync(JournalMessage message, Source source, CancellationToken cancellationToken)
    {
        var sent = new List<OutboxItem>();
        foreach (var reference in await journal.LineageAsync(message.Tenant, message.Id, cancellationToken))
            if (WriteList.OutboxIdOf(reference) is { } id && outbox.Find(message.Tenant, id) is { } item)
                sent.Add(item);
        if (!IsOpen(message))
            return new(message, null, message.Map) { Sent = sent };

        var (reading, issues) = await receive.ReadAsync(message, source, cancellationToken);
        if (reading is null)
            return new(message, null, null)
            {
                Sent = sent,
                Issues = [new(Severity.Information, "informational", "file", "The rows of this file are messages of their own.")],
            };
        var plan = await walks.PlanAsync(await walks.UnderstandAsync(message, source, reading, issues, cancellationToken), cancellationToken);
        return new(message, plan.Reception.State, source.MapVersion())
        {
            Sent = sent,
            Changes = [.. plan.Writes.Select(ChangeOf).OfType<(string, string)>()],
            Outgoing = [.. plan.Writes.OfType<Write.Enqueue>().Select(write => (write.Entry.Kind, write.Entry.Target))],
            Issues = plan.Reception.Issues,
        };
    }

    /// <summary>What a write does to which resource; null for one that shows nowhere.</summary>
    public static (string, string)? ChangeOf(Write write) => write switch
    {
        Write.Create create => ("create", create.Resource.Type),
        Write.Update update => ("update", $"{update.Resource.Type}/{update.Id}"),
        _ => null,
    };
}
