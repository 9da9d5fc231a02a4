using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>Keeps resources: commit, read, history, search. Every call names its tenant.</summary>
public sealed class ResourceStore
{
    private readonly Writer _writer;
    private readonly ReaderPool _readers;
    private readonly Symbols _symbols;
    private readonly StoreOptions _options;
    private readonly CurrentReads? _current;
    private volatile SearchExtraction _extraction;
    private volatile DefinitionSet _definitions;

    internal ResourceStore(Writer writer, ReaderPool readers, Symbols symbols, StoreOptions options)
    {
        _writer = writer;
        _readers = readers;
        _symbols = symbols;
        _options = options;
        _current = readers.ReadTogether ? new(readers) : null;
        _definitions = options.Definitions;
        _extraction = new(options.Definitions, options.PublicBaseUrl);
    }

    /// <summary>
    /// True when no key stands any more where an earlier release put it: then it is not looked for there. Set once all have been renewed.
    /// </summary>
    public bool AreKeysRenewed { get; set; }

    /// <summary>Told of what is committed, inside the transaction; null for nobody. Set before the first write.</summary>
    public ChangeWatch? Watch { get; set; }

    /// <summary>
    /// Carries out all the writes in one transaction, or none of them; durable when it returns.
    /// Throws <see cref="StoreBusyException"/> when too many wait and <see cref="StoreUnavailableException"/> when the database
    /// fails: then nothing was kept.
    /// </summary>
    public Task<CommitResult> CommitAsync(string tenant, IReadOnlyList<Write> writes, CancellationToken cancellationToken) =>
        CommitAsync(tenant, writes, once: null, cancellationToken);

    /// <summary>
    /// The same, for a request that may be repeated: it is carried out and its answer is kept, in one transaction, or the answer that stands
    /// there already comes back as <see cref="CommitResult.Repeated"/>.
    /// </summary>
    public Task<CommitResult> CommitAsync(string tenant, IReadOnlyList<Write> writes, OnceOnly? once, CancellationToken cancellationToken)
    {
        if (writes.Count == 0)
            return Task.FromResult(new CommitResult(Committed: true, []));

        var prepared = new PreparedWrite[writes.Count];
        for (var i = 0; i < prepared.Length; i++)
            prepared[i] = PreparedWrite.Of(writes[i], _options, _extraction);
        return _writer.RunAsync(scope => CommitRun.Run(scope, tenant, Renewed(prepared), Watch, once), CommitRun.CanStop(prepared), cancellationToken,
            (session, symbols) => CommitForesight.Ask(session, symbols, tenant, prepared, once),
            asksNothing: once is null && Array.TrueForAll(prepared, write => AsksNothing(tenant, write.Write)));
    }

    /// <summary>True for a new resource under an id that nobody else gives and whose coming nobody watches.</summary>
    private bool AsksNothing(string tenant, Write write) =>
        write is Write.Create { IfNoneExist: null } create && (create.Id is null || create.HasFreshId) && Watch?.Wants(tenant, create.Resource.Type) is not true;

    /// <summary>
    /// The search parameters that are indexed from now on: whatever is committed after this call. What is stored already gets those that
    /// are new by <see cref="ReindexAsync"/>.
    /// </summary>
    public void UseParameters(DefinitionSet definitions)
    {
        _definitions = definitions;
        _extraction = new(definitions, _options.PublicBaseUrl);
    }

    /// <summary>
    /// Indexes some more of the stored resources by these parameters, those after the row where the last step ended (0 at first).
    /// A step may be repeated: the values it finds replace those it wrote before.
    /// </summary>
    /// <param name="lastRow">Where the first step found the end, since what came later is indexed already; null for the first step.</param>
    public Task<ReindexProgress> ReindexAsync(
        IReadOnlyList<SearchParameter> parameters, long afterRow, CancellationToken cancellationToken, long? lastRow = null) =>
        _writer.RunAsync(scope => Reindex.Step(scope, _extraction, parameters, afterRow, lastRow), canStop: false, cancellationToken, isOwn: true);

