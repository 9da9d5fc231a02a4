using CptsFhirHub.Storage.Migrations.Sqlite;
using CptsFhirHub.Storage.Sql;
using Microsoft.EntityFrameworkCore;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>The embedded database: one file in the data folder, one process.</summary>
internal sealed class SqliteDatabase(string file) : Database
{
    public override int ReadersMax => int.MaxValue;

    public override int IdleReadersMax => 16;

    public override Session Open(bool isReader) => SqliteSession.Open(file, isReader);

    public override async Task MigrateAsync(CancellationToken cancellationToken)
    {
        // Building EF's model costs most of a start; a database that is up to date can be told without it.
        if (!File.Exists(file))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            using var session = Open(isReader: false);
            session.Execute(LatestMigration.Script());
            return;
        }

        if (IsUpToDate())
            return;
        await using var context = HubContext.OfSqlite(file);
        await context.Database.MigrateAsync(cancellationToken);
    }

    private bool IsUpToDate()
    {
        using var session = Open(isReader: false);
        if (session.Scalar("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '__EFMigrationsHistory'") == 0)
            return false;
        return session.Get("SELECT count(*) FROM __EFMigrationsHistory WHERE MigrationId = ?").Add(LatestMigration.Id).Scalar() == 1;
    }
}
