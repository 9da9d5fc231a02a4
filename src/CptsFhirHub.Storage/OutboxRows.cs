using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>The table <c>outbox</c>.</summary>
internal static class OutboxRows
{
    public const string Due = "due";
    public const string Sent = "done";
    public const string Dead = "dead";

    /// <summary>Due entries of a target that one lease looks at in their order.</summary>
    private const int WindowMax = 64;

    /// <summary>Targets that one lease looks at.</summary>
    private const int TargetsMax = 256;

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

    /// <summary>Takes away what went out or was to go out about these resources; how many entries there were.</summary>
    public static int Forget(WriteScope scope, long tenant, IReadOnlyList<string> references)
    {
        scope.Session.OutdateAll();
        return references.Sum(reference =>
            scope.Session.Get("DELETE FROM outbox WHERE tenant = ? AND subject = ?").Add(tenant).Add(reference).Run());
    }

    /// <summary>
    /// What is due and lent to nobody, but for busy targets; no more of one target than wished, so that a slow one
    /// does not take the places of the others.
    /// </summary>
    /// <param name="after">Where the walks over targets and chains go on.</param>
    public static (List<OutboxItem> Items, OutboxPlace Last) Lease(
        WriteScope scope, string owner, DateTimeOffset until, LeaseWish wish, OutboxPlace after)
    {
        var leasing = new Leasing(scope, wish);
        var (target, hasLongChains) = OfEachTarget(leasing, after.Target);

        // All that was looked at and little of it may leave: long chains stand before the others. Only the first of each is looked at then.
        var chain = leasing.IsFull || !hasLongChains ? after.Chain : FirstOfEachChain(leasing, after.Chain);
        foreach (var (sequence, id) in leasing.Taken)
        {
            scope.Session.Outdate(RestsOn(id));
            scope.Session.Get("UPDATE outbox SET lease_owner = ?, lease_until = ?, attempts = attempts + 1 WHERE seq = ?")
                .Add(owner).Add(until.UtcTicks).Add(sequence).SendTogether();
        }

        return (leasing.InOrder(), new(target, chain));
    }

    /// <summary>
    /// Seeks from target to target, however much waits for each, and takes what is due longest; true when a target had little that may
    /// leave among much that waits.
    /// </summary>
    private static (string Last, bool HasLongChains) OfEachTarget(Leasing leasing, string after)
    {
        var (begun, isAround, hasLongChains) = (after, after.Length == 0, false);
        for (var seeks = 0; seeks < TargetsMax && !leasing.IsFull; seeks++)
        {
            var next = NextTarget(leasing.Scope.Session, after);
            if (isAround && (next is null || (begun.Length > 0 && string.CompareOrdinal(next, begun) > 0)))
                return (after, hasLongChains);
            (after, isAround) = (next ?? "", isAround || next is null);
            if (next is not null && !leasing.Wish.BusyTargets.Contains(next))
                hasLongChains |= !InOrderOfDue(leasing, next);
        }

        return (after, hasLongChains);
    }

    /// <summary>Takes the entries of a target that are due longest; false when there are more than were looked at and too few may leave.</summary>
    private static bool InOrderOfDue(Leasing leasing, string target)
    {
        // An entry waits for the earlier ones of its subject: its receiver must not see the end before the beginning.
        var scope = leasing.Scope;
        var statement = scope.Session.Get(
            $"""
            SELECT {Columns}, o.seq, CASE WHEN EXISTS (SELECT 1 FROM outbox e
                WHERE e.tenant = o.tenant AND e.subject = o.subject AND e.target = o.target AND e.state = 'due' AND e.seq < o.seq)
                THEN 1 ELSE 0 END
            FROM outbox o
            WHERE o.state = 'due' AND o.target = ? AND o.due_at <= ? AND (o.lease_until IS NULL OR o.lease_until <= ?)
            ORDER BY o.due_at, o.seq LIMIT ?
            """).Add(target).Add(scope.Ticks).Add(scope.Ticks).Add(WindowMax);
        var seen = 0;
        while (statement.Next())
        {
            seen++;
            if (statement.Int(12) == 0)
                leasing.Take(statement);
            if (leasing.IsFull || leasing.HasEnoughOf(target))
            {
                statement.Reset();
                return true;
            }
        }

        return seen < WindowMax;
    }

    private static string? NextTarget(Session session, string after)
    {
        var statement = session.Get("SELECT o.target FROM outbox o WHERE o.state = 'due' AND o.target > ? ORDER BY o.target LIMIT 1").Add(after);
        if (!statement.Next())
            return null;
        var target = statement.Text(0);
        statement.Reset();
        return target;
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
            if (mayLeave)
                leasing.Take(statement);
            statement.Reset();
            if (leasing.IsFull)
                break;
        }