    /// <summary>
    /// Gives some more of the stored resources of these types their lookup keys anew, those after the row where the last step ended (0 at
    /// first). A step may be repeated.
    /// </summary>
    /// <param name="lastRow">Where the first step found the end; null for the first step.</param>
    public Task<ReindexProgress> RekeyAsync(
        IReadOnlyCollection<string> types, long afterRow, CancellationToken cancellationToken, long? lastRow = null) =>
        _writer.RunAsync(scope => Reindex.Rekey(scope, _options, types, afterRow, lastRow), canStop: false, cancellationToken, isOwn: true);

    /// <summary>Gives kinds of look-up keys that nothing bears yet their numbers.</summary>
    internal async Task NumberAsync(IReadOnlyList<string> kinds, CancellationToken cancellationToken)
    {
        var fresh = _readers.ReadAtOnce(
            (Symbols: _symbols, kinds),
            static (session, wanted) => wanted.kinds.Where(kind => wanted.Symbols.Find(session, SymbolKind.LookupKind, kind) is null).ToList(),
            cancellationToken);
        if (fresh.Count > 0)
            await _writer.RunAsync(scope => fresh.ConvertAll(kind => scope.Intern(SymbolKind.LookupKind, kind)), canStop: false, cancellationToken);
    }

    /// <summary>Puts the look-up keys of new resources in their tree now: they go there by themselves, many at a time.</summary>
    internal Task SettleKeysAsync(CancellationToken cancellationToken) => _writer.RunAsync(
        static scope =>
        {
            scope.Session.Fresh?.Settle(scope.Session, isAll: true);
            return true;
        },
        canStop: false,
        cancellationToken);

