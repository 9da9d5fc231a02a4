using System.Buffers.Text;
using System.Text;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Tests.Search;

public sealed class Pages_and_includes
{
    [Theory]
    [InlineData("")]
    [InlineData("gender=male")]
    [InlineData("_sort=birthdate")]
    [InlineData("_sort=-birthdate")]
    [InlineData("_sort=family,-birthdate")]
    [InlineData("_sort=-family,_id")]
    [InlineData("_sort=-_lastUpdated")]
    [InlineData("gender=male&_sort=gender,family")]
    public async Task Pages_show_each_resource_once_whatever_is_written_in_between(string search)
    {
        await using var store = await TempStore.OpenAsync();
        var expected = new List<string>();
        for (var n = 0; n < 25; n++)
        {
            // Every fifth has no birth date, some share one, names repeat.
            var born = n % 5 == 4 ? "" : $@",""birthDate"":""19{50 + n % 7}-01-01""";
            await store.AddAsync($$"""{"resourceType":"Patient","id":"p{{n:00}}","gender":"male","name":[{"family":"F{{n % 3}}"}]{{born}}}""");
            expected.Add($"p{n:00}");
        }

        var query = Search_by_each_kind.Query("Patient", search.Length == 0 ? "_count=4" : search + "&_count=4");
        var seen = new List<string>();
        var all = await store.FindAsync(query with { Count = 100 });
        string? cursor = null;
        for (var page = 0; page < 20; page++)
        {
            var result = await store.Resources.SearchAsync(TempStore.Tenant, query with { Cursor = cursor }, CancellationToken.None);
            Assert.True(result.Matches.Count <= 4);
            seen.AddRange(result.Matches.Select(match => match.Id));
            cursor = result.NextCursor;
            if (cursor is null)
                break;
            if (!search.Contains("_lastUpdated", StringComparison.Ordinal))
            {
                // A change that moves nothing in the order, and a newcomer that is not in the pages to come when the newest come first.
                await store.CommitAsync(new Write.Update(TempStore.Read((await store.GetAsync("Patient", "p24"))!.Resource.Root.Text("language") is null
                    ? """{"resourceType":"Patient","id":"p24","gender":"male","language":"fr","name":[{"family":"F0"}]}"""
                    : """{"resourceType":"Patient","id":"p24","gender":"male","name":[{"family":"F0"}]}"""), "p24"));
            }
        }

        Assert.Equal(all, seen);
        Assert.Equal(expected, seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Newcomers_do_not_enter_the_pages_to_come()
    {
        await using var store = await TempStore.OpenAsync();
        for (var n = 0; n < 5; n++)
            await store.AddAsync($$"""{"resourceType":"Patient","id":"p{{n}}"}""");
        var first = await store.Resources.SearchAsync(TempStore.Tenant, new SearchQuery("Patient", []) { Count = 2 }, CancellationToken.None);
        await store.AddAsync("""{"resourceType":"Patient","id":"late"}""");
        var second = await store.Resources.SearchAsync(
            TempStore.Tenant, new SearchQuery("Patient", []) { Count = 10, Cursor = first.NextCursor }, CancellationToken.None);
        Assert.Equal(["p2", "p1", "p0"], second.Matches.Select(match => match.Id));
        Assert.Null(second.NextCursor);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("WzFd")]
    [InlineData("W10")]
    [InlineData("e30")]
    [InlineData("\u00e9")]
    public async Task A_cursor_that_was_not_given_out_harms_nothing(string cursor)
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        var page = await store.Resources.SearchAsync(TempStore.Tenant, new SearchQuery("Patient", []) { Cursor = cursor }, CancellationToken.None);
        Assert.Empty(page.Matches);
        var sorted = Search_by_each_kind.Query("Patient", "_sort=family") with { Cursor = cursor };
        Assert.Empty((await store.Resources.SearchAsync(TempStore.Tenant, sorted, CancellationToken.None)).Matches);
    }

    [Theory]
    [InlineData("_sort=family", "[1,\"i5\"]")]
    [InlineData("_sort=family", "[1,\"r1.5\"]")]
    [InlineData("_sort=family", "[1,\"ta\\u0000b\"]")]
    [InlineData("_sort=family", "[1]")]
    [InlineData("_sort=family", "[1,\"ta\",\"tb\"]")]
    [InlineData("_sort=birthdate", "[1,\"ta\"]")]
    [InlineData("_sort=birthdate", "[1,\"\"]")]
    [InlineData("_sort=_lastUpdated", "[1,\"ta\"]")]
    [InlineData("_sort=_lastUpdated", "[1,\"rNaN\"]")]
    [InlineData("_sort=-birthdate,family", "[1,\"ta\",\"i5\"]")]
    [InlineData("_id=a", "[1,\"ta\"]")]
    public async Task A_cursor_that_was_changed_is_known_as_such(string search, string json)
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"a","name":[{"family":"a"}],"birthDate":"1947-03-09"}""");
        var query = Search_by_each_kind.Query("Patient", search) with { Cursor = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json)) };
        var page = await store.Resources.SearchAsync(TempStore.Tenant, query, CancellationToken.None);
        Assert.True(page.IsCursorForeign);
        Assert.Empty(page.Matches);
    }

    [Fact]
    public async Task A_total_is_given_when_wanted_and_a_count_of_none_gives_it_alone()
    {
        await using var store = await Search_by_each_kind.Filled();
        var query = Search_by_each_kind.Query("Patient", "gender=male");
        var none = await store.Resources.SearchAsync(TempStore.Tenant, query with { Count = 0 }, CancellationToken.None);
        Assert.Equal((2, 0), (none.Total, none.Matches.Count));
        Assert.Null(none.NextCursor);
        Assert.Null((await store.Resources.SearchAsync(TempStore.Tenant, query with { WantsTotal = false }, CancellationToken.None)).Total);
    }

    [Theory]
    [InlineData("_sort=birthdate", "b a c d")]
    [InlineData("_sort=-birthdate", "c b a d")]
    [InlineData("_sort=family", "c a b d")]
    [InlineData("_sort=-_id", "d c b a")]
    public async Task Sorted_with_those_that_have_no_value_last(string search, string order)
    {
        await using var store = await Search_by_each_kind.Filled();
        Assert.Equal(order.Split(' '), await store.FindAsync(Search_by_each_kind.Query("Patient", search)));
    }

    [Theory]
    [InlineData("Task", "_id=t1&_include=Task:patient", "Patient/a")]
    [InlineData("Task", "_id=t1&_include=Task:subject:Patient", "Patient/a")]
    [InlineData("Task", "_id=t1&_include=Task:subject:Group", "")]
    [InlineData("Task", "_id=t1&_include=Task:focus&_include=Task:owner", "Organization/o ServiceRequest/s1")]
    [InlineData("Task", "_id=t1,t2&_include=Task:patient", "Patient/a")]
    [InlineData("Task", "_id=t1&_include=Task:patient&_include=Patient:organization", "Patient/a")]
    [InlineData("Task", "_id=t1&_include=Task:patient&_include:iterate=Patient:organization", "Organization/c Patient/a")]
    [InlineData("Task", "_id=t1&_include=Task:patient&_include=Task:subject:Group", "Patient/a")]
    [InlineData("Task", "_id=t1&_include=Task:owner&_revinclude=Provenance:target&_include=Task:patient", "Organization/o Patient/a")]
    [InlineData("Task", "_id=none&_include=Task:patient", "")]
    [InlineData("Task", "_id=t1&_include=Task:*", "Organization/o Patient/a ServiceRequest/s1")]
    [InlineData("Patient", "_id=a&_revinclude=Task:patient", "Task/t1 Task/t2")]
    [InlineData("Patient", "_id=b&_revinclude=Task:patient&_revinclude:iterate=Provenance:target", "Provenance/p1 Task/t3")]
    [InlineData("Patient", "_id=c&_revinclude=Task:patient", "")]
    public async Task Includes(string type, string search, string included)
    {
        await using var store = await Search_by_each_kind.Filled();
        var page = await store.Resources.SearchAsync(TempStore.Tenant, Search_by_each_kind.Query(type, search), CancellationToken.None);
        Assert.Equal(included.Split(' ', StringSplitOptions.RemoveEmptyEntries), page.Included.Select(stored => stored.Reference).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_several_ways_lead_to_comes_in_the_order_of_the_ways_and_once()
    {
        await using var store = await Search_by_each_kind.Filled();
        var query = Search_by_each_kind.Query("Task", "_id=t1&_include=Task:owner&_include=Task:subject&_include=Task:patient&_include=Task:focus");
        var page = await store.Resources.SearchAsync(TempStore.Tenant, query, CancellationToken.None);
        Assert.Equal(["Task/t1"], page.Matches.Select(stored => stored.Reference));
        Assert.Equal(["Organization/o", "Patient/a", "ServiceRequest/s1"], page.Included.Select(stored => stored.Reference));
    }

    [Fact]
    public async Task An_included_resource_must_be_within_the_right()
    {
        await using var store = await Search_by_each_kind.Filled();
        var query = Search_by_each_kind.Query("Task", "_id=t1&_include=Task:patient&_include=Task:focus&_include:iterate=Patient:organization");
        var page = await store.Resources.SearchAsync(
            TempStore.Tenant, query with { IncludeCriteria = type => type == "Patient" ? [new Criterion.Never()] : [] }, CancellationToken.None);

        // The organization is reached through the patient only.
        Assert.Equal(["ServiceRequest/s1"], page.Included.Select(stored => stored.Reference));
    }
}
