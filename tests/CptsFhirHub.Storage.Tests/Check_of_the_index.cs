using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Storage.Tests;

public sealed class Check_of_the_index
{
    private const string Patient =
        """
        {"resourceType":"Patient","id":"a","identifier":[{"system":"urn:s","value":"1"}],"name":[{"family":"Durand","given":["Anne"]}],
         "birthDate":"1951-03-09","gender":"female","managingOrganization":{"reference":"Organization/o"}}
        """;

    [Fact]
    public async Task A_store_that_was_only_written_to_has_no_fault()
    {
        await using var store = await TempStore.OpenAsync(keysOf: resource => [new("kind", resource.Id ?? "none")]);
        await store.AddAsync(Patient);
        await store.AddAsync(
            """
            {"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"system":"urn:c","code":"x"}]},
             "valueQuantity":{"value":7.25,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"},"effectiveDateTime":"2026-11-22T08:00:00Z"}
            """);
        await store.AddAsync("""{"resourceType":"Patient","id":"gone"}""");
        await store.CommitAsync(new Write.Delete("Patient", "gone"));
        await store.CommitAsync(new Write.Update(TempStore.Read(Patient.Replace("Anne", "Anna", StringComparison.Ordinal)), "a"));

        var check = await store.Store.VerifyAsync(faultsMax: 100, CancellationToken.None);

        Assert.Empty(check.Faults);
        Assert.Equal(2, check.Resources);
        Assert.True(check.Rows > 10, $"{check.Rows} rows");
    }

    [Theory]
    [InlineData("Observation", """
        "status":"final","code":{"coding":[{"system":"urn:c","code":"x"},{"system":"urn:d","code":"y"}]},"subject":{"reference":"Patient/a"},
        "valueQuantity":{"value":7.25,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"},"effectiveDateTime":"2026-11-22T08:00:00Z"
        """, """
        "status":"amended","code":{"coding":[{"system":"urn:c","code":"x"}]},"subject":{"reference":"Patient/b"},
        "valueQuantity":{"value":7,"unit":"kg","system":"http://unitsofmeasure.org","code":"kg"},"effectiveDateTime":"2026-11-22T08:00:00Z"
        """)]
    [InlineData("Location", "\"name\":\"Un\",\"position\":{\"longitude\":-1.5,\"latitude\":46.7}", "\"name\":\"Un\",\"position\":{\"longitude\":-1.5,\"latitude\":47}")]
    [InlineData("Location", "\"name\":\"Un\",\"position\":{\"longitude\":-0.0,\"latitude\":-0}", "\"name\":\"Un\",\"position\":{\"longitude\":0,\"latitude\":-0.00}")]
    [InlineData("Observation", "\"status\":\"final\",\"code\":{\"text\":\"x\"},\"valueQuantity\":{\"value\":-0.0}", "\"status\":\"final\",\"code\":{\"text\":\"x\"},\"valueQuantity\":{\"value\":-0,\"unit\":\"kg\"}")]
    [InlineData("ValueSet", "\"url\":\"urn:v\",\"status\":\"active\",\"version\":\"1\"", "\"url\":\"urn:w\",\"status\":\"active\"")]
    [InlineData("Patient", "\"active\":true", "\"gender\":\"male\",\"birthDate\":\"1951\"")]
    public async Task Updates_leave_the_rows_that_the_last_version_says(string type, string first, string second)
    {
        await using var store = await TempStore.OpenAsync(keysOf: resource => [new("kind", resource.Id!), new("kind", Convert.ToHexString(resource.Json.Span[^9..]))]);
        Write.Update Version(string content) => new(TempStore.Read($$"""{"resourceType":"{{type}}","id":"a",{{content}}}"""), "a");
        await store.CommitAsync(Version(first));
        await store.CommitAsync(Version(second));
        Assert.Empty((await store.Store.VerifyAsync(faultsMax: 100, CancellationToken.None)).Faults);

        await store.CommitAsync(Version(first), Version(second), Version(first), Version("\"language\":\"fr\""), Version(second));
        Assert.Empty((await store.Store.VerifyAsync(faultsMax: 100, CancellationToken.None)).Faults);
    }

    [Fact]
    public async Task An_update_may_change_any_number_of_values()
    {
        await using var store = await TempStore.OpenAsync(keysOf: resource => [new("kind", resource.Id!)]);
        foreach (var (from, count) in ((int From, int Count)[])[(0, 300), (7, 300), (7, 31), (0, 33), (1, 32), (1, 0), (1, 400)])
        {
            var identifiers = Enumerable.Range(from, count).Select(n => $$"""{"system":"urn:s","value":"{{n}}"}""").DefaultIfEmpty("""{"value":"none"}""");
            await store.CommitAsync(new Write.Update(
                TempStore.Read($$"""{"resourceType":"Patient","id":"a","active":true,"identifier":[{{string.Join(',', identifiers)}}]}"""), "a"));
            Assert.Empty((await store.Store.VerifyAsync(faultsMax: 100, CancellationToken.None)).Faults);
        }
    }

    [Fact]
    public async Task Rows_that_were_lost_changed_or_made_up_are_told()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync(Patient);
        await store.AddAsync("""{"resourceType":"Patient","id":"b","gender":"male"}""");
        using (var database = HubStore.DatabaseOf(TempStore.Options(store.Folder)))
        using (var damage = database.Open(isReader: false))
        {
            damage.Execute("DELETE FROM index_date");
            damage.Execute("UPDATE index_string SET folded = 'dupond' WHERE folded = 'durand'");
            damage.Execute("UPDATE index_reference SET rid = 4711");
        }

        var check = await store.Store.VerifyAsync(faultsMax: 100, CancellationToken.None);

