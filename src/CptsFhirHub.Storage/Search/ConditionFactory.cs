using System.Diagnostics;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage.Search;

/// <summary>Turns the criteria of a query on one type into conditions. The tenant enters here, and with it every table.</summary>
internal sealed class ConditionFactory(Session session, Symbols symbols, long tenant, long type, string typeName)
{
    private const int MissingRank = 400;

    public long Tenant => tenant;

    public long Type => type;

    public long? Find(SymbolKind kind, string text) => symbols.Find(session, kind, text);

    public List<Condition> Build(IReadOnlyList<Criterion> criteria)
    {
        var conditions = new List<Condition>(criteria.Count);
        for (var i = 0; i < criteria.Count; i++)
        {
            if (DateWindow.Of(criteria, i) is not { } window)
                conditions.Add(Build(criteria[i]));
            else if (window.Begins == i)
                conditions.Add(window.Build(this));
        }

        return conditions;
    }

    /// <summary>The system in which the code stands when it is the only one; null when there are more or none, or several parameters to look under.</summary>
    public long? OnlySystem(string parameterCode, string code)
    {
        if (!WiderParameters.Parts(typeName, parameterCode).IsEmpty || Find(SymbolKind.Parameter, parameterCode) is not { } parameter)
            return null;
        const string ofCode = "SELECT system FROM index_token WHERE tenant = ? AND type = ? AND param = ? AND code = ? ORDER BY system";
        var statement = session.Get($"SELECT ({ofCode} LIMIT 1), ({ofCode} DESC LIMIT 1)")
            .Add(tenant).Add(type).Add(parameter).Add(code).Add(tenant).Add(type).Add(parameter).Add(code);
        statement.Next();
        var (least, greatest) = (statement.LongOrNull(0), statement.LongOrNull(1));
        statement.Reset();
        return least == greatest ? least : null;
    }

    /// <summary>How long the dates last that stand under a parameter.</summary>
    public List<DateSpan> Spans(string parameterCode)
    {
        // What no resource has answered is asked for each time: all of it together. The writer asks beforehand.
        if (!session.IsWriter)
            session.Foresee(() =>
            {
                session.RestsOn(new(TouchedKind.Beginning, 0));
                Answered();
            });
        return Answered();

        List<DateSpan> Answered() =>
            [.. DateSpan.Longer.Prepend(DateSpan.Day).Where(span => Find(SymbolKind.Parameter, parameterCode + span.Suffix) is not null)];
    }

    /// <summary>
    /// Rows of an index table. Without a predicate left, or for a parameter that no resource has ever answered, nothing matches.
    /// </summary>
    /// <param name="sharpened">See <see cref="ValueCondition.Sharpened"/>.</param>
    public Condition Values(
        string table, string parameterCode, int rank, List<ValuePredicate> values, Func<ValuePredicate, ValuePredicate>? sharpened = null)
    {
        if (values.Count == 0)
            return new Condition.Nothing();
        var numbers = Numbers(parameterCode);
        return OfEach(numbers, parameter => new ValueCondition(table, tenant, type, parameter, rank, values) { Beside = numbers.Count, Sharpened = sharpened });
    }

    /// <summary>The parameters under which the values of one stand: itself, and those narrower than it. What no resource has answered is not there.</summary>
    public List<long> Numbers(string parameterCode) => Numbers(session, symbols, typeName, parameterCode);

    /// <summary>The same of another type.</summary>
    public static List<long> Numbers(Session session, Symbols symbols, string typeName, string parameterCode)
    {
        var numbers = new List<long>();
        if (symbols.Find(session, SymbolKind.Parameter, parameterCode) is { } number)
            numbers.Add(number);
        foreach (var part in WiderParameters.Parts(typeName, parameterCode))
            if (symbols.Find(session, SymbolKind.Parameter, part) is { } narrower)
                numbers.Add(narrower);
        return numbers;
    }

    private static Condition OfEach(List<long> parameters, Func<long, Condition> build) => parameters switch
    {
        [] => new Condition.Nothing(),
        [var one] => build(one),
        _ => new Condition.Any(parameters.ConvertAll(parameter => build(parameter))),
    };

