using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>
/// A request that its sender may repeat: the second time nothing happens, and the answer is that of the first.
/// </summary>
/// <param name="Scope">A hash of who sends, to which address, under which key: what a key says stands nowhere.</param>
/// <param name="Digest">A hash of what was sent: the same key with something else is a fault of the sender.</param>
public sealed record Repeatable(byte[] Scope, byte[] Digest);

/// <summary>A commit with its answer, kept together or not at all.</summary>
/// <param name="Answer">Writes the answer down, from the results of the commit's steps; it must not fail.</param>
public sealed record OnceOnly(Repeatable Request, Func<CommitResult, byte[]> Answer);

/// <summary>The answer that was given to a request.</summary>
public sealed record KeptAnswer(byte[] Digest, byte[] Answer);

/// <summary>
/// The answers given to requests that may be repeated. One that belongs to a commit is kept in that commit: of several at once one has its
/// effect, and what was acknowledged before a crash is answered alike after it.
/// </summary>
public sealed class KeptAnswers
{
    private readonly Writer _writer;
    private readonly ReaderPool _readers;
    private readonly Symbols _symbols;

    internal KeptAnswers(Writer writer, ReaderPool readers, Symbols symbols) => (_writer, _readers, _symbols) = (writer, readers, symbols);

    /// <summary>The answer given in that scope, null when there was none.</summary>
    public KeptAnswer? Find(string tenant, byte[] scope) => _readers.Read((Symbols: _symbols, tenant, scope), static (session, key) =>
        key.Symbols.Find(session, SymbolKind.Tenant, key.tenant) is { } number ? KeptAnswerRows.Find(session, number, key.scope) : null);

    /// <summary>Keeps an answer whose effect is already committed. The one that stands there already is given back instead.</summary>
    public Task<KeptAnswer?> KeepAsync(string tenant, Repeatable request, byte[] answer, CancellationToken cancellationToken) => _writer.RunAsync(
        scope =>
        {
            var number = scope.Intern(SymbolKind.Tenant, tenant);
            var known = KeptAnswerRows.Find(scope.Session, number, request.Scope);
            if (known is null)
                KeptAnswerRows.Add(scope, number, request, answer);
            return known;
        },
        canStop: false, cancellationToken);

    /// <summary>Forgets some of the answers given before that instant, of all tenants; tells how many.</summary>
    public Task<int> ForgetAsync(DateTimeOffset before, int countMax, CancellationToken cancellationToken) => _writer.RunAsync(
        scope => scope.Session.Get(
            """
            DELETE FROM kept_answer WHERE (tenant, scope) IN (SELECT k.tenant, k.scope FROM kept_answer k WHERE k.at < ? ORDER BY k.at LIMIT ?)
            """).Add(before.UtcTicks).Add(countMax).Run(),
        canStop: false, cancellationToken);
}

/// <summary>The table <c>kept_answer</c>.</summary>
internal static class KeptAnswerRows
{
    public static KeptAnswer? Find(Session session, long tenant, byte[] scope)
    {
        var statement = session.Get("SELECT digest, answer FROM kept_answer WHERE tenant = ? AND scope = ?").Add(tenant).Add(scope);
        if (!statement.Next())
            return null;
        var kept = new KeptAnswer(statement.Blob(0), statement.Blob(1));
        statement.Reset();
        return kept;
    }

    /// <summary>Takes the place of an answer that no longer leads anywhere.</summary>
    public static void Put(WriteScope scope, long tenant, Repeatable request, byte[] answer)
    {
        scope.Session.Get("DELETE FROM kept_answer WHERE tenant = ? AND scope = ?").Add(tenant).Add(request.Scope).Send();
        Add(scope, tenant, request, answer);
    }

    public static void Add(WriteScope scope, long tenant, Repeatable request, byte[] answer)
    {
        scope.Session.Outdate(RestsOn(request.Scope));
        scope.Session.Get("INSERT INTO kept_answer (tenant, scope, digest, at, answer) VALUES (?, ?, ?, ?, ?)")
            .Add(tenant).Add(request.Scope).Add(request.Digest).Add(scope.Ticks).Add(answer).Send();
    }

    public static Touched RestsOn(byte[] scope) => new(TouchedKind.Answer, 0, Convert.ToHexString(scope));
}
