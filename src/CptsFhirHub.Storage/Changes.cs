using System.Globalization;
using System.Text;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Search;

namespace CptsFhirHub.Storage;

/// <summary>
/// Watches what is committed. It is asked inside the transaction, on the writer's thread, once all the steps of a commit hold: what it
/// tells is kept with the change or, with the change, not at all.
/// </summary>
/// <param name="Wants">Tenant and type: shall changes of this type be collected? Asked at each write, so it only looks up.</param>
/// <param name="Tell">What follows from the changes of one commit. It must not fail: its failure would be the commit's.</param>
public sealed record ChangeWatch(Func<string, string, bool> Wants, Func<CommitChanges, IReadOnlyList<Telling>> Tell);

/// <summary>What follows from a change, kept in the same transaction.</summary>
public abstract record Telling
{
    private Telling()
    {
    }

    /// <summary>
    /// The next event of a feed, and the outbox entry that carries it. The event's number becomes the payload of the entry, in digits.
    /// </summary>
    public sealed record Event(string Feed, Change Change, OutboxEntry Entry) : Telling;

    /// <summary>An outgoing effect.</summary>
    public sealed record Send(OutboxEntry Entry) : Telling;

    /// <summary>A feed ends: its number and its events are forgotten.</summary>
    public sealed record Close(string Feed) : Telling;
}

/// <summary>A resource that a commit changed, with the version before.</summary>
public sealed class Change
{
    private readonly Func<Stored?> _readPrevious;
    private Stored? _previous;
    private bool _isRead;

    internal Change(Stored current, IReadOnlyList<IndexValue> values, Func<Stored?> readPrevious) =>
        (Current, Values, _readPrevious) = (current, values, readPrevious);

    /// <summary>The version as it now stands; without content when the resource was deleted.</summary>
    public Stored Current { get; }

    /// <summary>What the current version offers to searches, but for <c>_id</c> and <c>_lastUpdated</c>; nothing when it was deleted.</summary>
    public IReadOnlyList<IndexValue> Values { get; }

    /// <summary>The version before; null when there was none or it was a deletion. Read when first asked for.</summary>
    public Stored? Previous
    {
        get
        {
            if (!_isRead)
                (_previous, _isRead) = (_readPrevious(), true);
            return _previous;
        }
    }
}

/// <summary>What one commit changed, in the order of its steps. Valid only while it is being told.</summary>
public sealed class CommitChanges
{
    private readonly WriteScope _scope;

    internal CommitChanges(WriteScope scope, string tenant, IReadOnlyList<Change> all) => (_scope, Tenant, All) = (scope, tenant, all);

    public string Tenant { get; }

    public IReadOnlyList<Change> All { get; }

    public DateTimeOffset Now => _scope.Now;

    /// <summary>True when the current version meets the criterion, by a search that sees this transaction's writes.</summary>
    public bool Meets(Change change, Criterion byId, Criterion criterion) => !change.Current.IsDeleted
        && SqlSearch.FindRows(
            _scope.Session, _scope.Symbols, Tenant, new SearchQuery(change.Current.Type, [byId, criterion]), rowsMax: 1).Count == 1;

    /// <summary>Runs once the transaction is durable.</summary>
    public void AfterCommit(Action action) => _scope.AfterCommit(action);
}

/// <summary>Collects the changes of one commit for the watch, and keeps what it tells.</summary>
internal sealed class ChangeLog(WriteScope scope, string tenant, long tenantNumber, ChangeWatch watch)
{
    private readonly List<Change> _changes = [];

    public void Add(Stored current, IReadOnlyList<IndexValue> values, Func<Stored?> readPrevious) =>
        _changes.Add(new(current, values, readPrevious));

    public void Tell()
    {
        if (_changes.Count == 0)
            return;
        foreach (var telling in watch.Tell(new(scope, tenant, _changes)))
        {
            switch (telling)
            {
                case Telling.Event happened:
                    var number = FeedRows.Append(scope, tenantNumber, happened.Feed, happened.Change.Current);
                    var payload = Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));
                    OutboxRows.Add(scope, tenantNumber, happened.Entry with { Payload = payload });
                    break;
                case Telling.Send send:
                    OutboxRows.Add(scope, tenantNumber, send.Entry);
                    break;
                case Telling.Close close:
                    FeedRows.Close(scope, tenantNumber, close.Feed);
                    break;
            }
        }
    }
}
