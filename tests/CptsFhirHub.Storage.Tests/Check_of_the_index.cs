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
