using CptsFhirHub.Storage.Registry;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace CptsFhirHub.Storage;

/// <summary>The same schema on PostgreSQL, with migrations of its own.</summary>
public sealed class PostgresContext(DbContextOptions<PostgresContext> options) : HubContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);

        // One SQL for both databases: names without quotes are lower case here, conditions are 0 and 1, text is compared byte by byte.
        modelBuilder.Entity<ClientRow>().Property(client => client.IsEnabled).HasConversion<int>();
        foreach (var entity in modelBuilder.Model.GetEntityTypes())
        {
            foreach (var property in entity.GetProperties())
            {
                property.SetColumnName(property.Name.ToLowerInvariant());
                if (property.ClrType == typeof(string))
                    property.SetCollation("C");
            }
        }
    }

    internal static PostgresContext Of(string connectionString, string? schema) => new(
        new DbContextOptionsBuilder<PostgresContext>()
            .UseNpgsql(connectionString, npgsql => npgsql.MigrationsHistoryTable("__EFMigrationsHistory", schema)).Options);

    /// <summary>For <c>dotnet ef migrations add</c>, which needs a model and no database.</summary>
    internal sealed class PostgresDesignTime : IDesignTimeDbContextFactory<PostgresContext>
    {
        public PostgresContext CreateDbContext(string[] args) => Of("Host=design", schema: null);
    }
}