    private Condition Build(Criterion criterion) => criterion switch
    {
        Criterion.Match match => Match(match),
        Criterion.Chain chain => Chain(chain),
        Criterion.Has has => Has(has),
        Criterion.Any any => Any(any),
        Criterion.Not not => new Condition.Not(Build(not.Inner)),
        Criterion.Never => new Condition.Nothing(),
        _ => throw new UnreachableException(),
    };

    private Condition Match(Criterion.Match match)
    {
        var (parameter, modifier, values) = (match.Parameter, match.Modifier, match.Values);
        if (modifier == "missing")
            return Missing(parameter, values);
        if (parameter.Code == "_id")
            return OwnColumnSql.Id(this, modifier, values);
        if (parameter.Code == "_lastUpdated")
            return OwnColumnSql.LastUpdated(this, values);
        return parameter.Type switch
        {
            SearchParameterType.Token => TokenSql.Build(this, parameter, modifier, values),
            SearchParameterType.String => StringSql.Build(this, parameter, modifier, values),
            SearchParameterType.Date => DateSql.Build(this, parameter, values),
            SearchParameterType.Reference => ReferenceSql.Build(this, parameter, modifier, values),
            SearchParameterType.Uri => UriSql.Build(this, parameter, modifier, values),
            SearchParameterType.Composite => CompositeSql.Build(this, parameter, values),
            SearchParameterType.Special => NearSql.Build(this, parameter, values),
            SearchParameterType.Number or SearchParameterType.Quantity => NumberSql.Build(this, parameter, values),
            _ => new Condition.Nothing(),
        };
    }

    private Condition Missing(SearchParameter parameter, IReadOnlyList<SearchValue> values)
    {
        var isMissing = values is [SearchValue.Missing { IsMissing: true }];
        Condition present = new Condition.Nothing();
        if (parameter.Code is "_id" or "_lastUpdated")
        {
            present = new Condition.Anything();
        }
        else if (Numbers(parameter.Code) is { Count: > 0 } numbers)
        {
            present = OfEach(numbers, number => Present(TableOf(parameter.Type), number));
            if (parameter.Type == SearchParameterType.Reference)
                present = new Condition.Any([present, OfEach(numbers, number => Present("index_token", number))]);
        }

        return isMissing ? new Condition.Not(present) : present;
    }

    private ValueCondition Present(string table, long parameter) => new(table, tenant, type, parameter, MissingRank, []);

    private static string TableOf(SearchParameterType kind) => kind switch
    {
        SearchParameterType.Token => "index_token",
        SearchParameterType.String => "index_string",
        SearchParameterType.Date => "index_date",
        SearchParameterType.Reference => "index_reference",
        SearchParameterType.Uri => "index_uri",
        SearchParameterType.Composite => "index_composite",
        _ => "index_quantity",
    };

    private Condition Chain(Criterion.Chain chain)
    {
        var alternatives = new List<Condition>();
        var numbers = Numbers(chain.Reference.Code);
        foreach (var inner in numbers.Count == 0 ? [] : chain.Inner)
            if (Inner(inner) is var (targetType, all))
                alternatives.AddRange(numbers.Select(number => new ReferenceSql.Chain(tenant, type, number, targetType, all)));
        return alternatives switch
        {
            [] => new Condition.Nothing(),
            [var one] => one,
            _ => new Condition.Any(alternatives),
        };
    }

    private Condition Any(Criterion.Any any)
    {
        var alternatives = any.Alternatives.Select(Condition (alternative) => new Condition.All(tenant, type, Build(alternative))).ToList();
        return alternatives.Count == 0 ? new Condition.Nothing() : new Condition.Any(alternatives);
    }

    private Condition Has(Criterion.Has has) => Inner(has.Inner) is var (sourceType, all)
        ? OfEach(Numbers(session, symbols, has.Inner.ResourceType, has.Reference.Code), number => new ReferenceSql.Has(tenant, type, sourceType, number, all))
        : new Condition.Nothing();

    private (long Type, Condition.All All)? Inner(SearchQuery inner)
    {
        if (Find(SymbolKind.Type, inner.ResourceType) is not { } innerType)
            return null;
        var make = new ConditionFactory(session, symbols, tenant, innerType, inner.ResourceType);
        return (innerType, new(tenant, innerType, make.Build(inner.Criteria)));
    }
}
