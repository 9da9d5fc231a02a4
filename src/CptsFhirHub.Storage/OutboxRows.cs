using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>The table <c>outbox</c>.</summary>
internal static class OutboxRows
{
    public const string Due = "due";
    public const string Sent = "done";
    public const string Dead = "dead";

    /// <summary>Due entries that one lease looks at in their order.</summary>
    private const int WindowMax = 256;

    /// <summary>Chains that one lease looks at beyond them.</summary>
    private const int ChainsMax = 256;

    public const string Columns =
        "o.id, o.tenant, o.kind, o.subject, o.target, o.payload, o.state, o.attempts, o.created_at, o.due_at, o.last_error";

    public static void Add(WriteScope scope, long tenant, OutboxEntry entry)
    {
        scope.Session.Get(
            """
            INSERT INTO outbox (id, tenant, kind, subject, target, payload, state, attempts, created_at, due_at)
            VALUES (?, ?, ?, ?, ?, ?, 'due', 0, ?, ?)
            """)
            .Add(entry.Id).Add(tenant).Add(entry.Kind).Add(entry.Subject).Add(entry.Target).Add(entry.Payload.Span)
            .Add(scope.Ticks).Add(scope.Ticks).Send();
        scope.AfterCommit(scope.Queued);
    }

    /// <summary>
    /// What is due and lent to nobody, but for busy targets; no more of one target than wished, so that a slow one
    /// does not take the places of the others.
    /// </summary>
    /// <param name="after">Where the walk over the chains goes on when it is needed.</param>
    public static (List<OutboxItem> Items, OutboxChain Last) Lease(
        WriteScope scope, string owner, DateTimeOffset until, LeaseWish wish, OutboxChain after)
    {
        var leasing = new Leasing(scope, wish);
        var seen = InOrderOfDue(leasing);

        // All that was looked at and little of it may leave: long chains stand before the others. Only the first of each is looked at then.
        if (leasing.Items.Count < wish.CountMax && seen == WindowMax)
            after = FirstOfEachChain(leasing, after);
        foreach (var sequence in leasing.Sequences)
            scope.Session.Get("UPDATE outbox SET lease_owner = ?, lease_until = ?, attempts = attempts + 1 WHERE seq = ?")
                .Add(owner).Add(until.UtcTicks).Add(sequence).Send();
        return (leasing.Items, after);
    }

    /// <summary>The entries that are due longest; how many were looked at.</summary>
    private static int InOrderOfDue(Leasing leasing)
    {
        // An entry waits for the earlier ones of its subject: its receiver must not see the end before the beginning.
        var (scope, wish) = (leasing.Scope, leasing.Wish);
        var statement = scope.Session.Get(
            $"""
            SELECT {Columns}, o.seq, CASE WHEN EXISTS (SELECT 1 FROM outbox e
                WHERE e.tenant = o.tenant AND e.subject = o.subject AND e.target = o.target AND e.state = 'due' AND e.seq < o.seq)
                THEN 1 ELSE 0 END
            FROM outbox o
            WHERE o.state = 'due' AND o.due_at <= ? AND (o.lease_until IS NULL OR o.lease_until <= ?){Busy(wish)}
            ORDER BY o.due_at, o.seq LIMIT ?
            """).Add(scope.Ticks).Add(scope.Ticks);
        foreach (var target in wish.BusyTargets)
            statement.Add(target);
        statement.Add(WindowMax);
        var seen = 0;
        while (statement.Next())
        {
            seen++;
            if (statement.Int(12) == 0 && !leasing.Take(statement))
            {
                statement.Reset();
                break;
            }
        }

        return seen;
    }

