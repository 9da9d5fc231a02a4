using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Storage.Postgres;
using CptsFhirHub.Storage.Sql;
using CptsFhirHub.Storage.Sqlite;

namespace CptsFhirHub.Storage;

/// <summary>The hub's memory, opened: resources, what came in, what must go out, and the registry.</summary>
public sealed class HubStore : IAsyncDisposable
{
    private readonly Writer _writer;
    private readonly ReaderPool _readers;
    private readonly Database _database;

    private HubStore(Database database, StoreOptions options)
    {
        _database = database;
        var symbols = new Symbols();
        _readers = new(database);
        _writer = new(database, symbols, options.Time);
        Resources = new(_writer, _readers, symbols, options);
        Journal = new(_writer, _readers, symbols, options);
        Outbox = new(_writer, _readers, symbols, options.Time);
        _writer.OnQueued = () => Outbox.OnQueued();
        Feeds = new(_readers, symbols);
        Registry = new(_writer, _readers);
        Answers = new(_writer, _readers, symbols);
        Deferred = new(_writer, _readers);
        Background = new(database.IdleReadersMax);
    }

    public ResourceStore Resources { get; }

    public Journal Journal { get; }

    public Outbox Outbox { get; }

    public Feeds Feeds { get; }

    public RegistryStore Registry { get; }

    public KeptAnswers Answers { get; }

    public DeferredRequests Deferred { get; }

    /// <summary>Where what no sender waits for is run: as much at once as there are read connections kept open, so that others find one.</summary>
    public BackgroundTurns Background { get; }

    /// <summary>
    /// Opens the database, brings its schema up to date and checks that its commits are durable.
    /// Throws <see cref="StoreUnavailableException"/> when that cannot be had.
    /// </summary>
    public static async Task<HubStore> OpenAsync(StoreOptions options, CancellationToken cancellationToken)
    {
        var database = DatabaseOf(options);
        await database.MigrateAsync(cancellationToken);
        var store = new HubStore(database, options);
        try
        {
            await store.Journal.OpenAsync(cancellationToken);
            await store.Resources.NumberAsync(options.LookupKinds, cancellationToken);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    /// <summary>True while the database answers and can be written to.</summary>
    public async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _writer.RunAsync(
                static scope => scope.Session.Get("UPDATE resource SET version = version WHERE rid = -1").Run() == 0,
                canStop: false,
                cancellationToken);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>
    /// Compares the search index and the lookup keys of every current resource with what it says, and tells what differs; at most
    /// <paramref name="faultsMax"/> faults. It reads at one moment and may run beside a working hub.
    /// </summary>
    public Task<StoreCheck> VerifyAsync(int faultsMax, CancellationToken cancellationToken) =>
        VerifyAsync(faultsMax, static _ => true, cancellationToken);

    /// <summary>
    /// The same, without the parameters for which <paramref name="isIndexed"/> is false: what is stored is still being indexed by them. Rows
    /// of parameters that are not in force (any more) are passed over.
    /// </summary>
    public Task<StoreCheck> VerifyAsync(int faultsMax, Func<SearchParameter, bool> isIndexed, CancellationToken cancellationToken) => Task.Run(
        () => _readers.ReadAtOnce(
            (Resources, faultsMax, isIndexed, cancellationToken),
            static (session, wanted) => new IndexCheck(session, wanted.Resources, wanted.isIndexed).Run(wanted.faultsMax, wanted.cancellationToken),
            cancellationToken),
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _readers.Dispose();
        Registry.Dispose();
        _database.Dispose();
    }

    internal static Database DatabaseOf(StoreOptions options) => options.Provider switch
    {
        StoreOptions.Sqlite => new SqliteDatabase(options.DatabaseFile),
        StoreOptions.Postgres => new PostgresDatabase(options.ConnectionString),
        _ => throw new ArgumentException($"The storage provider '{options.Provider}' is not known.", nameof(options)),
    };
}
