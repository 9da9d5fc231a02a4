namespace CptsFhirHub.Storage.Migrations.Sqlite;

/// <summary>The newest migration: a database that has it needs no migrating. A test compares it with what EF Core knows.</summary>
internal static class LatestMigration
{
    public const string Id = "20261122032558_Composites";
}