    /// <summary>
    /// The current version, deleted ones included (see <see cref="Stored.IsDeleted"/>); null when the id was never known.
    /// </summary>
    public Task<Stored?> ReadAsync(string tenant, string type, string id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_current is not null && _symbols.FindKnown(SymbolKind.Tenant, tenant) is { } knownTenant
            && _symbols.FindKnown(SymbolKind.Type, type) is { } knownType)
            return _current.ReadAsync(tenant, knownTenant, type, knownType, id);
        return Task.FromResult(_readers.Read((Store: this, tenant, type, id), static (session, key) =>
            key.Store.Numbers(session, key.tenant, key.type) is var (tenantNumber, typeNumber)
                ? ResourceRows.ReadCurrent(session, key.tenant, tenantNumber, key.type, typeNumber, key.id)
                : null));
    }

    public Task<Stored?> VReadAsync(string tenant, string type, string id, long version, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_readers.Read((Store: this, tenant, type, id, version), static (session, key) =>
            key.Store.Numbers(session, key.tenant, key.type) is var (tenantNumber, typeNumber)
                ? ResourceRows.ReadVersion(session, key.tenant, tenantNumber, key.type, typeNumber, key.id, key.version)
                : null));
    }

    /// <summary>
    /// Versions, newest first. <paramref name="type"/> null: the whole tenant; <paramref name="id"/> null: the whole type.
    /// </summary>
    public Task<HistoryPage> HistoryAsync(
        string tenant, string? type, string? id, HistoryQuery query, CancellationToken cancellationToken) =>
        Task.FromResult(_readers.ReadAtOnce(
            (Symbols: _symbols, tenant, type, id, query),
            static (session, key) => HistorySearch.Run(session, key.Symbols, key.tenant, key.type, key.id, key.query),
            cancellationToken));

    /// <summary>Runs a search at one moment. A cursor that was not given out here matches nothing; see <see cref="SearchPage.IsCursorForeign"/>.</summary>
    public Task<SearchPage> SearchAsync(string tenant, SearchQuery query, CancellationToken cancellationToken) =>
        SearchAsync(tenant, [query], cancellationToken);

    /// <summary>
    /// The same search of several types, one query each: their matches are one list, its count, order, cursor and includes those of the
    /// first.
    /// </summary>
    public Task<SearchPage> SearchAsync(string tenant, IReadOnlyList<SearchQuery> queries, CancellationToken cancellationToken) =>
        Task.FromResult(_readers.ReadAtOnce(
            (Symbols: _symbols, tenant, queries),
            static (session, key) => SqlSearch.Run(session, key.Symbols, key.tenant, key.queries, isLast: true),
            cancellationToken));

    /// <summary>
    /// Reads one moment of a tenant for as long as <paramref name="read"/> takes, on the thread that calls. It holds a reader; writers do
    /// not wait for it.
    /// </summary>
    public T AtOneMoment<T>(string tenant, Func<Moment, T> read, CancellationToken cancellationToken) => _readers.ReadAtOnce(
        (Symbols: _symbols, tenant, read),
        static (session, key) => key.read(new(session, key.Symbols, key.tenant)),
        cancellationToken);

    /// <summary>
    /// The resources that stand under the keys; a key without one gives nothing. What is found is to be compared: see
    /// <see cref="BearersAsync"/> for keys that prove something.
    /// </summary>
    /// <param name="most">No more are read of one key: one that so many share says nothing.</param>
    public Task<IReadOnlyList<LookupHit>> FindAsync(
        string tenant, IReadOnlyList<LookupKey> keys, CancellationToken cancellationToken, int most = int.MaxValue)
    {
        IReadOnlyList<LookupHit> hits = _readers.ReadAtOnce((Store: this, tenant, keys, most), static (session, wanted) =>
        {
            var found = new List<LookupHit>();
            var symbols = wanted.Store._symbols;
            if (symbols.Find(session, SymbolKind.Tenant, wanted.tenant) is not { } number)
                return found;
            var hashed = wanted.Store.Hashed(wanted.keys);
            session.EndReadingWithNext();
            AskTogether(session, symbols, hashed, key => ResourceRows.FindByKey(session, symbols, number, key, wanted.most));
            foreach (var (key, hash) in wanted.keys.Zip(hashed))
                foreach (var (type, id) in ResourceRows.FindByKey(session, symbols, number, hash, wanted.most))
                    found.Add(new(key, type, id));
            return found;
        }, cancellationToken);
        return Task.FromResult(hits);
    }

    /// <summary>The resources that stand under the keys, each once, read at one moment; what is found is to be compared.</summary>
    /// <param name="mostOf">A key under which more stand says nothing and is passed over.</param>
    /// <param name="countMax">No more resources are read.</param>
    public Task<IReadOnlyList<Stored>> FindReadAsync(
        string tenant, IReadOnlyList<LookupKey> keys, Func<LookupKey, int> mostOf, int countMax, CancellationToken cancellationToken)
    {
        IReadOnlyList<Stored> found = _readers.ReadAtOnce((Store: this, tenant, keys, mostOf, countMax), static (session, wanted) =>
        {
            var symbols = wanted.Store._symbols;
            if (symbols.Find(session, SymbolKind.Tenant, wanted.tenant) is not { } number)
                return [];
            List<long> rows = [];
            var hashed = wanted.Store.Hashed(wanted.keys);
            var most = wanted.keys.Zip(hashed).ToDictionary(static pair => pair.Second, pair => wanted.mostOf(pair.First));
            AskTogether(session, symbols, hashed, key => RowsOf(key));
            foreach (var key in hashed)
                if (RowsOf(key) is var rids && rids.Count <= most[key])
                    rows.AddRange(rids);

            rows = [.. rows.Distinct().Take(wanted.countMax)];
            return new ResourceReading(session, symbols, wanted.tenant).Read(rows, isLast: true);

            // One more than may stand there tells that there are too many.
            List<long> RowsOf(HashedKey key) =>
                ResourceRows.RowsOfKey(session, symbols, number, key, most[key] == int.MaxValue ? int.MaxValue : most[key] + 1);
        }, cancellationToken);
        return Task.FromResult(found);
    }

    /// <summary>
    /// The resources that bear the keys, read. Two keys may meet by chance in the index: here each resource is asked for its own, so that no
    /// other is ever taken for one that bears it.
    /// </summary>
    public Task<IReadOnlyList<KeyBearer>> BearersAsync(string tenant, IReadOnlyList<LookupKey> keys, CancellationToken cancellationToken)
    {
        IReadOnlyList<KeyBearer> bearers = _readers.ReadAtOnce((Store: this, tenant, keys), static (session, wanted) =>
        {
            var found = new List<KeyBearer>();
            var (store, symbols) = (wanted.Store, wanted.Store._symbols);
            if (symbols.Find(session, SymbolKind.Tenant, wanted.tenant) is not { } number)
                return found;
            var hashed = store.Hashed(wanted.keys);
            AskTogether(session, symbols, hashed, key => ResourceRows.FindByKey(session, symbols, number, key));
            foreach (var (key, hash) in wanted.keys.Zip(hashed))
                foreach (var (type, id) in ResourceRows.FindByKey(session, symbols, number, hash))
                    if (symbols.Find(session, SymbolKind.Type, type) is { } typeNumber
                        && ResourceRows.ReadCurrent(session, wanted.tenant, number, type, typeNumber, id) is { IsDeleted: false } stored
                        && store._options.LookupKeysOf(stored.Resource).Contains(key))
                        found.Add(new(key, stored));
            return found;
        }, cancellationToken);
        return Task.FromResult(bearers);
    }

    /// <summary>The search parameters that are indexed now.</summary>
    internal DefinitionSet Definitions => _definitions;

    /// <summary>What the index of a resource should say.</summary>
    internal PreparedWrite Prepare(Resource resource) => PreparedWrite.Of(new Write.Create(resource), _options, _extraction);

    private HashedKey[] Hashed(IReadOnlyList<LookupKey> keys) => [.. keys.Select(Hashed)];

    /// <summary>The questions about all the keys, in one flight where they would be one each.</summary>
    private static void AskTogether(Session session, Symbols symbols, HashedKey[] keys, Action<HashedKey> ask) => session.Foresee(() =>
    {
        // A reading changes nothing: no answer grows old.
        session.RestsOn(new(TouchedKind.Beginning, 0));
        // A kind that nobody has a key of yet is asked for as well: its question travels with the others.
        foreach (var key in keys)
            if (symbols.Find(session, SymbolKind.LookupKind, key.Kind) is not null)
                ask(key);
    });

    private HashedKey Hashed(LookupKey key) => AreKeysRenewed ? HashedKey.Of(key) with { Former = null } : HashedKey.Of(key);

    private PreparedWrite[] Renewed(PreparedWrite[] writes)
    {
        var extraction = _extraction;
        return Array.ConvertAll(writes, write => write.Renewed(extraction, _options));
    }

    private (long Tenant, long Type)? Numbers(Session session, string tenant, string type) =>
        _symbols.Find(session, SymbolKind.Tenant, tenant) is { } tenantNumber
        && _symbols.Find(session, SymbolKind.Type, type) is { } typeNumber
            ? (tenantNumber, typeNumber)
            : null;
}

