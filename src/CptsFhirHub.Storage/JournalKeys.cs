using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>
/// The senders' own keys as the journal keeps them. A key may hold a name, a phone number or a file number of the insurance: what is kept is
/// an HMAC of it under a secret of this store, by which a message is found again and which nobody reads back.
/// </summary>
internal sealed class JournalKeys(Writer writer, ReaderPool readers)
{
    private const string Prefix = "hk1:";
    private const string SecretFact = "journal-key-secret";
    private const string RewrittenFact = "journal-keys-rewritten";
    private const int SecretBytes = 32;
    private const int HashBytes = 16;

    /// <summary>Lines whose keys are rewritten in one transaction.</summary>
    private const int PortionSize = 1_000;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    private byte[] _secret = [];

    /// <summary>Reads the secret, or makes it at the first start, and rewrites what an earlier release kept in clear.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var (secret, isRewritten) = readers.Read(0, static (session, _) => (Fact(session, SecretFact), Fact(session, RewrittenFact) is not null));
        _secret = secret ?? await writer.RunAsync(Make, canStop: false, cancellationToken);
        for (long? row = 0; !isRewritten && row is { } from;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            row = await writer.RunAsync(scope => Rewrite(scope, from), canStop: false, cancellationToken);
        }
    }

    public string Of(string key) =>
        Prefix + Convert.ToHexStringLower(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(key)).AsSpan(0, HashBytes));

    /// <summary>What to look for: the hash itself when that was given, as it stands in answers.</summary>
    public string Sought(string key) => IsHash(key) ? key : Of(key);

    private static bool IsHash(string text) => text.Length == Prefix.Length + (2 * HashBytes)
        && text.StartsWith(Prefix, StringComparison.Ordinal) && text.AsSpan(Prefix.Length).IndexOfAnyExcept(Digits) < 0;

    /// <summary>The secret; another hub that starts at the same time may have made it.</summary>
    private static byte[] Make(WriteScope scope)
    {
        Put(scope, SecretFact, RandomNumberGenerator.GetBytes(SecretBytes));
        return Fact(scope.Session, SecretFact)!;
    }

    /// <summary>Rewrites a portion of the lines; gives where the next one begins, null at the end. What is a hash already stays.</summary>
    private long? Rewrite(WriteScope scope, long from)
    {
        var rows = new List<(long Sequence, string Key)>();
        var lines = scope.Session.Get("SELECT seq, key FROM message WHERE seq > ? AND key IS NOT NULL ORDER BY seq LIMIT ?").Add(from).Add(PortionSize);
        while (lines.Next())
            rows.Add((lines.Long(0), lines.Text(1)));
        foreach (var (sequence, key) in rows.Where(row => !IsHash(row.Key)))
            scope.Session.Get("UPDATE message SET key = ? WHERE seq = ?").Add(Of(key)).Add(sequence).Send();
        if (rows.Count == PortionSize)
            return rows[^1].Sequence;
        Put(scope, RewrittenFact, [1]);
        return null;
    }

    private static void Put(WriteScope scope, string name, byte[] value) => scope.Session.Get(
        "INSERT INTO store_fact (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING").Add(name).AddBytes(value).Run();

    private static byte[]? Fact(Session session, string name)
    {
        var statement = session.Get("SELECT value FROM store_fact WHERE name = ?").Add(name);
        if (!statement.Next())
            return null;
        var value = statement.Blob(0);
        statement.Reset();
        return value;
    }
}
