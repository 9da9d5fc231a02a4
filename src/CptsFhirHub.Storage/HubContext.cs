using CptsFhirHub.Storage.Registry;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace CptsFhirHub.Storage;

/// <summary>
/// The schema and its migrations. The hot paths do not pass here: see <see cref="ResourceStore"/>, <see cref="Journal"/>, <see
/// cref="Outbox"/>.
/// </summary>
public class HubContext : DbContext
{
    public HubContext(DbContextOptions<HubContext> options)
        : base(options)
    {
    }

    protected HubContext(DbContextOptions options)
        : base(options)
    {
    }

    public DbSet<ClientRow> Clients => Set<ClientRow>();

    public DbSet<TokenRow> Tokens => Set<TokenRow>();

    public DbSet<AssertionRow> Assertions => Set<AssertionRow>();

    public DbSet<SessionRow> Sessions => Set<SessionRow>();

    public DbSet<SettingRow> Settings => Set<SettingRow>();

    public DbSet<JobRunRow> JobRuns => Set<JobRunRow>();

    public DbSet<SequenceRow> Sequences => Set<SequenceRow>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<TicksConverter>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<ClientRow>(client =>
        {
            client.ToTable("client");
            client.HasKey(row => row.Id);
        });
        modelBuilder.Entity<TokenRow>(token =>
        {
            token.ToTable("token");
            token.HasKey(row => row.Hash);
            token.HasIndex(row => row.ClientId);
            token.HasIndex(row => row.ExpiresAt);
        });
        modelBuilder.Entity<AssertionRow>(assertion =>
        {
            assertion.ToTable("assertion");
            assertion.HasKey(row => new { row.Issuer, row.Jti });
            assertion.HasIndex(row => row.ExpiresAt);
        });
        modelBuilder.Entity<SessionRow>(session =>
        {
            session.ToTable("session");
            session.HasKey(row => row.Hash);
            session.HasIndex(row => row.ExpiresAt);
        });
        modelBuilder.Entity<SettingRow>(setting =>
        {
            setting.ToTable("setting");
            setting.HasKey(row => new { row.Tenant, row.Name });
        });
        modelBuilder.Entity<JobRunRow>(run =>
        {
            run.ToTable("job_run");
            run.HasKey(row => row.Id);
            run.HasIndex(row => new { row.Tenant, row.Job, row.StartedAt });
        });
        modelBuilder.Entity<SequenceRow>(sequence =>
        {
            sequence.ToTable("sequence");
            sequence.HasKey(row => new { row.Tenant, row.Name });
        });
    }

    internal static HubContext OfSqlite(string file) => new(
        new DbContextOptionsBuilder<HubContext>().UseSqlite($"Data Source={file};Pooling=False").Options);

    private sealed class TicksConverter() : ValueConverter<DateTimeOffset, long>(
        instant => instant.UtcTicks, ticks => new DateTimeOffset(ticks, TimeSpan.Zero));

    /// <summary>For <c>dotnet ef migrations add</c>, which needs a model and no database.</summary>
    internal sealed class DesignTime : IDesignTimeDbContextFactory<HubContext>
    {
        public HubContext CreateDbContext(string[] args) => OfSqlite("design.db");
    }
}
