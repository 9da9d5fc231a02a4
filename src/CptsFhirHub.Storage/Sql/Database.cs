namespace CptsFhirHub.Storage.Sql;

/// <summary>Which database, and how to reach it: the one thing that the rest of the store gets from a provider's room.</summary>
internal abstract class Database
{
    /// <summary>Read connections that are open at once; a reader beyond them waits.</summary>
    public abstract int ReadersMax { get; }

    /// <summary>Read connections kept open while nobody uses them.</summary>
    public abstract int IdleReadersMax { get; }

    /// <summary>Brings the schema up to date. Several processes may do so at once.</summary>
    public abstract Task MigrateAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Opens a connection whose commits are on the disk when they return. Throws <see cref="StoreUnavailableException"/> when that
    /// cannot be had.
    /// </summary>
    public abstract Session Open(bool isReader);
}
