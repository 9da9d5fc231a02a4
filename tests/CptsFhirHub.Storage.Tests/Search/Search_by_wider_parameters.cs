using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Storage.Tests.Search;

public sealed class Search_by_wider_parameters
{
    [Theory]
    [InlineData("name=durand", "a")]
    [InlineData("name=anne", "a c")]
    [InlineData("name=mme", "a")]
    [InlineData("name:exact=Anne", "a c")]
    [InlineData("name:exact=anne", "")]
    [InlineData("name:contains=ran", "a")]
    [InlineData("name=veuve", "b")]
    [InlineData("name=anne&family=durand", "a")]
    [InlineData("name=zo,durand", "a b")]
    [InlineData("name:missing=true", "d")]
    [InlineData("name:missing=false", "a b c")]
    [InlineData("address=85190", "a c")]
    [InlineData("address=aizenay", "a")]
    [InlineData("address=4 rue", "a")]
    [InlineData("address:contains=roche", "c")]
    [InlineData("address:missing=true", "b d")]
    [InlineData("_sort=name", "c a b d")]
    [InlineData("_sort=-name", "b a c d")]
    [InlineData("_sort=address", "a c d b")]
    public async Task What_a_narrower_parameter_finds_the_wider_one_finds_too(string search, string found)
    {
        await using var store = await FilledAsync();
        var matches = await store.FindAsync(Search_by_each_kind.Query("Patient", search));
        if (!search.Contains("_sort", StringComparison.Ordinal))
            matches.Sort(StringComparer.Ordinal);
        Assert.Equal(found, string.Join(' ', matches));
    }

    [Fact]
    public async Task A_text_stands_once_and_a_row_too_many_is_no_fault()
    {
        await using var store = await FilledAsync();
        using (var database = HubStore.DatabaseOf(TempStore.Options(store.Folder)))
        using (var session = database.Open(isReader: false))
        {
            Assert.Equal(1, session.Scalar("SELECT count(*) FROM index_string WHERE folded = 'durand'"));

            // As an older release wrote it.
            session.Execute(
                """
                INSERT INTO index_string (tenant, type, param, folded, exact, rid)
                SELECT tenant, type, (SELECT id FROM symbol WHERE kind = 3 AND text = 'name'), folded, exact, rid FROM index_string WHERE folded = 'durand'
                """);
        }

        Assert.Equal(["a"], await store.FindAsync(Search_by_each_kind.Query("Patient", "name=durand")));
        Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);

        var parameter = R4.Definitions.SearchParameter("Patient", "name")!;
        while (!(await store.Resources.ReindexAsync([parameter], 0, CancellationToken.None)).IsDone)
        {
        }

        Assert.Equal(["a"], await store.FindAsync(Search_by_each_kind.Query("Patient", "name=durand")));
        Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
    }

    [Theory]
    [InlineData("telecom=0251900196", "a b")]
    [InlineData("telecom=phone|0251900196", "a")]
    [InlineData("telecom=fax|0251900196", "b")]
    [InlineData("telecom=anne@example.org", "c")]
    [InlineData("phone=0251900196", "a")]
    [InlineData("email=anne@example.org", "c")]
    [InlineData("telecom:not=0251900196", "c d")]
    [InlineData("telecom:missing=true", "d")]
    [InlineData("_sort=telecom", "b a c d")]
    public async Task A_number_is_found_by_its_kind_and_among_all(string search, string found)
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"a","telecom":[{"system":"phone","value":"0251900196"}]}""");
        await store.AddAsync("""{"resourceType":"Patient","id":"b","telecom":[{"system":"fax","value":"0251900196"}]}""");
        await store.AddAsync("""{"resourceType":"Patient","id":"c","telecom":[{"system":"email","value":"anne@example.org"}]}""");
        await store.AddAsync("""{"resourceType":"Patient","id":"d"}""");
        var matches = await store.FindAsync(Search_by_each_kind.Query("Patient", search));
        if (!search.Contains("_sort", StringComparison.Ordinal))
            matches.Sort(StringComparer.Ordinal);
        Assert.Equal(found, string.Join(' ', matches));
        Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
    }

    private static async Task<TempStore> FilledAsync()
    {
        var store = await TempStore.OpenAsync();
        await store.AddAsync(
            """
            {"resourceType":"Patient","id":"a","name":[{"family":"Durand","given":["Anne","Marie"],"prefix":["Mme"]}],
             "address":[{"line":["4 rue du Four"],"city":"Aizenay","postalCode":"85190","country":"FRA"}]}
            """);
        await store.AddAsync("""{"resourceType":"Patient","id":"b","name":[{"family":"Zola","text":"veuve Zola"}]}""");
        await store.AddAsync(
            """{"resourceType":"Patient","id":"c","name":[{"given":["Anne"]}],"address":[{"city":"La Roche-sur-Yon","postalCode":"85190"}]}""");
        await store.AddAsync("""{"resourceType":"Patient","id":"d"}""");
        return store;
    }
}
