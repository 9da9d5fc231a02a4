namespace CptsFhirHub.Storage;

/// <summary>
/// The database refused or failed: disk full, I/O error, a lock held too long, a connection lost. Nothing of the call was kept; it may be
/// tried again later. The message is the database's own and names no value.
/// </summary>
public sealed class StoreUnavailableException(string code, string message, bool mayBeTriedAgain = false) : IOException($"{message} ({code})")
{
    /// <summary>The code of a secret of the journal that is not the one of this store: no trying again helps.</summary>
    public const string JournalSecret = "journal-secret";

    /// <summary>The code of a schema that a newer release made.</summary>
    public const string NewerSchema = "newer-schema";

    /// <summary>The code of a commit of which nobody knows whether it took place (08007, transaction resolution unknown).</summary>
    internal const string Uncertain = "08007";

    /// <summary>The database's own code: SQLite's extended error code, PostgreSQL's SQLSTATE.</summary>
    public string Code { get; } = code;

    /// <summary>True when the same may well go through at once: another won a race, or the connection was lost.</summary>
    public bool MayBeTriedAgain { get; } = mayBeTriedAgain;

    /// <summary>True when no trying again helps: the hub is started on what is not its own.</summary>
    public bool IsForGood => Code is JournalSecret or NewerSchema;

    internal static StoreUnavailableException Newer(string migration) =>
        new(NewerSchema, $"A newer release of the hub made the schema of this database (migration {migration}): start that release, or restore a backup of before.");
}

/// <summary>More wait than the store takes: the sender is asked to come back.</summary>
public sealed class StoreBusyException() : IOException("Too many wait for the store.");
