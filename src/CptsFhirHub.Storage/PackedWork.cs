using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>What became of a piece of work that was to be packed.</summary>
internal enum Packed
{
    /// <summary>It waits for its turn like all that ask.</summary>
    Refused,

    /// <summary>It goes with the next flight.</summary>
    Taken,

    /// <summary>It goes with the next flight, of which nobody knows yet.</summary>
    First,

    /// <summary>It asked after all, or broke: nothing that was packed can go.</summary>
    Spoilt,
}

/// <summary>
/// Work that asks the database nothing, written down by those who bring it while the transaction before is under way: when that is durable the next
/// goes off at once, as one flight. It rests on the keys that were given last; the flight itself checks that nobody else has given any since.
/// </summary>
/// <remarks>
/// Invariant: while this is open, the session's waiting commands and the keys are touched under the lock alone; while it is closed, by the writer.
/// </remarks>
internal sealed class PackedWork
{
    private static readonly List<Work> None = [];

    private readonly Lock _turn = new();
    private List<Work> _works = [];
    private Session? _session;
    private RowKeys? _keys;
    private Func<WriteScope>? _newScope;
    private WriteScope? _scope;
    private bool _isAwaited;
    private bool _hasEnded;

    /// <summary>From now on work may be packed, for a transaction that follows those that gave the keys.</summary>
    public void Open(Session session, RowKeys keys, Func<WriteScope> newScope)
    {
        lock (_turn)
            if (!_hasEnded)
                (_session, _keys, _newScope) = (session, keys, newScope);
    }

    /// <summary>No more is packed; what was packed and has not been taken is given back, to be run otherwise.</summary>
    public List<Work> Close()
    {
        lock (_turn)
        {
            (_keys, _scope) = (null, null);
            return Empty();
        }
    }

    /// <summary>No more is packed for good; what was packed may be taken.</summary>
    public void End()
    {
        lock (_turn)
            (_hasEnded, _keys) = (true, null);
    }

    /// <param name="spoilt">What is to be run otherwise.</param>
    public Packed TryAdd(Work work, out List<Work> spoilt)
    {
        spoilt = None;
        lock (_turn)
        {
            if (_keys is null || _works.Count >= TurnQueue<Work>.GroupMax || _session!.IsFull)
                return Packed.Refused;
            if (work.IsCancelled())
                return Packed.Taken;
            _works.Add(work);
            if (!Run(work, _session, _keys))
            {
                spoilt = Close();
                return Packed.Spoilt;
            }

            if (!_isAwaited)
                return Packed.Taken;
            _isAwaited = false;
            return Packed.First;
        }
    }

    private bool Run(Work work, Session session, RowKeys keys)
    {
        try
        {
            if (_works.Count == 1)
            {
                session.BeginFlight(keys.LastVersion);
                _scope = _newScope!();
            }

            _scope!.Begin();
            work.Run(_scope);
            return !_scope.IsStoppedHalfway;
        }
        catch (Exception)
        {
            // It is run again, where it may ask and where what breaks it breaks it alone.
            return false;
        }
    }

    /// <summary>True when nothing is packed: whoever packs something then tells so.</summary>
    public bool IsWaitedFor()
    {
        lock (_turn)
            return _isAwaited = _works.Count == 0;
    }

    /// <summary>Takes what was packed, ready to fly.</summary>
    public List<Work> Take()
    {
        lock (_turn)
        {
            _isAwaited = false;
            if (_works.Count == 0)
                return None;
            _session!.Seal();
            return Empty();
        }
    }

    /// <summary>The same, and no more is packed until it is opened again.</summary>
    public List<Work> TakeAndClose()
    {
        lock (_turn)
        {
            _keys = null;
            return Take();
        }
    }

    private List<Work> Empty()
    {
        if (_works.Count == 0)
            return None;
        var works = _works;
        _works = [];
        return works;
    }
}