        Assert.Equal(4, check.Faults.Count);
        Assert.Contains(check.Faults, fault => fault.StartsWith("index_reference: 1 rows", StringComparison.Ordinal));
        Assert.Contains(check.Faults, fault => fault.StartsWith("Patient/a: index_date lacks 1 rows and has 0", StringComparison.Ordinal));
        Assert.Contains(check.Faults, fault => fault.StartsWith("Patient/a: index_string lacks", StringComparison.Ordinal));
        Assert.Contains(check.Faults, fault => fault.StartsWith("Patient/a: index_reference lacks", StringComparison.Ordinal));
        Assert.DoesNotContain(check.Faults, fault => fault.Contains("durand", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task Words_that_an_earlier_build_left_are_no_fault_and_go_with_the_next_write()
    {
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync(Patient);
        await store.AddAsync("""{"resourceType":"QuestionnaireResponse","id":"q","status":"completed","item":[{"linkId":"1","answer":[{"valueString":"mot"}]}]}""");
        using (var database = HubStore.DatabaseOf(TempStore.Options(store.Folder)))
        using (var earlier = database.Open(isReader: false))
        {
            earlier.Get(
                """
                INSERT INTO index_string (tenant, type, param, folded, exact, rid)
                SELECT r.tenant, r.type, (SELECT min(i.param) FROM index_string i JOIN symbol s ON s.id = i.param WHERE s.text = '_content'), 'durand', '', r.rid
                FROM resource r WHERE r.id = 'a'
                """).Run();
            Assert.Empty((await store.Store.VerifyAsync(faultsMax: 100, CancellationToken.None)).Faults);

            await store.CommitAsync(new Write.Update(TempStore.Read(Patient.Replace("Anne", "Anna", StringComparison.Ordinal)), "a"));
            Assert.Equal(0, earlier.Scalar(
                "SELECT count(*) FROM index_string i JOIN symbol s ON s.id = i.param JOIN resource r ON r.rid = i.rid WHERE s.text = '_content' AND r.id = 'a'"));
        }
    }

    [Fact]
    public async Task Keys_that_were_lost_made_up_or_not_noted_are_told()
    {
        await using var store = await TempStore.OpenAsync(keysOf: resource => [new("kind", resource.Id!), new("kind", "all"), new("kind", "all")]);
        foreach (var id in (string[])["whole", "lost", "foreign", "unnoted", "gone"])
            await store.AddAsync($$"""{"resourceType":"Patient","id":"{{id}}"}""");
        await store.CommitAsync(new Write.Delete("Patient", "gone"));
        Assert.Empty((await store.Store.VerifyAsync(faultsMax: 100, CancellationToken.None)).Faults);
        await store.SettleKeysAsync();
        Assert.Empty((await store.Store.VerifyAsync(faultsMax: 100, CancellationToken.None)).Faults);
        using (var database = HubStore.DatabaseOf(TempStore.Options(store.Folder)))
        using (var damage = database.Open(isReader: false))
        {
            Assert.Equal(8, damage.Scalar("SELECT count(*) FROM lookup"));
            damage.Get("DELETE FROM lookup WHERE hash = ?").Add(HashedKey.Of(new("kind", "lost")).Hash).Run();
            damage.Get("INSERT INTO lookup (tenant, kind, hash, rid) SELECT tenant, kind, ?, rid FROM lookup WHERE hash = ?")
                .Add([1, 2, 3]).Add(HashedKey.Of(new("kind", "foreign")).Hash).Run();
            damage.Execute("DELETE FROM lookup_note WHERE rid = (SELECT rid FROM resource WHERE id = 'unnoted')");
            damage.Execute("INSERT INTO lookup_note (rid, keys) VALUES (4711, '1:00')");
        }

        Assert.Equal(
            [
                "Patient/foreign: lookup lacks 0 rows and has 1 that do not belong there.",
                "Patient/lost: lookup lacks 1 rows and has 0 that do not belong there.",
                "Patient/lost: lookup_note lacks 0 rows and has 1 that do not belong there.",
                "Patient/unnoted: lookup lacks 0 rows and has 2 that do not belong there.",
                "Patient/unnoted: lookup lacks 2 rows and has 0 that do not belong there.",
                "lookup_note: 1 rows of resources that are not there.",
            ],
            (await store.Store.VerifyAsync(faultsMax: 100, CancellationToken.None)).Faults.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Parameters_that_came_later_are_compared_once_their_index_is_filled()
    {
        var own = TempStore.Read(
            """
            {"resourceType":"SearchParameter","url":"urn:own","name":"own","status":"active","description":"d","code":"own-city","base":["Patient"],
             "type":"string","expression":"Patient.address.city"}
            """);
        var wider = R4.Definitions.With([own]);
        await using var store = await TempStore.OpenAsync();
        await store.AddAsync("""{"resourceType":"Patient","id":"before","address":[{"city":"Aizenay"}]}""");
        store.Resources.UseParameters(wider);
        await store.AddAsync("""{"resourceType":"Patient","id":"after","address":[{"city":"Aizenay"}]}""");

        Assert.Empty((await store.Store.VerifyAsync(100, parameter => parameter.Code != "own-city", CancellationToken.None)).Faults);
        Assert.Contains("Patient/before: index_string lacks 1 rows", Assert.Single((await store.Store.VerifyAsync(100, CancellationToken.None)).Faults), StringComparison.Ordinal);

        // No longer in force: what is left of it harms nothing.
        store.Resources.UseParameters(R4.Definitions);
        Assert.Empty((await store.Store.VerifyAsync(100, CancellationToken.None)).Faults);
    }
}
