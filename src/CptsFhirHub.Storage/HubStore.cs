using CptsFhirHub.Storage.Migrations.Sqlite;
using CptsFhirHub.Storage.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace CptsFhirHub.Storage;

/// <summary>The hub's memory, opened: resources, what came in, what must go out, and the registry.</summary>
public sealed class HubStore : IAsyncDisposable
{
    private readonly Writer _writer;
    private readonly ReaderPool _readers;

    private HubStore(StoreOptions options)
    {
        var symbols = new Symbols();
        _readers = new(options.DatabaseFile);
        _writer = new(Session.Open(options.DatabaseFile, isReader: false), symbols, options.Time);
        Resources = new(_writer, _readers, symbols, options);
        Journal = new(_writer, _readers, symbols);
        Outbox = new(_writer, _readers, symbols);
        Registry = new(_writer, _readers);
    }

    public ResourceStore Resources { get; }

    public Journal Journal { get; }

    public Outbox Outbox { get; }

    public RegistryStore Registry { get; }

    /// <summary>
    /// Opens the database, brings its schema up to date and checks that its commits are durable.
    /// Throws <see cref="StoreUnavailableException"/> when that cannot be had.
    /// </summary>
    public static async Task<HubStore> OpenAsync(StoreOptions options, CancellationToken cancellationToken)
    {
        if (options.Provider != StoreOptions.Sqlite)
            throw new ArgumentException($"The storage provider '{options.Provider}' is not known.", nameof(options));

        Directory.CreateDirectory(options.DataDirectory);
        await MigrateAsync(options.DatabaseFile, cancellationToken);
        return new(options);
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

    private static async Task MigrateAsync(string file, CancellationToken cancellationToken)
    {
        // Building EF's model costs most of a start; a database that is up to date can be told without it.
        if (!File.Exists(file))
        {
            using var session = Session.Open(file, isReader: false);
            session.Execute(LatestMigration.Script());
            return;
        }

        if (IsUpToDate(file))
            return;
        await using var context = HubContext.OfSqlite(file);
        await context.Database.MigrateAsync(cancellationToken);
    }

    private static bool IsUpToDate(string file)
    {
        using var session = Session.Open(file, isReader: false);
        if (session.Get(Dialect.CountTables).Add("__EFMigrationsHistory").Scalar() == 0)
            return false;
        return session.Get("SELECT count(*) FROM __EFMigrationsHistory WHERE MigrationId = ?").Add(LatestMigration.Id).Scalar() == 1;
    }
}
