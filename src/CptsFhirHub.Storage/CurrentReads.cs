using System.Collections.Concurrent;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>
/// Reads of current versions by their ids. Where a question costs a way to a server and back, those that come while others are under way
/// wait for nobody's thread and go together: the more there are, the less each costs. What was committed before a read was asked for is seen, since it
/// goes with a question that is sent later.
/// </summary>
internal sealed class CurrentReads(ReaderPool readers)
{
    /// <summary>Questions under way at once: one that brings large resources does not hold up the others.</summary>
    private const int FlightsMax = 2;

    private const int TogetherMax = 64;

    /// <summary>
    /// In the order in which it is written. What is asked for stands in SELECTs of its own, where the planner does not see how much it is: for a few it would
    /// make a plan each time, at ten times the price of a read, and find the same.
    /// </summary>
    private const string Together =
        $"""
        SELECT {ResourceRows.StoredColumns}, q.n FROM unnest((SELECT ?), (SELECT ?), (SELECT ?)) WITH ORDINALITY AS q (tenant, type, id, n)
        JOIN LATERAL (SELECT * FROM resource WHERE tenant = q.tenant AND type = q.type AND id = q.id OFFSET 0) r ON TRUE
        JOIN LATERAL (SELECT * FROM resource_version WHERE vid = r.vid OFFSET 0) v ON TRUE
        """;

    private readonly ConcurrentQueue<Wanted> _waiting = new();
    private int _flights;

    public Task<Stored?> ReadAsync(string tenant, long tenantNumber, string type, long typeNumber, string id)
    {
        var wanted = new Wanted(tenant, tenantNumber, type, typeNumber, id);
        _waiting.Enqueue(wanted);
        if (TryBegin())
            Fly();
        return wanted.Task;
    }

    private bool TryBegin()
    {
        var flights = Volatile.Read(ref _flights);
        while (flights < FlightsMax)
        {
            var seen = Interlocked.CompareExchange(ref _flights, flights + 1, flights);
            if (seen == flights)
                return true;
            flights = seen;
        }

        return false;
    }

    /// <summary>Asks for what waits, and leaves to another thread what has come meanwhile: this one has an answer to carry.</summary>
    private void Fly()
    {
        try
        {
            Ask();
        }
        finally
        {
            Interlocked.Decrement(ref _flights);
        }

        if (!_waiting.IsEmpty && TryBegin())
            ThreadPool.UnsafeQueueUserWorkItem(static reads => reads.Fly(), this, preferLocal: false);
    }

    private void Ask()
    {
        var asked = new List<Wanted>();
        while (asked.Count < TogetherMax && _waiting.TryDequeue(out var wanted))
            asked.Add(wanted);
        if (asked.Count == 0)
            return;
        try
        {
            Answer(asked);
        }
        catch (Exception failure) when (asked.Count > 1 && failure is not (StoreBusyException or StoreUnavailableException { MayBeTriedAgain: true }))
        {
            // A value that the database does not take is the fault of one: the others are not to suffer for it.
            foreach (var wanted in asked)
                AnswerAlone(wanted);
        }
        catch (Exception failure)
        {
            asked.ForEach(wanted => wanted.SetException(failure));
        }
    }

    private void AnswerAlone(Wanted wanted)
    {
        try
        {
            Answer([wanted]);
        }
        catch (Exception failure)
        {
            wanted.SetException(failure);
        }
    }

    private void Answer(List<Wanted> asked)
    {
        var found = readers.Read(asked, static (session, asked) => Read(session, asked));
        for (var i = 0; i < found.Length; i++)
            asked[i].SetResult(found[i]);
    }

    private static Stored?[] Read(Session session, List<Wanted> asked)
    {
        var found = new Stored?[asked.Count];
        if (asked is [var one])
        {
            found[0] = ResourceRows.ReadCurrent(session, one.Tenant, one.TenantNumber, one.Type, one.TypeNumber, one.Id);
            return found;
        }

        var statement = session.Get(Together)
            .Add(asked.ConvertAll(static wanted => wanted.TenantNumber).ToArray())
            .Add(asked.ConvertAll(static wanted => wanted.TypeNumber).ToArray())
            .Add(asked.ConvertAll(static wanted => wanted.Id).ToArray());
        while (statement.Next())
        {
            var at = statement.Int(6) - 1;
            found[at] = ResourceRows.Stored(statement, asked[at].Tenant, asked[at].Type);
        }

        return found;
    }

    private sealed class Wanted(string tenant, long tenantNumber, string type, long typeNumber, string id)
        : TaskCompletionSource<Stored?>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public string Tenant => tenant;

        public long TenantNumber => tenantNumber;

        public string Type => type;

        public long TypeNumber => typeNumber;

        public string Id => id;
    }
}
