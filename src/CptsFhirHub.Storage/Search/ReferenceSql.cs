using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>References, chains and reverse chains. https://hl7.org/fhir/R4/search.html#reference</summary>
internal static class ReferenceSql
{
    private const int ReferenceRank = 20;

    public static Condition Build(ConditionFactory make, SearchParameter parameter, string? modifier, IReadOnlyList<SearchValue> values)
    {
        // The logical identifier of a reference is kept beside it, as a token.
        if (modifier == "identifier")
            return make.Values("index_token", parameter.Code, ReferenceRank, TokenSql.Predicates(make, parameter, values));

        if (modifier is "below" or "above")
            return make.Values("index_reference", parameter.Code, ReferenceRank, [.. values.OfType<SearchValue.Reference>().Select(Version(modifier))]);

        var found = make.Values("index_reference", parameter.Code, ReferenceRank, Predicates(make, values));
        return modifier == "not" ? new Condition.Not(found) : found;
    }

    public static List<ValuePredicate> Predicates(ConditionFactory make, IReadOnlyList<SearchValue> values)
    {
        var predicates = new List<ValuePredicate>();
        foreach (var reference in values.OfType<SearchValue.Reference>())
        {
            if (reference.Url is { } url)
                predicates.Add(new("(target_id = ? AND target_type = 0)", IndexText.Fit(url)) { IsPoint = true });
            if (reference.Id is null)
                continue;
            if (reference.Type is null)
                predicates.Add(new("(target_id = ? AND target_type > 0)", reference.Id));
            else if (make.Find(SymbolKind.Type, reference.Type) is { } type)
                predicates.Add(new("(target_id = ? AND target_type = ?)", reference.Id, type) { IsPoint = true });
        }

        return predicates;
    }

    /// <summary>A canonical with the beginning of a version: <c>url|1.2</c> is below <c>url|1</c>.</summary>
    private static Func<SearchValue.Reference, ValuePredicate> Version(string modifier) => reference =>
    {
        var url = reference.Url ?? "";
        if (modifier == "above")
            return new($"(target_type = 0 AND (target_id = ? OR {Dialect.PlaceIn}(?, target_id || '.') = 1))", IndexText.Fit(url), url);
        var part = IndexText.Beginning(url + (url.Contains('|', StringComparison.Ordinal) ? "." : "|"));
        return new("(target_type = 0 AND (target_id = ? OR (target_id >= ? AND target_id < ?)))", IndexText.Fit(url), part, part + StringSql.After);
    };

    /// <summary>The resource refers by <paramref name="parameter"/> to one that meets <paramref name="inner"/>.</summary>
    public sealed class Chain(long tenant, long type, long parameter, long targetType, Condition.All inner) : Condition
    {
        public override int Rank => inner.Rank + 5;

        public override void Drive(SqlText sql)
        {
            var (met, target, link) = (sql.Alias(), sql.Alias(), sql.Alias());
            sql.Add($"SELECT {link}.rid FROM (");
            inner.Drive(sql);
            sql.Add(
                $"""
                ) {met} {Dialect.OrderedJoin} resource {target} ON {target}.rid = {met}.rid
                {Dialect.OrderedJoin} index_reference {link} ON {link}.tenant = ? AND {link}.type = ? AND {link}.param = ?
                  AND {link}.target_id = {target}.id AND {link}.target_type = ?
                """,
                tenant, type, parameter, targetType);
        }

        public override void Check(SqlText sql, string rid)
        {
            var (target, link) = (sql.Alias(), sql.Alias());
            sql.Add(
                $"""
                EXISTS (SELECT 1 FROM index_reference {link} {Dialect.OrderedJoin} resource {target}
                  ON {target}.tenant = ? AND {target}.type = ? AND {target}.id = {link}.target_id AND {target}.deleted = 0
                  WHERE {link}.rid = {rid} AND {link}.param = ? AND {link}.target_type = ? AND 
                """,
                tenant, targetType, parameter, targetType);
            inner.Check(sql, $"{target}.rid");
            sql.EndExists();
        }
    }

    /// <summary>
    /// A resource of another type that meets <paramref name="inner"/> refers to this one by <paramref name="parameter"/>.
    /// </summary>
    public sealed class Has(long tenant, long type, long sourceType, long parameter, Condition.All inner) : Condition
    {
        public override int Rank => inner.Rank + 5;

        public override void Drive(SqlText sql)
        {
            var (met, link, target) = (sql.Alias(), sql.Alias(), sql.Alias());
            sql.Add($"SELECT {target}.rid FROM (");
            inner.Drive(sql);
            sql.Add(
                $"""
                ) {met} {Dialect.OrderedJoin} index_reference {link} ON {link}.rid = {met}.rid AND {link}.param = ? AND {link}.target_type = ?
                {Dialect.OrderedJoin} resource {target}
                  ON {target}.tenant = ? AND {target}.type = ? AND {target}.id = {link}.target_id AND {target}.deleted = 0
                """,
                parameter, type, tenant, type);
        }

        public override void Check(SqlText sql, string rid)
        {
            var (self, link) = (sql.Alias(), sql.Alias());

            // No join: PostgreSQL may think that all references of the kind are a few, and read them for each resource that is checked.
            sql.Add(
                $"""
                EXISTS (SELECT 1 FROM index_reference {link} WHERE {link}.tenant = ? AND {link}.type = ? AND {link}.param = ?
                  AND {link}.target_id = (SELECT {self}.id FROM resource {self} WHERE {self}.rid = {rid}) AND {link}.target_type = ? AND 
                """,
                tenant, sourceType, parameter, type);
            inner.Check(sql, $"{link}.rid");
            sql.EndExists();
        }
    }
}
