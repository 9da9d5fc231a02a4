using System.Text.Json;
using CptsFhirHub.Storage;
using CptsFhirHub.Storage.Registry;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Takes up, at start and from time to time, the messages that were received and not settled: those of a hub that was killed, and those
/// that could not be finished. A message is durable before it is acknowledged, so this is all a crash needs. What a fault of the program has
/// stopped is run again too, less often (<see cref="OwnFault"/>).
/// </summary>
/// <remarks>
/// No message may stop the others. One that fails here again and again is set aside as <c>waiting</c>, with its bytes, for a person. One
/// that ends the whole process is found too: when a start did not get through its messages, the next one writes down, before each, which
/// it takes up, and sets aside the one at which three starts ended: a kill from outside does not hit the same message so often.
/// Of hubs that share a database one at a time takes messages up; the others look again later.
/// </remarks>
internal sealed class ResumeMessages(
    Journal journal, HubStore store, Sources sources, ReceiveSignalement receive, ReplayMessages replay, RunningWalks running, HubSettings settings, TimeProvider time,
    ILogger<ResumeMessages> logger) : BackgroundService
{
    public const string Setting = "resume";

    private const int PortionSize = 200;
    private const int TriesMax = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    /// <summary>A message this young is on its walk; only at start are all of them ours to take up.</summary>
    private static readonly TimeSpan Youth = TimeSpan.FromSeconds(30);

    /// <summary>Between two looks for what a fault has stopped.</summary>
    private static readonly TimeSpan BetweenFaults = TimeSpan.FromMinutes(10);

    /// <summary>What a fault has stopped and is older waits for a person.</summary>
    private static readonly TimeSpan FaultsKept = TimeSpan.FromDays(7);

    /// <summary>How long a hub keeps its turn without prolonging it. The same hub, started again, has it at once.</summary>
    private static readonly TimeSpan Turn = TimeSpan.FromMinutes(4);

    private readonly Dictionary<string, int> _failures = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private DateTimeOffset _turnEnds;
    private DateTimeOffset _nextFaults;

    /// <summary>Done when what an earlier process left behind has been taken up.</summary>
    internal Task CaughtUp => _caughtUp.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var source in sources.All)
            source.Prepare();

        var isStart = true;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (isStart)
                    await RunAtStartAsync(stoppingToken);
                else
                    await RunOnceAsync(Youth, before: null, stoppingToken);
                isStart = false;
                _caughtUp.TrySetResult();
                if (time.GetUtcNow() >= _nextFaults)
                {
                    _nextFaults = time.GetUtcNow() + BetweenFaults;
                    await RunFaultsAsync(stoppingToken);
                }

                await Task.Delay(Pause, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                FlowLog.JobFailed(logger, nameof(ResumeMessages), fault.GetType().Name);
                await Task.Delay(Pause, time, CancellationToken.None);
            }
        }
    }

    /// <summary>What an earlier process left unfinished. How many were taken up.</summary>
    internal async Task<int> RunAtStartAsync(CancellationToken cancellationToken)
    {
        if ((await journal.UnsettledAsync(1, after: 0, cancellationToken)).Count == 0)
            return 0;
        if (!await HasTurnAsync(cancellationToken))
            return 0;
        var last = ResumeMark.Of(store.Registry.FindSetting("", Setting));
        await MarkAsync(new(last?.Unfinished + 1 ?? 1, last?.Message, last?.Times ?? 0), cancellationToken);
        if (last is { Message: { } culprit, Times: >= TriesMax }
            && (await journal.UnsettledAsync(PortionSize, after: 0, cancellationToken)).FirstOrDefault(message => message.Id == culprit) is { } message)
            await SetAsideAsync(message, cancellationToken);

        // Writing down each message costs a commit a message: only after a start that did not get through.
        Func<JournalMessage, Task>? before = last is { Unfinished: > 0 }
            ? taken => MarkAsync(new(last.Unfinished + 1, taken.Id, taken.Id == last.Message ? last.Times + 1 : 1), cancellationToken)
            : null;
        var resumed = await RunOnceAsync(TimeSpan.Zero, before, cancellationToken);
        await MarkAsync(new(0, null, 0), cancellationToken);
        return resumed;
    }

    /// <summary>Runs every unfinished message older than <paramref name="age"/> once; files before their rows, oldest first.</summary>
    internal async Task<int> RunOnceAsync(TimeSpan age, Func<JournalMessage, Task>? before, CancellationToken cancellationToken)
    {
        var (after, resumed) = (0L, 0);
        while (true)
        {
            var portion = await journal.UnsettledAsync(PortionSize, after, cancellationToken);
            foreach (var message in portion)
            {
                after = message.Sequence;
                if (time.GetUtcNow() - message.ReceivedAt < age || running.TryFind(message.Id, out _))
                    continue;
                cancellationToken.ThrowIfCancellationRequested();

                // A file that was resumed a moment ago has settled its rows meanwhile.
                if (await journal.ReadAsync(message.Tenant, message.Id, cancellationToken) is not { State: MessageState.Received } still)
                    continue;
                if (!await HasTurnAsync(cancellationToken))
                    return resumed;
                if (before is not null)
                    await before(still);
                await ResumeAsync(still, () => receive.ReplayAsync(still, cancellationToken), cancellationToken);
                resumed++;
            }

            if (portion.Count < PortionSize)
                break;
        }

        if (resumed > 0)
            FlowLog.Resuming(logger, resumed);
        await EndTurnAsync(cancellationToken);
        return resumed;
    }

    /// <summary>Runs again, oldest first, what a fault of the program has stopped. How many were run.</summary>
    internal async Task<int> RunFaultsAsync(CancellationToken cancellationToken)
    {
        List<JournalMessage> stopped = [];
        foreach (var tenant in settings.Tenants)
        {
            var filter = new JournalFilter(tenant) { State = MessageState.Waiting, From = time.GetUtcNow() - FaultsKept, Count = PortionSize };
            for (var isLast = false; !isLast;)
            {
                var some = await journal.FindAsync(filter, cancellationToken);
                stopped.AddRange(some.Where(OwnFault.IsToRunAgain));
                isLast = some.Count < PortionSize;
                filter = filter with { Before = isLast ? null : some[^1].Sequence };
            }
        }

        var done = 0;
        foreach (var message in stopped.OrderBy(message => message.Sequence))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (running.TryFind(message.Id, out _) || await replay.SourceOfAsync(message, mapVersion: null, cancellationToken) is not { } source)
                continue;
            if (!await HasTurnAsync(cancellationToken))
                break;
            await ResumeAsync(message, () => replay.RunAsync(message, source, cancellationToken), cancellationToken);
            done++;
        }

        await EndTurnAsync(cancellationToken);
        return done;
    }

    /// <summary>Takes or prolongs this hub's turn; false while another has it.</summary>
    private async Task<bool> HasTurnAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_turnEnds - now > Turn / 2)
            return true;
        if (!await store.Registry.TryLeaseAsync(Setting, settings.HubName, now, now + Turn, cancellationToken))
            return false;
        _turnEnds = now + Turn;
        return true;
    }

    private async Task EndTurnAsync(CancellationToken cancellationToken)
    {
        if (_turnEnds != default)
            await store.Registry.EndLeaseAsync(Setting, settings.HubName, cancellationToken);
        _turnEnds = default;
    }

    private async Task ResumeAsync(JournalMessage message, Func<Task> run, CancellationToken cancellationToken)
    {
        try
        {
            await run();
            _failures.Remove(message.Id);
        }
        catch (Exception fault) when (fault is not StoreUnavailableException and not StoreBusyException
            && !(fault is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            FlowLog.ResumeFailed(logger, message.Id, fault.GetType().Name);
            var tries = _failures.GetValueOrDefault(message.Id) + 1;
            _failures[message.Id] = tries;
            if (tries >= TriesMax && _failures.Remove(message.Id))
                await SetAsideAsync(message, cancellationToken);
        }
    }

    private async Task SetAsideAsync(JournalMessage message, CancellationToken cancellationToken)
    {
        FlowLog.SetAside(logger, message.Id);
        await journal.SettleAsync(message.Tenant, OwnFault.SetAside(message).ToOutcome(map: null, [], message.Attempts), cancellationToken);
    }

    private Task MarkAsync(ResumeMark mark, CancellationToken cancellationToken) => store.Registry.PutSettingAsync(
        new SettingRow("", Setting, JsonSerializer.Serialize(mark), time.GetUtcNow()), cancellationToken);
}

/// <summary>What a start writes down about taking messages up.</summary>
/// <param name="Unfinished">Starts in a row that did not get through.</param>
/// <param name="Message">The message that was being taken up, when each was written down.</param>
/// <param name="Times">Starts in a row that took up this message last.</param>
internal sealed record ResumeMark(int Unfinished, string? Message, int Times)
{
    public static ResumeMark? Of(string? json) => json is null ? null : JsonSerializer.Deserialize<ResumeMark>(json);
}
