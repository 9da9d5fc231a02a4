using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>
/// The senders' own keys as the journal keeps them. A key may hold a name, a phone number or a file number of the insurance: what is kept is
/// an HMAC of it under the <see cref="JournalSecret"/> of this store, by which a message is found again and which nobody reads back.
/// </summary>
internal sealed class JournalKeys(Writer writer, ReaderPool readers, JournalSecret journalSecret)
{
    private const string Prefix = "hk1:";
    private const string RewrittenFact = "journal-keys-rewritten";
    private const int HashBytes = 16;

    /// <summary>Lines whose keys are rewritten in one transaction.</summary>
    private const int PortionSize = 1_000;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    private byte[] _secret = [];

    /// <summary>Reads the secret, or makes it at the first start, and rewrites what an earlier release kept in clear.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        _secret = await journalSecret.OpenAsync(writer, readers, cancellationToken);
        var isRewritten = readers.Read(0, static (session, _) => StoreFacts.Find(session, RewrittenFact) is not null);
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
        StoreFacts.Put(scope, RewrittenFact, [1]);
        return null;
    }
}
