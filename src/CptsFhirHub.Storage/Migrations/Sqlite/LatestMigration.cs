namespace CptsFhirHub.Storage.Migrations.Sqlite;

/// <summary>The newest migration: a database that has it needs no migrating. A test compares it with what EF Core knows.</summary>
internal static class LatestMigration
{
    public const string Id = "20261122215500_SettledKeys";

    /// <summary>
    /// The SQL of all the migrations, for a database that begins empty: building EF's model and running them one by one takes a second
    /// that a first start need not wait for. To renew it: <c>dotnet ef migrations script -o Migrations/Sqlite/schema.sql</c>.
    /// </summary>
    public static string Script()
    {
        using var reader = new StreamReader(typeof(LatestMigration).Assembly.GetManifestResourceStream("schema.sql")!);
        return reader.ReadToEnd();
    }
}
