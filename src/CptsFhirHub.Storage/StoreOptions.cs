using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Storage;

/// <summary>Where and how the hub remembers.</summary>
public sealed record StoreOptions
{
    public const string Sqlite = "sqlite";
    public const string Postgres = "postgres";

    /// <summary>Which database: <see cref="Sqlite"/> or <see cref="Postgres"/>.</summary>
    public string Provider { get; init; } = Sqlite;

    /// <summary>The folder that holds <c>hub.db</c>; it is created when missing.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where PostgreSQL is and who we are there, as Npgsql writes it.</summary>
    public string ConnectionString { get; init; } = "";

    /// <summary>
    /// The secret under which the journal's keys are hashed: 64 hexadecimal digits. Null: SQLite keeps one in <c>keys/journal.key</c> in the
    /// data directory, PostgreSQL in the database.
    /// </summary>
    public string? JournalSecret { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The keys, apart from FHIR search, under which a resource shall be found; pure.</summary>
    public Func<Resource, IEnumerable<LookupKey>> LookupKeysOf { get; init; } = static _ => [];

    /// <summary>The kinds of those keys: a kind that the database does not know yet would be asked for each time that one is sought.</summary>
    public IReadOnlyList<string> LookupKinds { get; init; } = [];

    /// <summary>Our FHIR base: absolute references below it are references to our own resources.</summary>
    public string? PublicBaseUrl { get; init; }

    /// <summary>The search parameters that are indexed: R4's, or a set with our own beside them.</summary>
    public DefinitionSet Definitions { get; init; } = R4.Definitions;

    internal string DatabaseFile => Path.Combine(Path.GetFullPath(DataDirectory), "hub.db");
}
