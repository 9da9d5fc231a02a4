using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Search;

/// <summary>
/// <c>_sort</c>: resources without a value come last, equal ones newest first. A page continues after the values of the last
/// resource shown.
/// https://hl7.org/fhir/R4/search.html#sort
/// </summary>
internal sealed class SortSql(IReadOnlyList<SortKey> keys, Func<string, List<long>> parameterNumbers)
{
    /// <summary>True when the only key is the instant of the last change, in whose order the resources of a type stand in an index.</summary>
    public bool IsByInstant => keys is [{ Parameter.Code: "_lastUpdated" }];

    /// <summary>True when the values of a cursor are of the kinds that these keys give out.</summary>
    public static bool Fits(SearchCursor cursor, IReadOnlyList<SortKey> keys)
    {
        if (cursor.Values.Count != keys.Count)
            return false;
        for (var i = 0; i < keys.Count; i++)
            if (cursor.Values[i] is { } value && !IsOfKind(value, keys[i].Parameter))
                return false;
        return true;
    }

    private static bool IsOfKind(object value, SearchParameter parameter) => parameter switch
    {
        { Code: "_id" } => value is string,
        { Code: "_lastUpdated" } or { Type: SearchParameterType.Date } => value is long,
        { Type: SearchParameterType.String or SearchParameterType.Token or SearchParameterType.Reference or SearchParameterType.Uri } => value is string,
        _ => value is long or double,
    };

    /// <summary>SELECT of the resources in the order of their instants, from the cursor on; checks of m.rid follow.</summary>
    public void WalkByInstant(SqlText sql, long tenant, long type, SearchCursor? after)
    {
        sql.Add("SELECT m.rid, m.last_updated FROM resource m WHERE m.tenant = ? AND m.type = ? AND m.deleted = 0", tenant, type);
        if (after is not { Values: [long instant] })
            return;
        var beyond = keys[0].Descending ? "<" : ">";
        sql.Add($" AND m.last_updated {beyond}= ? AND (m.last_updated {beyond} ? OR m.rid < ?)", instant, instant, after.Row);
    }

    public void EndByInstant(SqlText sql, int rowsMax) =>
        sql.Add($" ORDER BY m.last_updated {(keys[0].Descending ? "DESC" : "ASC")}, m.rid DESC LIMIT ?", rowsMax);

    /// <summary>Adds one column a key to the columns of the matches.</summary>
    public void Columns(SqlText sql)
    {
        for (var i = 0; i < keys.Count; i++)
        {
            sql.Add(", ");
            Value(sql, keys[i]);
            sql.Add($" AS k{i}");
        }
    }

    public static void Begin(SqlText sql) => sql.Add("SELECT * FROM (");

    public void End(SqlText sql, SearchCursor? after, int rowsMax)
    {
        sql.Add(") s");
        if (after is not null)
            After(sql.Add(" WHERE "), after, 0);
        sql.Add(" ORDER BY ");
        for (var i = 0; i < keys.Count; i++)
            sql.Add($"k{i} IS NULL, k{i} {(keys[i].Descending ? "DESC" : "ASC")}, ");
        sql.Add("rid DESC LIMIT ?", rowsMax);
    }

    private void After(SqlText sql, SearchCursor cursor, int key)
    {
        if (key == keys.Count)
        {
            sql.Add("rid < ?", cursor.Row);
            return;
        }

        var value = cursor.Values[key];
        var column = $"k{key}";
        if (value is null)
        {
            sql.Add($"({column} IS NULL AND ");
        }
        else
        {
            sql.Add($"({column} IS NULL OR {column} {(keys[key].Descending ? "<" : ">")} ? OR ({column} = ? AND ", value, value);
        }

        After(sql, cursor, key + 1);
        sql.Add(value is null ? ")" : "))");
    }

    /// <summary>The value that stands for the resource: its smallest going up, its greatest going down.</summary>
    private void Value(SqlText sql, SortKey key)
    {
        if (key.Parameter.Code == "_id")
        {
            sql.Add("(SELECT id FROM resource WHERE rid = m.rid)");
            return;
        }

        if (key.Parameter.Code == "_lastUpdated")
        {
            sql.Add("(SELECT last_updated FROM resource WHERE rid = m.rid)");
            return;
        }

        var numbers = parameterNumbers(key.Parameter.Code);
        if (numbers.Count == 0)
        {
            sql.Add("NULL");
            return;
        }

        var (table, low, high) = key.Parameter.Type switch
        {
            SearchParameterType.String => ("index_string", "folded", "folded"),
            SearchParameterType.Date => ("index_date", "low", "high"),
            SearchParameterType.Token => ("index_token", "code", "code"),
            SearchParameterType.Reference => ("index_reference", "target_id", "target_id"),
            SearchParameterType.Uri => ("index_uri", "value", "value"),
            _ => ("index_quantity", "low", "high"),
        };
        var best = key.Descending ? $"max({high})" : $"min({low})";
        sql.Add($"(SELECT {best} FROM {table} WHERE rid = m.rid AND param IN (");
        for (var i = 0; i < numbers.Count; i++)
            sql.Add(i == 0 ? "?" : ", ?", numbers[i]);
        sql.Add("))");
    }
}
