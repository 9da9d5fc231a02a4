namespace CptsFhirHub.Storage.Search;

/// <summary>
/// One criterion in SQL, in the two roles it can play: drive a search (yield the resources that meet it) or check the resources
/// that another yields.
/// </summary>
internal abstract class Condition
{
    /// <summary>False when it can only check: what is absent has no index entry to walk.</summary>
    public virtual bool CanDrive => true;

    /// <summary>How few resources it probably yields; the smaller the sooner it is tried as the driver.</summary>
    public abstract int Rank { get; }

    /// <summary>True when <see cref="Drive"/> gives each resource once, in the order of their keys, without sorting them.</summary>
    public virtual bool IsOrdered => false;

    /// <summary>A SELECT of one column, rid; a resource may come more than once.</summary>
    public abstract void Drive(SqlText sql);

    /// <summary>A boolean expression on the resource whose key is the column <paramref name="rid"/>.</summary>
    public abstract void Check(SqlText sql, string rid);

    /// <summary>A resource type or tenant without a row, a caller without a right.</summary>
    public sealed class Nothing : Condition
    {
        public override int Rank => 0;

        public override void Drive(SqlText sql) => sql.Add("SELECT rid FROM resource WHERE rid < 0");

        public override void Check(SqlText sql, string rid) => sql.Add("FALSE");
    }

    public sealed class Anything : Condition
    {
        public override bool CanDrive => false;

        public override int Rank => int.MaxValue;

        public override void Drive(SqlText sql) => throw new NotSupportedException();

        public override void Check(SqlText sql, string rid) => sql.Add("TRUE");
    }

    /// <summary>The same question in two forms: one that is quick to check, one that is quick to walk.</summary>
    public sealed class Two(Condition check, Condition drive) : Condition
    {
        public override bool CanDrive => drive.CanDrive;

        public override int Rank => drive.Rank;

        public override void Drive(SqlText sql) => drive.Drive(sql);

        public override void Check(SqlText sql, string rid) => check.Check(sql, rid);
    }

    public sealed class Not(Condition inner) : Condition
    {
        public override bool CanDrive => false;

        public override int Rank => int.MaxValue;

        public override void Drive(SqlText sql) => throw new NotSupportedException();

        public override void Check(SqlText sql, string rid)
        {
            sql.Add("NOT (");
            inner.Check(sql, rid);
            sql.Add(")");
        }
    }

    public sealed class Any(IReadOnlyList<Condition> alternatives) : Condition
    {
        public override bool CanDrive => alternatives.All(alternative => alternative.CanDrive);

        public override int Rank => alternatives.Max(alternative => alternative.Rank);

        public override void Drive(SqlText sql)
        {
            for (var i = 0; i < alternatives.Count; i++)
            {
                if (i > 0)
                    sql.Add(" UNION ALL ");
                alternatives[i].Drive(sql);
            }
        }

        public override void Check(SqlText sql, string rid)
        {
            sql.Add("(").Either(alternatives.Count, i => alternatives[i].Check(sql, rid)).Add(")");
        }
    }

    /// <summary>All conditions of an inner query (a chain, a reverse chain) on resources of one type.</summary>
    public sealed class All(long tenant, long type, IReadOnlyList<Condition> parts) : Condition
    {
        private readonly Condition? _driver = parts.Where(part => part.CanDrive).MinBy(part => part.Rank);

        public override int Rank => _driver?.Rank ?? 1_000;

        public override void Drive(SqlText sql)
        {
            var alias = sql.Alias();
            if (_driver is null)
            {
                sql.Add($"SELECT {alias}.rid FROM resource {alias}")
                    .Add($" WHERE {alias}.tenant = ? AND {alias}.type = ? AND {alias}.deleted = 0", tenant, type);
            }
            else
            {
                sql.Add($"SELECT {alias}.rid FROM (");
                _driver.Drive(sql);
                sql.Add($") {alias} WHERE TRUE");
            }

            foreach (var part in parts)
            {
                if (part == _driver)
                    continue;
                sql.Add(" AND ");
                part.Check(sql, $"{alias}.rid");
            }
        }

        public override void Check(SqlText sql, string rid)
        {
            sql.Add("(TRUE");
            foreach (var part in parts)
            {
                sql.Add(" AND ");
                part.Check(sql, rid);
            }

            sql.Add(")");
        }
    }
}
