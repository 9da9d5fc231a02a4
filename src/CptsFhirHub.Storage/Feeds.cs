using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>One event of a feed: that version of that resource.</summary>
/// <param name="Number">From 1, without gaps.</param>
public sealed record FeedEvent(long Number, DateTimeOffset At, string Type, string Id, long Version, bool IsDeletion);

/// <summary>
/// Numbered series of changes, one for each who follows some of them. A number is given in the transaction of the change: every change
/// has one, none is given twice, and what was rolled back leaves no gap.
/// </summary>
public sealed class Feeds
{
    private readonly ReaderPool _readers;
    private readonly Symbols _symbols;

    internal Feeds(ReaderPool readers, Symbols symbols) => (_readers, _symbols) = (readers, symbols);

    /// <summary>The number of the last event; 0 when there was none.</summary>
    public long LastNumber(string tenant, string feed) => _readers.Read((Symbols: _symbols, tenant, feed), static (session, key) =>
        key.Symbols.Find(session, SymbolKind.Tenant, key.tenant) is { } number ? FeedRows.LastNumber(session, number, key.feed) : 0);

    /// <summary>The events from one number to another, both included, the oldest first; the oldest of all may be forgotten.</summary>
    public IReadOnlyList<FeedEvent> Read(string tenant, string feed, long from, long until, int countMax) => _readers.Read(
        (Symbols: _symbols, tenant, feed, from, until, countMax),
        static (session, key) => key.Symbols.Find(session, SymbolKind.Tenant, key.tenant) is { } number
            ? FeedRows.Read(session, key.Symbols, number, key.feed, key.from, key.until, key.countMax)
            : []);
}

/// <summary>The tables <c>feed</c> (the last number of each) and <c>feed_event</c>.</summary>
internal static class FeedRows
{
    /// <summary>Events remembered of one feed; older ones are forgotten.</summary>
    public const int EventsKept = 10_000;

    private const int ForgetEvery = 128;

    public static long Append(WriteScope scope, long tenant, string feed, Stored current)
    {
        var number = scope.Session.Get(
            """
            INSERT INTO feed (tenant, name, number) VALUES (?, ?, 1)
            ON CONFLICT (tenant, name) DO UPDATE SET number = feed.number + 1 RETURNING number
            """).Add(tenant).Add(feed).Scalar() ?? throw new InvalidDataException("A feed gave no number.");
        scope.Session.Get(
            "INSERT INTO feed_event (tenant, feed, number, at, type, id, version, deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            .Add(tenant).Add(feed).Add(number).Add(scope.Ticks).Add(scope.Intern(SymbolKind.Type, current.Type))
            .Add(current.Id).Add(current.Version).Add(current.IsDeleted ? 1L : 0L).Send();
        if (number % ForgetEvery == 0)
            scope.Session.Get("DELETE FROM feed_event WHERE tenant = ? AND feed = ? AND number <= ?")
                .Add(tenant).Add(feed).Add(number - EventsKept).Send();
        return number;
    }

    public static void Close(WriteScope scope, long tenant, string feed)
    {
        scope.Session.Get("DELETE FROM feed_event WHERE tenant = ? AND feed = ?").Add(tenant).Add(feed).Send();
        scope.Session.Get("DELETE FROM feed WHERE tenant = ? AND name = ?").Add(tenant).Add(feed).Send();
    }

    public static long LastNumber(Session session, long tenant, string feed) =>
        session.Get("SELECT number FROM feed WHERE tenant = ? AND name = ?").Add(tenant).Add(feed).Scalar() ?? 0;

    public static List<FeedEvent> Read(Session session, Symbols symbols, long tenant, string feed, long from, long until, int countMax)
    {
        var events = new List<FeedEvent>();
        var statement = session.Get(
            """
            SELECT number, at, type, id, version, deleted FROM feed_event
            WHERE tenant = ? AND feed = ? AND number >= ? AND number <= ? ORDER BY number LIMIT ?
            """).Add(tenant).Add(feed).Add(from).Add(until).Add(countMax);
        while (statement.Next())
            events.Add(new(
                statement.Long(0), new(statement.Long(1), TimeSpan.Zero), symbols.Text(session, statement.Long(2)), statement.Text(3),
                statement.Long(4), statement.Int(5) != 0));
        return events;
    }
}
