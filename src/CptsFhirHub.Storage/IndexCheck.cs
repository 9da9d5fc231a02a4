using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>What a check of the store found.</summary>
/// <param name="Resources">Current resources that were compared.</param>
/// <param name="Rows">Index rows they should have.</param>
/// <param name="Faults">What differs, a line each: which resource, which table, how many rows; never a value.</param>
public sealed record StoreCheck(long Resources, long Rows, IReadOnlyList<string> Faults);

/// <summary>
/// Does the index agree with the resources? Each current resource is written anew to a session that only notes the rows, and these are
/// compared with those that stand.
/// </summary>
internal sealed class IndexCheck(Session session, ResourceStore resources, Func<SearchParameter, bool> isIndexed)
{
    private const int Portion = 500;
    private readonly List<string> _faults = [];
    private readonly Dictionary<(string Type, long Parameter), bool> _isCompared = [];
    private readonly Symbols _symbols = new();
    private readonly long _settled = session.Fresh is null ? long.MaxValue : FreshKeys.SettledIn(session);
    private long _resources;
    private long _rows;
    private long _keys;

    public StoreCheck Run(int faultsMax, CancellationToken cancellationToken)
    {
        foreach (var table in (string[])[.. IndexRows.Tables, KeyRows.Table, "lookup_note"])
            if (session.Scalar(
                $"SELECT count(*) FROM {table} i WHERE NOT EXISTS (SELECT 1 FROM resource r WHERE r.rid = i.rid AND r.deleted = 0)") is > 0 and var orphans)
                _faults.Add(string.Create(CultureInfo.InvariantCulture, $"{table}: {orphans} rows of resources that are not there."));

        for (var after = 0L; ;)
        {
            var portion = Current(after);
            foreach (var (rid, tenant, type, stored) in portion)
            {
                cancellationToken.ThrowIfCancellationRequested();
                after = rid;
                Check(rid, tenant, type, stored);
                if (_faults.Count >= faultsMax)
                    return new(_resources, _rows, _faults);
            }

            if (portion.Count >= Portion)
                continue;
            CheckUnnoted();
            return new(_resources, _rows, _faults);
        }
    }

    private void Check(long rid, long tenant, long type, Stored stored)
    {
        _resources++;
        if (FhirJson.Parse(stored.Json, JsonLimits.AsKept).Resource is not { } resource)
        {
            _faults.Add($"{stored.Reference}: its bytes are not readable.");
            return;
        }

        var prepared = resources.Prepare(resource);
        var wanted = Noted(rid, tenant, type, prepared, prepared.Rows);
        var allowed = Noted(rid, tenant, type, prepared, prepared.Values);
        foreach (var (table, columns) in IndexRows.Columns)
        {
            var rows = wanted.GetValueOrDefault(table) ?? [];
            _rows += rows.Count;
            var standing = Standing(table, columns, rid, stored.Type);
            var missing = rows.Count(row => !standing.Contains(row));
            var foreign = standing.Count(row => !rows.Contains(row) && allowed.GetValueOrDefault(table)?.Contains(row) is not true);
            Tell(stored, table, missing, foreign);
        }

        CheckKeys(rid, tenant, stored, wanted.GetValueOrDefault(KeyRows.Table) ?? []);
    }

    /// <summary>The keys that a resource should stand under, those that it noted, and their rows.</summary>
    private void CheckKeys(long rid, long tenant, Stored stored, HashSet<string> wanted)
    {
        _rows += wanted.Count;
        var noted = KeyRows.Read(ResourceRows.Find(session, rid).Note);
        var standing = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in noted)
        {
            // What has not settled yet stands where it is noted.
            var isThere = KeyRows.Stands(session, tenant, rid, key);
            _keys += isThere ? 1 : 0;
            if (!isThere && rid <= _settled)
                continue;
            var row = new RowText();
            foreach (var value in (object[])[tenant, key.Kind, key.Hash, rid])
                row.Add(value);
            standing.Add(row.ToString());
        }

