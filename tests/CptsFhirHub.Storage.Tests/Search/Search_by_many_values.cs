using System.Globalization;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage.Search;
using CptsFhirHub.Tests;

namespace CptsFhirHub.Storage.Tests.Search;

/// <summary>Thousands of values in one criterion are sought one by one, and answer what a few do.</summary>
public sealed class Search_by_many_values(Search_by_many_values.Persons persons) : IClassFixture<Search_by_many_values.Persons>
{
    private const int Count = 60;
    private const int Asked = 5_000;

    [Theory]
    [InlineData("Task", "subject", "Patient/p{0}")]
    [InlineData("Task", "patient", "p{0}")]
    [InlineData("Task", "identifier", "urn:n|n{0}")]
    [InlineData("Task", "identifier", "n{0}")]
    [InlineData("Task", "_id", "t{0}")]
    [InlineData("Task", "authored-on", "{1}")]
    public async Task Five_thousand_find_what_they_ask_for(string type, string parameter, string value)
    {
        // Every third of those that are there, among thousands that are not; what comes twice counts once.
        var wanted = Enumerable.Range(0, Count).Where(n => n % 3 == 0).ToList();
        var numbers = Enumerable.Range(Count, Asked - wanted.Count).Concat(wanted).Concat(wanted.Take(2));

        var found = await FindAsync(Query(type, parameter, value, numbers));

        Assert.Equal([.. wanted.Select(Id)], found);
    }

    [Theory]
    [InlineData("subject", "Patient/p{0}", "status=requested")]
    [InlineData("subject", "p{0}", "_id=t3,t4,t6")]
    [InlineData("_id", "t{0}", "identifier=urn:n|n6")]
    [InlineData("identifier", "urn:n|n{0}", "_id=t3,t4,t6")]
    public async Task They_check_what_another_criterion_finds(string parameter, string value, string other)
    {
        var numbers = Enumerable.Range(0, Asked).Where(n => n % 3 == 0);
        var query = Query("Task", parameter, value, numbers);
        var both = query with { Criteria = [.. query.Criteria, .. Search_by_each_kind.Query("Task", other).Criteria] };
        var expected = (await FindAsync(Search_by_each_kind.Query("Task", other) with { Count = 100 }))
            .Where(id => int.Parse(id[1..], CultureInfo.InvariantCulture) % 3 == 0);

        Assert.Equal(expected, await FindAsync(both));
    }

    [Fact]
    public async Task None_of_them_is_not_all_of_them()
    {
        var query = Query("Task", "subject", "Patient/p{0}", Enumerable.Range(2, Asked));
        var criterion = Assert.IsType<Criterion.Match>(Assert.Single(query.Criteria));

        Assert.Equal(["t0", "t1"], await FindAsync(query with { Criteria = [new Criterion.Not(criterion)] }));
    }

    [Fact]
    public void Letters_that_a_text_may_hold_are_asked_for_as_they_are()
    {
        string[] codes = ["a\"b", "c\\d", "é\u0001\0", "\U0001F600", .. Enumerable.Range(0, 200).Select(n => $"x{n}")];
        using var database = HubStore.DatabaseOf(TempStore.Options(persons.Folder));
        using var session = database.Open(isReader: true);
        var sql = new SqlText().Add("SELECT count(*) FROM (SELECT t.code");
        var list = Assert.Single(ValueList.Of([.. codes.Select(code => new ValuePredicate("(code = ?)", code))]));
        list.Join(sql, "(SELECT CAST(? AS text) AS code UNION ALL SELECT CAST(? AS text) UNION ALL SELECT CAST(? AS text)) t", "TRUE", codes[0], codes[1], codes[3]);

        Assert.Equal(3, sql.Add(") c").Bind(session).Scalar());
    }

