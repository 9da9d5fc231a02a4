using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>
/// The look-up keys of the resources created last. A key is a hash and falls anywhere in its tree, so that each would be a page of the log and one
/// of the file. A new resource notes its keys durably with its commit (<see cref="KeyRows"/>); in memory they are found from then on, and they
/// settle in the tree thousands at a time, in its order, a portion with each commit that follows.
/// </summary>
/// <remarks>
/// Invariant: the keys of a resource whose row lies after that in the table <c>lookup_settled</c> stand in its note and here, those of all others in
/// the tree; while a portion settles they may stand in both. The writer alone changes what is here. What has settled stays here until every
/// reader that began before has ended: a reader that does not yet see it in the tree finds it here.
/// </remarks>
/// <param name="together">Resources whose keys settle together.</param>
/// <param name="portion">Keys that settle with one commit, and more when more come with it.</param>
internal sealed class FreshKeys(int together = 4_096, int portion = 1_024)
{
    private const string Insert = $"INSERT INTO {KeyRows.Table} (tenant, kind, hash, rid) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";

    private const int HashBytes = sizeof(ulong);

    private readonly Lock _turn = new();
    private readonly List<(Step Step, Key Key, long Rid)> _steps = [];
    private readonly HashSet<(Key Key, long Rid)> _leaving = [];
    private readonly int[] _readers = new int[2];
    private Generation _new = new();
    private Generation? _settling;

    /// <summary>One that has settled, empty: its room is used again. Room for thousands is dear to find and to clear away each time.</summary>
    private Generation? _spare;

    private readonly List<Entry> _order = [];
    private int _at;
    private int _reached;
    private bool _ends;
    private bool _isRead;
    private bool _hasOwn;
    private volatile int _age;

    /// <summary>Keys of resources up to here are no longer taken: they are settled, or settling.</summary>
    private long _closed;

    /// <summary>True when something was created since the store was opened that has not settled.</summary>
    public bool HasOwn => _hasOwn && (_new.Count > 0 || _order.Count > 0);

    /// <summary>Takes into memory what was noted and has not settled. Before the first write.</summary>
    public void Read(Session session)
    {
        _closed = SettledIn(session);
        var notes = session.Get("SELECT n.rid, r.tenant, n.keys FROM lookup_note n JOIN resource r ON r.rid = n.rid WHERE n.rid > ?").Add(_closed);
        while (notes.Next())
            foreach (var key in KeyRows.Read(notes.Text(2)))
                if (key.Hash.Length == HashBytes)
                    _new.Add(Of(notes.Long(1), key), notes.Long(0));
        _isRead = true;
    }

    /// <summary>The last resource whose keys are all in the tree.</summary>
    public static long SettledIn(Session session) => session.Scalar("SELECT rid FROM lookup_settled") ?? 0;

    /// <summary>Keeps a key of a resource; false when it belongs in the tree.</summary>
    public bool TryAdd(long tenant, KeptKey key, long rid)
    {
        if (!_isRead || rid <= _closed || key.Hash.Length != HashBytes)
            return false;
        var own = Of(tenant, key);
        if (_leaving.Remove((own, rid)))
        {
            _steps.Add((Step.Stayed, own, rid));
            return true;
        }

        bool isNew;
        lock (_turn)
            isNew = _new.Add(own, rid);
        if (isNew)
            _steps.Add((Step.Added, own, rid));
        _hasOwn = true;
        return true;
    }

    /// <summary>The resource loses the key, once that is durable.</summary>
    public void Remove(long tenant, KeptKey key, long rid)
    {
        if (_isRead && key.Hash.Length == HashBytes && _leaving.Add((Of(tenant, key), rid)))
            _steps.Add((Step.Left, Of(tenant, key), rid));
    }

