using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// The walks under way in this process, by message. Whoever asks for a message that is on its walk waits for that walk instead of
/// starting a second one. It saves work and is not what makes a message happen once: the journal does, see <see cref="Storage.JournalOutcome.Attempts"/>.
/// </summary>
internal sealed class RunningWalks
{
    private readonly ConcurrentDictionary<string, Lazy<Task<Reception>>> _walks = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, int> _totals = new(StringComparer.Ordinal);

    public int Count => _walks.Count;

    /// <summary>How many rows the file under way has; null when it is not under way.</summary>
    public int? TotalOf(string fileId) => _totals.TryGetValue(fileId, out var total) ? total : null;

    /// <summary>Remembers the number of rows of a file until the result is disposed of.</summary>
    public IDisposable CountRows(string fileId, int total)
    {
        _totals[fileId] = total;
        return new Counted(this, fileId);
    }

    /// <summary>True, with the walk, while one is under way.</summary>
    public bool TryFind(string messageId, [NotNullWhen(true)] out Task<Reception>? walk)
    {
        walk = _walks.TryGetValue(messageId, out var running) ? running.Value : null;
        return walk is not null;
    }

    public async Task<Reception> RunAsync(string messageId, Func<Task<Reception>> walk)
    {
        var mine = _walks.GetOrAdd(messageId, _ => new(walk));
        try
        {
            return await mine.Value;
        }
        finally
        {
            _walks.TryRemove(new(messageId, mine));
        }
    }

    private sealed class Counted(RunningWalks walks, string fileId) : IDisposable
    {
        public void Dispose() => walks._totals.TryRemove(fileId, out _);
    }
}