    [Theory]
    [InlineData("index_reference", "(target_id = ? AND target_type = ?)", "index_reference")]
    [InlineData("index_reference", "(target_id = ? AND target_type > 0)", "index_reference")]
    [InlineData("index_token", "(code = ? AND system = ?)", "index_token")]
    [InlineData("index_token", "(code = ?)", "index_token")]
    [InlineData("index_uri", "(value = ?)", "index_uri")]
    public void Each_is_sought(string table, string predicate, string index)
    {
        var two = predicate.Count('?') == 2;
        var condition = new ValueCondition(
            table, 1, 1, 1, 1, [.. Enumerable.Range(0, Asked).Select(n => two ? new ValuePredicate(predicate, $"p{n}", 1L) : new(predicate, $"p{n}"))]);
        var isSqlite = StorePlace.Provider == "sqlite";
        using var database = HubStore.DatabaseOf(TempStore.Options(persons.Folder));
        using var session = database.Open(isReader: true);
        if (!isSqlite)
            session.Execute("SET enable_seqscan = off");
        var sql = new SqlText().Add(isSqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ");
        condition.Drive(sql);
        var statement = sql.Bind(session);
        var plan = new List<string>();
        while (statement.Next())
            plan.Add(statement.Text(isSqlite ? 3 : 0));

        if (isSqlite)
            Assert.Contains(plan, line => line.StartsWith($"SEARCH {index} USING PRIMARY KEY", StringComparison.Ordinal) && line.Contains("param=? AND ", StringComparison.Ordinal));
        Assert.DoesNotContain(plan, line => line.Contains($"SCAN {index}", StringComparison.Ordinal) || line.Contains($"Seq Scan on {index}", StringComparison.Ordinal));
    }

    private static string Id(int n) => string.Create(CultureInfo.InvariantCulture, $"t{n}");

    /// <summary>One criterion: a caller names five hundred values at most, the hub itself as many as it has.</summary>
    private static SearchQuery Query(string type, string parameter, string value, IEnumerable<int> numbers)
    {
        var parts = numbers.Chunk(400).Select(some => Search_by_each_kind.Query(
            type, $"{parameter}={string.Join(',', some.Select(n => string.Format(CultureInfo.InvariantCulture, value, n, Day(n))))}")).ToList();
        var values = parts.SelectMany(part => Assert.IsType<Criterion.Match>(Assert.Single(part.Criteria)).Values).ToList();
        return parts[0] with { Criteria = [(Criterion.Match)parts[0].Criteria[0] with { Values = values }], Count = 1_000 };
    }

    private static string Day(int n) => new DateOnly(1990, 1, 1).AddDays(n).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private async Task<List<string>> FindAsync(SearchQuery query)
    {
        var page = await persons.Resources.SearchAsync(TempStore.Tenant, query, CancellationToken.None);
        return [.. page.Matches.Select(match => match.Id).OrderBy(id => int.Parse(id[1..], CultureInfo.InvariantCulture))];
    }

    /// <summary>Tasks, each of another person.</summary>
    public sealed class Persons : IAsyncLifetime
    {
        private TempStore? _store;

        internal ResourceStore Resources => _store!.Resources;

        internal string Folder => _store!.Folder;

        public async ValueTask InitializeAsync()
        {
            _store = await TempStore.OpenAsync();
            var tasks = Enumerable.Range(0, Count).Select(n => new Write.Create(
                TempStore.Read($$"""
                    {"resourceType":"Task","id":"t{{n}}","status":"{{(n % 2 == 0 ? "requested" : "completed")}}","intent":"order","authoredOn":"{{Day(n)}}",
                     "identifier":[{"system":"urn:n","value":"n{{n}}"}],"for":{"reference":"Patient/p{{n}}"} }
                    """),
                Id: Id(n)));
            Assert.True((await _store.CommitAsync([.. tasks])).Committed);
        }

        public async ValueTask DisposeAsync()
        {
            if (_store is not null)
                await _store.DisposeAsync();
        }
    }
}
