using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Search;

/// <summary><c>_id</c> and <c>_lastUpdated</c>: columns of the resource's own row.</summary>
internal sealed class OwnColumnSql(long tenant, long type, int rank, IReadOnlyList<ValuePredicate> values) : Condition
{
    private const int IdRank = 1;
    private const int UpdatedRank = 250;

    /// <summary>As in <see cref="ValueCondition"/>.</summary>
    private const int SeeksMax = 100;

    public override int Rank => rank;

    public static Condition Id(ConditionFactory make, string? modifier, IReadOnlyList<SearchValue> values)
    {
        var found = new OwnColumnSql(
            make.Tenant, make.Type, IdRank,
            [.. values.OfType<SearchValue.Token>().Select(token => token.Code).OfType<string>().Select(id => new ValuePredicate("(id = ?)", id))]);
        return modifier == "not" ? new Not(found) : found;
    }

    public static Condition LastUpdated(ConditionFactory make, IReadOnlyList<SearchValue> values) => new OwnColumnSql(
        make.Tenant, make.Type, UpdatedRank,
        [.. values.OfType<SearchValue.Date>().Select(date => DateSql.Instant("last_updated", date))]);

    /// <summary>Several bounds of the instant at once.</summary>
    public static Condition Updated(ConditionFactory make, ValuePredicate bounds) => new OwnColumnSql(make.Tenant, make.Type, UpdatedRank, [bounds]);

    public override void Drive(SqlText sql)
    {
        if (values.Count == 0)
            sql.Add("SELECT rid FROM resource WHERE rid < 0");
        if (values.Count > SeeksMax)
        {
            var lists = ValueList.Of(values);
            for (var i = 0; i < lists.Count; i++)
            {
                sql.Add(i > 0 ? " UNION ALL SELECT rid" : "SELECT rid");
                lists[i].Join(sql, "resource", "tenant = ? AND type = ? AND deleted = 0", tenant, type);
            }

            return;
        }

        for (var i = 0; i < values.Count; i++)
        {
            sql.Add(i > 0 ? " UNION ALL " : "")
                .Add("SELECT rid FROM resource WHERE tenant = ? AND type = ? AND deleted = 0 AND ", tenant, type)
                .Add(values[i].Sql, values[i].Values);
        }
    }

    public override void Check(SqlText sql, string rid)
    {
        var alias = sql.Alias();
        sql.Add($"EXISTS (SELECT 1 FROM resource {alias} WHERE {alias}.rid = {rid} AND (FALSE");
        if (values.Count > SeeksMax)
            foreach (var list in ValueList.Of(values))
                list.Check(sql.Add(" OR "));
        else
            foreach (var value in values)
                sql.Add(" OR ").Add(value.Sql, value.Values);
        sql.Add(")").EndExists();
    }
}