    /// <summary>Seeks from chain to chain, however long each is.</summary>
    private static OutboxChain FirstOfEachChain(Leasing leasing, OutboxChain after)
    {
        var (scope, wish) = (leasing.Scope, leasing.Wish);
        var isAround = false;
        for (var seeks = 0; seeks < ChainsMax; seeks++)
        {
            var statement = scope.Session.Get(
                $"""
                SELECT {Columns}, o.seq, o.lease_until FROM outbox o
                WHERE o.state = 'due' AND (o.tenant, o.subject, o.target) > (?, ?, ?)
                ORDER BY o.tenant, o.subject, o.target, o.seq LIMIT 1
                """).Add(after.Tenant).Add(after.Subject).Add(after.Target);
            if (!statement.Next())
            {
                if (isAround || after == OutboxChain.Start)
                    return OutboxChain.Start;
                (after, isAround) = (OutboxChain.Start, true);
                continue;
            }

            after = new(statement.Long(1), statement.Text(3), statement.Text(4));
            var mayLeave = statement.Long(9) <= scope.Ticks && (statement.LongOrNull(12) ?? 0) <= scope.Ticks
                && !wish.BusyTargets.Contains(after.Target);
            var isFull = mayLeave && !leasing.Take(statement);
            statement.Reset();
            if (isFull)
                break;
        }

        return after;
    }

    /// <summary>True when something could be leased, but for its place behind another.</summary>
    public static bool IsAnyDue(Session session, long now, LeaseWish wish)
    {
        var statement = session.Get(
            $"""
            SELECT 1 FROM outbox o
            WHERE o.state = 'due' AND o.due_at <= ? AND (o.lease_until IS NULL OR o.lease_until <= ?){Busy(wish)} LIMIT 1
            """).Add(now).Add(now);
        foreach (var target in wish.BusyTargets)
            statement.Add(target);
        return statement.Scalar() is not null;
    }

    private static string Busy(LeaseWish wish) => wish.BusyTargets.Count == 0
        ? ""
        : $" AND o.target NOT IN ({string.Join(", ", Enumerable.Repeat("?", wish.BusyTargets.Count))})";

    /// <summary>Ends an entry's lease. False when the lease is no longer the owner's: another may be sending it already.</summary>
    public static bool Finish(WriteScope scope, string id, string owner, string state, DateTimeOffset? nextTry, string? error) =>
        scope.Session.Get(
            """
            UPDATE outbox SET state = ?, due_at = coalesce(?, due_at), last_error = ?, done_at = ?, lease_owner = NULL, lease_until = NULL
            WHERE id = ? AND lease_owner = ?
            """)
            .Add(state).Add(nextTry?.UtcTicks).Add(error).Add(state == Due ? null : scope.Ticks).Add(id).Add(owner).Run() > 0;

    /// <summary>Gives an entry back untried.</summary>
    public static bool Return(WriteScope scope, string id, string owner, DateTimeOffset dueAt) =>
        scope.Session.Get(
            """
            UPDATE outbox SET due_at = ?, attempts = attempts - 1, lease_owner = NULL, lease_until = NULL WHERE id = ? AND lease_owner = ?
            """)
            .Add(dueAt.UtcTicks).Add(id).Add(owner).Run() > 0;

    public static OutboxItem Read(Session session, Symbols symbols, Statement row) => new(
        new(row.Text(0), symbols.Text(session, row.Long(1)), row.Text(2), row.Text(3), row.Text(4), row.Blob(5)),
        row.Text(6), row.Int(7), new(row.Long(8), TimeSpan.Zero), new(row.Long(9), TimeSpan.Zero), row.TextOrNull(10));

    /// <summary>What is being taken for one lease.</summary>
    private sealed class Leasing(WriteScope scope, LeaseWish wish)
    {
        private readonly Dictionary<string, int> _ofTarget = new(StringComparer.Ordinal);
        private readonly HashSet<long> _taken = [];

        public WriteScope Scope => scope;

        public LeaseWish Wish => wish;

        public List<OutboxItem> Items { get; } = [];

        public IEnumerable<long> Sequences => _taken;

        /// <summary>Takes the entry of this row unless its target has enough; false when nothing more is wished.</summary>
        public bool Take(Statement row)
        {
            var item = Read(scope.Session, scope.Symbols, row);
            var ofTarget = _ofTarget.GetValueOrDefault(item.Entry.Target);
            if (ofTarget < wish.PerTarget && _taken.Add(row.Long(11)))
            {
                _ofTarget[item.Entry.Target] = ofTarget + 1;
                Items.Add(item);
            }

            return Items.Count < wish.CountMax;
        }
    }
}

/// <summary>Entries of one subject to one target: they leave one after the other.</summary>
internal sealed record OutboxChain(long Tenant, string Subject, string Target)
{
    /// <summary>Before all of them.</summary>
    public static readonly OutboxChain Start = new(0, "", "");
}
