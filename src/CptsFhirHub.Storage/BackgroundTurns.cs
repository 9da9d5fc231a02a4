namespace CptsFhirHub.Storage;

/// <summary>
/// Work that no sender waits for at a door, such as the rows of a file. A few pieces of it run at once, however many have begun, and what
/// they write has its turn after what senders write: nobody else waits long for a processor, a read connection or a commit.
/// </summary>
public sealed class BackgroundTurns
{
    private static readonly AsyncLocal<bool> s_isBackground = new();

    private readonly TaskScheduler _scheduler;

    /// <param name="atOnce">Pieces that run at once, those apart that wait for something.</param>
    internal BackgroundTurns(int atOnce) =>
        _scheduler = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, atOnce, maxItemsPerTask: 1).ConcurrentScheduler;

    /// <summary>True within what <see cref="RunAsync{T}"/> runs, and what that calls.</summary>
    internal static bool IsCurrent => s_isBackground.Value;

    /// <summary>Runs <paramref name="work"/> as background work.</summary>
    public Task RunAsync(Func<Task> work) => RunAsync(async () =>
    {
        await work();
        return true;
    });

    /// <summary>Runs <paramref name="work"/> as background work; its result.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> work) => Task.Factory.StartNew(
        () =>
        {
            s_isBackground.Value = true;
            return work();
        },
        CancellationToken.None,
        TaskCreationOptions.DenyChildAttach,
        _scheduler).Unwrap();
}
