using System.Globalization;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Jobs;

/// <summary>The retention of messages: their bytes are kept as long as they may be of use, and no longer.</summary>
internal static class ForgetBodies
{
    public const string Name = "forget-bodies";

    /// <summary>Messages in one transaction: others write in between.</summary>
    private const int Portion = 200;

    public static async Task<string> RunAsync(
        Journal journal, DateTimeOffset now, int processedDays, int rejectedDays, CancellationToken cancellationToken)
    {
        var forgotten = 0;
        while (true)
        {
            var count = await journal.ForgetBodiesAsync(now.AddDays(-processedDays), now.AddDays(-rejectedDays), Portion, cancellationToken);
            forgotten += count;
            if (count < Portion)
                return string.Create(CultureInfo.InvariantCulture, $"{forgotten} bodies forgotten.");
        }
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
