using CptsFhirHub.Storage.Postgres;
using CptsFhirHub.Storage.Sql;
using CptsFhirHub.Storage.Sqlite;

namespace CptsFhirHub.Storage;

/// <summary>The hub's memory, opened: resources, what came in, what must go out, and the registry.</summary>
public sealed class HubStore : IAsyncDisposable
{
    private readonly Writer _writer;
    private readonly ReaderPool _readers;

    private HubStore(Database database, StoreOptions options)
    {
        var symbols = new Symbols();
        _readers = new(database);
        _writer = new(database, symbols, options.Time);
        Resources = new(_writer, _readers, symbols, options);
        Journal = new(_writer, _readers, symbols);
        Outbox = new(_writer, _readers, symbols, options.Time);
        _writer.OnQueued = () => Outbox.OnQueued();
        Feeds = new(_readers, symbols);
        Registry = new(_writer, _readers);
    }

    public ResourceStore Resources { get; }

    public Journal Journal { get; }

    public Outbox Outbox { get; }

    public Feeds Feeds { get; }

    public RegistryStore Registry { get; }

    /// <summary>
    /// Opens the database, brings its schema up to date and checks that its commits are durable.
    /// Throws <see cref="StoreUnavailableException"/> when that cannot be had.
    /// </summary>
    public static async Task<HubStore> OpenAsync(StoreOptions options, CancellationToken cancellationToken)
    {
        Database database = options.Provider switch
        {
            StoreOptions.Sqlite => new SqliteDatabase(options.DatabaseFile),
            StoreOptions.Postgres => new PostgresDatabase(options.ConnectionString),
            _ => throw new ArgumentException($"The storage provider '{options.Provider}' is not known.", nameof(options)),
        };
        await database.MigrateAsync(cancellationToken);
        return new(database, options);
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

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _readers.Dispose();
        Registry.Dispose();
    }
}
