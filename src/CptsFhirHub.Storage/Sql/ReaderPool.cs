using System.Collections.Concurrent;

namespace CptsFhirHub.Storage.Sql;

/// <summary>Read connections. They see the last commit at the moment they begin and never wait for the writer.</summary>
internal sealed class ReaderPool(Database database) : IDisposable
{
    /// <summary>A reader waits this long for a connection before the sender is asked to come back.</summary>
    private const int WaitMs = 15_000;

    /// <summary>The last one used is the next one: its pages are at hand, and those beyond what is needed are never opened.</summary>
    private readonly ConcurrentStack<Session> _idle = new();

    private readonly SemaphoreSlim _free = new(database.ReadersMax);
    private int _idleCount;
    private volatile bool _isClosed;

    /// <summary>True when what is asked at the same time is worth asking together.</summary>
    public bool ReadTogether => database.ReadsTogether;

    /// <summary>
    /// Runs <paramref name="read"/> on a connection of its own; each command sees its own moment. It runs again when the connection was
    /// lost: it must only read.
    /// </summary>
    public T Read<TState, T>(TState state, Func<Session, TState, T> read)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return ReadOnce(state, read);
            }
            catch (StoreUnavailableException failure) when (failure.MayBeTriedAgain && tries <= Retry.Max)
            {
                Retry.Pause(tries);
            }
        }
    }

    /// <summary>Runs <paramref name="read"/> at one moment: all its commands see the same data. Cancellation stops a long query.</summary>
    public T ReadAtOnce<TState, T>(TState state, Func<Session, TState, T> read, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return ReadAtOnceOnce(state, read, cancellationToken);
            }
            catch (StoreUnavailableException failure) when (failure.MayBeTriedAgain && tries <= Retry.Max)
            {
                Retry.Pause(tries);
            }
        }
    }

    public void Dispose()
    {
        _isClosed = true;
        while (_idle.TryPop(out var session))
            session.Dispose();
    }

    private T ReadOnce<TState, T>(TState state, Func<Session, TState, T> read)
    {
        var session = Rent();
        try
        {
            return read(session, state);
        }
        finally
        {
            Return(session);
        }
    }

    private T ReadAtOnceOnce<TState, T>(TState state, Func<Session, TState, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var session = Rent();
        try
        {
            session.BeginReading();
            try
            {
                using var stop = cancellationToken.UnsafeRegister(static rented => ((Session)rented!).Interrupt(), session);
                return read(session, state);
            }
            finally
            {
                session.EndReading();
            }
        }
        finally
        {
            Return(session);
        }
    }

    private Session Rent()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        if (!_free.Wait(WaitMs))
            throw new StoreBusyException();
        try
        {
            while (_idle.TryPop(out var session))
            {
                Interlocked.Decrement(ref _idleCount);
                if (!session.IsBroken)
                    return session;
                session.Dispose();
            }

            return database.Open(isReader: true);
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    private void Return(Session session)
    {
        if (_isClosed || session.IsBroken)
        {
            session.Dispose();
        }
        else if (Interlocked.Increment(ref _idleCount) > database.IdleReadersMax)
        {
            Interlocked.Decrement(ref _idleCount);
            session.Dispose();
        }
        else
        {
            session.Trim();
            _idle.Push(session);
        }

        _free.Release();
    }
}
