using System.Threading.Channels;

namespace CptsFhirHub.Storage;

/// <summary>Who waits for a piece of work.</summary>
internal enum Turn
{
    /// <summary>A sender at a door, or a reader.</summary>
    Sender,

    /// <summary>The hub itself, for its own books: it goes first too, but may wait for a large group, and nothing is held back for it.</summary>
    Hub,

    /// <summary>Nobody at a door: <see cref="BackgroundTurns"/>.</summary>
    Background,
}

/// <summary>
/// What waits for the writer. What a sender or the hub waits for goes first; of background work each group takes a few pieces along, fewer beside a
/// sender's and more when no sender has come for long, so that it always goes on and nobody waits for much of it.
/// </summary>
internal sealed class TurnQueue<T>
{
    /// <summary>Pieces in one group: more would keep the first ones waiting for little gain.</summary>
    public const int GroupMax = 256;

    /// <summary>Background pieces in a group of their own: the next sender waits for so many. A row of a file writes as much as twenty resources.</summary>
    public const int BackgroundMax = 24;

    /// <summary>Background pieces beside those of senders.</summary>
    public const int BackgroundBesideMax = 8;

    /// <summary>
    /// Background pieces in a group when no sender has come for long: a larger commit writes a page that many rows change once, and a sender
    /// who comes now meets one such group at most.
    /// </summary>
    public const int BackgroundAloneMax = 64;

    /// <summary>Groups in a row without a sender that count as long: half a second of a file's rows.</summary>
    public const int AloneAfter = 16;

    private readonly Channel<(T Item, Turn Turn)> _arriving;
    private readonly Queue<(T Item, Turn Turn)> _first = new();
    private readonly Queue<(T Item, Turn Turn)> _background = new();
    private int _groupsAlone;

    /// <param name="waitingMax">Pieces that may wait before another is refused.</param>
    public TurnQueue(int waitingMax) => _arriving = Channel.CreateBounded<(T, Turn)>(
        new BoundedChannelOptions(waitingMax) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    /// <summary>True when nothing waits at this moment.</summary>
    public bool IsEmpty => _first.Count == 0 && _background.Count == 0 && !_arriving.Reader.TryPeek(out _) && !IsCompleted;

    public bool IsCompleted => _arriving.Reader.Completion.IsCompleted;

    /// <summary>False when too many wait, or none is taken any more.</summary>
    public bool TryAdd(T item, Turn turn) => _arriving.Writer.TryWrite((item, turn));

    /// <summary>Takes no more; what waits is still given out. False when that was said before.</summary>
    public bool TryComplete() => _arriving.Writer.TryComplete();

    /// <summary>Fills <paramref name="group"/> with those whose turn it is, as soon as there is one; false when none will come any more.</summary>
    public async ValueTask<bool> TakeAsync(List<T> group)
    {
        group.Clear();
        if (_first.Count == 0 && _background.Count == 0 && !await _arriving.Reader.WaitToReadAsync())
            return false;
        while (_first.Count < GroupMax && _arriving.Reader.TryRead(out var arrived))
            (arrived.Turn == Turn.Background ? _background : _first).Enqueue(arrived);
        _groupsAlone = Move(_first, group, GroupMax) ? 0 : _groupsAlone + 1;
        Move(_background, group, BackgroundTurn());
        return true;
    }

    private int BackgroundTurn() => _groupsAlone switch
    {
        0 => BackgroundBesideMax,
        <= AloneAfter => BackgroundMax,
        _ => BackgroundAloneMax,
    };

    /// <summary>True when a sender's piece was among them.</summary>
    private static bool Move(Queue<(T Item, Turn Turn)> from, List<T> to, int countMax)
    {
        var hasSender = false;
        while (countMax-- > 0 && from.TryDequeue(out var next))
        {
            to.Add(next.Item);
            hasSender |= next.Turn == Turn.Sender;
        }

        return hasSender;
    }
}