    /// <summary>The rows of the resources that stand here under a key, the oldest first.</summary>
    /// <param name="isWriter">True for the writer: to it alone a key that a transaction takes away is gone before the commit.</param>
    public List<long> Find(long tenant, long kind, byte[] hash, bool isWriter = false)
    {
        List<long> rows = [];
        if (hash.Length != HashBytes)
            return rows;
        var key = new Key((int)tenant, (int)kind, BinaryPrimitives.ReadUInt64BigEndian(hash));
        lock (_turn)
        {
            _settling?.AddTo(rows, key);
            _new.AddTo(rows, key);
        }

        if (isWriter && _leaving.Count > 0)
            rows.RemoveAll(rid => _leaving.Contains((key, rid)));
        rows.Sort();
        return rows;
    }

    /// <summary>A reader begins, before it sees anything. What it is given back it says when it ends.</summary>
    public int Enter()
    {
        while (true)
        {
            var age = _age;
            Interlocked.Increment(ref _readers[age & 1]);
            if (_age == age)
                return age & 1;
            Interlocked.Decrement(ref _readers[age & 1]);
        }
    }

    public void Leave(int parity) => Interlocked.Decrement(ref _readers[parity]);

    /// <summary>How many steps this transaction has made so far.</summary>
    public int Mark() => _steps.Count;

    /// <summary>Undoes the steps since that mark.</summary>
    public void UndoTo(int mark)
    {
        for (var i = _steps.Count - 1; i >= mark; i--)
        {
            var (step, key, rid) = _steps[i];
            switch (step)
            {
                case Step.Added:
                    lock (_turn)
                    {
                        _new.Remove(key, rid);
                        _settling?.Remove(key, rid);
                    }

                    break;
                case Step.Left:
                    _leaving.Remove((key, rid));
                    break;
                default:
                    _leaving.Add((key, rid));
                    break;
            }
        }

        _steps.RemoveRange(mark, _steps.Count - mark);
    }

    public void RolledBack()
    {
        UndoTo(0);
        (_reached, _ends) = (_at, false);
    }

    /// <summary>Writes the next portion, inside the writer's transaction and at its end.</summary>
    /// <param name="isAll">All that is here, however little.</param>
    public void Settle(Session session, bool isAll)
    {
        // Another process may look at the store beside the hub: it settles nothing, for the hub knows what it has closed.
        if (!_hasOwn || _ends || (_order.Count == 0 && !TryClose(isAll ? 1 : together)))
            return;
        var until = isAll ? _order.Count : Math.Min(_order.Count, _reached + Math.Max(portion, 2 * _steps.Count));
        var mayHaveLeft = _leaving.Count > 0 || _settling!.HasLost;
        var insert = session.Get(Insert);
        for (; _reached < until; _reached++)
        {
            var (key, rid) = _order[_reached];
            if (mayHaveLeft && (_leaving.Contains((key, rid)) || !_settling!.Has(key, rid)))
                continue;
            var hash = new byte[HashBytes];
            BinaryPrimitives.WriteUInt64BigEndian(hash, key.Hash);
            insert.Add(key.Tenant).Add(key.Kind).AddBytes(hash).Add(rid).Send();
        }

        _ends = _reached == _order.Count;
        if (_ends)
            session.Get("UPDATE lookup_settled SET rid = ?").Add(_closed).Send();
    }

    /// <summary>The transaction is durable.</summary>
    public void Committed()
    {
        if (_leaving.Count > 0)
        {
            lock (_turn)
            {
                foreach (var (key, rid) in _leaving)
                {
                    _settling?.Remove(key, rid);
                    _new.Remove(key, rid);
                }
            }

            _leaving.Clear();
        }

        _steps.Clear();
        _at = _reached;
        if (!_ends)
            return;
        _order.Clear();
        (_at, _reached, _ends) = (0, 0, false);
        _age++;
    }

    /// <summary>Nothing more is taken into the keys that are here: they settle. Not while a reader may still need those that settled before.</summary>
    private bool TryClose(int resources)
    {
        if (_settling is not null)
        {
            if (Volatile.Read(ref _readers[(_age - 1) & 1]) > 0)
                return false;
            lock (_turn)
            {
                _settling.Clear();
                (_spare, _settling) = (_settling, null);
            }
        }

        if (_new.Resources < resources)
            return false;
        _new.AddInOrder(_order);
        _closed = _new.Last;
        lock (_turn)
            (_settling, _new, _spare) = (_new, _spare ?? new(), null);
        (_at, _reached) = (0, 0);
        return true;
    }

