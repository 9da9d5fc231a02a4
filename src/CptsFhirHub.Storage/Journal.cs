using System.Collections.Concurrent;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>
/// What came in, byte for byte. An arrival is durable when <see cref="ReceiveAsync(Arrival, CancellationToken)"/> returns;
/// whether it repeats
/// an earlier one is decided in the writer, so that five at once give one first and four duplicates.
/// </summary>
public sealed class Journal
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);
    private readonly Writer _writer;
    private readonly ReaderPool _readers;
    private readonly Symbols _symbols;
    private readonly JournalKeys _keys;
    private readonly JournalSecret _secret;

    internal Journal(Writer writer, ReaderPool readers, Symbols symbols, StoreOptions options)
    {
        _secret = new(options);
        _keys = new(writer, readers, _secret);
        _writer = writer;
        _readers = readers;
        _symbols = symbols;
        writer.OnSettled = Settled;
    }

    /// <summary>What the person who runs the hub should know of the secret of the keys; null when all is well.</summary>
    public string? SecretWarning => _secret.Warning;

    /// <summary>Gets ready the secret of the keys, and rewrites the keys that an earlier release kept in clear.</summary>
    internal Task OpenAsync(CancellationToken cancellationToken) => _keys.OpenAsync(cancellationToken);

    /// <summary>The text as an HMAC under the secret of the keys: equal texts are known by it, and nobody reads it back.</summary>
    public string HashOf(string text) => _keys.Of(text);

    public Task<Receipt> ReceiveAsync(Arrival arrival, CancellationToken cancellationToken)
    {
        var prepared = JournalRows.Prepare(arrival, _keys);
        return _writer.RunAsync(scope => JournalRows.Receive(scope, prepared), canStop: false, cancellationToken, (session, symbols) =>
        {
            JournalRows.AskReceive(session, symbols, prepared);
            return false;
        });
    }

    /// <summary>Many at once, all or none: the rows of a file.</summary>
    public Task<IReadOnlyList<Receipt>> ReceiveAsync(IReadOnlyList<Arrival> arrivals, CancellationToken cancellationToken)
    {
        var prepared = arrivals.Select(arrival => JournalRows.Prepare(arrival, _keys)).ToList();
        return _writer.RunAsync<IReadOnlyList<Receipt>>(
            scope => [.. prepared.Select(arrival => JournalRows.Receive(scope, arrival))], canStop: true, cancellationToken, (session, symbols) =>
            {
                foreach (var arrival in prepared)
                    JournalRows.AskReceive(session, symbols, arrival);
                return false;
            });
    }

    /// <summary>The arrival as a step of a commit: received if all else of it happens. Whoever commits it then has the message to walk.</summary>
    public Write.Receive Receiving(Arrival arrival) => new(JournalRows.Prepare(arrival, _keys));

    public Task<JournalMessage?> ReadAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_readers.Read((tenant, id), (session, key) =>
        {
            if (_symbols.Find(session, SymbolKind.Tenant, key.tenant) is not { } number)
                return null;
            var statement = session.Get($"SELECT {JournalRows.Columns} FROM message m WHERE m.tenant = ? AND m.id = ?")
                .Add(number).Add(key.id);
            return All(session, statement).FirstOrDefault();
        }));
    }

    /// <summary>
    /// Forgets the bytes of messages that were settled long ago, of every tenant; all else of them stays, and a repetition is still known as
    /// one. What waits for a person keeps its bytes, and so does a file while a row of it may be read again. The number forgotten.
    /// </summary>
    public Task<int> ForgetBodiesAsync(BodyAge age, int countMax, CancellationToken cancellationToken) =>
        _writer.RunAsync(scope => JournalRows.ForgetBodies(scope, age, countMax), canStop: false, cancellationToken);

    /// <summary>The bytes as they came; null when the message is unknown or they have been forgotten.</summary>
    public Task<byte[]?> RawAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(_readers.Read((tenant, id), (session, key) =>
        {
            if (_symbols.Find(session, SymbolKind.Tenant, key.tenant) is not { } number)
                return null;
            var statement = session.Get("SELECT raw, is_compressed, size FROM message WHERE tenant = ? AND id = ?").Add(number).Add(key.id);
            if (!statement.Next())
                return null;
            var raw = statement.Blob(0);
            var (isCompressed, size) = (statement.Int(1) != 0, statement.Long(2));
            statement.Reset();
            if (raw.Length == 0 && size > 0)
                return null;
            return isCompressed ? JournalRows.Expand(raw, size) : raw;
        }));
    }

    /// <summary>Messages newest first.</summary>
    public Task<IReadOnlyList<JournalMessage>> FindAsync(JournalFilter filter, CancellationToken cancellationToken)
    {
        if (filter.Key is { } key)
            filter = filter with { Key = _keys.Sought(key) };
        var found = _readers.ReadAtOnce(filter, (session, wanted) => JournalSearch.Find(session, _symbols, wanted), cancellationToken);
        return Task.FromResult(found);
    }

    /// <summary>How many messages stand in each state.</summary>
    public Task<IReadOnlyDictionary<string, long>> CountsAsync(string tenant, CancellationToken cancellationToken)
    {
        var counts = _readers.ReadAtOnce(tenant, (session, name) => JournalSearch.Counts(session, _symbols, name), cancellationToken);
        return Task.FromResult(counts);
    }

    /// <summary>
    /// Messages of every tenant that were received and not interpreted, oldest first: what a start after a crash takes up again.
    /// <paramref name="after"/>: where the next portion begins.
    /// </summary>
    public Task<IReadOnlyList<JournalMessage>> UnsettledAsync(int count, long after, CancellationToken cancellationToken)
    {
        var found = _readers.ReadAtOnce(
            (count, after),
            (session, portion) => All(session, session.Get(
                $"SELECT {JournalRows.Columns} FROM message m WHERE m.state = 'received' AND m.seq > ? ORDER BY m.seq LIMIT ?")
                .Add(portion.after).Add(portion.count)),
            cancellationToken);
        return Task.FromResult<IReadOnlyList<JournalMessage>>(found);
    }

    /// <summary>Settles a message by itself, when its outcome changes no resource. False when it is unknown, or was settled since.</summary>
    public Task<bool> SettleAsync(string tenant, JournalOutcome outcome, CancellationToken cancellationToken) =>
        _writer.RunAsync(
            scope => JournalRows.Settle(scope, scope.Intern(SymbolKind.Tenant, tenant), outcome), canStop: false, cancellationToken, (session, symbols) =>
            {
                if (symbols.FindKnown(SymbolKind.Tenant, tenant) is { } number)
                    JournalRows.AskSettle(session, number, outcome.MessageId);
                return false;
            });

    /// <summary>Puts a waiting or rejected message back to received. False when it is neither.</summary>
    public Task<bool> ReopenAsync(string tenant, string id, CancellationToken cancellationToken) =>
        _writer.RunAsync(
            scope => JournalRows.Reopen(scope, scope.Intern(SymbolKind.Tenant, tenant), id), canStop: false, cancellationToken);

    /// <summary>
    /// The message once it is settled, which a sender of a duplicate waits for; null when it is unknown.
    /// It stays as it is when nobody settles it before the token is cancelled.
    /// </summary>
    public async Task<JournalMessage?> WhenSettledAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        // The place in the queue is taken before the message is read: a settlement in between is not missed.
        var settled = _waiting.GetOrAdd(id, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        var message = await ReadAsync(tenant, id, cancellationToken);
        if (message is not { State: MessageState.Received })
        {
            Settled(id);
            return message;
        }

        // Another hub on the same database settles its messages without telling us: look again from time to time.
        while (message is { State: MessageState.Received } && await Task.WhenAny(settled.Task, Task.Delay(LookAgain, cancellationToken)) != settled.Task)
        {
            cancellationToken.ThrowIfCancellationRequested();
            message = await ReadAsync(tenant, id, cancellationToken);
        }

        return await ReadAsync(tenant, id, cancellationToken);
    }

    /// <summary>The versions written for a message, "Type/id/_history/v".</summary>
    public Task<IReadOnlyList<string>> LineageAsync(string tenant, string id, CancellationToken cancellationToken)
    {
        var found = _readers.ReadAtOnce(
            (tenant, id), (session, key) => JournalSearch.Lineage(session, _symbols, key.tenant, key.id), cancellationToken);
        return Task.FromResult(found);
    }

    /// <summary>The messages that wrote a resource ("Type/id"), oldest first.</summary>
    public Task<IReadOnlyList<JournalMessage>> OriginsAsync(string tenant, string reference, CancellationToken cancellationToken)
    {
        var found = _readers.ReadAtOnce(
            (tenant, reference),
            (session, key) => JournalSearch.Origins(session, _symbols, key.tenant, key.reference),
            cancellationToken);
        return Task.FromResult(found);
    }

    private List<JournalMessage> All(Session session, Statement statement) => JournalSearch.All(session, _symbols, statement);

    private void Settled(string id)
    {
        if (_waiting.TryRemove(id, out var waiting))
            waiting.TrySetResult();
    }
}