        Tell(stored, KeyRows.Table, wanted.Count(row => !standing.Contains(row)), standing.Count(row => !wanted.Contains(row)));
        if (noted.Count != standing.Count)
            Tell(stored, "lookup_note", 0, noted.Count - standing.Count);
    }

    /// <summary>Rows that no note tells of: looked for when there are more rows than were noted.</summary>
    private void CheckUnnoted()
    {
        if (session.Scalar($"SELECT count(*) FROM {KeyRows.Table}") == _keys)
            return;
        foreach (var (rid, rows) in KeyRows.Unnoted(session))
            if (ResourceRows.ReadCurrent(session, _symbols, rid) is { IsDeleted: false } stored)
                Tell(stored, KeyRows.Table, 0, rows);
    }

    private void Tell(Stored stored, string table, int missing, int foreign)
    {
        if (missing + foreign > 0)
            _faults.Add(string.Create(
                CultureInfo.InvariantCulture, $"{stored.Reference}: {table} lacks {missing} rows and has {foreign} that do not belong there."));
    }

    /// <summary>The rows that these values would get.</summary>
    private Dictionary<string, HashSet<string>> Noted(long rid, long tenant, long type, PreparedWrite prepared, IReadOnlyList<IndexValue> values)
    {
        var noted = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var notes = new RowNotes(session, (table, row) =>
        {
            if (!noted.TryGetValue(table, out var rows))
                noted[table] = rows = new(StringComparer.Ordinal);
            rows.Add(RowText.Of(row));
        });
        var scope = new WriteScope(notes, _symbols, new(), 0) { Settled = static _ => { }, Queued = static () => { } };
        IndexRows.Add(scope, tenant, type, rid, prepared with { Rows = [.. values.Where(value => isIndexed(value.Parameter))] });
        return noted;
    }

    private HashSet<string> Standing(string table, string columns, long rid, string type)
    {
        var count = columns.Count(letter => letter == ',') + 1;
        var rows = new HashSet<string>(StringComparer.Ordinal);
        var statement = session.Get($"SELECT {columns} FROM {table} WHERE rid = ?").Add(rid);
        while (statement.Next())
        {
            if (!IsCompared(type, statement.Long(IndexRows.ParameterColumn)))
                continue;
            var row = new RowText();
            for (var column = 0; column < count; column++)
                row.Add(statement.Any(column));
            rows.Add(row.ToString());
        }

        return rows;
    }

    /// <summary>
    /// False for a parameter that is not in force, or whose index is not filled yet; and for the words of a type of which no search asks for
    /// them: an earlier build may have left some, which nobody reads and the next write of the resource takes away.
    /// </summary>
    private bool IsCompared(string type, long parameter)
    {
        if (_isCompared.TryGetValue((type, parameter), out var known))
            return known;

        // What follows a colon tells which part of a parameter's values stands there. A number without a text is damage.
        var code = session.Get("SELECT text FROM symbol WHERE id = ?").Add(parameter);
        var text = code.Next() ? code.Text(0).Split(':')[0] : null;
        code.Reset();
        return _isCompared[(type, parameter)] = text is null
            || (resources.Definitions.SearchParameter(type, text) is { } definition && isIndexed(definition)
                && (!SearchQueryParser.IsFullText(definition) || SearchQueryParser.IsServed(definition, type)));
    }

    private List<(long Rid, long Tenant, long Type, Stored Stored)> Current(long after)
    {
        var portion = new List<(long, long, long, Stored)>(Portion);
        var statement = session.Get(
            $"""
            SELECT {ResourceRows.StoredColumns}, r.rid, r.tenant, r.type FROM resource r JOIN resource_version v ON v.vid = r.vid
            WHERE r.rid > ? AND r.deleted = 0 ORDER BY r.rid LIMIT ?
            """).Add(after).Add(Portion);
        while (statement.Next())
            portion.Add((statement.Long(6), statement.Long(7), statement.Long(8), ResourceRows.Stored(session, _symbols, statement, tenant: "")));
        return portion;
    }

    /// <summary>The values of a row, in order. A whole number is the same as a real of that value: SQLite keeps one for the other.</summary>
    private sealed class RowText
    {
        private readonly System.Text.StringBuilder _text = new();

        public static string Of(IReadOnlyList<object?> values)
        {
            var row = new RowText();
            foreach (var value in values)
                row.Add(value);
            return row.ToString();
        }

        public void Add(object? value)
        {
            const double exactMax = 9_007_199_254_740_992;
            _text.Append(value switch
            {
                double real => real.ToString("R", CultureInfo.InvariantCulture),
                long number when Math.Abs((double)number) >= exactMax => ((double)number).ToString("R", CultureInfo.InvariantCulture),
                byte[] bytes => Convert.ToHexString(bytes),
                _ => Convert.ToString(value, CultureInfo.InvariantCulture),
            }).Append('\u001f');
        }

        public override string ToString() => _text.ToString();
    }
}
