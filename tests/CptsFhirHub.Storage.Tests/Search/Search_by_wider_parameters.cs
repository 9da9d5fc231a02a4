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

    [Theory]
    [InlineData("Observation", "subject=Patient/anne", "o1 o2")]
    [InlineData("Observation", "subject=anne", "o1 o2")]
    [InlineData("Observation", "subject:Patient=anne", "o1 o2")]
    [InlineData("Observation", "subject=Group/ehpad", "o3")]
    [InlineData("Observation", "subject=Patient/anne,Group/ehpad", "o1 o2 o3")]
    [InlineData("Observation", "subject=http://elsewhere.example/Patient/anne", "o4")]
    [InlineData("Observation", "patient=Patient/anne", "o1 o2")]
    [InlineData("Observation", "subject:not=Patient/anne", "o3 o4 o5")]
    [InlineData("Observation", "subject:missing=true", "o5")]
    [InlineData("Observation", "subject:missing=false", "o1 o2 o3 o4")]
    [InlineData("Observation", "subject:Patient.family=durand", "o1 o2")]
    [InlineData("Observation", "subject:Patient.family=durand&code=c2", "o2")]
    [InlineData("Observation", "subject:Group.type=person", "o3")]
    [InlineData("Observation", "combo-code=c2", "o1 o2")]
    [InlineData("Observation", "combo-code=http://codes.example|c1", "o1 o3")]
    [InlineData("Observation", "combo-code:not=c2", "o3 o4 o5")]
    [InlineData("Observation", "combo-value-concept=yes", "o1 o2")]
    [InlineData("Patient", "_has:Observation:subject:code=c2", "anne")]
    [InlineData("Patient", "_has:Observation:subject:combo-code=c9", "")]
    [InlineData("Group", "_has:Observation:subject:code=c1", "ehpad")]
    [InlineData("AuditEvent", "patient=Patient/anne", "a1 a2")]
    [InlineData("AuditEvent", "agent=Patient/anne", "a1")]
    public async Task What_refers_to_one_type_is_found_among_all_it_refers_to(string type, string search, string found)
    {
        await using var store = await ObservedAsync();
        Assert.Equal(found, string.Join(' ', (await store.FindAsync(Search_by_each_kind.Query(type, search))).Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData("Observation", "_id=o1&_include=Observation:subject", "Patient/anne")]
    [InlineData("Observation", "_id=o1,o3&_include=Observation:subject", "Group/ehpad Patient/anne")]
    [InlineData("Observation", "_id=o1,o3&_include=Observation:subject:Group", "Group/ehpad")]
    [InlineData("Observation", "_id=o1,o3&_include=Observation:patient", "Patient/anne")]
    [InlineData("Patient", "_revinclude=Observation:subject", "Observation/o1 Observation/o2")]
    [InlineData("Group", "_revinclude=Observation:subject", "Observation/o3")]
    [InlineData("Patient", "_revinclude=*", "AuditEvent/a1 AuditEvent/a2 Observation/o1 Observation/o2")]
    public async Task What_refers_to_one_type_is_included_with_all(string type, string search, string included)
    {
        await using var store = await ObservedAsync();
        var page = await store.Resources.SearchAsync(TempStore.Tenant, Search_by_each_kind.Query(type, search), CancellationToken.None);
        Assert.Equal(included, string.Join(' ', page.Included.Select(stored => stored.Reference).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public async Task A_reference_and_a_code_stand_once()
    {
        await using var store = await ObservedAsync();
        using (var database = HubStore.DatabaseOf(TempStore.Options(store.Folder)))
        using (var session = database.Open(isReader: false))
        {
            Assert.Equal(2, session.Scalar("SELECT count(*) FROM index_reference WHERE target_id = 'anne' AND type = (SELECT id FROM symbol WHERE kind = 2 AND text = 'Observation')"));
            Assert.Equal(1, session.Scalar("SELECT count(*) FROM index_token WHERE code = 'c1' AND rid = (SELECT rid FROM resource WHERE id = 'o3')"));
        }

        Assert.Empty((await store.Store.VerifyAsync(10, CancellationToken.None)).Faults);
    }

    [Theory]
    [InlineData(33)]
    [InlineData(100)]
    [InlineData(101)]
    public async Task Many_values_are_found_under_several_parameters(int count)
    {
        await using var store = await TempStore.OpenAsync();
        await store.CommitAsync([.. Enumerable.Range(0, count + 1).Select(Write (n) => new Write.Create(
            TempStore.Read($$"""
                {"resourceType":"Appointment","id":"a{{n}}","status":"booked","participant":[{"status":"accepted","actor":{"reference":"{{(n % 2 == 0 ? "Patient" : "Device")}}/p{{n}}"} }]}
                """), Id: $"a{n}"))]);
        var values = string.Join(',', Enumerable.Range(0, count).Select(n => n % 2 == 0 ? $"Patient/p{n}" : $"Device/p{n}"));
        Assert.Equal(count, (await store.FindAsync(Search_by_each_kind.Query("Appointment", "_count=500&actor=" + values))).Count);
    }

    private static async Task<TempStore> ObservedAsync()
    {
        var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"anne","name":[{"family":"Durand"}]}""");
        await store.AddAsync("""{"resourceType":"Group","id":"ehpad","type":"person","actual":true}""");
        foreach (var (id, subject, code, value) in ((string, string, string, string)[])
        [
            ("o1", "Patient/anne", "c1", ",\"component\":[{\"code\":{\"coding\":[{\"code\":\"c2\"}]},\"valueCodeableConcept\":{\"coding\":[{\"code\":\"yes\"}]}}]"),
            ("o2", "Patient/anne", "c2", ",\"valueCodeableConcept\":{\"coding\":[{\"code\":\"yes\"}]}"),
            ("o3", "Group/ehpad", "c1", ""),
            ("o4", "http://elsewhere.example/Patient/anne", "c3", ""),
        ])
            await store.AddAsync(
                $$"""{"resourceType":"Observation","id":"{{id}}","status":"final","code":{"coding":[{"system":"http://codes.example","code":"{{code}}"}]},"subject":{"reference":"{{subject}}"}{{value}}}""");
        await store.AddAsync("""{"resourceType":"Observation","id":"o5","status":"final","code":{"coding":[{"code":"c4"}]}}""");
        await store.AddAsync("""{"resourceType":"AuditEvent","id":"a1","agent":[{"who":{"reference":"Patient/anne"},"requestor":true}]}""");
        await store.AddAsync("""{"resourceType":"AuditEvent","id":"a2","agent":[{"who":{"reference":"Device/d"},"requestor":true}],"entity":[{"what":{"reference":"Patient/anne"}}]}""");
        return store;
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
