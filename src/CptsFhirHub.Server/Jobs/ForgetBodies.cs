using System.Globalization;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Jobs;

/// <summary>The retention of messages: their bytes are kept as long as they may be of use, and no longer.</summary>
internal static class ForgetBodies
{
    public const string Name = "forget-bodies";

    /// <summary>Messages in one transaction: others write in between.</summary>
    private const int Portion = 200;

    /// <summary>Forgets the bytes of each source after its own days, of all others after the usual ones.</summary>
    public static async Task<string> RunAsync(
        Journal journal, DateTimeOffset now, BodyDays usual, IReadOnlyDictionary<string, BodyDays> ofSources, CancellationToken cancellationToken)
    {
        var forgotten = 0;
        foreach (var (source, days) in ofSources)
            forgotten += await ForgetAsync(journal, days.Before(now) with { Sources = [source], IsOfOthers = false }, cancellationToken);
        forgotten += await ForgetAsync(journal, usual.Before(now) with { Sources = [.. ofSources.Keys] }, cancellationToken);
        return string.Create(CultureInfo.InvariantCulture, $"{forgotten} bodies forgotten.");
    }

    private static async Task<int> ForgetAsync(Journal journal, BodyAge age, CancellationToken cancellationToken)
    {
        var forgotten = 0;
        while (true)
        {
            var count = await journal.ForgetBodiesAsync(age, Portion, cancellationToken);
            forgotten += count;
            if (count < Portion)
                return forgotten;
        }
    }

    /// <summary>Erases the withdrawals and replaced numbers that nothing is to be expected for any more.</summary>
    public static async Task<string> RunAsync(Withdrawals withdrawals, IEnumerable<string> tenants, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var forgotten = 0;
        foreach (var tenant in tenants)
            forgotten += await withdrawals.ForgetAsync(tenant, now, cancellationToken);
        return string.Create(CultureInfo.InvariantCulture, $"{forgotten} withdrawals and numbers forgotten.");
    }

    /// <summary>Removes what was sent and has arrived so many days ago; what waits or could not be sent stays.</summary>
    public static async Task<string> RunAsync(Outbox outbox, DateTimeOffset now, int sentDays, CancellationToken cancellationToken)
    {
        var forgotten = 0;
        while (true)
        {
            var count = await outbox.ForgetSentAsync(now.AddDays(-sentDays), Portion, cancellationToken);
            forgotten += count;
            if (count < Portion)
                return string.Create(CultureInfo.InvariantCulture, $"{forgotten} sent entries forgotten.");
        }
    }
}

/// <summary>How long the bytes of messages are kept, from when they were settled.</summary>
internal sealed record BodyDays(int Processed, int Rejected)
{
    /// <summary>The setting, <c>Hub:Journal</c> for all sources, with what it leaves open as <paramref name="usual"/> has it.</summary>
    public static BodyDays Of(IConfiguration section, BodyDays usual) =>
        new(section.GetValue("ProcessedBodyDays", usual.Processed), section.GetValue("RejectedBodyDays", usual.Rejected));

    /// <summary>The settings of single sources: <c>Hub:Journal:Sources:{source}</c>.</summary>
    public static IReadOnlyDictionary<string, BodyDays> OfSources(IConfiguration journal, BodyDays usual) =>
        journal.GetSection("Sources").GetChildren().ToDictionary(section => section.Key, section => Of(section, usual), StringComparer.Ordinal);

    public BodyAge Before(DateTimeOffset now) => new(now.AddDays(-Processed), now.AddDays(-Rejected));
}
