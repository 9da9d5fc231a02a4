namespace CptsFhirHub.Storage.Sql;

/// <summary>Which database, and how to reach it: the one thing that the rest of the store gets from a provider's room.</summary>
internal abstract class Database : IDisposable
{
    /// <summary>Read connections that are open at once; a reader beyond them waits.</summary>
    public abstract int ReadersMax { get; }

    /// <summary>Read connections kept open while nobody uses them.</summary>
    public abstract int IdleReadersMax { get; }

    /// <summary>True when a question costs a way to a server and back: what is asked at the same time is then asked together.</summary>
    public virtual bool ReadsTogether => false;

    /// <summary>Brings the schema up to date. Several processes may do so at once.</summary>
    public abstract Task MigrateAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Opens a connection whose commits are on the disk when they return. Throws <see cref="StoreUnavailableException"/> when that
    /// cannot be had.
    /// </summary>
    public abstract Session Open(bool isReader);

    /// <summary>Writes all of it, as it stands at one moment, to a file that does not exist yet; a working hub need not stop.</summary>
    public abstract Task BackUpAsync(string file, CancellationToken cancellationToken);

    /// <summary>Makes the database, which must hold nothing yet, what it was when that file was written.</summary>
    public abstract Task RestoreAsync(string file, CancellationToken cancellationToken);

    public abstract void Dispose();

    /// <summary>True when a newer release than this one made the schema: names of migrations begin with their instant.</summary>
    protected static bool IsNewer(string migration, string latest) => string.CompareOrdinal(migration, latest) > 0;
}
