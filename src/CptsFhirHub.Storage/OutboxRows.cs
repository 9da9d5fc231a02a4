using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>The table <c>outbox</c>.</summary>
internal static class OutboxRows
{
    public const string Due = "due";
    public const string Sent = "done";
    public const string Dead = "dead";

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
    public static List<OutboxItem> Lease(WriteScope scope, string owner, DateTimeOffset until, LeaseWish wish)
    {
        // An entry waits for the earlier ones of its subject: its receiver must not see the end before the beginning.
        var statement = scope.Session.Get(
            $"""
            SELECT {Columns}, o.seq FROM outbox o
            WHERE o.state = 'due' AND o.due_at <= ? AND (o.lease_until IS NULL OR o.lease_until <= ?){Busy(wish)}
              AND NOT EXISTS (SELECT 1 FROM outbox e
                WHERE e.tenant = o.tenant AND e.subject = o.subject AND e.target = o.target AND e.state = 'due' AND e.seq < o.seq)
            ORDER BY o.due_at, o.seq LIMIT ?
            """).Add(scope.Ticks).Add(scope.Ticks);
        foreach (var target in wish.BusyTargets)
            statement.Add(target);
        statement.Add(wish.CountMax);
        var leased = new List<OutboxItem>();
        var sequences = new List<long>();
        var ofTarget = new Dictionary<string, int>(StringComparer.Ordinal);
        while (statement.Next())
        {
            var item = Read(scope.Session, scope.Symbols, statement);
            var taken = ofTarget.GetValueOrDefault(item.Entry.Target);
            if (taken >= wish.PerTarget)
                continue;
            ofTarget[item.Entry.Target] = taken + 1;
            leased.Add(item);
            sequences.Add(statement.Long(11));
        }

        foreach (var sequence in sequences)
            scope.Session.Get("UPDATE outbox SET lease_owner = ?, lease_until = ?, attempts = attempts + 1 WHERE seq = ?")
                .Add(owner).Add(until.UtcTicks).Add(sequence).Send();
        return leased;
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
}