    private static Key Of(long tenant, KeptKey key) => new((int)tenant, (int)key.Kind, BinaryPrimitives.ReadUInt64BigEndian(key.Hash));

    private enum Step
    {
        Added,
        Left,
        Stayed,
    }

    /// <summary>A row of the tree.</summary>
    private readonly record struct Entry(Key Key, long Rid);

    /// <summary>The order of the tree. A type of its own, so that sorting thousands calls nothing for each comparison.</summary>
    private readonly struct TreeOrder : IComparer<Entry>
    {
        public int Compare(Entry x, Entry y)
        {
            if (x.Key.Tenant != y.Key.Tenant)
                return x.Key.Tenant < y.Key.Tenant ? -1 : 1;
            if (x.Key.Kind != y.Key.Kind)
                return x.Key.Kind < y.Key.Kind ? -1 : 1;
            return x.Key.Hash != y.Key.Hash ? x.Key.Hash < y.Key.Hash ? -1 : 1 : x.Rid.CompareTo(y.Rid);
        }
    }

    private readonly record struct Key(int Tenant, int Kind, ulong Hash)
    {
        /// <summary>The last bytes of a hash are spread already.</summary>
        public override int GetHashCode() => (int)Hash ^ (Kind << 16) ^ Tenant;
    }

    /// <summary>Keys that settle together.</summary>
    private sealed class Generation
    {
        private readonly Dictionary<Key, long> _first = [];
        private readonly Dictionary<Key, List<long>> _more = [];

        public int Count => _first.Count;

        public int Resources { get; private set; }

        /// <summary>True once a key was taken away: what was here in order may no longer be.</summary>
        public bool HasLost { get; private set; }

        /// <summary>The newest resource that has a key here.</summary>
        public long Last { get; private set; }

        public bool Add(Key key, long rid)
        {
            ref var first = ref CollectionsMarshal.GetValueRefOrAddDefault(_first, key, out var isThere);
            if (!isThere)
            {
                first = rid;
            }
            else
            {
                if (first == rid)
                    return false;
                if (!_more.TryGetValue(key, out var more))
                    _more[key] = more = [];
                if (more.Contains(rid))
                    return false;
                more.Add(rid);
            }

            if (rid > Last)
                Resources++;
            Last = Math.Max(Last, rid);
            return true;
        }

        public void Remove(Key key, long rid)
        {
            if (!_first.TryGetValue(key, out var first))
                return;
            HasLost = true;
            var more = _more.GetValueOrDefault(key);
            if (first == rid && more is null)
                _first.Remove(key);
            else if (first == rid)
                (_first[key], more![0]) = (more[0], rid);

            more?.Remove(rid);
            if (more is { Count: 0 })
                _more.Remove(key);
        }

        public bool Has(Key key, long rid) =>
            _first.TryGetValue(key, out var first) && (first == rid || _more.GetValueOrDefault(key)?.Contains(rid) is true);

        public void AddTo(List<long> rows, Key key)
        {
            if (!_first.TryGetValue(key, out var first))
                return;
            rows.Add(first);
            if (_more.TryGetValue(key, out var more))
                rows.AddRange(more);
        }

        /// <summary>Adds all of them to an empty list.</summary>
        public void AddInOrder(List<Entry> order)
        {
            foreach (var (key, rid) in _first)
                order.Add(new(key, rid));
            foreach (var (key, rids) in _more)
                foreach (var rid in rids)
                    order.Add(new(key, rid));
            CollectionsMarshal.AsSpan(order).Sort(new TreeOrder());
        }

        public void Clear()
        {
            _first.Clear();
            _more.Clear();
            (Resources, Last, HasLost) = (0, 0, false);
        }
    }
}
