using CptsFhirHub.Storage.Migrations.Sqlite;
using CptsFhirHub.Storage.Sql;
using Microsoft.EntityFrameworkCore;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>The embedded database: one file in the data folder, one process.</summary>
internal sealed class SqliteDatabase(string database) : Database
{
    private readonly FreshKeys _fresh = new();

    public override int ReadersMax => int.MaxValue;

    // A reader put off the processor keeps its connection, so that there are as many as requests at once. To open one reads the schema and
    // prepares every command anew: that costs more than many requests.
    public override int IdleReadersMax { get; } = Math.Max(16, Environment.ProcessorCount * 4);

    public override Session Open(bool isReader) => SqliteSession.Open(database, isReader, _fresh);

    public override async Task MigrateAsync(CancellationToken cancellationToken)
    {
        // Building EF's model costs most of a start; a database that is up to date can be told without it.
        if (!File.Exists(database))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(database)!);
            using var session = Open(isReader: false);
            session.Execute(LatestMigration.Script());
            return;
        }

        var latest = Latest();
        if (latest == LatestMigration.Id)
            return;
        if (IsNewer(latest, LatestMigration.Id))
            throw StoreUnavailableException.Newer(latest);
        await using var context = HubContext.OfSqlite(database);
        await context.Database.MigrateAsync(cancellationToken);
    }

    public override Task BackUpAsync(string file, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            if (!File.Exists(database))
                throw new FileNotFoundException("There is no database to back up.", database);
            using var session = Open(isReader: false);
            session.Get("VACUUM INTO ?").Add(file).Run();
        },
        cancellationToken);

    public override async Task RestoreAsync(string file, CancellationToken cancellationToken)
    {
        if (File.Exists(database) || File.Exists(database + "-wal"))
            throw new InvalidOperationException("The data directory holds a database already: move it away first.");
        Directory.CreateDirectory(Path.GetDirectoryName(database)!);

        // Whole under its name, or not there: a copy that is cut short never looks like a database.
        var half = database + ".restoring";
        await using (var from = File.OpenRead(file))
        await using (var to = File.Create(half))
        {
            await from.CopyToAsync(to, cancellationToken);
            to.Flush(flushToDisk: true);
        }

        File.Move(half, database);
    }

    public override void Dispose()
    {
        // Each session closes what it opened.
    }

    /// <summary>The newest migration that the file has; nothing when it has none.</summary>
    private string Latest()
    {
        using var session = Open(isReader: false);
        if (session.Scalar("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '__EFMigrationsHistory'") == 0)
            return "";
        var newest = session.Get("SELECT coalesce(max(MigrationId), '') FROM __EFMigrationsHistory");
        newest.Next();
        var migration = newest.Text(0);
        newest.Reset();
        return migration;
    }
}