        return after;
    }

    /// <summary>True when something could be leased, but for its place behind another; also when there are very many targets.</summary>
    public static bool IsAnyDue(Session session, long now, LeaseWish wish)
    {
        var target = NextTarget(session, "");
        for (var seeks = 0; target is not null && seeks < TargetsMax; seeks++, target = NextTarget(session, target))
            if (!wish.BusyTargets.Contains(target)
                && session.Get(
                    """
                    SELECT 1 FROM outbox o
                    WHERE o.state = 'due' AND o.target = ? AND o.due_at <= ? AND (o.lease_until IS NULL OR o.lease_until <= ?) LIMIT 1
                    """).Add(target).Add(now).Add(now).Scalar() is not null)
                return true;
        return target is not null;
    }

    /// <summary>Ends an entry's lease. False when the lease is no longer the owner's: another may be sending it already.</summary>
    public static bool Finish(WriteScope scope, string id, string owner, string state, DateTimeOffset? nextTry, string? error) =>
        Change(scope, id, owner, session => session.Get(
            """
            UPDATE outbox SET state = ?, due_at = coalesce(?, due_at), last_error = ?, done_at = ?, lease_owner = NULL, lease_until = NULL
            WHERE id = ? AND lease_owner = ?
            """)
            .Add(state).Add(nextTry?.UtcTicks).Add(error).Add(state == Due ? null : scope.Ticks).Add(id).Add(owner));

    /// <summary>Gives an entry back untried.</summary>
    public static bool Return(WriteScope scope, string id, string owner, DateTimeOffset dueAt) =>
        Change(scope, id, owner, session => session.Get(
            """
            UPDATE outbox SET due_at = ?, attempts = attempts - 1, lease_owner = NULL, lease_until = NULL WHERE id = ? AND lease_owner = ?
            """)
            .Add(dueAt.UtcTicks).Add(id).Add(owner));

    /// <summary>Asks for what <see cref="Finish"/> and <see cref="Return"/> ask.</summary>
    public static void AskLent(Session session, string id, string owner)
    {
        session.RestsOn(RestsOn(id));
        IsLent(session, id, owner);
    }

    /// <summary>Changes an entry that the owner holds, together with those of others where it is known beforehand that it does.</summary>
    private static bool Change(WriteScope scope, string id, string owner, Func<Session, Statement> change)
    {
        if (!scope.Session.CanForesee)
            return change(scope.Session).Run() > 0;
        if (!IsLent(scope.Session, id, owner))
            return false;
        scope.Session.Outdate(RestsOn(id));
        change(scope.Session).SendTogether();
        return true;
    }

    private static bool IsLent(Session session, string id, string owner) =>
        session.Get("SELECT o.seq FROM outbox o WHERE o.id = ? AND o.lease_owner = ?").Add(id).Add(owner).Scalar() is not null;

    private static Touched RestsOn(string id) => new(TouchedKind.Entry, 0, id);

    public static OutboxItem Read(Session session, Symbols symbols, Statement row) => new(
        new(row.Text(0), symbols.Text(session, row.Long(1)), row.Text(2), row.Text(3), row.Text(4), row.Blob(5)),
        row.Text(6), row.Int(7), new(row.Long(8), TimeSpan.Zero), new(row.Long(9), TimeSpan.Zero), row.TextOrNull(10));

    /// <summary>What is being taken for one lease.</summary>
    private sealed class Leasing(WriteScope scope, LeaseWish wish)
    {
        private readonly Dictionary<string, int> _ofTarget = new(StringComparer.Ordinal);
        private readonly Dictionary<long, OutboxItem> _taken = [];

        public WriteScope Scope => scope;

        public LeaseWish Wish => wish;

        public IEnumerable<(long Sequence, string Id)> Taken => _taken.Select(static taken => (taken.Key, taken.Value.Entry.Id));

        /// <summary>True when nothing more is wished.</summary>
        public bool IsFull => _taken.Count >= wish.CountMax;

        public bool HasEnoughOf(string target) => _ofTarget.GetValueOrDefault(target) >= wish.PerTarget;

        /// <summary>Takes the entry of this row unless its target has enough.</summary>
        public void Take(Statement row)
        {
            var item = Read(scope.Session, scope.Symbols, row);
            if (!HasEnoughOf(item.Entry.Target) && _taken.TryAdd(row.Long(11), item))
                _ofTarget[item.Entry.Target] = _ofTarget.GetValueOrDefault(item.Entry.Target) + 1;
        }

        /// <summary>What was taken, what is due longest first.</summary>
        public List<OutboxItem> InOrder() => [.. _taken.OrderBy(taken => taken.Value.DueAt).ThenBy(taken => taken.Key).Select(taken => taken.Value)];
    }
}

/// <summary>Where the last lease ended: the next begins behind it, so that all come to their turn.</summary>
internal sealed record OutboxPlace(string Target, OutboxChain Chain)
{
    public static readonly OutboxPlace Start = new("", OutboxChain.Start);
}

/// <summary>Entries of one subject to one target: they leave one after the other.</summary>
internal sealed record OutboxChain(long Tenant, string Subject, string Target)
{
    /// <summary>Before all of them.</summary>
    public static readonly OutboxChain Start = new(0, "", "");
}
