namespace CptsFhirHub.Storage;

/// <summary>
/// The database refused or failed: disk full, I/O error, a lock held too long. Nothing of the call was kept; it may be tried again later.
/// The message is the database's own and names no value.
/// </summary>
public sealed class StoreUnavailableException(int code, string message) : IOException($"{message} ({code})")
{
    /// <summary>The database's extended error code.</summary>
    public int Code { get; } = code;
}

/// <summary>More commits wait than the store takes: the sender is asked to come back.</summary>
public sealed class StoreBusyException() : IOException("Too many writes are waiting.");
