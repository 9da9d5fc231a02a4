using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Outbound;

/// <summary>A call as it goes out, but for its signature.</summary>
/// <param name="Lane">The endpoint: calls to one endpoint share its lane and its breaker.</param>
internal sealed record OutgoingCall(string Lane, HttpMethod Method, OutboundTarget Target)
{
    public byte[] Body { get; init; } = [];

    public string? ContentType { get; init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>How long one try may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);
}

/// <summary>What is to be done with an entry of the outbox.</summary>
internal abstract record Errand
{
    private Errand()
    {
    }

    /// <summary>Nobody is to be called: the entry is done.</summary>
    public sealed record Nothing : Errand;

    public sealed record Call(OutgoingCall Outgoing) : Errand;

    /// <summary>It can never go out: the entry is dead.</summary>
    public sealed record Hopeless(string Reason) : Errand;
}

/// <summary>How a try ended.</summary>
/// <param name="Reason">Why it failed, without a word of what was sent.</param>
internal sealed record Ending(Fate Fate, string? Reason);

internal enum Fate
{
    Delivered,

    /// <summary>It will be tried again.</summary>
    Failed,

    /// <summary>It will not be tried again unless a person says so.</summary>
    Dead,

    /// <summary>410: the receiver wants no more.</summary>
    Gone,
}

/// <summary>Makes calls of some entries of the outbox: notices to fixed targets, notifications of subscriptions.</summary>
internal interface IOutgoing
{
    bool Carries(OutboxEntry entry);

    Task<Errand> PlanAsync(OutboxItem item, CancellationToken cancellationToken);

    /// <summary>Told before the entry is marked: after a crash in between it is told again.</summary>
    Task EndedAsync(OutboxItem item, Ending ending, CancellationToken cancellationToken);
}

/// <summary>
/// Notices to the targets of the settings. An effect for which no address is configured is done when it is written: those who pull (the
/// DAC reads its Tasks) need no call.
/// </summary>
internal sealed class FixedTargets(OutboundTargets targets) : IOutgoing
{
    public bool Carries(OutboxEntry entry) => !entry.Kind.StartsWith("subscription-", StringComparison.Ordinal);

    public Task<Errand> PlanAsync(OutboxItem item, CancellationToken cancellationToken) => Task.FromResult<Errand>(
        targets.Find(item.Entry.Target) is { } target
            ? new Errand.Call(new(target.Name, HttpMethod.Post, target) { Body = item.Entry.Payload.ToArray(), ContentType = "application/json" })
            : new Errand.Nothing());

    public Task EndedAsync(OutboxItem item, Ending ending, CancellationToken cancellationToken) => Task.CompletedTask;
}
