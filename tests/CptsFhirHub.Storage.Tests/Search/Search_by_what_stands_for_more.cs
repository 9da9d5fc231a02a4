using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Tests.Search;

/// <summary>Value sets, hierarchies, lists, words, places, filters, several types and long dates, through the store.</summary>
public sealed class Search_by_what_stands_for_more(Search_by_what_stands_for_more.FilledStore filled)
    : IClassFixture<Search_by_what_stands_for_more.FilledStore>
{
    private static readonly SearchQueryParser Parser = new(R4.Definitions);

    [Theory]
    [InlineData("Patient", "gender:in=http://hl7.org/fhir/ValueSet/administrative-gender", "p1 p2")]
    [InlineData("Patient", "gender:not-in=http://hl7.org/fhir/ValueSet/administrative-gender", "p3")]
    [InlineData("Encounter", "class:below=http://terminology.hl7.org/CodeSystem/v3-ActCode|_ActEncounterCode", "e1 e2 e3 e4")]
    [InlineData("Encounter", "class:above=http://terminology.hl7.org/CodeSystem/v3-ActCode|ACUTE", "e2 e3")]
    [InlineData("Encounter", "location=Location/house", "e1")]
    [InlineData("Encounter", "location:below=Location/house", "e1 e2 e3")]
    [InlineData("Encounter", "location:below=Location/ward", "e2 e3")]
    [InlineData("Encounter", "location:above=Location/room", "e1 e2 e3")]
    [InlineData("Location", "partof:below=Location/house", "room ward")]
    [InlineData("Patient", "_list=l1", "p1 p2")]
    [InlineData("Patient", "_list=l1&gender=male", "p1")]
    [InlineData("Encounter", "_list=l1", "")]
    [InlineData("Patient", "_text=boiteuse", "p1")]
    [InlineData("Patient", "_text=jambe AND boite*", "p1")]
    [InlineData("Patient", "_text=jambe absente", "")]
    [InlineData("Patient", "_text=jambe OR absente", "p1")]
    [InlineData("Patient", "_text=div", "")]
    [InlineData("Communication", "_content=rappeler cabinet*", "c1")]
    [InlineData("Communication", "_content=absente", "")]
    [InlineData("Location", "near=46.6705|-1.4264|5|km", "house")]
    [InlineData("Location", "near=46.6705|-1.4264|60|km", "house ward")]
    [InlineData("Location", "near=46.6705|-1.4264|500|m", "house")]
    [InlineData("Location", "near=48.85|2.35", "")]
    [InlineData("Patient", "_filter=family eq \"Le Goff\"", "p1")]
    [InlineData("Patient", "_filter=family eq Goff", "")]
    [InlineData("Patient", "_filter=family ew goff", "p1")]
    [InlineData("Patient", "_filter=family co e and not (gender eq male)", "p2")]
    [InlineData("Patient", "_filter=gender pr false or family sw leb", "p2 p3")]
    [InlineData("Patient", "_filter=birthdate po 1950", "p1")]
    [InlineData("Encounter", "_filter=subject:Patient.family sw leb", "e2")]
    [InlineData("Patient", "_has:Encounter:patient:location=Location/house&_has:Encounter:patient:class=IMP", "")]
    [InlineData("Patient", "_has:Encounter:patient:location=Location/house&_has:Encounter:patient:class=AMB", "p1")]
    [InlineData("Encounter", "date=ge2026-03-10&date=le2026-03-12", "e1 e2 e3 e4")]
    [InlineData("Encounter", "date=ge2026-03-01&date=lt2026-03-02", "e3 e4")]
    [InlineData("Encounter", "date=sa2026-03-05&date=eb2026-03-20", "e1 e2")]
    [InlineData("Encounter", "date=ge2020&date=lt2021", "e4")]
    [InlineData("Encounter", "date=ge2018&date=lt2019", "")]
    public Task Finds(string type, string search, string found) => Check([Query(type, search)], found);

    [Theory]
    [InlineData("Patient,Location", "", "ward room house p3 p2 p1")]
    [InlineData("Patient,Location", "_count=4", "ward room house p3")]
    [InlineData("Patient,Location", "_id=p1,house", "house p1")]
    [InlineData("Patient,Location", "_sort=_id", "house p1 p2 p3 room ward")]
    [InlineData("Patient,Location", "_sort=-_id&_count=2", "ward room")]
    [InlineData("Patient,Slot", "", "p3 p2 p1")]
    [InlineData("Slot", "", "")]
    public async Task Several_types_are_one_list(string types, string search, string found)
    {
        var queries = types.Split(',').Select(type => Query(type, search)).ToList();
        var page = await SearchAsync(queries);
        Assert.Equal(found.Split(' ', StringSplitOptions.RemoveEmptyEntries), page.Matches.Select(match => match.Id));
        if (page.NextCursor is not { } next)
            return;
        var second = await SearchAsync(queries.ConvertAll(query => query with { Cursor = next, Count = 10 }));
        Assert.Equal(6, page.Matches.Concat(second.Matches).Select(match => match.Reference).Distinct().Count());
        Assert.Equal(6, page.Matches.Count + second.Matches.Count);
    }

    [Theory]
    [InlineData("Encounter", "_id=e2&_include=*", "Location/ward Patient/p2")]
    [InlineData("Encounter", "_id=e2&_include:iterate=*", "Location/house Location/ward Patient/p2")]
    [InlineData("Patient", "_id=p2&_revinclude=*", "Encounter/e2 List/l1")]
    [InlineData("Location", "_id=house&_revinclude=Location:partof&_revinclude:iterate=Location:partof", "Location/room Location/ward")]
    public async Task Includes_by_every_reference(string type, string search, string included) =>
        Assert.Equal(
            included.Split(' '),
            (await SearchAsync([Query(type, search)])).Included.Select(stored => stored.Reference).Order(StringComparer.Ordinal));

    [Fact]
    public async Task A_page_carries_a_thousand_included_resources_and_tells_of_more()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"p"}""");
        await AddFlagsAsync(1_000);
        var query = Query("Patient", "_id=p&_revinclude=Flag:patient");
        var at = await store.Resources.SearchAsync(TempStore.Tenant, query, CancellationToken.None);
        Assert.Equal((1_000, false), (at.Included.Count, at.IsCut));
        await AddFlagsAsync(1);
        var past = await store.Resources.SearchAsync(TempStore.Tenant, query, CancellationToken.None);
        Assert.Equal((1_000, true), (past.Included.Count, past.IsCut));

        Task AddFlagsAsync(int count) => store.CommitAsync([.. Enumerable.Range(0, count).Select(Write (_) => new Write.Create(TempStore.Read(
            """{"resourceType":"Flag","status":"active","code":{"text":"x"},"subject":{"reference":"Patient/p"}}""")))]);
    }

    [Theory]
    [InlineData("-16.7|-179.99|30|km", "island")]
    [InlineData("-16.7|179.99|1|km", "island")]
    [InlineData("-16.7|-179.99|1|km", "")]
    public async Task A_place_beyond_the_date_line_is_near(string near, string found)
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Location","id":"island","position":{"latitude":-16.7,"longitude":179.99}}""");
        var page = await store.Resources.SearchAsync(TempStore.Tenant, Query("Location", $"near={near}"), CancellationToken.None);
        Assert.Equal(found, string.Join(' ', page.Matches.Select(match => match.Id)));
    }

    private async Task Check(IReadOnlyList<SearchQuery> queries, string found) => Assert.Equal(
        found.Split(' ', StringSplitOptions.RemoveEmptyEntries),
        (await SearchAsync(queries)).Matches.Select(match => match.Id).Order(StringComparer.Ordinal));

    private Task<SearchPage> SearchAsync(IReadOnlyList<SearchQuery> queries) =>
        filled.Store.Resources.SearchAsync(TempStore.Tenant, queries, CancellationToken.None);

    private static SearchQuery Query(string type, string search)
    {
        var pairs = search.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2))
            .Select(pair => new KeyValuePair<string, string>(pair[0], pair[1]));
        var parsed = Parser.Parse(type, pairs);
        Assert.True(parsed.IsSound, parsed.Issues.Count > 0 ? parsed.Issues[0].Text : "");
        return parsed.Query;
    }

    public sealed class FilledStore : IAsyncLifetime
    {
        internal TempStore Store { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Store = await TempStore.OpenAsync();
            string[] resources =
            [
                """
                {"resourceType":"Patient","id":"p1","gender":"male","birthDate":"1950-05-05","name":[{"family":"Le Goff"}],
                 "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p>Jambe</p>boiteuse</div>"}}
                """,
                """{"resourceType":"Patient","id":"p2","gender":"female","birthDate":"1960-05-05","name":[{"family":"Lebrun"}]}""",
                """{"resourceType":"Patient","id":"p3","name":[{"family":"Martin"}]}""",
                """{"resourceType":"Location","id":"house","position":{"latitude":46.6705,"longitude":-1.4264}}""",
                """{"resourceType":"Location","id":"room","partOf":{"reference":"Location/ward"}}""",
                """{"resourceType":"Location","id":"ward","partOf":{"reference":"Location/house"},"position":{"latitude":46.85,"longitude":-1.88}}""",
                Encounter("e1", "AMB", "p1", "house", "2026-03-10", "2026-03-10"),
                Encounter("e2", "ACUTE", "p2", "ward", "2026-03-11", "2026-03-14"),
                Encounter("e3", "IMP", "p1", "room", "2026-02-20", "2026-04-20"),
                """
                {"resourceType":"Encounter","id":"e4","status":"in-progress","period":{"start":"2019-06-01"},
                 "class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HH"}}
                """,
                """
                {"resourceType":"List","id":"l1","status":"current","mode":"working",
                 "entry":[{"item":{"reference":"Patient/p1"}},{"item":{"reference":"Patient/p2"}}]}
                """,
                """{"resourceType":"Communication","id":"c1","status":"completed","payload":[{"contentString":"Rappeler demain, cabinets fermés"}]}""",
            ];
            foreach (var resource in resources)
                await Store.AddAsync(resource);
        }

        public ValueTask DisposeAsync() => Store.DisposeAsync();

        private static string Encounter(string id, string kind, string patient, string place, string start, string end) => $$"""
            {"resourceType":"Encounter","id":"{{id}}","status":"finished","class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"{{kind}}"},
             "subject":{"reference":"Patient/{{patient}}"},"location":[{"location":{"reference":"Location/{{place}}"} }],
             "period":{"start":"{{start}}","end":"{{end}}"} }
            """;
    }
}
