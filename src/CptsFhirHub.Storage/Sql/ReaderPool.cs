using System.Collections.Concurrent;

namespace CptsFhirHub.Storage.Sql;

/// <summary>Read connections. They see the last commit at the moment they begin and never wait for the writer.</summary>
internal sealed class ReaderPool(Database database) : IDisposable
{
    private readonly ConcurrentBag<Session> _idle = [];
    private volatile bool _isClosed;

    /// <summary>Runs <paramref name="read"/> on a connection of its own; each command sees its own moment.</summary>
    public T Read<TState, T>(TState state, Func<Session, TState, T> read)
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

    /// <summary>Runs <paramref name="read"/> at one moment: all its commands see the same data. Cancellation stops a long query.</summary>
    public T ReadAtOnce<TState, T>(TState state, Func<Session, TState, T> read, CancellationToken cancellationToken)
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

    public void Dispose()
    {
        _isClosed = true;
        while (_idle.TryTake(out var session))
            session.Dispose();
    }

    private Session Rent()
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return _idle.TryTake(out var session) ? session : database.Open(isReader: true);
    }

    private void Return(Session session)
    {
        if (_isClosed || session.IsBroken || _idle.Count >= database.IdleReadersMax)
        {
            session.Dispose();
            return;
        }

        session.Trim();
        _idle.Add(session);
    }
}