/// <summary>A page of a search. <paramref name="Total"/> is null when it was not asked for.</summary>
public sealed record SearchPage(IReadOnlyList<Stored> Matches, IReadOnlyList<Stored> Included, int? Total, string? NextCursor)
{
    /// <summary>True when there was more to include than one page carries.</summary>
    public bool IsCut { get; init; }

    /// <summary>True when the cursor was not given out here, for a search in that order: the page is empty and tells nothing.</summary>
    public bool IsCursorForeign { get; init; }

    /// <summary>True when <c>:iterate</c> leads further than <see cref="SearchQuery.IncludeDepth"/>.</summary>
    public bool IsTooDeep { get; init; }
}

/// <summary>What part of a history is wanted.</summary>
public sealed record HistoryQuery(int Count = 50, string? Cursor = null, DateTimeOffset? Since = null)
{
    /// <summary>
    /// Versions are counted up to here: with more the page tells no total and costs what a page costs. Null: counted whatever it costs.
    /// </summary>
    public int? TotalMax { get; init; } = 1_000;

    /// <summary>Only versions that were the current one at some moment of this time, its end excluded; UTC ticks.</summary>
    public (long LowTicks, long HighTicks)? At { get; init; }

    /// <summary>Only these resources, all versions or the one named; null for all.</summary>
    public IReadOnlyList<(string Type, string Id, long? Version)>? Only { get; init; }
}

/// <summary>A page of a history. <paramref name="Total"/> is null when there are more than were to be counted.</summary>
public sealed record HistoryPage(IReadOnlyList<Stored> Versions, int? Total, string? NextCursor);

/// <summary>How far a reindex has come.</summary>
/// <param name="Row">Every resource up to here is indexed.</param>
/// <param name="LastRow">The newest resource.</param>
public sealed record ReindexProgress(long Row, long LastRow)
{
    public bool IsDone => Row >= LastRow;
}
