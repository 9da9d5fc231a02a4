using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// The walks under way in this process, by message. Whoever asks for a message that is on its walk waits for that walk instead of
/// starting a second one. It saves work and is not what makes a message happen once: the journal and the commit's guards do.
/// </summary>
internal sealed class RunningWalks
{
    private readonly ConcurrentDictionary<string, Lazy<Task<Reception>>> _walks = new(StringComparer.Ordinal);

    public int Count => _walks.Count;

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
}
