using System.Globalization;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Tests.Search;

/// <summary>
/// Three thousand patients: matches that are dense, sparse or in between are found by different walks, and all of them give what a look at
/// every patient gives, page after page.
/// </summary>
public sealed class Search_over_many(Search_over_many.ManyPatients many) : IClassFixture<Search_over_many.ManyPatients>
{
    private const int Count = 3_000;

    [Theory]
    [InlineData("gender=male")]
    [InlineData("gender=male&active=true")]
    [InlineData("active=false")]
    [InlineData("active=false&gender=male")]
    [InlineData("gender=female,male&active=false")]
    [InlineData("family=f1")]
    [InlineData("family=f17")]
    [InlineData("birthdate=ge1960-01-10&birthdate=lt1960-01-20")]
    [InlineData("birthdate=ge1960-01-10&birthdate=le1960-01-20&gender=male")]
    [InlineData("birthdate=1960-02")]
    [InlineData("birthdate=gt1961")]
    [InlineData("_lastUpdated=ge2000&_lastUpdated=lt2100&active=false")]
    [InlineData("identifier=urn:n|7")]
    [InlineData("")]
    public async Task Every_page_and_the_total_are_those_of_a_look_at_all(string search)
    {
        var query = (search.Length == 0 ? new("Patient", []) : Search_by_each_kind.Query("Patient", search)) with { Count = 700 };
        foreach (var totalMax in (int?[])[null, 1_000])
        {
            var found = new List<string>();
            var page = await SearchAsync(query with { TotalMax = totalMax });
            var expected = Enumerable.Range(0, Count).Reverse().Where(n => Meets(n, search)).Select(Id).ToList();
            if (page.Total is not null || totalMax is null)
                Assert.Equal(expected.Count, page.Total);
            for (; ; page = await SearchAsync(query with { TotalMax = totalMax, Cursor = page.NextCursor }))
            {
                found.AddRange(page.Matches.Select(match => match.Id));
                if (page.NextCursor is null)
                    break;
            }

            Assert.Equal(expected, found);
        }
    }

    [Theory]
    [InlineData("gender=male&_sort=birthdate")]
    [InlineData("_sort=-_lastUpdated")]
    [InlineData("_sort=_lastUpdated")]
    [InlineData("active=false&_sort=_lastUpdated,-family")]
    public async Task Sorted_pages_hold_each_match_once(string search)
    {
        var query = Search_by_each_kind.Query("Patient", search) with { Count = 900 };
        var found = new List<string>();
        for (var page = await SearchAsync(query); ; page = await SearchAsync(query with { Cursor = page.NextCursor }))
        {
            found.AddRange(page.Matches.Select(match => match.Id));
            if (page.NextCursor is null)
                break;
        }

        Assert.Equal(Enumerable.Range(0, Count).Where(n => Meets(n, search)).Select(Id).Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_total_that_nobody_asked_for_is_counted_while_it_is_cheap()
    {
        var male = Search_by_each_kind.Query("Patient", "gender=male") with { Count = 5 };
        Assert.Null((await SearchAsync(male with { TotalMax = 1_000 })).Total);
        Assert.Equal(1_500, (await SearchAsync(male with { TotalMax = 1_500 })).Total);
        Assert.Equal(1_500, (await SearchAsync(male with { TotalMax = null })).Total);
        Assert.Null((await SearchAsync(male with { WantsTotal = false })).Total);
    }

    private Task<SearchPage> SearchAsync(SearchQuery query) => many.Store.Resources.SearchAsync(TempStore.Tenant, query, CancellationToken.None);

    private static string Id(int n) => string.Create(CultureInfo.InvariantCulture, $"n{n}");

    private static DateOnly Born(int n) => new DateOnly(1960, 1, 1).AddDays(n % 730);

    private static bool Meets(int n, string search) => search.Split('&', StringSplitOptions.RemoveEmptyEntries).All(part => part switch
    {
        "gender=male" => n % 2 == 0,
        "active=true" => n % 100 != 3,
        "active=false" => n % 100 == 3,
        "gender=female,male" => true,
        "family=f1" => Family(n).StartsWith("f1", StringComparison.Ordinal),
        "family=f17" => Family(n).StartsWith("f17", StringComparison.Ordinal),
        "birthdate=ge1960-01-10" => Born(n) >= new DateOnly(1960, 1, 10),
        "birthdate=lt1960-01-20" => Born(n) < new DateOnly(1960, 1, 20),
        "birthdate=le1960-01-20" => Born(n) <= new DateOnly(1960, 1, 20),
        "birthdate=1960-02" => Born(n) is { Year: 1960, Month: 2 },
        "birthdate=gt1961" => Born(n) > new DateOnly(1961, 12, 31),
        "identifier=urn:n|7" => n == 7,
        _ when part.StartsWith('_') => true,
        _ => throw new ArgumentException(part, nameof(search)),
    });

    private static string Family(int n) => string.Create(CultureInfo.InvariantCulture, $"f{n % 500}");

    public sealed class ManyPatients : IAsyncLifetime
    {
        internal TempStore Store { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Store = await TempStore.OpenAsync();
            foreach (var some in Enumerable.Range(0, Count).Chunk(500))
                await Store.CommitAsync([.. some.Select(Write (n) => new Write.Create(TempStore.Read($$"""
                    {"resourceType":"Patient","id":"{{Id(n)}}","gender":"{{(n % 2 == 0 ? "male" : "female")}}","active":{{(n % 100 == 3 ? "false" : "true")}},
                     "name":[{"family":"{{Family(n)}}"}],"birthDate":"{{Born(n):yyyy-MM-dd}}","identifier":[{"system":"urn:n","value":"{{n}}"}]}
                    """), Id: Id(n)))]);
        }

        public ValueTask DisposeAsync() => Store.DisposeAsync();
    }
}
