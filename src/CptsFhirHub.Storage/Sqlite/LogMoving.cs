using SQLitePCL;

namespace CptsFhirHub.Storage.Sqlite;

/// <summary>
/// Moves the writer's log into the database beside the writer: what it commits meanwhile is moved in further passes, until so little is left that the
/// writer moves it itself and begins its log anew. https://www.sqlite.org/wal.html#checkpointing
/// </summary>
/// <remarks>Used by the writer's thread alone; what it begins runs on a thread and a connection of its own.</remarks>
internal sealed class LogMoving(string database) : IDisposable
{
    /// <summary>Pages in the log when a move begins. A page that is changed often is moved once: less often is less to write.</summary>
    public const int PagesFrom = 12_000;

    /// <summary>Pages that a pass may leave to the writer: some ten milliseconds of it.</summary>
    private const int PagesLeftMax = 1_000;

    /// <summary>Pages more in a log that could not be begun anew, since somebody reads from it, before it is tried again.</summary>
    private const int PagesBetween = 4_000;

    private const int PassesMax = 6;

    /// <summary>A page and what the log says of it. https://www.sqlite.org/fileformat2.html#walformat</summary>
    private const int PageBytes = 4_096 + 24;

    private SqliteSession? _session;
    private Task? _moving;
    private long _from = (long)PagesFrom * PageBytes;
    private long _before;

    /// <summary>True when a move has ended, and the writer is to move what is left; begins one when the log is long enough.</summary>
    /// <param name="logBytes">What the log holds since it was begun.</param>
    public bool IsWritersTurn(long logBytes)
    {
        if (_moving is { IsCompleted: true })
        {
            _moving = null;
            _from = logBytes + (long)PagesBetween * PageBytes;
            return true;
        }

        if (logBytes < _before)
            _from = (long)PagesFrom * PageBytes;
        _before = logBytes;
        if (_moving is null && logBytes >= _from)
            _moving = Task.Run(Move);
        return false;
    }

    /// <summary>Returns when nothing is being moved.</summary>
    public void Wait() => _moving?.GetAwaiter().GetResult();

    public void Dispose()
    {
        Wait();
        _session?.Dispose();
    }

    /// <summary>What fails here is left to the writer, who moves a log that has grown half as long again by itself and tells what is wrong.</summary>
    private void Move()
    {
        try
        {
            _session ??= SqliteSession.OpenBeside(database);
            for (int pass = 1, left = int.MaxValue, moved = 0; pass <= PassesMax && left > PagesLeftMax; pass++)
            {
                var before = moved;
                if (raw.sqlite3_wal_checkpoint_v2(_session.Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out _, out moved) != raw.SQLITE_OK || moved <= before)
                    return;
                left = moved - before;
            }
        }
        catch (StoreUnavailableException)
        {
            // Not to be opened beside the writer.
        }
    }
}
