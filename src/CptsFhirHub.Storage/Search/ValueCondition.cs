namespace CptsFhirHub.Storage.Search;

/// <summary>The rows of one index table that a parameter's values select.</summary>
/// <param name="table">The index table.</param>
/// <param name="parameter">The number of the parameter.</param>
/// <param name="values">One predicate a value, joined by OR; none means that any row will do.</param>
internal sealed class ValueCondition(
    string table, long tenant, long type, long parameter, int rank, IReadOnlyList<ValuePredicate> values) : Condition
{
    /// <summary>
    /// So many values are a SELECT each, which the planner knows best; more are a list (<see cref="ValueList"/>), each of which is sought as well.
    /// SQLite takes 500 SELECTs in one, and a resource may refer by four parameters.
    /// </summary>
    private const int SeeksMax = 100;

    private IReadOnlyList<ValuePredicate>? _driving;

    /// <summary>How many parameters are asked for the same values at once, this one included: together they make no more SELECTs than one.</summary>
    public int Beside { get; init; } = 1;

    /// <summary>
    /// Makes a sole value a point of the index where that can be. Asked of what drives alone: whether it can be may be a question to the database.
    /// </summary>
    public Func<ValuePredicate, ValuePredicate>? Sharpened { get; init; }

    private bool IsList => values.Count > SeeksMax / Beside;

    public override int Rank => rank;

    public override bool IsOrdered => Driving is [{ IsPoint: true }];

    private IReadOnlyList<ValuePredicate> Driving => _driving ??= Sharpened is not null && values is [var sole] ? [Sharpened(sole)] : values;

    public override void Drive(SqlText sql)
    {
        if (values.Count == 0)
        {
            Begin(sql);
            return;
        }

        if (IsList)
        {
            DriveByLists(sql);
            return;
        }

        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0)
                sql.Add(" UNION ALL ");
            Begin(sql);
            sql.Add(" AND ").Add(Driving[i].Sql, Driving[i].Values);
        }
    }

    public override void Check(SqlText sql, string rid)
    {
        var alias = sql.Alias();
        sql.Add($"EXISTS (SELECT 1 FROM {table} {alias} WHERE {alias}.rid = {rid} AND {alias}.param = ?", parameter);
        if (values.Count > 0)
            Either(sql.Add(" AND "));
        sql.EndExists();
    }

    private void DriveByLists(SqlText sql)
    {
        var lists = ValueList.Of(values);
        for (var i = 0; i < lists.Count; i++)
        {
            sql.Add(i > 0 ? " UNION ALL SELECT rid" : "SELECT rid");
            lists[i].Join(sql, table, "tenant = ? AND type = ? AND param = ?", tenant, type, parameter);
        }
    }

    private void Begin(SqlText sql) =>
        sql.Add($"SELECT rid FROM {table} WHERE tenant = ? AND type = ? AND param = ?", tenant, type, parameter);

    private void Either(SqlText sql)
    {
        sql.Add("(");
        if (IsList)
        {
            var lists = ValueList.Of(values);
            sql.Either(lists.Count, i => lists[i].Check(sql));
        }
        else
        {
            sql.Either(values.Count, i => sql.Add(values[i].Sql, values[i].Values));
        }

        sql.Add(")");
    }
}

/// <summary>A boolean expression over the columns of an index table, in parentheses, with its values.</summary>
internal readonly record struct ValuePredicate(string Sql, params object?[] Values)
{
    /// <summary>True when it fixes every column before rid: the rows it selects stand in the order of rid, each resource once.</summary>
    public bool IsPoint { get; init; }
}
