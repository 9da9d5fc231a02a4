using System.Collections.Concurrent;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>What a symbol stands for; the numbers are kept in the database.</summary>
internal enum SymbolKind
{
    Tenant = 1,
    Type = 2,

    /// <summary>The code of a search parameter: rows carry the type beside it.</summary>
    Parameter = 3,

    /// <summary>A code system, identifier system or unit system.</summary>
    System = 4,

    /// <summary>A source of messages.</summary>
    Source = 5,
    LookupKind = 6,
}

/// <summary>
/// Small numbers for texts that come back in millions of rows: tenants, types, parameters, systems.
/// Invariant: a symbol that other threads can see here has been committed.
/// </summary>
internal sealed class Symbols
{
    /// <summary>The number that stands for "no system" and "no type"; never given to a text.</summary>
    public const long None = 0;

    /// <summary>Systems come from senders: past this many the rest is looked up in the database each time.</summary>
    private const int CachedMax = 100_000;

    /// <summary>One for each kind: a text is asked for with every row, and found faster by itself.</summary>
    private readonly ConcurrentDictionary<string, long>[] _numbers =
        [.. Enumerable.Range(0, (int)SymbolKind.LookupKind + 1).Select(_ => new ConcurrentDictionary<string, long>(StringComparer.Ordinal))];

    private readonly ConcurrentDictionary<long, string> _texts = new();
    private readonly Dictionary<(SymbolKind, string), long> _pending = [];

    /// <summary>The number of a text, or null when no row can bear it.</summary>
    public long? Find(Session session, SymbolKind kind, string text)
    {
        text = IndexText.Fit(text);
        if (_numbers[(int)kind].TryGetValue(text, out var number) || IsPending(session, kind, text, out number))
            return number;
        if (Select(session, kind, text) is not { } found)
            return null;

        // The writer may see its own rows that are not committed: those it must not publish.
        if (!session.IsWriter)
            Publish(kind, text, found);
        return found;
    }

    /// <summary>The number of a text that is known without asking.</summary>
    public long? FindKnown(SymbolKind kind, string text) =>
        _numbers[(int)kind].TryGetValue(IndexText.Fit(text), out var number) ? number : null;

    /// <summary>The number of a text, given one now if it has none. For the writer, inside its transaction.</summary>
    public long Intern(Session writer, SymbolKind kind, string text)
    {
        text = IndexText.Fit(text);
        if (_numbers[(int)kind].TryGetValue(text, out var number) || _pending.TryGetValue((kind, text), out number))
            return number;
        number = Select(writer, kind, text) ?? Insert(writer, kind, text);
        return _pending[(kind, text)] = number;
    }

    private static long Insert(Session writer, SymbolKind kind, string text)
    {
        // Rare, and any question may have met that it was not there.
        writer.OutdateAll();
        return writer.Get("INSERT INTO symbol (kind, text) VALUES (?, ?) RETURNING id").Add((long)kind).Add(text).Scalar()!.Value;
    }

    public string Text(Session session, long number)
    {
        if (_texts.TryGetValue(number, out var text))
            return text;
        var statement = session.Get("SELECT text FROM symbol WHERE id = ?").Add(number);
        if (!statement.Next())
            throw new InvalidDataException($"Symbol {number} is unknown.");
        text = statement.Text(0);
        statement.Reset();
        if (!session.IsWriter && _texts.Count < CachedMax)
            _texts[number] = text;
        return text;
    }

    /// <summary>The transaction that gave the pending numbers is durable.</summary>
    public void Committed()
    {
        foreach (var ((kind, text), number) in _pending)
            Publish(kind, text, number);
        _pending.Clear();
    }

    /// <summary>Something was rolled back: what is still there will be found in the database again.</summary>
    public void RolledBack() => _pending.Clear();

    private bool IsPending(Session session, SymbolKind kind, string text, out long number)
    {
        number = 0;
        return session.IsWriter && _pending.TryGetValue((kind, text), out number);
    }

    private static long? Select(Session session, SymbolKind kind, string text) =>
        session.Get("SELECT id FROM symbol WHERE kind = ? AND text = ?").Add((long)kind).Add(text).Scalar();

    private void Publish(SymbolKind kind, string text, long number)
    {
        if (_texts.Count >= CachedMax)
            return;
        _numbers[(int)kind][text] = number;
        _texts[number] = text;
    }
}
