namespace CptsFhirHub.Storage.Migrations.Postgres;

/// <summary>The newest migration: a database that has it needs no migrating. A test compares it with what EF Core knows.</summary>
internal static class LatestMigration
{
    public const string Id = "20261123041000_HashedKeys";

    /// <summary>
    /// The SQL of all the migrations, for a database that begins empty. To renew it:
    /// <c>dotnet ef migrations script --context PostgresContext -o Migrations/Postgres/schema.sql</c>.
    /// </summary>
    public static string Script()
    {
        using var reader = new StreamReader(typeof(LatestMigration).Assembly.GetManifestResourceStream("schema.postgres.sql")!);
        return reader.ReadToEnd();
    }
}
