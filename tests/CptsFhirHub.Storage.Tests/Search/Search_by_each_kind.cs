using System.Globalization;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Search;

namespace CptsFhirHub.Storage.Tests.Search;

public sealed class Search_by_each_kind(Search_by_each_kind.FilledStore filled) : IClassFixture<Search_by_each_kind.FilledStore>
{
    private static readonly SearchQueryParser Parser = new(R4.Definitions);

    [Theory]
    [InlineData("date=gt2025-06-15", "half open year")]
    [InlineData("date=ge2025-06-15", "half open year day")]
    [InlineData("date=gt2026", "open")]
    [InlineData("date=ge2024", "day half hour open year")]
    [InlineData("date=eb2025-06-15", "hour")]
    [InlineData("date=lt2025-01-02", "hour open year")]
    [InlineData("date=gt2025-06-15,eb2025-02", "half hour open year")]
    [InlineData("date=ge2025-06-15&status=finished", "half year")]
    [InlineData("date=ge2025-06-15&date=lt2025-07-01&status=finished", "year")]
    public async Task What_lasts_is_found_by_its_end_however_long_it_lasts(string search, string found)
    {
        await using var store = await TempStore.OpenAsync();
        foreach (var (id, status, period) in ((string, string, string)[])
        [
            ("hour", "finished", "\"start\":\"2025-01-01T08:00:00Z\",\"end\":\"2025-01-01T09:00:00Z\""),
            ("day", "planned", "\"start\":\"2025-06-15\",\"end\":\"2025-06-15\""),
            ("year", "finished", "\"start\":\"2025-01-01\",\"end\":\"2025-12-31\""),
            ("half", "finished", "\"start\":\"2025-07-10\",\"end\":\"2025-11-20\""),
            ("open", "planned", "\"start\":\"2020-01-01\""),
        ])
            await store.AddAsync($$"""{"resourceType":"Encounter","id":"{{id}}","status":"{{status}}","class":{"code":"AMB"},"period":{ {{period}} } }""");
        Assert.Equal(found.Split(' ').Order(StringComparer.Ordinal), (await store.FindAsync(Query("Encounter", search))).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Patient?family=", "x{0}")]
    [InlineData("Patient?family:contains=", "x{0}")]
    [InlineData("Patient?family:exact=", "X{0}")]
    [InlineData("Patient?birthdate=", "lt2{0:000}-01-01")]
    [InlineData("ValueSet?url:below=", "http://example.org/x{0}")]
    [InlineData("ValueSet?url:above=", "http://example.org/x{0}/a")]
    public async Task Five_hundred_values_of_any_kind_are_asked_for_at_once(string search, string value)
    {
        await using var store = await TempStore.OpenAsync();
        for (var n = 1; n <= 3; n++)
        {
            await store.AddAsync($$"""{"resourceType":"Patient","id":"p{{n}}","name":[{"family":"X{{n}}"}],"birthDate":"1999-01-0{{n}}"}""");
            await store.AddAsync($$"""{"resourceType":"ValueSet","id":"v{{n}}","status":"active","url":"http://example.org/x{{n}}"}""");
        }

        var values = string.Join(',', Enumerable.Range(0, 500).Select(n => string.Format(CultureInfo.InvariantCulture, value, n)));
        var (type, parameter) = (search[..search.IndexOf('?', StringComparison.Ordinal)], search[(search.IndexOf('?', StringComparison.Ordinal) + 1)..]);
        var newest = type == "Patient" ? (string[])["p3", "p2"] : ["v3", "v2"];

        Assert.Equal(newest, await store.FindAsync(Query(type, $"_count=2&{parameter}{values}")));
        Assert.Equal(newest, await store.FindAsync(Query(type, $"_count=2&_lastUpdated=gt2000&{parameter}{values}")));
    }

    [Theory]
    [InlineData(65)]
    [InlineData(100)]
    [InlineData(101)]
    public async Task Many_values_at_once_are_found_by_one_parameter_or_by_several(int count)
    {
        await using var store = await TempStore.OpenAsync();
        await store.CommitAsync([.. Enumerable.Range(0, count + 1).Select(Write (n) => new Write.Create(
            TempStore.Read($$"""{"resourceType":"Coverage","id":"c{{n}}","status":"active","beneficiary":{"reference":"Patient/p{{n}}"},"payor":[{"reference":"Patient/q{{n}}"}]}"""), Id: $"c{n}"))]);
        var values = string.Join(',', Enumerable.Range(0, count).Select(n => $"Patient/p{n}"));
        Assert.Equal(count, (await store.FindAsync(Query("Coverage", "_count=500&beneficiary=" + values))).Count);
        var several = new Criterion.Any([.. ((string[])["beneficiary", "payor", "policy-holder", "subscriber"])
            .Select(parameter => (IReadOnlyList<Criterion>)Query("Coverage", $"{parameter}={values}").Criteria)]);
        Assert.Equal(count, (await store.FindAsync(new("Coverage", [several]) { Count = 500 })).Count);
    }

    [Theory]
    [InlineData("gender=male", "a b")]
    [InlineData("gender=MALE", "a b")]
    [InlineData("gender=male,female", "a b c")]
    [InlineData("gender=http://hl7.org/fhir/administrative-gender|male", "a b")]
    [InlineData("gender=http://other|male", "")]
    [InlineData("gender=|male", "")]
    [InlineData("gender=unknown", "")]
    [InlineData("gender:not=male", "c d")]
    [InlineData("gender:missing=true", "d")]
    [InlineData("gender:missing=false", "a b c")]
    [InlineData("identifier=urn:s|1", "a")]
    [InlineData("identifier=urn:s|", "a b")]
    [InlineData("identifier=1", "a c")]
    [InlineData("identifier=|1", "c")]
    [InlineData("identifier=urn:s|X", "b")]
    [InlineData("identifier=urn:s|x", "")]
    [InlineData("identifier:of-type=urn:types|MR|1", "a")]
    [InlineData("identifier:of-type=urn:types|MR|2", "")]
    [InlineData("_tag=urn:t|x", "a")]
    [InlineData("_id=a,c,zz", "a c")]
    [InlineData("_id:not=a", "b c d")]
    [InlineData("active=true", "a")]
    public Task Tokens(string search, string found) => Check("Patient", search, found);

    [Theory]
    [InlineData("family=ete", "a b")]
    [InlineData("family=ÉTÉ", "a b")]
    [InlineData("family=et", "a b")]
    [InlineData("family=te", "")]
    [InlineData("family:contains=te", "a b")]
    [InlineData("family:exact=Été", "a")]
    [InlineData("family:exact=été", "")]
    [InlineData("family:exact=Eteve", "b")]
    [InlineData("given=jean-m", "a")]
    [InlineData("given=jean marc", "a")]
    [InlineData("given=marc", "")]
    [InlineData("name=ete,durand", "a b c")]
    [InlineData("name=ete&given=jean", "a")]
    [InlineData("name:missing=true", "d")]
    [InlineData("family=%", "")]
    [InlineData("family:contains=-", "")]
    [InlineData("family=_t", "")]
    public Task Strings(string search, string found) => Check("Patient", search, found);

    [Theory]
    [InlineData("birthdate=1951-11-20", "a")]
    [InlineData("birthdate=1951-11", "a b")]
    [InlineData("birthdate=1951", "a b")]
    [InlineData("birthdate=1952", "c")]
    [InlineData("birthdate=ne1951", "c")]
    [InlineData("birthdate=gt1951-11-20", "b c")]
    [InlineData("birthdate=ge1951-11-20", "a b c")]
    [InlineData("birthdate=lt1951-11-21", "a b")]
    [InlineData("birthdate=le1951-11-20", "a b")]
    [InlineData("birthdate=sa1951-11-20", "c")]
    [InlineData("birthdate=eb1952", "a b")]
    [InlineData("birthdate=ap1951-11-21", "a b")]
    [InlineData("birthdate=ge1951-11&birthdate=lt1952", "a b")]
    [InlineData("birthdate=1951-11-20,1952-03-01", "a c")]
    [InlineData("birthdate:missing=true", "d")]
    public Task Dates(string search, string found) => Check("Patient", search, found);

    [Theory]
    [InlineData("subject=Patient/a", "t1 t2")]
    [InlineData("subject=a", "t1 t2")]
    [InlineData("subject:Patient=a", "t1 t2")]
    [InlineData("subject=Group/a", "")]
    [InlineData("patient=a", "t1 t2")]
    [InlineData("owner=Organization/o", "t1")]
    [InlineData("owner:identifier=urn:finess|9", "t2")]
    [InlineData("owner:identifier=urn:finess|8", "")]
    [InlineData("owner:missing=true", "t3")]
    [InlineData("owner:missing=false", "t1 t2")]
    [InlineData("requester=https://other.example/Practitioner/x", "t3")]
    [InlineData("subject=Patient/a,Patient/b", "t1 t2 t3")]
    [InlineData("owner=Organization/o&status=requested", "t1")]
    [InlineData("owner=Organization/o&status=accepted", "")]
    [InlineData("code:text=médecin", "t1")]
    [InlineData("code:text=generaliste", "t1")]
    [InlineData("code:text=infirmier", "")]
    public Task References_and_texts(string search, string found) => Check("Task", search, found);

    [Theory]
    [InlineData("subject:Patient.family=ete", "t1 t2 t3")]
    [InlineData("subject:Patient.given=jean", "t1 t2")]
    [InlineData("patient.birthdate=1952", "")]
    [InlineData("patient.gender:not=male", "")]
    [InlineData("patient.identifier=urn:s|1&status=requested", "t1")]
    [InlineData("patient.organization.name=cpts", "t1 t2")]
    [InlineData("patient.organization.name=autre", "")]
    [InlineData("patient._id=a", "t1 t2")]
    [InlineData("owner:Organization.name=DAC", "t1")]
    public Task Chains(string search, string found) => Check("Task", search, found);

    [Theory]
    [InlineData("_has:Task:patient:status=requested", "a")]
    [InlineData("_has:Task:patient:status=accepted", "a b")]
    [InlineData("_has:Task:patient:status=rejected", "")]
    [InlineData("_has:Task:patient:owner.name=DAC", "a")]
    [InlineData("_has:Task:patient:_has:Provenance:target:_id=p1", "b")]
    [InlineData("_has:Task:patient:status=accepted&gender=male&birthdate=ge1900", "a b")]
    [InlineData("_has:Task:patient:_id=t3", "b")]
    public Task Reverse_chains(string search, string found) => Check("Patient", search, found);

    [Theory]
    [InlineData("probability=0.25", "r1")]
    [InlineData("probability=0.30", "")]
    [InlineData("probability=gt0.25", "r2")]
    [InlineData("probability=ge0.25", "r1 r2")]
    [InlineData("probability=lt0.5", "r1")]
    [InlineData("probability=le0.5", "r1 r2")]
    [InlineData("probability=ne0.25", "r2")]
    [InlineData("probability=ap0.26", "r1")]
    public Task Numbers(string search, string found) => Check("RiskAssessment", search, found);

    [Theory]
    [InlineData("value-quantity=185", "o1")]
    [InlineData("value-quantity=185|http://unitsofmeasure.org|[lb_av]", "o1")]
    [InlineData("value-quantity=185||lbs", "o1")]
    [InlineData("value-quantity=185||kg", "")]
    [InlineData("value-quantity=gt100", "o1")]
    [InlineData("value-quantity=lt100||kg", "o2")]
    public Task Quantities(string search, string found) => Check("Observation", search, found);

    [Theory]
    [InlineData("code-value-quantity=urn:c|w$185", "o1")]
    [InlineData("code-value-quantity=W$gt100||lbs", "o1")]
    [InlineData("code-value-quantity=w$ge1", "o1 o2")]
    [InlineData("code-value-quantity=w$84||kg", "o2")]
    [InlineData("code-value-quantity=w$185||kg", "")]
    [InlineData("code-value-quantity=h$185", "")]
    [InlineData("code-value-quantity=h$185,w$84", "o2")]
    [InlineData("component-code-value-quantity=sys$120", "o3")]
    [InlineData("component-code-value-quantity=dia$120", "")]
    [InlineData("combo-code-value-quantity=sys$120", "o3")]
    [InlineData("code-value-quantity:missing=true", "o3")]
    public Task Composites(string search, string found) => Check("Observation", search, found);

    [Theory]
    [InlineData("_profile=https://p.example/a", "a")]
    [InlineData("_profile=https://p.example", "")]
    [InlineData("_profile:below=https://p.example", "a")]
    [InlineData("_profile:above=https://p.example/a/b", "a")]
    [InlineData("_profile:missing=true", "b c d")]
    [InlineData("_source=urn:src", "b")]
    public Task Uris(string search, string found) => Check("Patient", search, found);

    [Fact]
    public async Task Last_updated()
    {
        var clock = new Clock();
        await using var store = await TempStore.OpenAsync(time: clock);
        await store.AddAsync("""{"resourceType":"Patient","id":"a"}""");
        clock.Now = clock.Now.AddDays(1);
        await store.AddAsync("""{"resourceType":"Patient","id":"b"}""");
        Assert.Equal(["b"], await Find(store, "Patient", "_lastUpdated=gt2026-11-22"));
        Assert.Equal(["a"], await Find(store, "Patient", "_lastUpdated=2026-11-22"));
        Assert.Equal(["b", "a"], await Find(store, "Patient", "_lastUpdated=ge2026-11-22T08:00:00Z"));
        Assert.Equal([], await Find(store, "Patient", "_lastUpdated=lt2026-11-22"));
        Assert.Equal(["a", "b"], await Find(store, "Patient", "_sort=_lastUpdated"));
    }

    [Fact]
    public async Task A_right_narrows_a_search_and_what_it_does_not_cover_is_not_counted()
    {
        await using var store = await Filled();
        var owned = new Criterion.Match(R4.Definitions.SearchParameter("Task", "owner")!, null, [new SearchValue.Reference("Organization", "o", null)]);
        var mine = new Criterion.Has(R4.Definitions.SearchParameter("Task", "patient")!, new("Task", [owned]));
        var male = Parser.Parse("Patient", [new("gender", "male")]).Query;

        Assert.Equal(["a"], await store.FindAsync(male.And([mine])));
        Assert.Equal(1, (await store.Resources.SearchAsync(TempStore.Tenant, male.And([mine]), CancellationToken.None)).Total);
        var either = new Criterion.Any([[mine], [new Criterion.Match(R4.Definitions.SearchParameter("Patient", "_id")!, null, [new SearchValue.Token(null, "c")])]]);
        Assert.Equal(["c", "a"], await store.FindAsync(new SearchQuery("Patient", [either])));
        Assert.Empty(await store.FindAsync(male.And([new Criterion.Never()])));
        Assert.Empty(await store.FindAsync(male.And([new Criterion.Any([])])));
    }

    private async Task Check(string type, string search, string found)
    {
        var store = filled.Store;
        var expected = found.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected, (await Find(store, type, search)).Order(StringComparer.Ordinal));

        // The other tenant holds the same ids with nothing in them.
        var query = Query(type, search);
        Assert.Equal(expected.Length, (await store.Resources.SearchAsync(TempStore.Tenant, query, CancellationToken.None)).Total);
        Assert.Empty(await store.FindAsync(query, "nobody"));
    }

    /// <summary>One store for all the questions, which change nothing.</summary>
    public sealed class FilledStore : IAsyncLifetime
    {
        internal TempStore Store { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Store = await Filled();

        public ValueTask DisposeAsync() => Store.DisposeAsync();
    }

    internal static async Task<TempStore> Filled()
    {
        var store = await TempStore.OpenAsync();
        string[] resources =
        [
            """{"resourceType":"Organization","id":"c","name":"CPTS"}""",
            """{"resourceType":"Organization","id":"o","name":"Dac du Sud"}""",
            """
            {"resourceType":"Patient","id":"a","meta":{"tag":[{"system":"urn:t","code":"x"}],"profile":["https://p.example/a"]},
             "identifier":[{"type":{"coding":[{"system":"urn:types","code":"MR"}]},"system":"urn:s","value":"1"}],"active":true,
             "name":[{"family":"Été","given":["Jean-Marc"]}],"gender":"male","birthDate":"1951-11-20","managingOrganization":{"reference":"Organization/c"}}
            """,
            """
            {"resourceType":"Patient","id":"b","meta":{"source":"urn:src"},"identifier":[{"system":"urn:s","value":"X"}],
             "name":[{"family":"Eteve"}],"gender":"male","birthDate":"1951-11"}
            """,
            """
            {"resourceType":"Patient","id":"c","identifier":[{"value":"1"}],"name":[{"family":"Durand"}],"gender":"female","birthDate":"1952-03-01"}
            """,
            """{"resourceType":"Patient","id":"d"}""",
            """
            {"resourceType":"Task","id":"t1","status":"requested","intent":"order","code":{"coding":[{"system":"urn:c","code":"a","display":"Chercher un médecin"}],
             "text":"Médecin généraliste"},"for":{"reference":"Patient/a"},"owner":{"reference":"Organization/o"},"focus":{"reference":"ServiceRequest/s1"}}
            """,
            """
            {"resourceType":"Task","id":"t2","status":"accepted","intent":"order","for":{"reference":"Patient/a"},"owner":{"identifier":{"system":"urn:finess","value":"9"}}}
            """,
            """
            {"resourceType":"Task","id":"t3","status":"accepted","intent":"order","for":{"reference":"Patient/b"},
             "requester":{"reference":"https://other.example/Practitioner/x"}}
            """,
            """{"resourceType":"ServiceRequest","id":"s1","status":"active","intent":"order","subject":{"reference":"Patient/a"}}""",
            """{"resourceType":"Provenance","id":"p1","target":[{"reference":"Task/t3"}],"recorded":"2026-11-22T08:00:00Z","agent":[{"who":{"display":"x"}}]}""",
            """{"resourceType":"RiskAssessment","id":"r1","status":"final","subject":{"reference":"Patient/a"},"prediction":[{"probabilityDecimal":0.25}]}""",
            """{"resourceType":"RiskAssessment","id":"r2","status":"final","subject":{"reference":"Patient/a"},"prediction":[{"probabilityDecimal":0.5}]}""",
            """
            {"resourceType":"Observation","id":"o1","status":"final","code":{"coding":[{"system":"urn:c","code":"w"}]},
             "valueQuantity":{"value":185,"unit":"lbs","system":"http://unitsofmeasure.org","code":"[lb_av]"}}
            """,
            """{"resourceType":"Observation","id":"o2","status":"final","code":{"coding":[{"code":"w"}]},"valueQuantity":{"value":84,"unit":"kg"}}""",
            """
            {"resourceType":"Observation","id":"o3","status":"final","code":{"text":"bp"},"component":[
             {"code":{"coding":[{"code":"sys"}]},"valueQuantity":{"value":120}},{"code":{"coding":[{"code":"dia"}]},"valueQuantity":{"value":80}}]}
            """,
        ];
        await store.CommitAsync([.. resources.Select(TempStore.Read).Select(resource => new Write.Create(resource, Id: resource.Id))]);
        await store.Resources.CommitAsync(
            TempStore.OtherTenant, [.. resources.Select(TempStore.Read).Select(resource => new Write.Create(resource, Id: resource.Id + "-2"))], CancellationToken.None);
        return store;
    }

    internal static SearchQuery Query(string type, string search)
    {
        var parsed = Parser.Parse(type, search.Split('&').Select(pair => pair.Split('=', 2)).Select(pair => new KeyValuePair<string, string>(pair[0], pair[1])));
        Assert.True(parsed.IsSound, parsed.Issues.Count > 0 ? parsed.Issues[0].Text : "");
        return parsed.Query;
    }

    private static Task<List<string>> Find(TempStore store, string type, string search) => store.FindAsync(Query(type, search));
}
